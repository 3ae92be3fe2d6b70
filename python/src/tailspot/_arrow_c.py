"""The Arrow C data and stream interfaces: arrays of pyarrow, polars and others, read where they are."""

from __future__ import annotations

import ctypes
from contextlib import ExitStack, contextmanager
from ctypes import POINTER, c_char_p, c_int, c_int64, c_void_p
from typing import TYPE_CHECKING, Any

from tailspot import _dtype
from tailspot import _native as native
from tailspot._elements import SIZES, Elements, without

if TYPE_CHECKING:
    from collections.abc import Iterator

_API = ctypes.PyDLL("the running Python", handle=ctypes.pythonapi._handle)
_pointer = _API.PyCapsule_GetPointer
_pointer.argtypes, _pointer.restype = (ctypes.py_object, c_char_p), c_void_p
# The bits of each byte, the lowest first, as bytes of 0 and 1.
_BITS = [bytes(byte >> bit & 1 for bit in range(8)) for byte in range(256)]
_INVERTED = bytes([1, 0]) + bytes(254)


class _Schema(ctypes.Structure):
    """`ArrowSchema`."""

    _fields_ = (
        ("format", c_char_p),
        ("name", c_char_p),
        ("metadata", c_void_p),
        ("flags", c_int64),
        ("n_children", c_int64),
        ("children", c_void_p),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    )


class _Array(ctypes.Structure):
    """`ArrowArray`."""

    _fields_ = (
        ("length", c_int64),
        ("null_count", c_int64),
        ("offset", c_int64),
        ("n_buffers", c_int64),
        ("n_children", c_int64),
        ("buffers", POINTER(c_void_p)),
        ("children", c_void_p),
        ("dictionary", c_void_p),
        ("release", c_void_p),
        ("private_data", c_void_p),
    )


class _Stream(ctypes.Structure):
    """`ArrowArrayStream`; what follows `get_last_error` is never looked at."""

    _fields_ = (
        ("get_schema", ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(_Schema))),
        ("get_next", ctypes.CFUNCTYPE(c_int, c_void_p, POINTER(_Array))),
        ("get_last_error", ctypes.CFUNCTYPE(c_char_p, c_void_p)),
    )


@contextmanager
def array(values: Any, name: str = "values") -> Iterator[tuple[list[Elements], list[bytes]]]:
    """The pieces of an object with `__arrow_c_array__`, and bytes that must outlive them."""
    schema_capsule, array_capsule = values.__arrow_c_array__()
    schema = _Schema.from_address(_pointer(schema_capsule, b"arrow_schema"))
    chunk = _Array.from_address(_pointer(array_capsule, b"arrow_array"))
    if not schema.release or not chunk.release:
        raise ValueError("the Arrow array was released already")
    kept: list[bytes] = []
    yield _pieces(schema, chunk, kept, name), kept
    # The capsules release what they hold when they go out of scope: not before this line.
    del schema_capsule, array_capsule


@contextmanager
def stream(values: Any, name: str = "values") -> Iterator[tuple[list[Elements], list[bytes]]]:
    """The pieces of an object with `__arrow_c_stream__`, chunk by chunk, and bytes that must outlive them."""
    capsule = values.__arrow_c_stream__()
    address = _pointer(capsule, b"arrow_array_stream")
    source = _Stream.from_address(address)
    pieces: list[Elements] = []
    kept: list[bytes] = []
    with ExitStack() as releases:
        schema = _Schema()
        _check(source, address, source.get_schema(address, schema))
        releases.callback(_release, schema)
        while True:
            chunk = _Array()
            _check(source, address, source.get_next(address, chunk))
            if not chunk.release:
                break
            releases.callback(_release, chunk)
            pieces += _pieces(schema, chunk, kept, name)
        if not pieces:
            _type(schema, name)
        yield pieces, kept
    del capsule


def _check(source: _Stream, address: int, error: int) -> None:
    if error:
        reason = source.get_last_error(address) or b"no reason given"
        raise ValueError(f"the Arrow stream failed with error {error}: {reason.decode(errors='replace')}")


def _release(owned: _Schema | _Array) -> None:
    if owned.release:
        ctypes.CFUNCTYPE(None, c_void_p)(owned.release)(ctypes.addressof(owned))


def _type(schema: _Schema, name: str) -> int:
    """The type of the elements; 0 for null and for bool, which have no element of their own."""
    letters = (schema.format or b"").decode()
    if schema.dictionary:
        raise TypeError(f"{name} are dictionary encoded: decode them first (pyarrow: {name}.dictionary_decode())")
    return 0 if letters in ("b", "n") else _dtype.of_arrow(letters, name)


def _bits(address: int, offset: int, count: int) -> bytes:
    """Bits as bytes of 0 and 1."""
    first, last = offset // 8, (offset + count + 7) // 8
    spread = b"".join(map(_BITS.__getitem__, ctypes.string_at(address + first, last - first)))
    return spread[offset - 8 * first :][:count]


def _pieces(schema: _Schema, chunk: _Array, kept: list[bytes], name: str) -> list[Elements]:
    code, count = _type(schema, name), chunk.length
    if count == 0:
        return []
    if schema.format == b"n":
        return without(b"\1" * count, Elements(0, count, 0, native.FLOAT64))
    validity, data = chunk.buffers[0], chunk.buffers[1]
    if schema.format == b"b":
        kept.append(_bits(data, chunk.offset, count))
        address = ctypes.cast(c_char_p(kept[-1]), c_void_p).value or 0
        elements = Elements(address, count, 1, native.UINT8)
    else:
        size = SIZES[code]
        elements = Elements(data + chunk.offset * size, count, size, code)
    if not validity or chunk.null_count == 0:
        return [elements]
    return without(_bits(validity, chunk.offset, count).translate(_INVERTED), elements)
