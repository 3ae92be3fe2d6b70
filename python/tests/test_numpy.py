"""NumPy arrays: every real type and layout, masks, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import needs, normal
from test_arrays import check

import tailspot
from tailspot import Spot

np = needs("numpy")
STREAM = np.array(normal(3000))
TYPES = [
    "?",
    "i1",
    "u1",
    "<i2",
    ">i2",
    "<u2",
    ">u2",
    "<i4",
    ">i4",
    ">u4",
    "<i8",
    ">i8",
    ">u8",
    "<f2",
    ">f2",
    "<f4",
    ">f4",
]


def meant(values: Any) -> list[float]:
    return [float(x) for x in values]


@pytest.mark.parametrize("dtype", [*TYPES, "<f8", ">f8"])
def test_every_type_and_layout(dtype: str) -> None:
    values = (STREAM if "f" in dtype else np.abs(STREAM) * 40 if dtype != "?" else STREAM > 1).astype(dtype)
    table = np.zeros((3000, 3), dtype)
    table[:, 1] = values
    record = np.zeros(3000, [("name", "S3"), ("x", dtype)])
    record["x"] = values
    frozen = values.copy()
    frozen.flags.writeable = False
    layouts = [values, values[::-1], values[::3], table[:, 1], np.asfortranarray(table)[:, 1], record["x"], frozen]
    for layout in layouts:
        check(layout, meant(layout.astype("f8")))
    check(values.tobytes(), meant(values), values.dtype)
    check(np.broadcast_to(values[:1], 500), meant(values[:1]) * 500)


def test_results_are_numpy_arrays_with_the_types_that_are_promised() -> None:
    result = Spot(q=1e-3, level=0.95).step_many(STREAM)
    kinds = {name: getattr(result, name).dtype for name in ("events", "upper", "lower", "anomalies")}
    assert kinds == {"events": np.int8, "upper": np.float64, "lower": np.float64, "anomalies": np.int64}
    assert result.events.shape == result.upper.shape == result.lower.shape == (3000,)
    assert np.array_equal(result.anomalies, np.flatnonzero(np.abs(result.events) == 1))
    assert np.isnan(result.upper[:2000]).all()
    assert np.isfinite(result.upper[2000:]).all()
    assert result.events.flags.writeable
    assert (STREAM[result.anomalies] != 0).all()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 1.0])
def test_masked_values_are_missing(share: float) -> None:
    mask = np.random.default_rng(1).random(3000) < share
    for data in (STREAM, (STREAM * 100).astype("i4")):
        masked = np.ma.MaskedArray(data, mask=mask)
        plain = np.where(mask, np.nan, data)
        if share < 1.0:
            check(masked, meant(plain))
            check(masked[::-1], meant(plain[::-1]))
        result = Spot(q=1e-3, level=0.95).step_many(masked)
        assert (result.events[mask] == tailspot.Event.MISSING).all()
        assert not np.ma.getmaskarray(masked)[result.events != 5].any()


def test_arrays_of_objects_are_sequences() -> None:
    values = STREAM.astype(object)
    values[5] = None
    plain = STREAM.copy()
    plain[5] = np.nan
    check(values, meant(plain))


@pytest.mark.parametrize(
    ("values", "kind", "message"),
    [
        (STREAM.astype("c16"), TypeError, "element type complex128: needs"),
        (STREAM.astype("c8"), TypeError, "element type complex64: needs"),
        (STREAM.astype("g"), TypeError, "element type longdouble: needs"),
        (np.zeros(3, [("x", "f8")]), TypeError, "element type struct"),
        (np.array(["a", "b"]), TypeError, "element type text"),
        (np.array([b"a", b"b"]), TypeError, "element type bytes|element type text"),
        (np.array(["2020-01-01"], "M8[D]"), TypeError, "dtype 'M'|datetime64"),
        (np.array([1], "m8[s]"), TypeError, "dtype 'm'|timedelta64"),
        (np.array([1.0, "x"], object), TypeError, r"values\[1\] = 'x' is not a real number: str"),
        (np.zeros((3, 2)), ValueError, r"shape \(3, 2\): needs one dimension, such as values\[:, 0\]"),
        (np.float64(1.0), ValueError, r"shape \(\): needs one dimension"),
        (np.ma.zeros((2, 2)), ValueError, r"shape \(2, 2\): needs one dimension"),
    ],
    ids=str,
)
def test_what_is_no_array_of_real_numbers_is_refused(values: Any, kind: type[Exception], message: str) -> None:
    for call in (Spot().step_many, Spot().fit):
        with pytest.raises(kind, match=message):
            call(values)


def test_scalars() -> None:
    spot = Spot(q=1e-3, level=0.95, n_init=100)
    for kind in (np.float64, np.float32, np.float16, np.int8, np.uint64, np.bool_):
        assert spot.step(kind(1)) == 3
    for x, name in (
        (np.complex64(1), "complex64"),
        (np.datetime64("2020-01-01"), "datetime64"),
        (np.str_("1"), "str_"),
    ):
        with pytest.raises(TypeError, match=f"not a real number: {name}"):
            spot.step(x)
    with pytest.raises(TypeError, match="value is an array; step_many takes arrays"):
        spot.step(np.array([1.0]))
    assert spot.step(np.ma.masked) == 5
    assert Spot(q=np.float32(1e-3), n_init=np.int32(500), up=np.bool_(True)).config().n_init == 500


def test_an_object_with_an_array_interface() -> None:
    class Tensor:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return STREAM

    check(Tensor(), meant(STREAM))
