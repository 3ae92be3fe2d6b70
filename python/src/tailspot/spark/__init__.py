"""Many streams on Spark: `tailspot.spark.detect(stream, key, value, time)`, with the extra `spark`.

docs/spark.md says how many shards to take, what the checkpoint holds, and how a query gets a new version.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from tailspot._number import as_count
from tailspot._watch import detector
from tailspot.spark import _columns
from tailspot.spark._checkpoint import CheckpointHeader
from tailspot.spark._row_batch import pack, unpack
from tailspot.spark._shard import Shard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tailspot._spot import Spot

__all__ = ["detect"]

_PROVIDER = "spark.sql.streaming.stateStore.providerClass"
_ROCKSDB = "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
_MOST_SHARDS = 1 << 20


def detect(
    stream: DataFrame,
    key: str | Sequence[str],
    value: str,
    time: str,
    *,
    shards: int = 64,
    spot: Spot | None = None,
    **config: Any,
) -> DataFrame:
    """Judges every row of a streaming DataFrame, or of a batch, by a detector for each key.

    stream: a DataFrame whose session keeps its state in RocksDB.
    key: the column that identifies the stream, or several: integers, strings or binary.
    value: the column to watch: integers, floats, decimals or bool.
    time: the column that rows are sorted by within a batch: timestamps, dates or numbers.
    shards: how many pools the keys are spread over, 1 to 1,048,576.
    spot: a detector that every key starts as a copy of, such as one that was given a batch by `fit`; without one, a new
        one is made of `config`, the parameters of `tailspot.Spot`, and of `tailspot.DSpot` if there is a `depth`.

    Returns a DataFrame of the same rows, with all of their columns and three more: `event`, tinyint, the code of a
    `tailspot.Event`; `upper` and `lower`, double, the thresholds that the value was judged by, null before the
    calibration and on a side that is not watched. Every row comes back once. A row without key, time or value (null or
    NaN) is MISSING and changes nothing; a row that comes late is judged when it comes.

    The shards, the kind of the key and the parameters are part of the checkpoint: a query that resumes with
    other ones fails with a ValueError that names what has changed, and changes nothing.

    Raises ValueError for a column that is not there, an answer whose name is taken, a parameter out of range, or
    another state store; TypeError for a column of another type. Both at once, before the query starts.
    """
    if not isinstance(stream, DataFrame):
        raise TypeError(f"stream must be a DataFrame, not {type(stream).__name__}")
    template = detector(spot, config)
    shards = as_count(shards, "shards", 1)
    if shards > _MOST_SHARDS:
        raise ValueError(f"shards = {shards} is out of range: needs shards <= {_MOST_SHARDS}")
    keys: list[Any] = list(key) if isinstance(key, (list, tuple)) else [key]
    schema = stream.schema
    kind = _columns.kind_of_key(schema, keys)
    places = _columns.value_place(schema, value), _columns.time_place(schema, time)
    answered = _columns.answered(schema)
    _need_rocksdb(stream)
    shard = Shard(CheckpointHeader(shards, kind, template.save()), *places)
    row_batches = _columns.placed(stream, keys, time, kind, shards).mapInArrow(pack, "shard int, rows binary")
    judged = row_batches.groupBy("shard").transformWithStateInPandas(shard, "rows binary", "Append", "None")
    return judged.mapInArrow(partial(unpack, names=answered.names), answered)


def _need_rocksdb(stream: DataFrame) -> None:
    found = stream.sparkSession.conf.get(_PROVIDER)
    if not found.endswith("RocksDBStateStoreProvider"):
        raise ValueError(f"the state store is {found.rpartition('.')[2]}: set {_PROVIDER} to {_ROCKSDB}")
