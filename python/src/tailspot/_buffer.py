"""The buffer protocol: where the elements of any array-like object are, read only, without NumPy."""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tailspot import _dtype
from tailspot._elements import Elements

if TYPE_CHECKING:
    from collections.abc import Iterator

_FORMAT_AND_STRIDES = 0x4 | 0x8 | 0x10
_API = ctypes.PyDLL("the running Python", handle=ctypes.pythonapi._handle)


class _View(ctypes.Structure):
    """`Py_buffer`."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("obj", ctypes.c_void_p),
        ("len", ctypes.c_ssize_t),
        ("itemsize", ctypes.c_ssize_t),
        ("readonly", ctypes.c_int),
        ("ndim", ctypes.c_int),
        ("format", ctypes.c_char_p),
        ("shape", ctypes.POINTER(ctypes.c_ssize_t)),
        ("strides", ctypes.POINTER(ctypes.c_ssize_t)),
        ("suboffsets", ctypes.POINTER(ctypes.c_ssize_t)),
        ("internal", ctypes.c_void_p),
    )


_get = _API.PyObject_GetBuffer
_get.argtypes, _get.restype = (ctypes.py_object, ctypes.POINTER(_View), ctypes.c_int), ctypes.c_int
_release = _API.PyBuffer_Release
_release.argtypes, _release.restype = (ctypes.POINTER(_View),), None


@contextmanager
def view(values: Any, name: str = "values") -> Iterator[_View]:
    """The buffer of an object, which cannot move or shrink while it is viewed.

    Raises TypeError if the object has none, or none of numbers.
    """
    answer = _View()
    try:
        _get(values, ctypes.byref(answer), _FORMAT_AND_STRIDES)
    except (BufferError, ValueError) as error:
        if hasattr(values, "dtype"):
            raise TypeError(f"{name} have the type {values.dtype}: {_dtype.REAL}") from None
        raise TypeError(f"{name} ({type(values).__name__}) cannot be read in place: {error}") from None
    try:
        yield answer
    finally:
        _release(ctypes.byref(answer))


def _stride(view: _View) -> int:
    """The distance of two elements; arrays of ctypes do not report it."""
    distance: int = view.strides[0] if view.strides else view.itemsize
    return distance


def elements(view: _View, name: str = "values") -> Elements:
    """The elements of a buffer with one dimension."""
    if view.ndim != 1:
        shape = tuple(view.shape[: view.ndim])
        hint = f", such as {name}[:, 0]" if view.ndim == 2 else ""
        raise ValueError(f"{name} have the shape {shape}: needs one dimension{hint}")
    code = _dtype.of_format((view.format or b"B").decode(), view.itemsize, name)
    return Elements(view.buf or 0, view.shape[0], _stride(view), code)


def raw_elements(view: _View, dtype: Any) -> Elements:
    """The elements of a buffer of bytes, of the type that the caller names."""
    code, size = _dtype.of_name(dtype)
    if view.itemsize != 1 or view.ndim != 1 or (view.len > 1 and _stride(view) != 1):
        raise TypeError("dtype is for bytes: these values have an element type of their own")
    if view.len % size:
        raise ValueError(f"values have {view.len} bytes: needs a multiple of {size}, the size of {dtype!r}")
    return Elements(view.buf or 0, view.len // size, size, code)
