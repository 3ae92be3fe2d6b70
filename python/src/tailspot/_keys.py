"""Keys of a pool: every kind of column of integers, as 64-bit numbers in memory."""

from __future__ import annotations

import operator
import reprlib
from array import array
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from tailspot import _arrow_c, _buffer
from tailspot import _native as native
from tailspot._values import imported, is_sequence, refuse_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tailspot._elements import Elements

_MASK = 2**64 - 1
_NEEDS = "needs integers from -2**63 to 2**64 - 1 (Monitor takes keys of any kind)"
_FLOATS = (native.FLOAT16, native.FLOAT32, native.FLOAT64)


def as_key(key: Any, name: str = "key") -> int:
    """The 64-bit number of a key: of a negative one, its two's complement, which is key + 2**64.

    Raises TypeError unless it is an integer, ValueError if it has more than 64 bits.
    """
    try:
        number = operator.index(key)
    except TypeError:
        raise TypeError(f"{name} = {reprlib.repr(key)} is not an integer: {_NEEDS}") from None
    if not -(2**63) <= number <= _MASK:
        raise ValueError(f"{name} = {reprlib.repr(number)} is out of range: {_NEEDS}")
    return number & _MASK


@contextmanager
def keys_of(keys: Any) -> Iterator[tuple[int, int]]:
    """The address of a column of keys, as C has uint64_t, and how many there are; valid inside of the `with`."""
    refuse_table(keys, "keys")
    keys = _of_packages(keys)
    with ExitStack() as stack:
        if _is_buffer(keys):
            pieces = [_buffer.elements(stack.enter_context(_buffer.view(keys, "keys")), "keys")]
        elif hasattr(keys, "__arrow_c_array__"):
            pieces, _ = stack.enter_context(_arrow_c.array(keys, "keys"))
        elif hasattr(keys, "__arrow_c_stream__"):
            pieces, _ = stack.enter_context(_arrow_c.stream(keys, "keys"))
        else:
            copy = _numbers(keys)
            yield copy.buffer_info()
            return
        if len(pieces) == 1 and _is_plain(pieces[0]):
            yield pieces[0].first, pieces[0].length
        else:
            copy = _gathered(pieces)
            yield copy.buffer_info()


def _is_buffer(keys: Any) -> bool:
    try:
        return memoryview(keys).format != "O"
    except TypeError:
        return False
    except (BufferError, ValueError):
        # NumPy's answer for dates. `_buffer.view` raises it again, with a message.
        return True


def _of_packages(keys: Any) -> Any:
    """Arrays of NumPy and pandas as 64-bit arrays of NumPy: that is quick."""
    numpy, pandas = imported("numpy"), imported("pandas")
    if pandas is not None and isinstance(keys, (pandas.Series, pandas.Index, pandas.api.extensions.ExtensionArray)):
        kind = getattr(keys.dtype, "kind", "O")
        if kind not in "iub":
            raise TypeError(f"keys have the pandas type {keys.dtype}: {_NEEDS}")
        if keys.isna().any():
            raise ValueError(f"keys hold a null: {_NEEDS}")
        keys = keys.to_numpy(dtype="uint64" if kind == "u" else "int64")
    if numpy is None or not isinstance(keys, numpy.ndarray):
        return keys
    if isinstance(keys, numpy.ma.MaskedArray):
        if keys.mask.any():
            raise ValueError(f"keys hold a null: {_NEEDS}")
        keys = keys.data
    # Widened with their sign, as C does; the buffer of a column of 64 bits is taken as it is.
    return keys.astype("uint64") if _is_narrow(keys) else keys


def _is_narrow(keys: Any) -> bool:
    return keys.ndim == 1 and keys.dtype.kind in "iub" and not (keys.dtype.isnative and keys.dtype.itemsize == 8)


def _is_plain(piece: Elements) -> bool:
    return piece.code in (native.INT64, native.UINT64) and piece.stride == 8 and piece.first % 8 == 0


def _gathered(pieces: list[Elements]) -> array[int]:
    """All pieces in one copy."""
    numbers = array("Q")
    for piece in pieces:
        # Missing values have become a repeated NaN.
        if piece.code == native.FLOAT64 and piece.stride == 0:
            raise ValueError(f"keys hold a null: {_NEEDS}")
        if piece.code & ~native.SWAPPED in _FLOATS:
            raise TypeError(f"keys are floats: {_NEEDS}")
        numbers.extend(number & _MASK for number in piece.numbers())
    return numbers


def _numbers(keys: Any) -> array[int]:
    """A copy of a sequence of integers."""
    if isinstance(keys, (str, dict, set, frozenset)) or not is_sequence(keys):
        raise TypeError(f"keys must be an array or a sequence of integers, not {type(keys).__name__}")
    try:
        # Works if all are non-negative and fit into 64 bits.
        return array("Q", keys)
    except (TypeError, OverflowError):
        return array("Q", _converted(keys))


def _converted(keys: Iterable[Any]) -> Iterator[int]:
    for i, key in enumerate(keys):
        yield as_key(key, f"keys[{i}]")
