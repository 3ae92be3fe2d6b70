"""tailspot.spark without a cluster: row batches, and the operator in Spark's own tester."""

from __future__ import annotations

import decimal
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import same
from pyspark.sql.streaming.tws_tester import TwsTester

import tailspot
from tailspot.spark import _row_batch, _shard
from tailspot.spark._checkpoint import CheckpointHeader
from tailspot.spark._shard import Shard
from tailspot.spark._shard_id import shard_id

CONFIG: dict[str, Any] = {"q": 1e-3, "n_init": 100, "level": 0.9}
NAMES = ["time", "value", "key", "tie"]
KEYS = 7
HERE = Path(__file__).parent


def stream(count: int = 6000, seed: int = 1) -> pa.Table:
    """Rows of some keys, in the order of their time, with values that are missing and values that are anomalies."""
    draw = np.random.default_rng(seed)
    values = draw.normal(size=count)
    values[draw.random(count) < 0.01] *= 9
    values[draw.random(count) < 0.01] = np.nan
    keys = draw.integers(0, KEYS, count)
    return pa.table([np.arange(count), values, keys, draw.integers(-(2**63), 2**63 - 1, count)], NAMES)


def operator_of(**changed: Any) -> TwsTester:
    header = {"shards": 4, "key": "string", **changed}
    config = {**CONFIG, **header.pop("config", {})}
    spot = header.pop("spot", None) or tailspot.Spot(**config)
    return TwsTester(Shard(CheckpointHeader(template=spot.save(), **header), value=1, time=0))


def judged(operator: TwsTester, rows: pa.Table, batches: int = 1) -> pa.Table:
    """The rows of one batch as they come out of the operator, split into so many row batches."""
    edges = np.linspace(0, len(rows), batches + 1, dtype=int)
    given = [_row_batch.to_bytes(rows.slice(a, b - a)) for a, b in itertools.pairwise(edges)]
    taken = operator.testInPandas(0, pd.DataFrame({"rows": given}))
    return pa.concat_tables(map(_row_batch.from_bytes, taken["rows"]))


def equal(a: pa.Table, b: pa.Table) -> bool:
    """Whether two tables are the same; NaN is NaN."""
    return bool(a.schema == b.schema and str(a.to_pylist()) == str(b.to_pylist()))


def state(operator: TwsTester) -> tuple[str, bytes]:
    return operator.peekValueState(_shard.STATE, 0)


def shuffled(rows: pa.Table, seed: int = 3) -> pa.Table:
    return rows.take(np.random.default_rng(seed).permutation(len(rows)))


def test_each_key_is_answered_as_by_one_detector() -> None:
    rows = stream()
    found = judged(operator_of(), shuffled(rows))
    assert found.column_names == ["time", "value", "event", "upper", "lower"]
    keys = rows["key"].to_numpy()
    for key in range(KEYS):
        mine = found.filter(keys == key)
        alone = tailspot.Spot(**CONFIG).step_many(rows["value"].to_numpy()[keys == key])
        assert same(mine["event"].to_numpy(), alone.events)
        assert same(mine["upper"].to_numpy(), alone.upper)
        assert same(mine["lower"].to_numpy(), alone.lower)
    assert set(found["event"].to_pylist()) == {0, 1, -1, 2, -2, 3, 4, 5}
    assert found["upper"].null_count == found["lower"].null_count > KEYS * 100


def test_batches_change_nothing() -> None:
    rows = stream()
    whole, parts = operator_of(), operator_of()
    expected = judged(whole, rows)
    found = [judged(parts, shuffled(rows.slice(start, 700))) for start in range(0, len(rows), 700)]
    assert equal(pa.concat_tables(found), expected)
    assert state(parts) == state(whole)


