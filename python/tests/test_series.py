"""Series of pandas and polars; nulls are missing."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import needs, normal
from test_arrays import check

from tailspot import Spot

pd, pl = needs("pandas"), needs("polars")
STREAM = normal(3000)
HOLES = [None if i % 5 == 1 else x for i, x in enumerate(STREAM)]
FILLED = [float("nan") if x is None else x for x in HOLES]
WHOLE = [None if x is None else int(x * 100) for x in HOLES]
FILLED_WHOLE = [float("nan") if x is None else float(x) for x in WHOLE]


@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", "Float32"])
def test_pandas_floats(dtype: str) -> None:
    series = pd.Series(HOLES, dtype=dtype)
    meant = FILLED if dtype.endswith("64") else [float(x) for x in pd.Series(FILLED, dtype="float32")]
    check(series, meant)
    check(series[::-1], meant[::-1])
    check(series.array, meant)


@pytest.mark.parametrize("dtype", ["Int64", "Int16"])
def test_pandas_integers_with_nulls(dtype: str) -> None:
    check(pd.Series(WHOLE, dtype=dtype), FILLED_WHOLE)


def test_pandas_of_other_kinds() -> None:
    check(pd.Series([x > 1 for x in STREAM]), [float(x > 1) for x in STREAM])
    check(pd.Series([None if x is None else x > 100 for x in WHOLE], dtype="boolean"),
          [float("nan") if x is None else float(x > 100) for x in WHOLE])  # fmt: skip
    check(pd.DataFrame({"a": STREAM, "b": 0.0})["a"], STREAM)
    check(pd.Index(range(2000)), [float(x) for x in range(2000)])
    check(pd.Series(HOLES, dtype=object), FILLED)
    assert Spot().step(pd.NA) == 5


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (pd.Series(["a", "b"]), "pandas type str|values.0. = 'a' is not a real number"),
        (pd.Series(["a"], dtype="category"), "pandas type category: needs integers, floats or bool"),
        (pd.Series(pd.to_datetime(["2020-01-01"])), r"values have the type datetime64\[.*: needs int8"),
        (pd.Series(pd.to_timedelta([1], unit="s")), r"values have the type timedelta64\[.*: needs int8"),
        (pd.Index(["a"]), "pandas type str|values.0. = 'a' is not a real number"),
        (pd.Series(pd.to_datetime(["2020-01-01"], utc=True)), r"pandas type datetime64\[.*UTC\]"),
        (pd.Series([1j]), "complex128"),
        (pd.DataFrame({"a": [1.0]}), r"values are a table \(DataFrame\): needs one column"),
    ],
    ids=range(8),
)
def test_pandas_of_no_numbers_is_refused(series: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        Spot().step_many(series)


@pytest.mark.parametrize("dtype", ["Float64", "Float32", "Int64", "Int8", "UInt16", "Boolean"])
def test_polars(dtype: str) -> None:
    kind = getattr(pl, dtype)
    numbers = HOLES if "Float" in dtype else [None if x is None else abs(x) % 100 for x in WHOLE]
    numbers = [None if x is None else x > 50 for x in numbers] if dtype == "Boolean" else numbers
    series = pl.Series("x", numbers, dtype=kind)
    meant = [float("nan") if x is None else float(x) for x in series.to_list()]
    check(series, meant)
    check(series.slice(3, 2001), meant[3:2004])
    check(pl.concat([series, series], rechunk=False), meant * 2)
    check(series.drop_nulls(), [x for x in meant if x == x])
    check(pl.DataFrame({"x": series})["x"], meant)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (pl.Series(["a"]), "Arrow type string or binary"),
        (pl.Series([[1.0]]), "Arrow type list or other nested type"),
        (pl.Series(["a"], dtype=pl.Categorical), "dictionary encoded"),
        (pl.Series([1], dtype=pl.Datetime), "Arrow type date, time or duration"),
        (pl.Series([1], dtype=pl.Decimal(10, 2)), "Arrow type decimal"),
        (pl.DataFrame({"a": [1.0]}), r"values are a table \(DataFrame\): needs one column"),
        (pl.LazyFrame({"a": [1.0]}), r"values are a table \(LazyFrame\): needs one column"),
    ],
    ids=range(7),
)
def test_polars_of_no_numbers_is_refused(series: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        Spot().step_many(series)
