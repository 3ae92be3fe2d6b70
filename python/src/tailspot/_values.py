"""Finds the elements in memory of every kind of array."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tailspot import _arrow_c, _buffer
from tailspot._elements import Elements, gathered, is_scattered, plain, without
from tailspot._number import as_float

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_RAW = ("bytes", "bytearray", "mmap")
_TABLES = ("DataFrame", "LazyFrame", "Table", "RecordBatch")


@contextmanager
def pieces_of(values: Any, dtype: Any = None) -> Iterator[list[Elements]]:
    """The elements of an array-like object, one piece after the other, valid inside of the `with`."""
    with _pieces(values, dtype) as pieces:
        if is_scattered(pieces):
            copy = gathered(pieces)
            yield [plain(copy)]
        else:
            yield pieces


@contextmanager
def elements_of(values: Any, dtype: Any = None) -> Iterator[Elements]:
    """Like `pieces_of`, but one piece; several are copied together."""
    with _pieces(values, dtype) as pieces:
        copy = gathered(pieces) if len(pieces) != 1 else array("d")
        yield plain(copy) if len(pieces) != 1 else pieces[0]


@contextmanager
def _pieces(values: Any, dtype: Any) -> Iterator[list[Elements]]:
    if dtype is not None:
        with _buffer.view(values) as view:
            yield [_buffer.raw_elements(view, dtype)]
        return
    refuse_table(values)
    missing, values = _without_nulls(values)
    if has_buffer(values):
        with _buffer.view(values) as view:
            elements = _buffer.elements(view)
            yield [elements] if missing is None else without(missing, elements)
    elif hasattr(values, "__arrow_c_array__"):
        with _arrow_c.array(values) as (pieces, _kept):
            yield pieces
    elif hasattr(values, "__arrow_c_stream__"):
        with _arrow_c.stream(values) as (pieces, _kept):
            yield pieces
    else:
        numbers = _numbers(values)
        yield [plain(numbers)]


def refuse_table(values: Any, name: str = "values") -> None:
    """Raises TypeError for a table of pandas, polars or Arrow."""
    kind = type(values).__name__
    if kind in _TABLES:
        raise TypeError(f"{name} are a table ({kind}): needs one column of it")


def _without_nulls(values: Any) -> tuple[bytes | None, Any]:
    """Masked arrays, pandas and array interfaces, as something with a buffer; and the mask, if there is one."""
    numpy, pandas = imported("numpy"), imported("pandas")
    if numpy is not None and isinstance(values, numpy.ma.MaskedArray):
        if values.ndim == 1 and values.mask.any():
            return numpy.ma.getmaskarray(values).tobytes(), values.data
        return None, values.data
    if pandas is not None and isinstance(values, (pandas.Series, pandas.Index, pandas.api.extensions.ExtensionArray)):
        return None, _of_pandas(values, numpy)
    if isinstance(values, (list, tuple)) or has_buffer(values) or hasattr(values, "__arrow_c_stream__"):
        return None, values
    if hasattr(values, "__array__") and not hasattr(values, "__arrow_c_array__"):
        from numpy import asarray

        return None, asarray(values)
    return None, values


def index_of(values: Any) -> Any:
    """The index of a pandas series, None for anything else."""
    pandas = imported("pandas")
    return values.index if pandas is not None and isinstance(values, pandas.Series) else None


def imported(name: str) -> Any:
    """A package that has been imported; not one that another thread is still importing."""
    module = sys.modules.get(name)
    return None if getattr(getattr(module, "__spec__", None), "_initializing", False) else module


def _of_pandas(values: Any, numpy: Any) -> Any:
    dtype = values.dtype
    if isinstance(dtype, numpy.dtype):
        return values.to_numpy()
    if getattr(dtype, "kind", "O") not in "iufb":
        raise TypeError(f"values have the pandas type {dtype}: needs integers, floats or bool")
    return values.to_numpy(dtype="float64", na_value=float("nan"))


def has_buffer(values: Any) -> bool:
    """Whether there is a buffer of numbers; TypeError for bytes, whose element type is unknown."""
    try:
        view = memoryview(values)
    except TypeError:
        return False
    except (BufferError, ValueError):
        # NumPy's answer for dates. `_buffer.view` raises it again, with a message.
        return True
    source = type(view.obj).__name__
    if source in _RAW and view.format in ("B", "b", "c"):
        raise TypeError(f"{source} needs the type of its elements, such as dtype='<f8' or dtype='u1'")
    return view.format != "O"


def _numbers(values: Any) -> array[float]:
    """A copy of a sequence of numbers and None."""
    if hasattr(values, "tolist") and not hasattr(values, "dtype"):
        values = values.tolist()
    if isinstance(values, (str, dict, set, frozenset)) or not is_sequence(values):
        hint = "; use tailspot.watch for a stream" if hasattr(values, "__next__") else ""
        raise TypeError(f"values must be an array or a sequence of numbers, not {type(values).__name__}{hint}")
    if all(issubclass(kind, (float, int)) for kind in set(map(type, values))):
        try:
            return array("d", values)
        except OverflowError:
            pass
    return array("d", _converted(values))


def is_array(values: Any) -> bool:
    """Whether it is an array-like object, not one number."""
    if isinstance(values, (str, bytes)):
        return False
    # NumPy's numbers have an array interface too.
    ways = () if hasattr(values, "__float__") else ("__array__", "__arrow_c_array__", "__arrow_c_stream__")
    return any(hasattr(values, way) for way in ("__len__", *ways))


def is_sequence(values: Any) -> bool:
    """Whether it is a sequence, or an array of objects."""
    return isinstance(values, Sequence) or (hasattr(values, "dtype") and getattr(values, "ndim", 0) == 1)


def _converted(values: Iterable[Any]) -> Iterator[float]:
    for i, value in enumerate(values):
        yield as_float(value, f"values[{i}]")