def test_rows_may_come_in_any_order_and_in_any_row_batches() -> None:
    times = np.arange(6000) // 50  # Ties: some rows of a key have one time.
    rows = stream().set_column(0, "time", pa.array(times))
    rows = rows.set_column(1, "value", pa.array(np.round(rows["value"].to_numpy(), 1)))  # And some of those one value.
    expected = [judged(first := operator_of(), rows), state(first)]
    for seed in range(3):
        other = operator_of()
        found = judged(other, shuffled(rows, seed), batches=5)
        assert equal(found, expected[0])
        assert state(other) == expected[1]


def test_rows_are_told_apart_by_their_hash_only_if_time_and_value_are_equal() -> None:
    rows = pa.table([[2, 1, 1, 1], [0.0, 2.0, 1.0, 1.0], [0, 0, 0, 0], [0, 0, 9, 8]], NAMES)
    rows = rows.add_column(2, "name", pa.array(["last", "third", "second", "first"]))
    assert judged(operator_of(), rows)["name"].to_pylist() == ["first", "second", "third", "last"]


def test_a_row_without_key_time_or_value_is_missing_and_changes_nothing() -> None:
    rows = stream()
    gaps = [[None, 2, 3, 4], [99.0, None, 98.0, float("nan")], [0, 0, None, 0], [1, 2, 3, 4]]
    gaps[2][0] = None  # The key in the pool of a row without time.
    gap = pa.table([pa.array(column, field.type) for column, field in zip(gaps, rows.schema)], NAMES)
    clean, mixed = operator_of(), operator_of()
    expected = judged(clean, rows)
    judged_all = judged(mixed, pa.concat_tables([gap, rows]))
    place = pa.compute.is_in(judged_all["value"], pa.array([99.0, 98.0])).to_pylist()
    unplaced = judged_all.filter(pa.array([bool(there) for there in place]))
    assert unplaced["event"].to_pylist() == [5, 5]
    assert unplaced["upper"].null_count == unplaced["lower"].null_count == 2
    assert len(judged_all) == len(rows) + 4
    assert judged_all["event"].to_pylist().count(5) == expected["event"].to_pylist().count(5) + 4
    assert equal(judged(mixed, stream(seed=2)), judged(clean, stream(seed=2)))


def test_late_rows_are_judged_when_they_come() -> None:
    rows = stream()
    operator = operator_of()
    first, second = rows.slice(3000), rows.slice(0, 3000)
    found = [judged(operator, part) for part in (first, second)]
    for key in range(KEYS):
        alone = tailspot.Spot(**CONFIG)
        for part, answers in zip((first, second), found):
            mine = part["key"].to_numpy() == key
            expected = alone.step_many(part["value"].to_numpy()[mine])
            assert same(answers["event"].to_numpy()[mine], expected.events)
            assert same(answers["upper"].to_numpy()[mine], expected.upper)


def test_values_may_be_any_real_numbers() -> None:
    rows = stream()
    whole = pa.array(np.arange(len(rows)) * 7919 % 1009)
    columns = [whole, whole.cast(pa.decimal128(38, 3)), whole.cast(pa.float32()), whole.cast(pa.int16())]
    found = [judged(operator_of(), rows.set_column(1, "value", column)) for column in columns]
    assert all(equal(one.drop("value"), found[0].drop("value")) for one in found)
    assert [one["value"].type for one in found] == [column.type for column in columns]
    flags = pa.array(whole.to_numpy() % 100 == 0)
    bits = [judged(operator_of(), rows.set_column(1, "value", kind)) for kind in (flags, flags.cast(pa.int8()))]
    assert equal(*(one.drop("value") for one in bits))
    endless = [float("inf"), float("-inf")]
    ends = pa.table([[0, 1], endless, [0, 0], [0, 0]], NAMES)
    assert judged(operator_of(), ends)["event"].to_pylist() == [1, -1]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"shards": 8}, "with shards = 4, and this query has shards = 8: go back to 4, or start a new checkpoint"),
        ({"key": "integer"}, "with key = 'string', and this query has key = 'integer'"),
        ({"config": {"level": 0.95}}, "with level = 0.9, and this query has level = 0.95"),
        ({"config": {"down": False}}, "with down = True, and this query has down = False"),
        ({"spot": tailspot.DSpot(10, **CONFIG)}, "with depth = 0, and this query has depth = 10"),
    ],
)
def test_what_is_frozen_may_not_change(changed: dict[str, Any], told: str) -> None:
    before = operator_of()
    rows = stream()
    judged(before, rows)
    after = operator_of(**changed)
    after.updateValueState(_shard.STATE, 0, state(before))
    with pytest.raises(ValueError, match=told):
        judged(after, rows)
    assert state(after) == state(before)


