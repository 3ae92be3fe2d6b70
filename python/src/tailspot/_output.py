"""Arrays for the answers: NumPy's where it is installed, `array.array` otherwise."""

from __future__ import annotations

from array import array
from functools import cache
from typing import Any


@cache
def _numpy() -> Any:
    """Find NumPy once: an import that fails looks through all folders, under a lock."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def new(count: int) -> tuple[tuple[Any, int], tuple[Any, int], tuple[Any, int]]:
    """Arrays for `count` events (int8) and as many upper and lower thresholds (float64), each with its address."""
    numpy = _numpy()
    if numpy is None:
        arrays = (array("b", bytes(count)), array("d", bytes(8 * count)), array("d", bytes(8 * count)))
        return _placed(arrays[0]), _placed(arrays[1]), _placed(arrays[2])
    # One block: the allocator gives a block that was freed again, but three that lie together back to the system,
    # and fresh memory costs more than judging the values.
    block = numpy.empty(17 * count, "uint8")
    address = block.__array_interface__["data"][0]
    upper, lower = block[: 8 * count].view("float64"), block[8 * count : 16 * count].view("float64")
    events = block[16 * count :].view("int8")
    return (events, address + 16 * count), (upper, address), (lower, address + 8 * count)


def events(count: int) -> tuple[Any, int]:
    """An array for `count` events (int8) alone, with its address."""
    numpy = _numpy()
    if numpy is None:
        return _placed(array("b", bytes(count)))
    answers = numpy.empty(count, "int8")
    return answers, answers.__array_interface__["data"][0]


def _placed(values: array[Any]) -> tuple[Any, int]:
    return values, values.buffer_info()[0]


def indices(places: list[int]) -> Any:
    """An array of indices, int64."""
    numpy = _numpy()
    return array("q", places) if numpy is None else numpy.array(places, "int64")


def keys(numbers: array[int]) -> Any:
    """An array of keys, uint64."""
    numpy = _numpy()
    return numbers if numpy is None else numpy.frombuffer(numbers, "uint64")
