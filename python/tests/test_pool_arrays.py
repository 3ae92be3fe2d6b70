"""Columns of keys and values from NumPy, pandas, polars and Arrow."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import needs, normal, same

from tailspot import Monitor, Pool

numpy = needs("numpy")

CONFIG: dict[str, Any] = {"q": 5e-3, "level": 0.95, "n_init": 200}
WANTED = numpy.array([5, 6, 5, 7] * 300)
VALUES = numpy.array(normal(1200))
EXPECTED = Pool(**CONFIG).step_many(WANTED.tolist(), VALUES.tolist())


def check(keys: Any, values: Any = VALUES) -> None:
    """The column is answered as the same numbers in lists."""
    pool = Pool(**CONFIG)
    result = pool.step_many(keys, values)
    assert same(result.events, EXPECTED.events)
    assert same(result.upper, EXPECTED.upper)
    assert sorted(pool) == [5, 6, 7]


def refused(keys: Any, error: type[Exception], message: str) -> None:
    """The column is refused, and nothing was judged."""
    pool = Pool()
    with pytest.raises(error, match=message):
        pool.step_many(keys, numpy.zeros(len(keys)))
    assert len(pool) == 0


def test_numpy_integers_of_every_width_order_and_layout() -> None:
    for name in ("i1", "u1", "<i2", ">i2", "<u2", "<i4", ">u4", "<i8", ">i8", "<u8", ">u8"):
        check(WANTED.astype(name))
    check(WANTED[::-1].copy()[::-1])
    check(numpy.repeat(WANTED, 3)[::3])
    check(numpy.stack([WANTED, WANTED], axis=1)[:, 1])
    check(numpy.ma.masked_array(WANTED))
    check(memoryview(WANTED))
    check(WANTED.astype(object))
    check(WANTED, VALUES.astype(object))
    shifted = numpy.zeros(8 * 1200 + 1, "u1")[1:].view("i8")
    shifted[:] = WANTED
    check(shifted)


def test_negative_numbers_keep_their_sign_when_they_are_widened() -> None:
    for name in ("i1", "<i2", ">i4", "<i8", ">i8"):
        pool = Pool()
        pool.step_many(numpy.array([-1, -2], name), [0.0, 0.0])
        assert sorted(pool.keys()) == [2**64 - 2, 2**64 - 1]
    assert pool.keys().dtype == "uint64"
    assert numpy.int64(-1) in pool


def test_what_is_no_column_of_integers_is_refused() -> None:
    refused(WANTED.astype("f8"), TypeError, "keys are floats")
    refused(WANTED.astype("f4"), TypeError, "keys are floats")
    refused(WANTED.astype(str), TypeError, "keys have the element type text")
    refused(WANTED.astype("c16"), TypeError, "keys have the element type complex")
    refused(WANTED.astype("datetime64[s]"), TypeError, "keys")
    refused(WANTED.reshape(2, -1), ValueError, r"keys have the shape \(2, 600\)")
    refused(numpy.ma.masked_array(WANTED, WANTED == 5), ValueError, "keys hold a null")
    refused(numpy.array(["a"], dtype=object), TypeError, r"keys\[0\] = 'a' is not an integer")


def test_keys_are_not_changed() -> None:
    keys = WANTED.copy()
    keys.flags.writeable = False
    check(keys)
    assert (keys == WANTED).all()


def test_series_of_pandas() -> None:
    pandas = needs("pandas")
    for name in ("int8", "uint16", "int64", "uint64", "Int32", "UInt64"):
        check(pandas.Series(WANTED).astype(name), pandas.Series(VALUES))
    check(pandas.Index(WANTED))
    check(pandas.Series(WANTED)[::-1][::-1])
    big = pandas.Series([2**64 - 1, 2**63], dtype="UInt64")
    pool = Pool()
    pool.step_many(big, [0.0, 0.0])
    assert sorted(pool) == [2**63, 2**64 - 1]
    refused(pandas.Series([1, None], dtype="Int64"), ValueError, "keys hold a null")
    refused(pandas.Series([1.0, 2.0]), TypeError, "keys have the pandas type float64")
    refused(pandas.Series(["a"]), TypeError, "keys have the pandas type")
    refused(pandas.Series(["a"], dtype="category"), TypeError, "keys have the pandas type category")


def test_series_of_polars() -> None:
    polars = needs("polars")
    check(polars.Series(WANTED), polars.Series(VALUES))
    check(polars.Series(WANTED.astype("i2")))
    check(polars.concat([polars.Series(WANTED[:100]), polars.Series(WANTED[100:])], rechunk=False))
    refused(polars.Series([1, None]), ValueError, "keys hold a null")
    refused(polars.Series(["a"]), TypeError, "keys have the Arrow type string")


def test_arrays_of_arrow() -> None:
    arrow = needs("pyarrow")
    check(arrow.array(WANTED), arrow.array(VALUES))
    check(arrow.array(WANTED, arrow.uint8()))
    check(arrow.chunked_array([WANTED[:77], WANTED[77:77], WANTED[77:]]), arrow.chunked_array([VALUES[:5], VALUES[5:]]))
    refused(arrow.array([None, 1, 2]), ValueError, "keys hold a null")
    refused(arrow.chunked_array([[1], [None]]), ValueError, "keys hold a null")
    refused(arrow.array([1.5]), TypeError, "keys are floats")
    refused(arrow.array(["a"]), TypeError, "keys have the Arrow type string")
    refused(arrow.array(["a"]).dictionary_encode(), TypeError, "keys are dictionary encoded")


def test_missing_values_are_told_and_change_nothing() -> None:
    arrow = needs("pyarrow")
    values = [None if i % 9 == 0 else x for i, x in enumerate(VALUES.tolist())]
    expected = Pool(**CONFIG).step_many(WANTED, [float("nan") if x is None else x for x in values])
    for given in (values, arrow.array(values), arrow.chunked_array([values[:7], values[7:]])):
        result = Pool(**CONFIG).step_many(WANTED, given)
        assert same(result.events, expected.events)
        assert same(result.lower, expected.lower)


def test_columns_of_keys_of_any_kind_for_a_monitor() -> None:
    names = numpy.array(["a", "b", "a", "c"] * 300)
    monitor = Monitor(**CONFIG)
    assert same(monitor.step_many(names, VALUES).events, EXPECTED.events)
    assert list(monitor) == ["a", "b", "c"]
    assert all(type(key) is str for key in monitor)
    for package in ("pandas", "polars"):
        twin = Monitor(**CONFIG)
        assert same(twin.step_many(needs(package).Series(names), VALUES).upper, EXPECTED.upper)
        assert twin.save() == monitor.save()
