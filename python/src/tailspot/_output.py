"""Arrays for the answers: NumPy's where it is installed, `array.array` otherwise."""

from __future__ import annotations

from array import array
from typing import Any

_TYPES = {"b": "int8", "d": "float64", "q": "int64"}


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        return None
    return numpy


def new(letter: str, count: int) -> tuple[Any, int]:
    """An array of `count` elements of type "b", "d" or "q" with any content, and its address."""
    numpy = _numpy()
    if numpy is not None:
        values = numpy.empty(count, _TYPES[letter])
        return values, values.__array_interface__["data"][0]
    plain = array(letter, bytes(count * array(letter).itemsize))
    return plain, plain.buffer_info()[0]


def indices(places: list[int]) -> Any:
    """An array of indices, of type "q"."""
    numpy = _numpy()
    return array("q", places) if numpy is None else numpy.array(places, _TYPES["q"])
