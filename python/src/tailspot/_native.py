"""What `include/tailspot.h` declares. Written by `python/write_native.py`; do not edit."""

from __future__ import annotations

import ctypes
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
from typing import Any

ABI_VERSION = 1
MOST_BASELINES = 4
OK = 0
ERROR_NULL = 1
ERROR_POISONED = 2
ERROR_BUG = 3
ERROR_STRUCT_SIZE = 4
ERROR_PARAMETER = 5
ERROR_TOO_FEW_VALUES = 6
ERROR_TYPE = 7
ERROR_COUNT = 8
ERROR_ALIGNMENT = 9
ERROR_BUFFER = 10
ERROR_SNAPSHOT = 11
ERROR_KEY = 12
ERROR_THREADS = 13
NORMAL = 0
ALERT_UP = 1
ALERT_DOWN = -1
EXCESS_UP = 2
EXCESS_DOWN = -2
INIT_BATCH = 3
CALIBRATION = 4
MISSING = 5
INVALID = -128
UP = 1
DOWN = -1
DISCARDED = 0
LEARNED = 1
CENSORED = 2
BUDGETED = 3
PLUG_IN = 0
CALIBRATED = 1
INT8 = 1
UINT8 = 2
INT16 = 3
UINT16 = 4
INT32 = 5
UINT32 = 6
INT64 = 7
UINT64 = 8
FLOAT16 = 9
FLOAT32 = 10
FLOAT64 = 11
SWAPPED = 256
NO_FIT = 0
CONVERGED = 1
FLOOR = 2
CAP = 3
DEGENERATE = 4
TOO_FEW = 5
ACCOUNTING = ("discarded", "learned", "censored", "budgeted")
THRESHOLD = ("plug_in", "calibrated")
OUTCOME = (None, "converged", "floor", "cap", "degenerate", "too_few")


class NativeBaseline(ctypes.Structure):
    """`tailspot_baseline`."""

    _fields_ = (
        ("depth", c_uint64),
        ("scale_depth", c_uint64),
        ("period", c_uint64),
    )


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
        ("scale_depth", c_uint64),
        ("period", c_uint64),
        ("limit", c_double),
        ("baseline_count", c_uint64),
        ("baselines", NativeBaseline * MOST_BASELINES),
    )


class NativeIncident(ctypes.Structure):
    """`tailspot_incident`."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("side", c_int32),
        ("first", c_uint64),
        ("last", c_uint64),
        ("count", c_uint64),
        ("peak", c_double),
        ("probability", c_double),
    )


class NativeStatus(ctypes.Structure):
    """`tailspot_status`."""

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
        ("learning_limit_up", c_double),
        ("learning_limit_down", c_double),
        ("allowance_up", c_double),
        ("allowance_down", c_double),
        ("incidents", c_uint64),
        ("refuted", c_uint64),
        ("incidents_up", c_uint64),
        ("incidents_down", c_uint64),
        ("surplus_up", c_uint64),
        ("surplus_down", c_uint64),
        ("rejected_up", c_uint64),
        ("rejected_down", c_uint64),
    )


class NativeReason(ctypes.Structure):
    """`tailspot_reason`."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("side", c_int32),
        ("baseline", NativeBaseline),
        ("level", c_double),
        ("scale", c_double),
        ("season", c_double),
        ("residual", c_double),
        ("probability", c_double),
        ("upper", c_double),
        ("lower", c_double),
    )


class NativePoolStatus(ctypes.Structure):
    """`tailspot_pool_status`."""

    _fields_ = (
        ("struct_size", c_uint32),
        ("threads", c_uint32),
        ("keys", c_uint64),
        ("limit", c_uint64),
    )


