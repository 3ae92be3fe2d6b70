"""Results: what they say of themselves, tables, indices, incidents; judging without learning."""

from __future__ import annotations

import ctypes
import math
import pickle
import random
from array import array
from dataclasses import replace
from typing import Any

import pytest
from conftest import needs, normal, same

import tailspot
from tailspot import Event, Monitor, Pool, Spot
from tailspot import _native as native
from tailspot._config import to_native
from tailspot._library import QUICK

SPOT = {"q": 1e-3, "level": 0.95, "n_init": 1000}
STREAM = [*normal(3000), 9.0, 0.0, math.inf, *normal(30, 2), -9.0, math.nan, *normal(500, 3), *[8.0] * 50]


def jumpy(count: int, seed: int) -> list[float]:
    """A stream with many alerts, alone and in bursts, on both sides, and with missing values after some."""
    draw = random.Random(seed)
    values = normal(count, seed)
    for _ in range(40):
        start = draw.randrange(1000, count)
        for i in range(start, min(count, start + draw.choice([1, 1, 5, 40]))):
            values[i] = draw.choice([-1, 1]) * draw.choice([5.0, 9.0, 9.0, math.inf])
        gap = range(start + 1, min(count, start + 1 + draw.choice([0, 0, 4, 30])))
        for i in gap:
            values[i] = math.nan
    return values


def of_library(spot: Spot, values: list[float], result: tailspot.Result) -> list[tuple[Any, ...]]:
    """The incidents that the list of the C library finds."""
    made, found = ctypes.c_void_p(), []
    assert QUICK.tailspot_incidents_new(ctypes.byref(to_native(spot.config())), ctypes.byref(made)) == native.OK
    for x, event, probability in zip(values, result.events, result.probability):
        assert QUICK.tailspot_incidents_take(made, x, int(event), probability) == native.OK
    QUICK.tailspot_incidents_finish(made)
    one = native.NativeIncident()
    while QUICK.tailspot_incidents_next(made, ctypes.byref(one), ctypes.sizeof(one)) == native.OK:
        found.append((one.first, one.last, one.count, "up" if one.side > 0 else "down", one.peak, one.probability))
    QUICK.tailspot_incidents_free(made)
    return found


@pytest.mark.parametrize("quarantine", [0, 20, 50])
def test_incidents_are_those_of_the_library(quarantine: int) -> None:
    for seed in range(5):
        values = jumpy(6000, seed)
        spot = Spot(**SPOT, quarantine=quarantine)
        result = spot.step_many(values)
        told = [(one.first, one.last, one.count, one.side, one.peak, one.probability) for one in result.incidents]
        assert told == of_library(spot, values, result)
        assert len(told) == spot.status().incidents > 5
        assert list(tailspot.watch_incidents(values, Spot(**SPOT, quarantine=quarantine))) == list(result.incidents)
        watched = Monitor(**SPOT, quarantine=quarantine).watch_incidents((1, x) for x in values)
        assert [replace(one, key=None) for one in watched] == list(result.incidents)
        assert all(values[one.peak_at] == one.peak for one in result.incidents)


def test_incidents_go_on_across_arrays() -> None:
    values = jumpy(6000, 7)
    whole = Spot(**SPOT).step_many(values).incidents
    for size in (7, 500, 1999, 6000):
        spot, pieces = Spot(**SPOT), [values[i : i + size] for i in range(0, 6000, size)]
        assert tailspot.Incidents.across(map(spot.step_many, pieces)) == whole, size
    monitor, pieces = Monitor(**SPOT), [values[i : i + 700] for i in range(0, 6000, 700)]
    keys = [[i % 3 for i in range(len(piece))] for piece in pieces]
    of_keys = Monitor(**SPOT).step_many([key for part in keys for key in part], values).incidents
    assert tailspot.Incidents.across(map(monitor.step_many, keys, pieces)) == of_keys
    assert len(whole) > 5 < len(of_keys)


