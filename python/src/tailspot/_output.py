"""Arrays for the answers: NumPy's where it is installed, `array.array` otherwise."""

from __future__ import annotations

import ctypes
import math
from array import array
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tailspot._elements import SIZES, STRUCT, gathered
from tailspot._native import SWAPPED

if TYPE_CHECKING:
    from tailspot._elements import Elements


def _numpy() -> Any:
    """NumPy, if it is there, and not if this is a signal handler that interrupts its import."""
    numpy = _found()
    return None if numpy is None or getattr(numpy.__spec__, "_initializing", False) else numpy


@cache
def _found() -> Any:
    """Find NumPy once: an import that fails looks through all folders, under a lock."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


class Outputs(NamedTuple):
    """Arrays for answers, and their addresses in the order in which the library takes them; 0 for None."""

    events: Any
    upper: Any
    lower: Any
    probability: Any
    addresses: tuple[int, int, int, int]


def new(count: int, upper: bool = True, lower: bool = True, probability: bool = True) -> Outputs:
    """Arrays for `count` events (int8), and unless refused as many thresholds and probabilities (float64)."""
    wanted = (upper, lower, probability)
    numpy = _numpy()
    if numpy is None:
        events = array("b", bytes(count))
        doubles = [array("d", bytes(8 * count)) if asked else None for asked in wanted]
        at = [values.buffer_info()[0] if values is not None else 0 for values in doubles]
        return Outputs(events, doubles[0], doubles[1], doubles[2], (events.buffer_info()[0], at[0], at[1], at[2]))
    # One block: the allocator reuses a block that was freed, but gives four that lie together back to the system, and
    # fresh memory costs more than judging the values.
    size, parts = 8 * count, sum(wanted)
    block = numpy.empty(parts * size + count, "uint8")
    first = block.__array_interface__["data"][0]
    events, arrays, places = block[parts * size :].view("int8"), [], [first + parts * size]
    for i, asked in enumerate(wanted):
        start = sum(wanted[:i]) * size
        arrays.append(block[start : start + size].view("float64") if asked else None)
        places.append(first + start if asked else 0)
    return Outputs(events, arrays[0], arrays[1], arrays[2], (places[0], places[1], places[2], places[3]))


def missing(count: int) -> Any:
    """An array of `count` NaN."""
    numpy = _numpy()
    return array("d", [math.nan]) * count if numpy is None else numpy.full(count, math.nan)


def indices(places: list[int]) -> Any:
    """An array of indices, int64."""
    numpy = _numpy()
    return array("q", places) if numpy is None else numpy.array(places, "int64")


def doubles(pieces: list[Elements]) -> Any:
    """A copy of elements as float64."""
    numpy = _numpy()
    if numpy is None:
        return gathered(pieces)
    copies = [numpy.empty(0)]
    for first, length, stride, code in pieces:
        if length:
            size = SIZES[code & ~SWAPPED]
            order = "=" if not code & SWAPPED else "S"
            kind = numpy.dtype(STRUCT[code & ~SWAPPED]).newbyteorder(order)
            lowest = first + min(0, (length - 1) * stride)
            memory = (ctypes.c_char * ((length - 1) * abs(stride) + size)).from_address(lowest)
            copies.append(numpy.ndarray(length, kind, memory, first - lowest, stride).astype("float64"))
    return numpy.concatenate(copies) if len(copies) != 2 else copies[1]


def floats(count: int) -> tuple[Any, int]:
    """An array for `count` numbers, float64, and its address."""
    numpy = _numpy()
    if numpy is None:
        numbers = array("d", bytes(8 * count))
        return numbers, numbers.buffer_info()[0]
    numbers = numpy.empty(count)
    return numbers, numbers.__array_interface__["data"][0]


def shifted(events: Any, by: int) -> Any:
    """Events with a number added."""
    return events + by if _numpy() is not None else array("b", (event + by for event in events))


def keys(numbers: array[int]) -> Any:
    """An array of keys, uint64."""
    numpy = _numpy()
    return numbers if numpy is None else numpy.frombuffer(numbers, "uint64")
