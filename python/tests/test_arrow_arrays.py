"""Arrow arrays through the C interface: types, offsets, chunks, nulls."""

from __future__ import annotations

import gc
from array import array
from typing import Any

import pytest
from conftest import needs, normal, same
from test_arrays import answers, check

from tailspot import Spot

pa = needs("pyarrow")
STREAM = normal(3000)


def with_nulls(values: list[Any], every: int) -> list[Any]:
    return [None if every and i % every == 0 else x for i, x in enumerate(values)]


def meant(values: Any) -> list[float]:
    return [float("nan") if x is None else float(x) for x in values.to_pylist()]


@pytest.mark.parametrize("every", [0, 2, 7, 1000])
@pytest.mark.parametrize(
    "kind", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "bool_"]
)
def test_every_type_with_nulls_and_offsets(kind: str, every: int) -> None:
    numbers = [x if "float" in kind else x > 1 if kind == "bool_" else int(abs(x) * 30) for x in STREAM]
    values = pa.array(with_nulls(numbers, every), getattr(pa, kind)())
    check(values, meant(values))
    for start in (1, 7, 8, 9):
        check(values.slice(start, 2001), meant(values.slice(start, 2001)))
    chunked = pa.chunked_array([values.slice(0, 1000), values.slice(1000, 0), values.slice(1000)])
    check(chunked, meant(values))
    check(pa.table({"x": chunked})["x"], meant(values))


def test_half_precision() -> None:
    import struct

    halves = struct.unpack(f"{len(STREAM)}e", struct.pack(f"{len(STREAM)}e", *STREAM))
    raw = pa.py_buffer(struct.pack(f"{len(STREAM)}e", *STREAM))
    values = pa.Array.from_buffers(pa.float16(), len(STREAM), [None, raw])
    check(values, list(halves))


def test_nothing_but_nulls() -> None:
    for values in (pa.nulls(10), pa.nulls(10, pa.float64()), pa.chunked_array([pa.nulls(4), pa.nulls(6)])):
        assert list(answers(values).events) == [5] * 10
    for empty in (pa.array([], pa.float64()), pa.chunked_array([], pa.int32()), pa.nulls(0)):
        assert len(answers(empty)) == 0


def test_any_object_with_the_interface_is_taken_and_released() -> None:
    class Other:
        """Something of another library."""

        def __init__(self, values: Any) -> None:
            self.__arrow_c_array__ = values.__arrow_c_array__

    before = pa.total_allocated_bytes()
    for _ in range(50):
        values = pa.array(with_nulls(STREAM, 3))
        check_one(values)
        check_one(pa.chunked_array([values, values]))
        Spot().step_many(Other(values))
        with pytest.raises(TypeError):
            Spot().step_many(pa.array(["a"] * 1000))
        with pytest.raises(TypeError):
            Spot().step_many(pa.chunked_array([pa.array(["a"] * 1000)]))
    del values
    gc.collect()
    assert pa.total_allocated_bytes() - before < 100_000


def check_one(values: Any) -> None:
    assert same(answers(values).events, answers(array("d", meant(values))).events)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (pa.array(["a"]), "Arrow type string or binary"),
        (pa.array([b"a"]), "Arrow type string or binary"),
        (pa.array([[1.0]]), "Arrow type list or other nested type"),
        (pa.array([{"a": 1.0}]), "Arrow type struct: take one column"),
        (pa.table({"a": [1.0]}), r"values are a table \(Table\): needs one column"),
        (pa.record_batch({"a": [1.0]}), r"values are a table \(RecordBatch\): needs one column"),
        (pa.array([1], pa.timestamp("s")), "Arrow type date, time or duration"),
        (pa.array([1]).cast(pa.decimal128(20, 1)), "Arrow type decimal"),
        (pa.array(["a"]).dictionary_encode(), "dictionary encoded: decode them first"),
        (pa.chunked_array([], pa.string()), "Arrow type string or binary"),
    ],
    ids=range(10),
)
def test_what_is_no_array_of_real_numbers_is_refused(values: Any, message: str) -> None:
    for call in (Spot().step_many, Spot().fit):
        with pytest.raises(TypeError, match=message):
            call(values)


def test_a_stream_that_fails_says_why() -> None:
    def batches() -> Any:
        yield pa.record_batch({"a": [1.0]})
        raise OSError("the disk is gone")

    reader = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.float64()}), batches())
    with pytest.raises((TypeError, ValueError), match=r"struct: take one column|the disk is gone"):
        Spot().step_many(reader)
