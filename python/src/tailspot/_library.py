"""Loads the shared library, and declares what `_native.py` has of its header."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from typing import Any

from tailspot._native import ABI_VERSION, SIGNATURES


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


# The same library twice: QUICK keeps the GIL during a call, which is right for calls of less than a microsecond;
# FREE releases it, so that other threads run meanwhile.
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