# What each function returns and takes. Arrays, detectors and pools are addresses.
SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "tailspot_config_init": (c_int32, (POINTER(NativeConfig), c_size_t)),
    "tailspot_new": (c_int32, (POINTER(NativeConfig), POINTER(c_void_p))),
    "tailspot_clone": (c_int32, (c_void_p, POINTER(c_void_p))),
    "tailspot_free": (None, (c_void_p,)),
    "tailspot_fit": (c_int32, (c_void_p, c_void_p, c_size_t)),
    "tailspot_fit_strided": (c_int32, (c_void_p, c_void_p, c_size_t, c_ssize_t, c_int32)),
    "tailspot_step": (c_int32, (c_void_p, c_double)),
    "tailspot_verdict": (c_int32, (c_void_p, c_double, c_void_p, c_void_p, c_void_p)),
    "tailspot_reset": (c_int32, (c_void_p,)),
    "tailspot_set_q": (c_int32, (c_void_p, c_double)),
    "tailspot_anomaly_threshold": (c_double, (c_void_p, c_int32)),
    "tailspot_excess_threshold": (c_double, (c_void_p, c_int32)),
    "tailspot_tail_probability": (c_double, (c_void_p, c_int32, c_double)),
    "tailspot_quantile": (c_double, (c_void_p, c_int32, c_double)),
    "tailspot_shape": (c_double, (c_void_p, c_int32)),
    "tailspot_scale": (c_double, (c_void_p, c_int32)),
    "tailspot_drift": (c_double, (c_void_p,)),
    "tailspot_threshold_interval": (c_int32, (c_void_p, c_int32, c_double, c_void_p, c_void_p)),
    "tailspot_shape_interval": (c_int32, (c_void_p, c_int32, c_double, c_void_p, c_void_p)),
    "tailspot_scale_interval": (c_int32, (c_void_p, c_int32, c_double, c_void_p, c_void_p)),
    "tailspot_threshold_spread": (c_double, (c_void_p, c_int32)),
    "tailspot_step_many": (c_int32, (c_void_p, c_void_p, c_size_t, c_void_p, c_void_p, c_void_p, c_void_p)),
    "tailspot_step_strided": (
        c_int32,
        (c_void_p, c_void_p, c_size_t, c_ssize_t, c_int32, c_void_p, c_void_p, c_void_p, c_void_p),
    ),
    "tailspot_judge": (c_int32, (c_void_p, c_void_p, c_size_t, c_void_p, c_void_p, c_void_p, c_void_p)),
    "tailspot_judge_strided": (
        c_int32,
        (c_void_p, c_void_p, c_size_t, c_ssize_t, c_int32, c_void_p, c_void_p, c_void_p, c_void_p),
    ),
    "tailspot_tail_probability_strided": (
        c_int32,
        (c_void_p, c_int32, c_void_p, c_size_t, c_ssize_t, c_int32, c_void_p),
    ),
    "tailspot_incidents_new": (c_int32, (POINTER(NativeConfig), POINTER(c_void_p))),
    "tailspot_incidents_free": (None, (c_void_p,)),
    "tailspot_incidents_take": (c_int32, (c_void_p, c_double, c_int32, c_double)),
    "tailspot_incidents_take_many": (c_int32, (c_void_p, c_void_p, c_size_t, c_void_p, c_void_p)),
    "tailspot_incidents_take_strided": (
        c_int32,
        (c_void_p, c_void_p, c_size_t, c_ssize_t, c_int32, c_void_p, c_void_p),
    ),
    "tailspot_incidents_finish": (c_int32, (c_void_p,)),
    "tailspot_incidents_next": (c_int32, (c_void_p, POINTER(NativeIncident), c_size_t)),
    "tailspot_incidents_get_open": (c_int32, (c_void_p, POINTER(NativeIncident), c_size_t)),
    "tailspot_get_status": (c_int32, (c_void_p, POINTER(NativeStatus), c_size_t)),
    "tailspot_get_config": (c_int32, (c_void_p, POINTER(NativeConfig), c_size_t)),
    "tailspot_get_reason": (c_int32, (c_void_p, c_double, c_size_t, POINTER(NativeReason), c_size_t)),
    "tailspot_snapshot_size": (c_size_t, (c_void_p,)),
    "tailspot_save": (c_int32, (c_void_p, c_void_p, c_size_t)),
    "tailspot_load": (c_int32, (c_char_p, c_size_t, POINTER(c_void_p))),
    "tailspot_pool_new": (c_int32, (POINTER(NativeConfig), POINTER(c_void_p))),
    "tailspot_pool_with_template": (c_int32, (c_void_p, POINTER(c_void_p))),
    "tailspot_pool_free": (None, (c_void_p,)),
    "tailspot_pool_set_limit": (c_int32, (c_void_p, c_size_t)),
    "tailspot_pool_set_threads": (c_int32, (c_void_p, c_uint32)),
    "tailspot_pool_step": (c_int32, (c_void_p, c_uint64, c_double)),
    "tailspot_pool_verdict": (c_int32, (c_void_p, c_uint64, c_double, c_void_p, c_void_p, c_void_p)),
    "tailspot_pool_step_many": (
        c_int32,
        (c_void_p, c_void_p, c_void_p, c_size_t, c_void_p, c_void_p, c_void_p, c_void_p),
    ),
    "tailspot_pool_step_strided": (
        c_int32,
        (c_void_p, c_void_p, c_void_p, c_size_t, c_ssize_t, c_int32, c_void_p, c_void_p, c_void_p, c_void_p),
    ),
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
    "tailspot_explain_config": (c_size_t, (POINTER(NativeConfig), c_char_p, c_size_t)),
    "tailspot_explain_fit": (c_size_t, (c_void_p, c_void_p, c_size_t, c_ssize_t, c_int32, c_char_p, c_size_t)),
    "tailspot_explain_q": (c_size_t, (c_void_p, c_double, c_char_p, c_size_t)),
    "tailspot_explain_confidence": (c_size_t, (c_double, c_char_p, c_size_t)),
    "tailspot_explain_incidents": (
        c_size_t,
        (c_void_p, c_size_t, c_ssize_t, c_int32, c_void_p, c_void_p, c_char_p, c_size_t),
    ),
    "tailspot_explain_snapshot": (c_size_t, (c_char_p, c_size_t, c_char_p, c_size_t)),
    "tailspot_pool_explain_snapshot": (c_size_t, (c_char_p, c_size_t, c_char_p, c_size_t)),
    "tailspot_pool_explain_threads": (c_size_t, (c_uint32, c_char_p, c_size_t)),
    "tailspot_result_message": (c_char_p, (c_int32,)),
    "tailspot_version": (c_char_p, ()),
    "tailspot_abi_version": (c_uint32, ()),
}