def test_incidents_of_many_streams_are_those_of_each() -> None:
    streams = {key: jumpy(3000, seed) for seed, key in enumerate(["a", "b", None])}
    keys = [key for _ in range(3000) for key in streams]
    column = [x for xs in zip(*streams.values()) for x in xs]
    incidents = Monitor(**SPOT).step_many(keys, column).incidents
    for place, (key, values) in enumerate(streams.items()):
        own = Spot(**SPOT).step_many(values).incidents
        of_key = [one for one in incidents if one.key == key]
        assert [(one.first, one.last) for one in of_key] == [
            (3 * one.first + place, 3 * one.last + place) for one in own
        ]
        assert [(one.count, one.side, one.peak) for one in of_key] == [(one.count, one.side, one.peak) for one in own]
    firsts = [one.first for one in incidents]
    assert firsts == sorted(firsts)


def test_incidents_without_probabilities_have_the_most_extreme_peak() -> None:
    values = [*normal(1000), 0.0, 7.0, 9.0, 8.0]
    (one,) = Pool(**SPOT).step_many([1] * 1004, values, thresholds=False).incidents
    assert (one.first, one.last, one.count, one.peak, one.peak_at, one.key) == (1001, 1003, 3, 9.0, 1002, 1)
    assert math.isnan(one.probability)
    assert repr(Spot(**SPOT).step_many(values).incidents) == "<tailspot.Incidents: 1 of 3 alerts>"


def test_what_was_left_out_says_so() -> None:
    values = normal(1500)
    spot, other = Spot(**SPOT), Spot(**SPOT)
    step, judge = spot.step_many(values, thresholds=False), spot.judge(values, thresholds=False)
    assert same(step.events, other.step_many(values).events)
    assert same(judge.events, other.judge(values).events)
    assert spot == other
    for result in (step, judge, Pool(**SPOT).step_many([1], [1.0], thresholds=False)):
        for name in ("upper", "lower", "probability"):
            with pytest.raises(ValueError, match=f"this result has no {name}: it was asked for with thresholds=False"):
                getattr(result, name)


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 judged, 0 anomalies"), (10, "none judged"), (1003, "3 judged, 1 anomalies")]
)
def test_a_result_says_how_many_were_judged(count: int, told: str) -> None:
    result = Spot(**SPOT).step_many([*normal(1000), 0.0, 9.0, 0.0, None][:count] + [None] * (count == 1003))
    assert repr(result) == f"<tailspot.Result of {len(result):,} values, {told}>"


def test_that_nothing_was_judged_is_said_once() -> None:
    spot = Spot(n_init=2000)
    calls = [lambda: spot.step_many(normal(1000)), lambda: list(tailspot.watch(normal(5), n_init=5, level=0.5, q=0.1)),
             lambda: Spot().judge([1.0]), lambda: Spot(period=600).step_many(normal(1000))]  # fmt: skip
    told = ["none of the 1,000 values was judged: the calibration takes n_init = 2,000 values and has taken 1,000; g",
            "none of the 5 values was judged: the calibration takes n_init = 5 values and is complete only now",
            "none of the 1 values was judged: the calibration takes n_init = 2,000 values and has taken 0",
            "n_init = 2,000 values after those that warm up the baselines and has taken 0"]  # fmt: skip
    for call, text in zip(calls, told):
        with pytest.warns(tailspot.NotJudgedWarning, match=text) as caught:
            call()
        assert [one.filename for one in caught] == [__file__]
    for quiet in ([], [None], [math.nan] * 3):
        assert_quiet(lambda values=quiet: Spot().step_many(values))
    # Once is enough; and later there is something.
    assert_quiet(lambda: spot.step_many(normal(999)))
    assert_quiet(lambda: spot.step_many(normal(2)))
    assert_quiet(lambda: list(tailspot.watch([1.0], Spot(**SPOT).fit(normal(1000)))))
    assert_quiet(lambda: list(tailspot.watch([])))


def assert_quiet(call: Any) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call()


