"""Names of element types: those of NumPy, those of the buffer protocol, those of Arrow."""

from __future__ import annotations

import re
import sys
from typing import Any

from tailspot import _native as native

_BY_KIND = {
    ("i", 1): native.INT8,
    ("u", 1): native.UINT8,
    ("b", 1): native.UINT8,
    ("i", 2): native.INT16,
    ("u", 2): native.UINT16,
    ("i", 4): native.INT32,
    ("u", 4): native.UINT32,
    ("i", 8): native.INT64,
    ("u", 8): native.UINT64,
    ("f", 2): native.FLOAT16,
    ("f", 4): native.FLOAT32,
    ("f", 8): native.FLOAT64,
}
_KINDS = {"?": "b", "e": "f", "f": "f", "d": "f", **dict.fromkeys("bhilqn", "i"), **dict.fromkeys("BHILQN", "u")}
_LETTERS = {"?": "b1", "b": "i1", "B": "u1", "h": "i2", "H": "u2", "i": "i4", "I": "u4", "q": "i8", "Q": "u8"}
_LETTERS.update({"l": "i8", "L": "u8", "e": "f2", "f": "f4", "d": "f8"})
_WORDS = {"half": "f2", "single": "f4", "float": "f8", "double": "f8", "int": "i8", "uint": "u8", "bool": "b1"}
_WORDS["bool_"] = "b1"
_ARROW = {
    "c": native.INT8,
    "C": native.UINT8,
    "s": native.INT16,
    "S": native.UINT16,
    "i": native.INT32,
    "I": native.UINT32,
    "l": native.INT64,
    "L": native.UINT64,
    "e": native.FLOAT16,
    "f": native.FLOAT32,
    "g": native.FLOAT64,
}
REAL = "needs int8 to int64, uint8 to uint64, bool, float16, float32 or float64"
_SWAPPED_ORDERS = (">", "!") if sys.byteorder == "little" else ("<",)


def of_name(dtype: Any) -> tuple[int, int]:
    """The type of the library and the size in bytes of a NumPy-like name such as "<f4", ">i2", "u1" or "float32".

    Also takes a numpy.dtype and a type such as `float`.
    """
    name = getattr(dtype, "str", None) or getattr(dtype, "__name__", dtype)
    if not isinstance(name, str):
        raise TypeError(f"dtype = {dtype!r} is not the name of an element type, such as '<f8' or 'float32'")
    order, bare = (name[0], name[1:]) if name[:1] in ("<", ">", "=", "|", "!") else ("=", name)
    bare = _WORDS.get(bare) or _LETTERS.get(bare) or bare
    match = re.fullmatch(r"(float|uint|int|[iufb])(\d{1,3})", bare)
    if match:
        kind, number = match[1], int(match[2])
        size = number if len(kind) == 1 else number // 8
        code = _BY_KIND.get((kind[0], size))
        if code and (len(kind) == 1 or number % 8 == 0):
            return code | (native.SWAPPED if order in _SWAPPED_ORDERS and size > 1 else 0), size
    raise TypeError(f"dtype = {name!r} is not a real element type: {REAL}")


def of_format(letters: str, size: int, name: str = "values") -> int:
    """The type of the library of an item of the buffer protocol, in the syntax of the module `struct`."""
    order, bare = (letters[0], letters[1:]) if letters[:1] in ("<", ">", "=", "@", "^", "!") else ("@", letters)
    code = _BY_KIND.get((_KINDS.get(bare, ""), size))
    if code is None:
        raise TypeError(f"{name} have the element type {_described(bare, size)}: {REAL}")
    return code | (native.SWAPPED if order in _SWAPPED_ORDERS and size > 1 else 0)


def _described(letters: str, size: int) -> str:
    if letters.startswith("Z"):
        return f"complex{8 * size}"
    if letters.startswith("T"):
        return f"struct ({letters})"
    if letters == "g":
        return "longdouble"
    names = {"O": "object", "c": "bytes", "P": "pointer"}
    return names.get(letters, "text" if letters[-1:] in "swu" else repr(letters))


def of_arrow(letters: str, name: str = "values") -> int:
    """The type of the library of a format of the Arrow C interface."""
    code = _ARROW.get(letters)
    if code is None:
        raise TypeError(f"{name} have the Arrow type {_arrow_described(letters)}: {REAL}")
    return code


def _arrow_described(letters: str) -> str:
    if letters == "+s":
        return "struct: take one column"
    if letters.startswith("+"):
        return f"list or other nested type ({letters!r})"
    if letters.startswith("t"):
        return f"date, time or duration ({letters!r})"
    if letters.startswith("d:"):
        return f"decimal ({letters!r})"
    if letters in ("u", "U", "vu", "z", "Z", "vz"):
        return f"string or binary ({letters!r})"
    return repr(letters)
