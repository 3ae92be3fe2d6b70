"""Loads the shared library and declares it: the functions, structs and codes of `include/tailspot.h`, and nothing else.

`test_header.py` compares every line of this file with the header.
"""

from __future__ import annotations

import ctypes
import sys
from ctypes import (
    POINTER,
    c_char_p,
    c_double,
    c_int32,
    c_size_t,
    c_ssize_t,
    c_uint8,
    c_uint32,
    c_uint64,
    c_void_p,
)
from pathlib import Path
from typing import Any

ABI_VERSION = 2

OK, ERROR_NULL, ERROR_DEAD, ERROR_BUG, ERROR_STRUCT_SIZE, ERROR_PARAMETER = range(6)
ERROR_TOO_FEW_VALUES, ERROR_TYPE, ERROR_COUNT, ERROR_ALIGNMENT, ERROR_BUFFER, ERROR_SNAPSHOT = range(6, 12)
ERROR_KEY, ERROR_THREADS = 12, 13
UP, DOWN = 1, -1
INVALID = -128
INT8, UINT8, INT16, UINT16, INT32, UINT32, INT64, UINT64, FLOAT16, FLOAT32, FLOAT64 = range(1, 12)
SWAPPED = 256

ACCOUNTING = ("discarded", "learned", "censored", "budgeted")
THRESHOLD = ("plug_in", "calibrated")
OUTCOME = (None, "converged", "floor", "cap", "degenerate", "too_few")


class NativeConfig(ctypes.Structure):
    """`tailspot_config`."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("accounting", c_int32),
        ("q", c_double),
        ("level", c_double),
        ("n_init", c_uint64),
        ("max_excess", c_uint64),
        ("depth", c_uint64),
        ("quarantine", c_uint64),
        ("up", c_uint8),
        ("down", c_uint8),
        ("alert", c_uint8),
        ("bounded", c_uint8),
        ("threshold", c_int32),
    )


class NativeStatus(ctypes.Structure):
    """`tailspot_detector_status`."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("calibrated", c_uint32),
        ("n", c_uint64),
        ("seen", c_uint64),
        ("missing", c_uint64),
        ("drift", c_double),
        ("alerts_up", c_uint64),
        ("alerts_down", c_uint64),
        ("n_t_up", c_uint64),
        ("n_t_down", c_uint64),
        ("excesses_up", c_uint64),
        ("excesses_down", c_uint64),
        ("excess_threshold_up", c_double),
        ("excess_threshold_down", c_double),
        ("anomaly_threshold_up", c_double),
        ("anomaly_threshold_down", c_double),
        ("shape_up", c_double),
        ("shape_down", c_double),
        ("scale_up", c_double),
        ("scale_down", c_double),
        ("fit_up", c_int32),
        ("fit_down", c_int32),
    )


