"""Answers as tables of pandas, polars and Arrow, each imported only where it is asked for."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

from tailspot._event import EVENTS

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

SIDES = ("up", "down")
NAMES = tuple(event.name.lower() for event in EVENTS)
# The types of columns that lists do not say; those of text have the texts there are.
KINDS: dict[str, Any] = {"count": int, "side": SIDES, "peak": float, "probability": float}


class Column(NamedTuple):
    """A column of a table."""

    values: Any
    """A list, an array or an index."""
    kind: Any = None
    """int or float; the texts that a list has, or that an array has the places of; None for the type of the values."""

    @property
    def is_text(self) -> bool:
        """Whether the values are texts, not places of texts."""
        return isinstance(self.kind, tuple) and isinstance(self.values, list)

    def plain(self) -> Any:
        """The values, in a list if they are an `array.array`, which not every library takes for numbers."""
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
        taken = self._columns()
        names = [name if name is not None and name not in taken else None for name in index.names]
        levels = [index.get_level_values(level) for level in range(index.nlevels)]
        own = "index" if index.nlevels == 1 else "level_{}"
        return {
            own.format(i) if name is None else str(name): Column(level)
            for i, (name, level) in enumerate(zip(names, levels))
        }


def _of_pandas(pd: Any, column: Column) -> Any:
    values, kind = column
    if not isinstance(kind, tuple):
        return pd.array(values, dtype="float64" if kind is float else "int64").to_numpy() if kind else values
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
        return pl.from_pandas(values).alias(name)
    series = pl.Series(name, values, {int: pl.Int64, float: pl.Float64}.get(kind))
    return series.fill_nan(None) if series.dtype.is_float() else series


def _of_arrow(pa: Any, column: Column) -> Any:
    values, kind = column.plain(), column.kind
    if not isinstance(kind, tuple):
        return pa.array(values, {int: pa.int64(), float: pa.float64()}.get(kind), from_pandas=True)
    codes = [kind.index(text) for text in values] if column.is_text else values
    return pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), list(kind))
