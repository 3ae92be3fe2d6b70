"""Results and incidents as tables of pandas, polars and Arrow, with the index of what was judged."""

from __future__ import annotations

import math
from typing import Any

import pytest
from conftest import needs, normal

import tailspot
from tailspot import Event, Pool, Spot

np, pd, pl, pa = needs("numpy"), needs("pandas"), needs("polars"), needs("pyarrow")
SPOT = {"q": 1e-3, "level": 0.95, "n_init": 1000}
STREAM = [*normal(2000), 9.0, 8.0, math.nan, *normal(100, 2), -9.0, math.inf]
TIMES = pd.date_range("2024-03-30 12:00", periods=len(STREAM), freq="min", tz="Europe/Berlin", name="when")
COLUMNS = ["value", "event", "upper", "lower", "probability"]


def test_a_frame_of_pandas_has_the_index_of_the_series() -> None:
    series = pd.Series(STREAM, index=TIMES)
    result = Spot(**SPOT).step_many(series)
    assert result.index is series.index
    frame = result.to_pandas()
    assert list(frame.columns) == COLUMNS
    assert frame.index.equals(TIMES)
    assert frame["value"].equals(series.rename("value"))
    assert list(frame["event"]) == [Event(code).name.lower() for code in result.events]
    for name in ("upper", "lower", "probability"):
        assert np.array_equal(frame[name], getattr(result, name), equal_nan=True)
    alerts = frame[frame["event"].isin(["alert_up", "alert_down"])]
    assert list(alerts.index) == [TIMES[i] for i in result.anomalies]
    # Sums over hours, and joins, go by the index.
    assert frame["value"].resample("1h").max().index.tz is not None


@pytest.mark.parametrize(
    "given", [STREAM, np.array(STREAM), pl.Series("x", STREAM), pa.array(STREAM)], ids=lambda x: type(x).__name__
)
def test_other_values_are_called_by_their_places(given: Any) -> None:
    result = Spot(**SPOT).step_many(given)
    assert list(result.to_pandas().index) == list(result.index) == list(range(len(STREAM)))
    assert result.to_polars().columns == result.to_arrow().column_names == ["index", *COLUMNS]
    assert np.array_equal(result.to_pandas()["value"], STREAM, equal_nan=True)


def test_polars_and_arrow_have_nulls_for_what_is_not_available() -> None:
    result = Spot(**SPOT).step_many(pl.Series("x", [None if x != x else x for x in STREAM]))
    frame, table = result.to_polars(), result.to_arrow()
    assert (
        frame["event"].to_list() == table["event"].to_pylist() == [Event(code).name.lower() for code in result.events]
    )
    for name in ("value", "upper", "lower", "probability"):
        values = [None if x != x else x for x in getattr(result, "values" if name == "value" else name)]
        assert frame[name].to_list() == table[name].to_pylist() == values
    assert frame["upper"].null_count() == 1000
    assert frame.schema["event"] == pl.Enum(["excess_down", "alert_down", "normal", "alert_up", "excess_up",
                                             "init_batch", "calibration", "missing"])  # fmt: skip
    timed = Spot(**SPOT).step_many(pd.Series(STREAM, index=TIMES))
    assert timed.to_polars()["when"].to_list()[0] == timed.to_arrow()["when"].to_pylist()[0] == TIMES[0]


def test_levels_of_an_index_are_columns_each() -> None:
    index = pd.MultiIndex.from_arrays([["a"] * len(STREAM), range(len(STREAM))], names=["value", None])
    result = Spot(**SPOT).step_many(pd.Series(STREAM, index=index))
    assert result.to_pandas().index.equals(index)
    assert result.to_polars().columns == result.to_arrow().column_names == ["level_0", "level_1", *COLUMNS]
    first = [one.first for one in result.incidents]
    assert list(result.incidents.to_pandas()["first"]) == [("a", place) for place in first]
    rows = [{"value": "a", "level_1": place} for place in first]
    assert result.incidents.to_polars()["first"].to_list() == result.incidents.to_arrow()["first"].to_pylist() == rows