def test_a_spot_that_was_fitted_on_other_values_is_told() -> None:
    spots = [tailspot.Spot(**CONFIG).fit(stream(seed=seed)["value"].to_numpy()) for seed in (1, 2)]
    before, after = (operator_of(spot=spot) for spot in spots)
    judged(before, stream())
    after.updateValueState(_shard.STATE, 0, state(before))
    with pytest.raises(ValueError, match="started with a spot that was fitted to other values"):
        judged(after, stream())


def test_with_a_fitted_spot_the_first_row_of_a_key_is_judged() -> None:
    spot = tailspot.Spot(**CONFIG).fit(stream()["value"].to_numpy())
    rows = pa.table([[1, 2], [0.0, 99.0], [5, 6], [0, 0]], NAMES)
    operator = operator_of(spot=spot)
    for _ in range(2):
        found = judged(operator, rows)
        assert found["event"].to_pylist() == [0, 1]
        assert found["upper"].to_pylist() == [spot.get_upper_threshold()] * 2
    spot.set_q(1e-5)
    other = operator_of(spot=spot)
    other.updateValueState(_shard.STATE, 0, state(operator))
    assert judged(other, rows)["upper"].to_pylist() == [spot.get_upper_threshold()] * 2


@pytest.mark.parametrize(("name", "value"), [("format", 2), ("hash", "murmur3")])
def test_a_state_of_another_format_is_told(name: str, value: object) -> None:
    operator = operator_of()
    judged(operator, stream())
    header, pool = state(operator)
    operator.updateValueState(_shard.STATE, 0, (json.dumps({**json.loads(header), name: value}), pool))
    with pytest.raises(ValueError, match=f"{value}"):
        judged(operator, stream())


def test_a_damaged_pool_is_told_and_stays() -> None:
    operator = operator_of()
    judged(operator, stream())
    header, pool = state(operator)
    operator.updateValueState(_shard.STATE, 0, (header, pool[:-9] + bytes(9)))
    with pytest.raises(ValueError, match="the bytes are damaged"):
        judged(operator, stream())
    assert state(operator) == (header, pool[:-9] + bytes(9))


def test_packing_keeps_every_row_once_in_the_row_batch_of_its_shard() -> None:
    count = 1000
    draw = np.random.default_rng(4)
    rows = {
        "host": [f"host {i % 9}" if i % 5 else None for i in range(count)],
        "whole": pa.array([2**53 + i if i % 3 else None for i in range(count)], pa.int64()),
        "tags": pa.array([[("a", i)] for i in range(count)], pa.map_(pa.string(), pa.int64())),
        "money": [decimal.Decimal(i).scaleb(-3) for i in range(count)],
        "at": pa.array(np.arange(count) * 10**9, pa.timestamp("us", "Europe/Paris")),
        "inside": [{"list": [i, None], "flag": None} for i in range(count)],
        "shard": pa.array(draw.integers(0, 6, count), pa.int32()),
    }
    table = pa.table(rows)
    packed = pa.Table.from_batches(list(_row_batch.pack(iter(table.to_batches(max_chunksize=130)))))
    assert packed["shard"].to_pylist() == [shard_id(shard) for shard in range(6)]
    for shard, data in enumerate(packed["rows"].to_pylist()):
        expected = table.filter(table["shard"].to_numpy() == shard).drop("shard")
        assert equal(_row_batch.from_bytes(data), expected)


