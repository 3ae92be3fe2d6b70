"""Converts the numbers of Python to float, and refuses everything else by name."""

from __future__ import annotations

import operator
import reprlib
from typing import Any

_NULLS = ("NoneType", "NAType", "NaTType", "MaskedConstant")
_NOT_REAL = ("complex", "clongdouble", "datetime", "timedelta", "longdouble")
_LARGEST_COUNT = 2**64 - 1


def as_float(x: Any, name: str = "value") -> float:
    """A float of x. None, pandas.NA, pandas.NaT, numpy.ma.masked and a null of pyarrow are missing: NaN.

    Raises TypeError for what is not a real number, ValueError for an integer beyond the range of a double.
    """
    kind = type(x)
    if kind is float:
        return x  # type: ignore[no-any-return]
    # A scalar of pyarrow says whether it is one.
    if kind.__name__ in _NULLS or getattr(x, "is_valid", True) is False:
        return float("nan")
    return _converted(x, name)


def _converted(x: Any, name: str) -> float:
    kind = type(x)
    if isinstance(x, (str, bytes, bytearray, complex)) or kind.__name__.startswith(_NOT_REAL):
        raise TypeError(f"{name} = {reprlib.repr(x)} is not a real number: {kind.__name__}")
    if getattr(x, "ndim", 0):
        raise TypeError(f"{name} is an array; step_many takes arrays")
    try:
        return float(x)
    except OverflowError:
        raise ValueError(f"{name} = {reprlib.repr(x)} is too large for a double: needs at most 1.8e308") from None
    except TypeError:
        raise TypeError(f"{name} = {reprlib.repr(x)} is not a real number: {kind.__name__}") from None


def as_parameter(x: Any, name: str) -> float:
    """A float of a parameter; None is refused."""
    return _converted(x, name)


def as_count(x: Any, name: str, least: int) -> int:
    """An integer of a parameter, from `least` to 2**64 - 1."""
    try:
        count = operator.index(x)
    except TypeError:
        raise TypeError(f"{name} = {reprlib.repr(x)} is not an integer: {type(x).__name__}") from None
    if count < least:
        raise ValueError(f"{name} = {count} is out of range: needs {name} >= {least}")
    if count > _LARGEST_COUNT:
        raise ValueError(f"{name} = {reprlib.repr(count)} is out of range: needs {name} < 2**64")
    return count


def as_flag(x: Any, name: str) -> bool:
    """A bool of a parameter: True, False, 1, 0."""
    if isinstance(x, int) or type(x).__name__ in ("bool", "bool_"):
        if x == 0 or x == 1:
            return bool(x)
        raise ValueError(f"{name} = {x} is out of range: needs True or False")
    raise TypeError(f"{name} = {reprlib.repr(x)} is neither True nor False: {type(x).__name__}")


def as_choice(x: Any, name: str, choices: tuple[str, ...]) -> int:
    """The place of x among the choices."""
    if not isinstance(x, str):
        raise TypeError(f"{name} = {reprlib.repr(x)} is not a string: {type(x).__name__}")
    if x not in choices:
        raise ValueError(f"{name} = {x!r} is unknown: needs one of {', '.join(map(repr, choices))}")
    return choices.index(x)
