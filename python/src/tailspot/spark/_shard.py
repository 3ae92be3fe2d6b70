"""The stateful operator: all keys of a shard in one pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql.streaming import StatefulProcessor
from pyspark.sql.types import BinaryType, StringType, StructField, StructType

from tailspot._event import Event
from tailspot._pool import Pool
from tailspot._spot import Spot
from tailspot.spark._row_batch import from_bytes, split, to_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailspot.spark._checkpoint import CheckpointHeader

STATE = "shard"
_SCHEMA = StructType([StructField("header", StringType()), StructField("pool", BinaryType())])
ANSWERS = (("event", pa.int8()), ("upper", pa.float64()), ("lower", pa.float64()))


class Shard(StatefulProcessor):  # type: ignore[misc]
    """Judges the rows of a shard, a batch at a time, in the order of their time.

    Between batches its state is the `CheckpointHeader` and the snapshot of its pool.

    value, time: the places of these columns in a row. Behind the columns of the stream a row has two more: its key in
    the pool, null for a row without key or time, and a hash of the whole row.
    """

    def __init__(self, header: CheckpointHeader, value: int, time: int) -> None:
        self._header, self._value, self._time = header, value, time

    def init(self, handle: Any) -> None:
        """Called by Spark before the first row of a partition."""
        self._state = handle.getValueState(STATE, _SCHEMA)

    def handleInputRows(self, key: Any, rows: Iterator[Any], timerValues: Any) -> Iterator[Any]:  # noqa: ARG002, N802, N803
        """Called by Spark with all rows of the shard in a batch, as frames of the column `rows`."""
        packed = [data for frame in rows for data in frame["rows"]]
        pool = self._load()
        answered = self._judged(pa.concat_tables(map(from_bytes, packed)), pool)
        self._state.update((self._header.to_json(), pool.save()))
        for piece in split(answered):
            yield pd.DataFrame({"rows": [to_bytes(piece)]})

    def close(self) -> None:
        """Called by Spark after the last row of a partition."""

    def _load(self) -> Pool:
        template = Spot.load(self._header.template)
        saved = self._state.get()
        if saved is None:
            return Pool.with_template(template, threads=1)
        header, data = saved
        q = self._header.check(header)
        pool = Pool.load(bytes(data), threads=1)
        return pool if q is None else _with_q(pool, q, template)

    def _judged(self, rows: pa.Table, pool: Pool) -> pa.Table:
        """The rows in the order of their time, with the answers behind them."""
        values = pc.cast(rows.column(self._value), pa.float64(), safe=False)
        order = _order(rows.column(self._time), values, rows.column(rows.num_columns - 1))
        keys = rows.column(rows.num_columns - 2).take(order)
        rows = rows.select(range(rows.num_columns - 2)).combine_chunks().take(order)
        placed = np.flatnonzero(keys.is_valid())
        found = pool.step_many(keys.take(placed).to_numpy(), values.take(order).take(placed).to_numpy())
        for (name, kind), unplaced in zip(ANSWERS, (Event.MISSING, np.nan, np.nan)):
            answers = np.full(len(keys), unplaced, kind.to_pandas_dtype())
            answers[placed] = getattr(found, f"{name}s" if name == "event" else name)
            rows = rows.append_column(name, pa.array(answers, kind, from_pandas=True))
        return rows


def _with_q(pool: Pool, q: float, template: Spot) -> Pool:
    """The same detectors with another q, and a template that has it already."""
    changed = Pool.with_template(template, threads=1)
    for key in sorted(pool):
        spot = pool[key]
        spot.set_q(q)
        changed[key] = spot
    return changed


def _order(time: Any, values: Any, tie: Any) -> Any:
    """Rows by time; those of one time by value, and those of one value by the hash of the row.

    It does not depend on the order in which the rows came, which may be another one when a batch is judged again.
    """
    keys = pa.table([time, values, tie], ["time", "value", "tie"])
    return pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in keys.column_names])
