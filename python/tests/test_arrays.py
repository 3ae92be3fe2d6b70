"""Arrays without any other package: layouts, types, byte orders, sequences."""

from __future__ import annotations

import ctypes
import mmap
import struct
import sys
import types
from array import array
from collections import deque
from typing import Any

import pytest
from conftest import normal, same

from tailspot import Result, Spot

STREAM = normal(3000)


def answers(values: Any, dtype: Any = None) -> Result:
    """What a new detector answers."""
    return Spot(q=1e-2, level=0.9, n_init=500).step_many(values, dtype=dtype)


def check(values: Any, meant: list[float], dtype: Any = None) -> None:
    """The same answers as for the numbers that are meant, from step_many and from fit."""
    given, expected = answers(values, dtype), answers(array("d", meant))
    for name in ("events", "upper", "lower", "anomalies"):
        assert same(getattr(given, name), getattr(expected, name)), name
    fitted = Spot(q=1e-2, level=0.9).fit(values, dtype=dtype)
    assert fitted.save() == Spot(q=1e-2, level=0.9).fit(array("d", meant)).save()
    if dtype is None:
        assert same(fitted.up_probability(values), fitted.up_probability(array("d", meant)))


@pytest.mark.parametrize("letter", "bBhHiIlLqQfd")
def test_an_array_of_every_type(letter: str) -> None:
    signed = letter.islower()
    values = array(
        letter, [(x if letter in "fd" else int(abs(x) * 30) * (-1 if signed and x < 0 else 1)) for x in STREAM]
    )
    check(values, [float(x) for x in values])


@pytest.mark.parametrize(("start", "stop", "step"), [(None, None, 1), (None, None, -1), (1, None, 3), (-2, 5, -2)])
@pytest.mark.parametrize("letter", "dfh")
def test_a_view_with_steps(letter: str, start: int, stop: int, step: int) -> None:
    values = array(letter, [x if letter in "fd" else int(x * 100) for x in STREAM])
    check(memoryview(values)[start:stop:step], [float(x) for x in values[start:stop:step]])


@pytest.mark.parametrize("order", "<>=!")
@pytest.mark.parametrize("letter", "bBhHiIqQefd")
def test_bytes_with_a_type(letter: str, order: str) -> None:
    numbers = [x if letter in "efd" else int(abs(x) * 25) for x in STREAM]
    raw = struct.pack(f"{order}{len(numbers)}{letter}", *numbers)
    meant = [float(x) for x in struct.unpack(f"{order}{len(numbers)}{letter}", raw)]
    for data in (raw, bytearray(raw), memoryview(raw)):
        check(data, meant, order + letter)
    check(memoryview(b"x" + raw)[1:], meant, order + letter)


@pytest.mark.parametrize(
    ("names", "letter"),
    [
        (["f8", "float64", "double", float, "d", "=f8"], "d"),
        (["f4", "float32", "single", "f"], "f"),
        (["f2", "float16", "half", "e"], "e"),
        (["i1", "int8", "b"], "b"),
        (["u1", "uint8", "|u1", "B"], "B"),
        (["i2", "int16", "h"], "h"),
        (["i8", "int64", "int", int, "q", "l"], "q"),
        (["u8", "uint64", "uint", "Q", "L"], "Q"),
        (["b1", "bool", bool, "?"], "?"),
    ],
)
def test_names_of_types(names: list[Any], letter: str) -> None:
    numbers = [x if letter in "efd" else bool(x > 1.0) if letter == "?" else int(abs(x) * 25) for x in STREAM]
    raw = struct.pack(f"={len(numbers)}{letter}", *numbers)
    for name in names:
        check(raw, [float(x) for x in struct.unpack(f"={len(numbers)}{letter}", raw)], name)


def test_a_mapped_file_with_a_type(tmp_path: Any) -> None:
    path = tmp_path / "values.f8"
    path.write_bytes(array("d", STREAM).tobytes())
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        check(mapped, STREAM, "f8")
        with pytest.raises(TypeError, match="mmap needs the type of its elements"):
            answers(mapped)


def test_arrays_of_ctypes_in_both_byte_orders() -> None:
    for kind in (ctypes.c_double, ctypes.c_double.__ctype_be__, ctypes.c_double.__ctype_le__):
        check((kind * len(STREAM))(*STREAM), STREAM)
    check((ctypes.c_bool * len(STREAM))(*[x > 1 for x in STREAM]), [float(x > 1) for x in STREAM])


@pytest.mark.parametrize("kind", [list, tuple, deque])
def test_sequences(kind: Any) -> None:
    check(kind(STREAM), STREAM)
    whole = [int(x * 100) for x in STREAM]
    check(kind(whole), [float(x) for x in whole])
    check(range(2000), [float(x) for x in range(2000)])


def test_none_in_a_sequence_is_missing() -> None:
    values = [None if i % 7 == 0 else x for i, x in enumerate(STREAM)]
    check(values, [float("nan") if x is None else x for x in values])


def test_no_values_are_no_answers() -> None:
    for empty in ([], (), array("d"), memoryview(array("d", [1.0]))[1:], range(0)):
        result = answers(empty)
        assert len(result) == len(result.upper) == len(result.anomalies) == 0
    assert len(answers(b"", "f8")) == 0


def test_what_is_read_is_not_copied_and_not_written() -> None:
    values = array("d", STREAM)
    before = values.tobytes()
    with memoryview(values).toreadonly() as view:
        check(view, STREAM)
    assert values.tobytes() == before
    values.append(1.0)  # An exported buffer would forbid this.


def test_a_buffer_is_released_after_an_error() -> None:
    values = array("d", STREAM[:3])
    with pytest.raises(ValueError, match="at least 100 are needed"):
        Spot().fit(values)
    values.append(1.0)


def test_a_result_reads_well() -> None:
    spot = Spot(q=1e-3, level=0.95, n_init=1000).fit(STREAM)
    result = spot.step_many([0.0, 50.0, -50.0, float("nan"), *[60.0] * 20])
    assert list(result.anomalies) == [1, 2, *range(4, 24)]
    assert repr(result) == "<tailspot.Result of 24 values, 23 judged, 22 anomalies>"
    html = result._repr_html_()
    assert html.count("<tr>") == 11
    assert f"<td>1</td><td>50</td><td>alert up</td><td>{result.upper[1]:.6g}</td>" in html
    assert f"<td>2</td><td>-50</td><td>alert down</td><td>{result.lower[2]:.6g}</td>" in html
    assert "24 values, 23 judged: 1 normal, 21 alert up, 1 alert down, 1 missing." in html
    assert "The first 10 of 22 anomalies are shown." in html
    assert answers([])._repr_html_() == "<div><p>0 values, 0 judged: none.</p></div>"


@pytest.mark.parametrize("name", ["numpy", "pandas"])
def test_a_package_that_another_thread_is_importing_is_none_yet(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = types.ModuleType(name)
    begun.__spec__ = types.SimpleNamespace(_initializing=True)  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, name, begun)
    monkeypatch.setattr("tailspot._output._numpy", lambda: None)
    assert len(Spot().step_many(array("d", [1.0, 2.0]))) == 2
