"""Arrays in memory as the library takes them, and the values of Arrow arrays and masks that are missing."""

from __future__ import annotations

import ctypes
import re
import struct
from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from tailspot import _native as native

if TYPE_CHECKING:
    from collections.abc import Iterable

SIZES = {
    native.INT8: 1,
    native.UINT8: 1,
    native.INT16: 2,
    native.UINT16: 2,
    native.INT32: 4,
    native.UINT32: 4,
    native.INT64: 8,
    native.UINT64: 8,
    native.FLOAT16: 2,
    native.FLOAT32: 4,
    native.FLOAT64: 8,
}
STRUCT = dict(zip(SIZES, "bBhHiIqQefd"))
_NAN = ctypes.c_double(float("nan"))
# Below this many values a run, one call for each run costs more than a copy.
_SHORTEST_RUN = 16


class Elements(NamedTuple):
    """An array in memory: `length` elements of a type of the library, `stride` bytes apart, from address `first` on."""

    first: int
    length: int
    stride: int
    code: int

    def is_plain(self) -> bool:
        """Whether it is an array of doubles as C has them."""
        return self.code == native.FLOAT64 and self.stride == 8 and self.first % 8 == 0

    def doubles(self) -> array[float]:
        """A copy as floats."""
        return array("d", self.numbers())

    def numbers(self) -> tuple[Any, ...]:
        """A copy as int or float."""
        size = SIZES[self.code & ~native.SWAPPED]
        if self.length == 0:
            return ()
        lowest = self.first + min(0, (self.length - 1) * self.stride)
        memory = ctypes.string_at(lowest, (self.length - 1) * abs(self.stride) + size)
        if self.stride != size:
            start = self.first - lowest
            memory = b"".join(
                memory[place : place + size] for place in (start + i * self.stride for i in range(self.length))
            )
        order = "<>"[(self.code & native.SWAPPED != 0) ^ (struct.pack("=h", 1) != b"\1\0")]
        letter = STRUCT[self.code & ~native.SWAPPED]
        return struct.unpack(f"{order}{self.length}{letter}", memory)


def plain(values: array[float]) -> Elements:
    """The elements of an array of doubles that the caller keeps."""
    address, count = values.buffer_info()
    return Elements(address, count, 8, native.FLOAT64)


def without(missing: bytes, elements: Elements) -> list[Elements]:
    """The same values with NaN where the byte of `missing` is not 0, in pieces: nothing is copied."""
    pieces = []
    for run in re.finditer(rb"\0+|[^\0]+", missing):
        start, count = run.start(), run.end() - run.start()
        if missing[start]:
            pieces.append(Elements(ctypes.addressof(_NAN), count, 0, native.FLOAT64))
        else:
            pieces.append(elements._replace(first=elements.first + start * elements.stride, length=count))
    return pieces


def gathered(pieces: Iterable[Elements]) -> array[float]:
    """All pieces in one copy."""
    values = array("d")
    for piece in pieces:
        values.extend([float("nan")] * piece.length if piece.stride == 0 and piece.length else piece.doubles())
    return values


def is_scattered(pieces: list[Elements]) -> bool:
    """Whether the pieces are so short that one copy is quicker."""
    return len(pieces) > 2 and sum(piece.length for piece in pieces) < _SHORTEST_RUN * len(pieces)