def test_incidents_as_tables() -> None:
    series = pd.Series(STREAM, index=TIMES)
    incidents = Spot(**SPOT).step_many(series).incidents
    frame = incidents.to_pandas()
    assert list(frame.columns) == ["first", "last", "count", "side", "peak", "peak_at", "probability"]
    assert list(frame["first"]) == [TIMES[one.first] for one in incidents]
    assert list(frame["peak_at"]) == [TIMES[one.peak_at] for one in incidents]
    assert (frame["last"] - frame["first"]).max() >= pd.Timedelta("1min")
    assert list(frame["side"]) == [one.side for one in incidents]
    for table in (incidents.to_polars().to_dicts(), incidents.to_arrow().to_pylist()):
        assert [row["first"] for row in table] == list(frame["first"])
        assert [row["peak"] for row in table] == [one.peak for one in incidents]
    plain = Spot(**SPOT).step_many(STREAM).incidents
    assert list(plain.to_pandas()["first"]) == [one.first for one in plain]


@pytest.mark.parametrize(
    "values", [STREAM[:500], pd.Series(STREAM[:500], index=TIMES[:500]), []], ids=["list", "series", "empty"]
)
def test_tables_without_rows_have_their_types(values: Any) -> None:
    result = Spot(**SPOT).step_many(values)
    incidents = result.incidents
    assert len(incidents) == 0
    kinds = {name: str(kind) for name, kind in incidents.to_pandas().dtypes.items()}
    assert (kinds["count"], kinds["side"], kinds["peak"]) == ("int64", "category", "float64")
    assert incidents.to_polars().schema["peak"] == pl.Float64
    assert incidents.to_arrow().schema.field("count").type == pa.int64()
    assert len(result.to_pandas()) == len(result.to_polars()) == result.to_arrow().num_rows == len(values)
    assert result.to_polars().schema["upper"] == pl.Float64


@pytest.mark.parametrize("kind", [list, np.array, pd.Series, pl.Series, pa.array])
def test_keys_are_a_column(kind: Any) -> None:
    keys = kind([i % 3 for i in range(len(STREAM))])
    result = Pool(q=1e-2, level=0.9, n_init=100).step_many(keys, STREAM)
    assert list(result.to_pandas().columns) == ["key", *COLUMNS]
    assert (
        result.to_polars()["key"].to_list()
        == result.to_arrow()["key"].to_pylist()
        == [i % 3 for i in range(len(STREAM))]
    )
    assert set(result.incidents.to_pandas()["key"]) == {0, 1, 2}
    short = Pool(**SPOT).step_many(keys, STREAM, thresholds=False)
    assert list(short.to_pandas().columns) == ["key", "value", "event"]
    assert tailspot.Monitor(**SPOT).step_many(keys, STREAM).to_pandas()["key"].tolist()[:4] == [0, 1, 2, 0]


# Keys of a few values, and what they are in a column of one type.
MIXED: list[tuple[Any, list[Any]]] = [
    (pd.Series(["a", None], dtype="string"), ["a", None]),
    (pd.Series(["a", float("nan")], dtype=object), ["a", None]),
    ([pd.NaT, None], [None, None]),
    ([("a", 1), "b"], ["('a', 1)", "b"]),
    ([2**70, 1], [str(2**70), "1"]),
    ([-1, 2**63], ["-1", str(2**63)]),
    ([1, 2**64 - 1], [1, 2**64 - 1]),
    (["1", 1], ["1", "1"]),
    ([b"a", None], [b"a", None]),
]


@pytest.mark.parametrize(("keys", "column"), MIXED, ids=range(len(MIXED)))
def test_keys_of_any_types_are_one_column(keys: Any, column: list[Any]) -> None:
    result = tailspot.Monitor(**SPOT).step_many(keys, [math.inf] * 2)
    for table in (result, result.incidents):
        assert table.to_polars()["key"].to_list() == column
        assert table.to_arrow()["key"].to_pylist() == column
        assert len(table.to_pandas()) == 2


def test_an_index_of_any_types_is_a_column_of_texts() -> None:
    result = Spot(**SPOT).step_many(pd.Series([1.0, 2.0, math.inf], index=[1, "a", (2, 3)]))
    assert result.to_polars()["index"].to_list() == result.to_arrow()["index"].to_pylist() == ["1", "a", "(2, 3)"]
    assert result.incidents.to_polars()["first"].to_list() == ["(2, 3)"]