def test_the_numbers_of_shards_never_change() -> None:
    assert [shard_id(shard) for shard in range(3)] == [-1693959553, -1910889132, -1382833682]


def test_packing_does_not_hold_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_row_batch, "_HELD", 2000)
    batches = pa.table({"x": np.arange(1000), "shard": np.zeros(1000, np.int32)}).to_batches(max_chunksize=100)
    taken = 0

    def given() -> Any:
        nonlocal taken
        for batch in batches:
            taken += 1
            yield batch

    came = []
    for batch in _row_batch.pack(given()):
        came.append((taken, len(_row_batch.from_bytes(batch["rows"][0].as_py()))))
    assert came == [(2, 200), (4, 400 // 2), (6, 200), (8, 200), (10, 200)]


def test_no_rows_make_no_row_batches() -> None:
    assert list(_row_batch.pack(iter([]))) == []
    empty = pa.record_batch([pa.array([], pa.int64()), pa.array([], pa.int32())], ["x", "shard"])
    assert [batch.num_rows for batch in _row_batch.pack(iter([empty]))] == [0]


def test_what_comes_back_is_split_into_modest_row_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = stream()
    expected = judged(operator_of(), rows)
    monkeypatch.setattr(_row_batch, "_LARGEST", 10_000)
    operator = operator_of()
    taken = operator.testInPandas(0, pd.DataFrame({"rows": [_row_batch.to_bytes(rows)]}))["rows"]
    assert len(taken) > 10
    assert max(map(len, taken)) < 20_000
    column = pa.record_batch([pa.array(taken, pa.binary())], ["rows"])
    found = pa.Table.from_batches(_row_batch.unpack(iter([column]), names=expected.column_names))
    assert equal(found, expected)


def test_q_may_change() -> None:
    rows, first = stream(), operator_of()
    judged(first, rows.slice(0, 3000))
    second = operator_of(config={"q": 1e-2})
    second.updateValueState(_shard.STATE, 0, state(first))
    found = judged(second, rows.slice(3000))
    keys = rows["key"].to_numpy()
    for key in range(KEYS):
        alone = tailspot.Spot(**CONFIG)
        alone.step_many(rows["value"].to_numpy()[:3000][keys[:3000] == key])
        alone.set_q(1e-2)
        expected = alone.step_many(rows["value"].to_numpy()[3000:][keys[3000:] == key])
        assert same(found.filter(keys[3000:] == key)["upper"].to_numpy(), expected.upper)
    third = operator_of(config={"q": 1e-2})
    third.updateValueState(_shard.STATE, 0, state(second))
    assert judged(third, stream(1000, 2))["upper"].null_count == 0


def test_a_state_of_the_first_format_goes_on() -> None:
    """The files are never changed: what a checkpoint has of one shard after 400 rows of two keys."""
    header, pool = ((HERE / f"spark_state_1.{part}").read_bytes() for part in ("json", "pool"))
    draw = np.random.default_rng(9)
    rows = pa.table([np.arange(800), draw.normal(size=800), np.arange(800) % 2, np.zeros(800, np.int64)], NAMES)
    config = {"q": 1e-2, "n_init": 60, "level": 0.9, "max_excess": 12}
    resumed, alone = operator_of(config=config), tailspot.Pool.load(pool)
    resumed.updateValueState(_shard.STATE, 0, (header.decode(), pool))
    found = judged(resumed, rows.slice(400))
    expected = alone.step_many(rows["key"].to_numpy()[400:], rows["value"].to_numpy()[400:])
    assert same(found["event"].to_numpy(), expected.events)
    assert same(found["upper"].to_numpy(), expected.upper)
    assert not {3, 4, 5} & set(found["event"].to_pylist())
    assert state(resumed) == (header.decode(), alone.save())
