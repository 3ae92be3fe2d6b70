"""Answers as tables of pandas, polars and Arrow, each imported only where it is asked for."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from tailspot._any_keys import entries
from tailspot._event import EVENTS

if TYPE_CHECKING:
    from collections.abc import Container

    import pandas as pd
    import polars as pl
    import pyarrow as pa

SIDES = ("up", "down")
NAMES = tuple(event.name.lower() for event in EVENTS)
# The kind of a column of keys, which have any type.
KEY = "key"
# The types of columns that lists do not say; those of text have the texts there are.
KINDS: dict[str, Any] = {"key": KEY, "count": int, "side": SIDES, "peak": float, "probability": float}


class Column(NamedTuple):
    """A column of a table."""

    values: Any
    """A list, an array or an index."""
    kind: Any = None
    """int or float; the texts that a list has, or that an array has the places of; None for the type of the values;
    KEY."""

    @property
    def is_text(self) -> bool:
        """Whether the values are texts, not places of texts."""
        return isinstance(self.kind, tuple) and isinstance(self.values, list)

    def plain(self) -> Any:
        """The values, in a list if they are keys or an `array.array`, which not every library takes for numbers."""
        if self.kind is KEY:
            return entries(self.values)
        return self.values.tolist() if isinstance(self.values, array) else self.values


class Frame:
    """What can be had as a table: `_columns` says its columns, and `_index` its rows."""

    __slots__ = ()

    def _columns(self) -> dict[str, Column]:
        raise NotImplementedError

    def _index(self) -> Any:
        """The index of pandas that the rows have, or None."""
        return None

    def to_pandas(self) -> pd.DataFrame:
        """A DataFrame of pandas, with the index of the series that was judged."""
        import pandas as pd

        columns = {name: _of_pandas(pd, column) for name, column in self._columns().items()}
        return pd.DataFrame(columns, index=self._index())

    def to_polars(self) -> pl.DataFrame:
        """A DataFrame of polars: the index is a column, and what is not available is null."""
        import polars as pl

        columns = {**self._index_columns(), **self._columns()}
        return pl.DataFrame([_of_polars(pl, name, column) for name, column in columns.items()])

    def to_arrow(self) -> pa.Table:
        """A table of Arrow (pyarrow): the index is a column, and what is not available is null."""
        import pyarrow as pa

        columns = {**self._index_columns(), **self._columns()}
        return pa.table({name: _of_arrow(pa, column) for name, column in columns.items()})

    def _index_columns(self) -> dict[str, Column]:
        index = self._index()
        if index is None:
            return {}
        return {name: Column(level) for name, level in _levels(index, self._columns()).items()}


def _levels(index: Any, taken: Container[str] = ()) -> dict[str, Any]:
    """The levels of an index, by names that are not taken; as texts where they have values of several types."""
    own = "index" if index.nlevels == 1 else "level_{}"
    levels = {}
    for i, name in enumerate(index.names):
        level = index.get_level_values(i)
        is_mixed = level.inferred_type in ("mixed", "mixed-integer")
        free = name is not None and name not in taken
        levels[str(name) if free else own.format(i)] = level.astype(str) if is_mixed else level
    return levels


def _of_pandas(pd: Any, column: Column) -> Any:
    values, kind = column
    if kind in (int, float):
        return pd.array(values, dtype="float64" if kind is float else "int64").to_numpy()
    if not isinstance(kind, tuple):
        return values
    if column.is_text:
        return pd.Categorical(values, categories=kind)
    return pd.Categorical.from_codes(values, categories=kind)


def _of_polars(pl: Any, name: str, column: Column) -> Any:
    values, kind = column.plain(), column.kind
    if isinstance(kind, tuple):
        texts = pl.Enum(list(kind))
        if column.is_text:
            return pl.Series(name, values, texts)
        return pl.Series(name, values, pl.Int8).replace_strict(dict(enumerate(kind)), return_dtype=texts)
    if hasattr(values, "to_series"):
        levels = [pl.from_pandas(level).alias(own) for own, level in _levels(values).items()]
        return levels[0].alias(name) if len(levels) == 1 else pl.DataFrame(levels).to_struct(name)
    series = pl.Series(name, values, {int: pl.Int64, float: pl.Float64}.get(kind))
    return series.fill_nan(None) if series.dtype.is_float() else series


def _of_arrow(pa: Any, column: Column) -> Any:
    values, kind = column.plain(), column.kind
    if hasattr(values, "to_series"):
        levels = {own: pa.array(level, from_pandas=True) for own, level in _levels(values).items()}
        arrays = list(levels.values())
        return arrays[0] if len(arrays) == 1 else pa.StructArray.from_arrays(arrays, list(levels))
    if not isinstance(kind, tuple):
        try:
            return pa.array(values, {int: pa.int64(), float: pa.float64()}.get(kind), from_pandas=True)
        except OverflowError:  # Keys from 2**63 on.
            return pa.array(values, pa.uint64())
    codes = [kind.index(text) for text in values] if column.is_text else values
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), list(kind))
