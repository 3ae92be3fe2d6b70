"""Row batches: some thousands of rows as the bytes of one Arrow stream.

Spark hands rows to a stateful operator one by one, which costs more than judging them. So they travel through it in
batches, packed and unpacked here for whole columns at once; every column keeps the type that it has in Spark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tailspot.spark._shard_id import shard_id

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes of rows that are collected before they are packed, and the largest row batch that comes back.
_HELD = 64 << 20
_LARGEST = 16 << 20


def pack(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Packs rows by their shard, which is the last column and not part of the row batch.

    Yields record batches of two columns: `shard`, int32, its id in Spark; and `rows`, binary.
    """
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= _HELD:
            yield _by_shard(pa.Table.from_batches(held))
            held, size = [], 0
    if held:
        yield _by_shard(pa.Table.from_batches(held))


def _by_shard(rows: pa.Table) -> pa.RecordBatch:
    last = rows.num_columns - 1
    shard = rows.column(last).to_numpy()
    order = np.argsort(shard, kind="stable")
    shard, rows = shard[order], rows.remove_column(last).combine_chunks().take(order)
    starts = [*np.flatnonzero(np.diff(shard, prepend=-1)), len(shard)]
    packed = [to_bytes(rows.slice(start, end - start)) for start, end in zip(starts[:-1], starts[1:])]
    ids = [shard_id(int(shard[start])) for start in starts[:-1]]
    return pa.record_batch([pa.array(ids, pa.int32()), pa.array(packed, pa.binary())], ["shard", "rows"])


def to_bytes(rows: pa.Table) -> bytes:
    """The rows as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def from_bytes(data: bytes) -> pa.Table:
    """The rows of an Arrow IPC stream."""
    with pa.ipc.open_stream(data) as reader:
        return reader.read_all()


def split(rows: pa.Table) -> Iterator[pa.Table]:
    """The rows, cut so that no row batch is much larger than `_LARGEST`."""
    most = max(1, rows.num_rows * _LARGEST // max(1, rows.nbytes))
    for start in range(0, rows.num_rows, most):
        yield rows.slice(start, most)


def unpack(batches: Iterator[pa.RecordBatch], names: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of record batches whose only column holds row batches; their columns get these names."""
    for batch in batches:
        for packed in batch.column(0):
            with pa.ipc.open_stream(packed.as_buffer()) as reader:
                for rows in reader:
                    yield rows.rename_columns(names)