class NativePoolStatus(ctypes.Structure):
    """`tailspot_pool_status`."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("threads", c_uint32),
        ("keys", c_uint64),
        ("limit", c_uint64),
    )


_ELEMENTS = (c_void_p, c_size_t, c_ssize_t, c_int32)
_OUTS = (c_void_p, c_void_p, c_void_p)
_TEXT = (c_char_p, c_size_t)

# What each function returns and takes. Arrays go in and out as addresses, and so do detectors and pools.
SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "tailspot_config_init": (c_int32, (POINTER(NativeConfig), c_size_t)),
    "tailspot_new": (c_int32, (POINTER(NativeConfig), POINTER(c_void_p))),
    "tailspot_free": (None, (c_void_p,)),
    "tailspot_fit": (c_int32, (c_void_p, c_void_p, c_size_t)),
    "tailspot_fit_strided": (c_int32, (c_void_p, *_ELEMENTS)),
    "tailspot_step": (c_int32, (c_void_p, c_double)),
    "tailspot_reset": (c_int32, (c_void_p,)),
    "tailspot_set_q": (c_int32, (c_void_p, c_double)),
    "tailspot_anomaly_threshold": (c_double, (c_void_p, c_int32)),
    "tailspot_excess_threshold": (c_double, (c_void_p, c_int32)),
    "tailspot_probability": (c_double, (c_void_p, c_int32, c_double)),
    "tailspot_quantile": (c_double, (c_void_p, c_int32, c_double)),
    "tailspot_shape": (c_double, (c_void_p, c_int32)),
    "tailspot_scale": (c_double, (c_void_p, c_int32)),
    "tailspot_drift": (c_double, (c_void_p,)),
    "tailspot_step_many": (c_int32, (c_void_p, c_void_p, c_size_t, *_OUTS)),
    "tailspot_step_strided": (c_int32, (c_void_p, *_ELEMENTS, *_OUTS)),
    "tailspot_get_status": (c_int32, (c_void_p, POINTER(NativeStatus), c_size_t)),
    "tailspot_get_config": (c_int32, (c_void_p, POINTER(NativeConfig), c_size_t)),
    "tailspot_snapshot_size": (c_size_t, (c_void_p,)),
    "tailspot_save": (c_int32, (c_void_p, c_void_p, c_size_t)),
    "tailspot_load": (c_int32, (c_char_p, c_size_t, POINTER(c_void_p))),
    "tailspot_pool_new": (c_int32, (POINTER(NativeConfig), POINTER(c_void_p))),
    "tailspot_pool_from_spot": (c_int32, (c_void_p, POINTER(c_void_p))),
    "tailspot_pool_free": (None, (c_void_p,)),
    "tailspot_pool_set_limit": (c_int32, (c_void_p, c_size_t)),
    "tailspot_pool_set_threads": (c_int32, (c_void_p, c_uint32)),
    "tailspot_pool_step": (c_int32, (c_void_p, c_uint64, c_double)),
    "tailspot_pool_verdict": (c_int32, (c_void_p, c_uint64, c_double, c_void_p, c_void_p)),
    "tailspot_pool_step_many": (c_int32, (c_void_p, c_void_p, c_void_p, c_size_t, *_OUTS)),
    "tailspot_pool_step_strided": (c_int32, (c_void_p, c_void_p, *_ELEMENTS, *_OUTS)),
    "tailspot_pool_size": (c_size_t, (c_void_p,)),
    "tailspot_pool_get_status": (c_int32, (c_void_p, POINTER(NativePoolStatus), c_size_t)),
    "tailspot_pool_keys": (c_int32, (c_void_p, c_void_p, c_size_t)),
    "tailspot_pool_get": (c_int32, (c_void_p, c_uint64, POINTER(c_void_p))),
    "tailspot_pool_get_template": (c_int32, (c_void_p, POINTER(c_void_p))),
    "tailspot_pool_insert": (c_int32, (c_void_p, c_uint64, c_void_p)),
    "tailspot_pool_remove": (c_int32, (c_void_p, c_uint64, POINTER(c_void_p))),
    "tailspot_pool_snapshot_size": (c_size_t, (c_void_p,)),
    "tailspot_pool_save": (c_int32, (c_void_p, c_void_p, c_size_t)),
    "tailspot_pool_load": (c_int32, (c_char_p, c_size_t, c_uint32, POINTER(c_void_p))),
    "tailspot_pool_explain_snapshot": (c_size_t, (c_char_p, c_size_t, *_TEXT)),
    "tailspot_explain_config": (c_size_t, (POINTER(NativeConfig), *_TEXT)),
    "tailspot_explain_fit": (c_size_t, (c_void_p, *_ELEMENTS, *_TEXT)),
    "tailspot_explain_snapshot": (c_size_t, (c_char_p, c_size_t, *_TEXT)),
    "tailspot_status_message": (c_char_p, (c_int32,)),
    "tailspot_version": (c_char_p, ()),
    "tailspot_abi_version": (c_uint32, ()),
}


def _path() -> Path:
    name = {"darwin": "libtailspot.dylib", "win32": "tailspot.dll"}.get(sys.platform, "libtailspot.so")
    return Path(__file__).with_name(name)


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    for name, (result, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _load() -> tuple[ctypes.CDLL, ctypes.CDLL]:
    path = str(_path())
    try:
        quick, free = _declared(ctypes.PyDLL(path)), _declared(ctypes.CDLL(path))
    except (OSError, AttributeError) as error:
        raise ImportError(f"tailspot: its shared library does not load: {error}", path=path) from None
    if quick.tailspot_abi_version() < ABI_VERSION:
        raise ImportError(f"tailspot: {path} is older than this package", path=path)
    return quick, free


# The same library twice: QUICK keeps the GIL during a call, which is right for what takes less than a microsecond;
# FREE lets go of it, so that other threads run meanwhile.
QUICK, FREE = _load()


def text(data: bytes | None) -> str:
    """A string of the library."""
    return (data or b"").decode()


def explained(function: Any, *arguments: Any) -> str:
    """The sentence of one of the `tailspot_explain_` functions; empty if nothing is wrong."""
    size = function(*arguments, None, 0)
    buffer = ctypes.create_string_buffer(size + 1)
    function(*arguments, buffer, size + 1)
    return buffer.value.decode()
