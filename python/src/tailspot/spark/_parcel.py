"""Rows in parcels: some thousands of them as the bytes of one Arrow stream.

Spark hands rows to a stateful operator one by one, which costs more than to judge them. So they travel through it in
parcels, made and opened here for whole columns at once, in which every type of Spark stays what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tailspot.spark._spread import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# Bytes of rows that are held back to make parcels larger, and the most of a parcel that comes back.
_HELD = 64 << 20
_LARGEST = 16 << 20


def packed(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Packs rows by their shard, which is the last column and not part of the parcel.

    Yields batches of two columns: `shard`, int32, the number that Spark knows it by; and `rows`, binary.
    """
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        held.append(batch)
        size += batch.nbytes
        if size >= _HELD:
            yield _sorted_out(pa.Table.from_batches(held))
            held, size = [], 0
    if held:
        yield _sorted_out(pa.Table.from_batches(held))


def _sorted_out(rows: pa.Table) -> pa.RecordBatch:
    last = rows.num_columns - 1
    shard = rows.column(last).to_numpy()
    order = np.argsort(shard, kind="stable")
    shard, rows = shard[order], rows.remove_column(last).combine_chunks().take(order)
    starts = [*np.flatnonzero(np.diff(shard, prepend=-1)), len(shard)]
    parcels = [parcel_of(rows.slice(start, end - start)) for start, end in zip(starts[:-1], starts[1:])]
    numbers = [number_of(int(shard[start])) for start in starts[:-1]]
    return pa.record_batch([pa.array(numbers, pa.int32()), pa.array(parcels, pa.binary())], ["shard", "rows"])


def parcel_of(rows: pa.Table) -> bytes:
    """The rows as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def opened(parcel: bytes) -> pa.Table:
    """The rows of a parcel."""
    with pa.ipc.open_stream(parcel) as reader:
        return reader.read_all()


def in_pieces(rows: pa.Table) -> Iterator[pa.Table]:
    """The rows, cut so that each parcel of them has a modest size."""
    most = max(1, rows.num_rows * _LARGEST // max(1, rows.nbytes))
    for start in range(0, rows.num_rows, most):
        yield rows.slice(start, most)


def unpacked(batches: Iterator[pa.RecordBatch], names: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of batches whose only column are parcels; their columns get these names."""
    for batch in batches:
        for parcel in batch.column(0):
            with pa.ipc.open_stream(parcel.as_buffer()) as reader:
                for rows in reader:
                    yield rows.rename_columns(names)
