"""Keys of a monitor: what can be one, and how it is saved."""

from __future__ import annotations

import math
import reprlib
from base64 import b64decode, b64encode
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tailspot._values import refuse_table

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEEDS = "needs str, int, float, bool, None, bytes, date, datetime, UUID, or a tuple of these"
_MISSING = ("NAType", "NaTType")
# What columns of tables have a type for.
_TYPED = (str, bool, int, float, bytes, date, datetime)
# What any Python writes as text and reads again.
_MOST_BITS, _DEEPEST = 1024, 20


def plain(key: Any, depth: int = 0) -> Any:
    """The key that is kept: the same in a dict, and of a type that `written` takes.

    What is missing, which is NaN, pandas.NA and NaT, is None. Raises TypeError for what cannot be saved, ValueError for
    what is too large.
    """
    kind = type(key)
    if kind in (str, bool, bytes, date) or key is None:
        return key
    if kind.__name__ in _MISSING:
        return None
    if kind.__module__ == "numpy" and hasattr(key, "item") and kind.__name__ not in ("datetime64", "timedelta64"):
        item = key.item()
        return plain(item, depth) if type(item) is not kind else _refused(key)
    if isinstance(key, Enum) and key.value != key:
        return _refused(key)
    for base, convert in _KINDS:
        if isinstance(key, base):
            return convert(key)
    if not isinstance(key, tuple):
        return _refused(key)
    if depth == _DEEPEST:
        raise ValueError(f"the key holds tuples in tuples: needs at most {_DEEPEST}")
    return tuple(plain(part, depth + 1) for part in key)


def _refused(key: Any) -> Any:
    raise TypeError(f"key = {reprlib.repr(key)} ({type(key).__name__}) cannot be saved: {_NEEDS}")


def _integer(key: Any) -> int:
    number = int.__int__(key)
    if number.bit_length() > _MOST_BITS:
        raise ValueError(f"key = {reprlib.repr(number)} is out of range: needs at most {_MOST_BITS} bits")
    return number


def _float(key: Any) -> float | None:
    number = float.__float__(key)
    return None if math.isnan(number) else number


def _datetime(key: Any) -> datetime:
    if getattr(key, "nanosecond", 0):
        raise TypeError(f"key = {key!r} cannot be saved: needs whole microseconds")
    return datetime.fromisoformat(key.isoformat())


# In this order: a datetime is a date too.
_KINDS: list[tuple[type, Any]] = [
    (str, str.__str__),
    (int, _integer),
    (float, _float),
    (bytes, bytes),
    (datetime, _datetime),
    (date, lambda key: date(key.year, key.month, key.day)),
    (UUID, lambda key: UUID(int=key.int)),
]


def written(key: Any) -> Any:
    """A plain key as JSON."""
    if isinstance(key, tuple):
        return [written(part) for part in key]
    if isinstance(key, bytes):
        return {"bytes": b64encode(key).decode()}
    if isinstance(key, (datetime, date)):
        return {type(key).__name__: key.isoformat()}
    if isinstance(key, UUID):
        return {"uuid": str(key)}
    return {"float": str(key)} if isinstance(key, float) and math.isinf(key) else key


_READ: dict[str, Any] = {
    "bytes": lambda text: b64decode(text, validate=True),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "uuid": UUID,
    "float": float,
}


def read(saved: Any) -> Any:
    """The plain key that `written` wrote. Raises KeyError, TypeError and ValueError for anything else."""
    if isinstance(saved, list):
        return plain(tuple(map(read, saved)))
    if isinstance(saved, dict):
        ((kind, text),) = saved.items()
        return plain(_READ[kind](text))
    return plain(saved)


def entries(keys: Iterable[Any]) -> list[Any]:
    """Keys as a column of one type: as they are, and all as texts if no type has them all. Missing ones are None."""
    kept = [plain(key) for key in keys]
    kinds = {(type(key), getattr(key, "tzinfo", None) is None) for key in kept if key is not None}
    is_typed = len(kinds) <= 1 and all(kind in _TYPED for kind, _ in kinds)
    if is_typed and (int, True) in kinds:
        numbers = [key for key in kept if key is not None]
        least, most = min(numbers), max(numbers)
        is_typed = least >= -(2**63) and most < (2**64 if least >= 0 else 2**63)
    return kept if is_typed else [None if key is None else str(key) for key in kept]


def column_of(keys: Any) -> list[Any]:
    """The keys of a column, which may be an array. Raises TypeError for a single string and for times of NumPy."""
    refuse_table(keys, "keys")
    if isinstance(keys, (str, bytes, bytearray)):
        raise TypeError(f"keys ({type(keys).__name__}) are one key: needs one for each value")
    if type(keys).__module__ == "numpy" and keys.dtype.kind in "mM":
        raise TypeError(
            f"keys have the type {keys.dtype}: needs datetime, such as keys.astype('M8[us]').astype(object)"
        )
    if getattr(keys, "ndim", 1) != 1:
        raise ValueError(f"keys have the shape {tuple(keys.shape)}: needs one dimension")
    for convert in ("to_pylist", "to_list", "tolist"):
        if hasattr(keys, convert):
            return list(getattr(keys, convert)())
    return list(keys)