PARAMETERS: list[dict[str, Any]] = [
    {}, {"up": False}, {"alert": False}, {"accounting": "discarded", "threshold": "plug_in", "quarantine": 0},
    {"depth": 10}, {"baselines": [(10, 40), (0, 0, 24)]},
]  # fmt: skip


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_judging_answers_as_a_step_would_and_changes_nothing(parameters: dict[str, Any]) -> None:
    spot = Spot(**{**SPOT, **parameters}).fit(normal(1000))
    before = spot.save()
    values = [0.0, 2.5, -2.5, 9.0, -9.0, math.inf, -math.inf, math.nan, 1e300, spot.get_upper_t(), *normal(500, 7)]
    result = spot.judge(values)
    assert spot.save() == before
    for i, x in enumerate(values):
        verdict = Spot.load(before).verdict(x)
        answer = (result.events[i], result.upper[i], result.lower[i], result.probability[i])
        assert pytest.approx(tuple(verdict), nan_ok=True, rel=0, abs=0) == answer
    assert same(result.events, spot.judge(values).events)
    assert spot.step(0.0) == 0
    assert spot.save() != before


def test_probabilities_of_arrays_are_those_of_each() -> None:
    spot = Spot(**SPOT).fit(normal(1000))
    z = [-9.0, -3.0, -2.0, 0.0, 1.0, 2.0, 3.0, 9.0, math.inf, math.nan]
    view = memoryview(array("d", z))
    for both in (spot.up_probability, spot.down_probability):
        for values, meant in ((z, z), (view[::-1], z[::-1]), (view[::3], z[::3]), (array("i", [1, 3, -3]), [1, 3, -3])):
            assert pytest.approx([both(one) for one in meant], nan_ok=True, rel=0, abs=0) == list(both(values))
    assert len(spot.up_probability([])) == 0
    assert type(spot.up_probability(3)) is float
    with pytest.raises(TypeError, match="values"):
        spot.up_probability(["a"])
    with pytest.raises(TypeError, match="z = 'a'"):
        spot.up_probability("a")  # type: ignore[call-overload]


def test_detectors_are_equal_that_answer_alike() -> None:
    one, two = Spot(**SPOT), Spot(**SPOT)
    assert one == two
    one.step(1.0)
    assert one != two
    two.step(1.0)
    assert one == two
    two.set_q(1e-4)
    assert one != two
    assert one != "spot"
    one.close()
    assert one == one
    assert one != two
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_intervals_hold_the_thresholds_and_reasons_name_the_baseline() -> None:
    spot = Spot(**SPOT)
    assert all(math.isnan(end) for ends in spot.threshold_interval()[:2] for end in ends)
    assert spot.reasons(1.0) == ()
    spot.fit(normal(4000))
    status = spot.status()
    narrow, wide = spot.threshold_interval(0.5), spot.threshold_interval()
    assert wide.confidence == 0.95
    assert wide.upper.low < narrow.upper.low < narrow.upper.high < wide.upper.high
    assert wide.upper.low < status.anomaly_threshold_up < wide.upper.high
    assert wide.lower.low < status.anomaly_threshold_down < wide.lower.high
    assert spot.shape_interval().upper.low < status.shape_up < spot.shape_interval().upper.high
    assert spot.scale_interval().lower.low < status.scale_down < spot.scale_interval().lower.high
    t = status.excess_threshold_up
    assert spot.threshold_spread().upper == pytest.approx((wide.upper.high - t) / (wide.upper.low - t))
    for bad in (0.0, 1.0, -3.0, math.nan):
        with pytest.raises(ValueError, match=r"confidence = .* 0 < confidence < 1"):
            spot.threshold_interval(bad)
    (reason,) = spot.reasons(9.0)
    assert (reason.side, reason.residual, reason.level, reason.scale) == ("up", 9.0, 0.0, 1.0)
    assert reason.probability == spot.up_probability(9.0)
    assert spot.reasons(math.nan) == spot.reasons(math.inf) == ()
    both = Spot(**SPOT, baselines=[(10, 40), (10, 40, 24)])
    both.step_many([10 * math.sin(i * math.pi / 12) + x for i, x in enumerate(normal(6000))])
    plain, seasonal = both.reasons(60.0)
    assert (plain.baseline.period, seasonal.baseline.period) == (0, 24)
    assert plain.season == 0.0
    assert seasonal.side == "up"
    assert seasonal.residual == pytest.approx((60.0 - seasonal.season - seasonal.level) / seasonal.scale)


def test_everything_reads_well_in_a_notebook() -> None:
    spot = Spot(**SPOT)
    result = spot.step_many([*STREAM, 9.0])
    for thing in (spot, result, result.incidents, spot.status(), spot.config()):
        html = thing._repr_html_()
        assert html.startswith("<div><table>")
        assert html.count("<td>") == html.count("</td>") > 5
        assert "nan" not in html
    assert f"<th>excesses_up</th><td>{spot.status().excesses_up}</td>" in spot._repr_html_()
    named = Monitor(**SPOT).step_many(["<b>&"] * 1001, [*normal(1000), 9.0])
    for html in (named._repr_html_(), named.incidents._repr_html_()):
        assert "<td>&lt;b&gt;&amp;</td>" in html
        assert "<b>" not in html
    spot.close()
    assert spot._repr_html_() == "<div><p>Spot, closed</p></div>"


def test_probabilities_that_were_put_off_are_those_of_the_verdicts() -> None:
    values = [*normal(6000), 9.0, math.inf, 8.0, *normal(1000)]
    for more in ({}, {"depth": 10, "scale_depth": 40}):
        spot, one, other = (Spot(**SPOT, **more) for _ in range(3))
        result = spot.step_many(values)
        assert same(result.probability, array("d", [one.verdict(x).probability for x in values]))
        assert same(other.step_many(values[:900]).probability, result.probability[:900])
        assert same(other.step_many(values[900:]).probability, result.probability[900:])
        assert spot.save() == one.save() == other.save()


def test_values_that_changed_have_no_probability() -> None:
    values = normal(6000)
    result, asked = Spot(**SPOT).step_many(values), Spot(**SPOT).step_many(values)
    before = asked.probability
    values[5000] = 99.0
    assert asked.probability is before
    for ask in (lambda: result.probability, lambda: result.incidents, lambda: pickle.dumps(result)):
        with pytest.raises(ValueError, match="the values have changed since they were judged"):
            ask()
    values.pop()
    with pytest.raises(ValueError, match="the values have changed since they were judged"):
        _ = result.probability


def test_a_result_can_be_pickled() -> None:
    result = Spot(**SPOT).step_many(STREAM)
    again = pickle.loads(pickle.dumps(result))
    assert same(again.upper, result.upper)
    assert again.incidents == result.incidents


def test_values_and_index_of_a_list() -> None:
    result = Spot(**SPOT).step_many(STREAM)
    assert pytest.approx(STREAM, nan_ok=True) == list(result.values)
    assert result.index == range(len(STREAM))
    raw = Spot(**SPOT).step_many(b"\0\0\x80\x3f" * 3, dtype="<f4")
    assert list(raw.values) == [1.0] * 3
    assert Event(raw.events[0]) is Event.INIT_BATCH


def test_values_that_are_gone_are_missed() -> None:
    values = [*STREAM]
    result = Spot(**SPOT).step_many(values)
    del values[5:]
    with pytest.raises(ValueError, match=f"there were {len(STREAM)} values when they were judged, and now there are 5"):
        result.incidents  # noqa: B018


def test_values_of_other_layouts() -> None:
    np = needs("numpy")
    values = np.array(STREAM[:3000]).round(2)
    for given in (values[::-1], values[::3], values.astype(">f4"), (values * 100).astype("int16"), values > 1,
                  np.ma.masked_array(values, values > 1), values.astype("f2")):  # fmt: skip
        meant = np.ma.filled(np.ma.asarray(given).astype(float), np.nan)
        assert np.array_equal(Spot(**SPOT).step_many(given).values, meant, equal_nan=True)


def test_a_detector_whose_stream_has_left_says_so() -> None:
    spot = Spot(**SPOT).fit(normal(1000))
    spot.step_many([x + 30 for x in normal(3000, 2)])
    assert spot.status().refuted > 1000
    told = f"3,000 judged, refuted: for {spot.status().refuted:,} values far from what it was calibrated on>"
    assert repr(spot).endswith(told)
