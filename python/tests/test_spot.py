"""The detectors: the founding page's words, and what came with them."""

from __future__ import annotations

import copy
import gc
import math
import pickle
import sys
import weakref
from array import array

import pytest
from conftest import normal, same

import tailspot
from tailspot import DSpot, Event, Spot
from tailspot._handle import Handle

STREAM = normal(6000)


def calibrated(kind: type[Spot] = Spot, **parameters: object) -> Spot:
    """A detector that has seen a stream."""
    spot = kind(**{"q": 1e-3, "level": 0.95, **parameters})  # type: ignore[arg-type]
    spot.step_many(STREAM)
    return spot


def test_the_first_example_of_the_founding_page_runs() -> None:
    found = []
    s = Spot(q=1e-4, up=True, down=False, n_init=2000)
    for x in [*STREAM, 9.0]:
        if s.step(x) == 1:
            found.append((x, s.get_upper_threshold()))
    assert found[-1][0] == 9.0
    assert 2.5 < found[-1][1] < 6.0
    assert math.isnan(s.get_lower_threshold())


def test_the_parameters_have_the_order_of_the_founding_page() -> None:
    config = Spot(5e-4, 2500, 0.98, True, False, False, False, 150).config()
    assert config == tailspot.Config(5e-4, 2500, 0.98, True, False, False, False, 150, "budgeted", "calibrated", 20, 0)
    drifting = DSpot(7, 5e-4, 2500, 0.98, True, False, False, False, 150, quarantine=3).config()
    assert drifting.depth == 7
    assert drifting.quarantine == 3
    assert drifting.max_excess == 150


def test_the_defaults_are_those_of_the_founding_page() -> None:
    expected = tailspot.Config(1e-4, 2000, 0.99, True, True, True, True, 200, "budgeted", "calibrated", 20, 0)
    assert Spot().config() == expected
    assert DSpot().config().depth == 10


def test_step_answers_events_with_the_codes() -> None:
    spot = Spot(q=1e-3, level=0.9, n_init=100)
    events = [spot.step(x) for x in STREAM[:99]]
    assert set(events) == {Event.INIT_BATCH}
    assert spot.step(STREAM[99]) == 4
    answers = [spot.step(x) for x in (0.0, 99.0, -99.0, float("nan"), None, math.inf, -math.inf, 0, True)]
    assert answers == [0, 1, -1, 5, 5, 1, -1, 0, 0]
    assert all(type(answer) is Event for answer in answers)
    assert answers[1].is_alert
    assert not answers[0].is_alert
    assert spot.step(spot.get_upper_t() + 1e-9) is Event.EXCESS_UP
    assert spot.step(spot.get_lower_t() - 1e-9) is Event.EXCESS_DOWN


def test_getters_tell_the_tail() -> None:
    spot = calibrated()
    up, down = spot.get_upper_threshold(), spot.get_lower_threshold()
    assert down < spot.get_lower_t() < 0.0 < spot.get_upper_t() < up
    assert spot.up_probability(up) == pytest.approx(1e-3, rel=5e-2)
    assert spot.down_probability(down) == pytest.approx(1e-3, rel=5e-2)
    assert math.isnan(spot.up_probability(0.0))
    assert spot.quantile(1e-3) == pytest.approx((up, down), rel=5e-2)
    further = spot.quantile(1e-5)
    assert further.lower < down < up < further.upper
    spot.set_q(1e-5)
    assert (spot.get_upper_threshold(), spot.get_lower_threshold()) == pytest.approx(tuple(further))
    assert spot.config().q == 1e-5


def test_status_tells_counters_and_fits_and_knows_the_names_of_pylibspot() -> None:
    spot = calibrated()
    status = spot.status()
    assert status.calibrated
    assert status.seen == 4000
    assert Spot(threshold="plug_in", level=0.9).fit(STREAM[:2000]).status().fit_up == "converged"
    assert status.anomaly_threshold_up == spot.get_upper_threshold()
    assert status.excess_threshold_down == spot.get_lower_t()
    assert status.to_dict()["alerts_up"] == status.alerts_up
    assert (status.al_up, status.Nt_down, status.ex_up) == (status.alerts_up, status.n_t_down, status.excesses_up)
    assert (status.z_up, status.t_down) == (status.anomaly_threshold_up, status.excess_threshold_down)
    assert f"alerts_up  {status.alerts_up}" in str(status)
    with pytest.raises(AttributeError, match="'Status' object has no attribute 'zz'"):
        status.zz  # noqa: B018
    empty = Spot().status()
    assert not empty.calibrated
    assert empty.fit_up is None
    assert math.isnan(empty.shape_up)


def test_config_reads_well() -> None:
    config = Spot(q=1e-3, level=0.95).config()
    assert "quarantine  20" in str(config)
    assert config.to_dict()["level"] == 0.95
    again = config.to_dict()
    del again["depth"]
    assert Spot(**again).config() == config


def test_a_drift_is_taken_off_and_added_back() -> None:
    spot = DSpot(depth=20, q=1e-3, level=0.95, n_init=1000)
    assert math.isnan(spot.get_drift())
    values = [x + i / 100 for i, x in enumerate(STREAM)]
    events = [spot.step(x) for x in values]
    assert events.count(Event.ALERT_UP) + events.count(Event.ALERT_DOWN) < 60
    assert spot.get_drift() == pytest.approx(60.0, abs=2.0)
    assert spot.get_lower_threshold() < spot.get_drift() < spot.get_upper_threshold()
    assert Spot(q=1e-3).status().drift == 0.0


def test_step_and_step_many_answer_the_same_bits() -> None:
    one, many = Spot(q=1e-2, level=0.9), Spot(q=1e-2, level=0.9)
    values = array("d", [*STREAM, math.nan, math.inf])
    events, upper = array("b"), array("d")
    for x in values:
        upper.append(one.get_upper_threshold())
        events.append(one.step(x))
    result = many.step_many(values)
    assert same(result.events, events)
    assert same(result.upper, upper)
    assert one.save() == many.save()
    assert len(result) == len(values)


def test_fit_takes_any_number_of_values_and_returns_the_detector() -> None:
    spot = Spot(q=1e-3, level=0.95)
    assert spot.fit(STREAM[:500]) is spot
    assert spot.status().n == 500
    before = spot.save()
    with pytest.raises(ValueError, match=r"3.*at least 20 are needed"):
        spot.fit([1.0, 2.0, 3.0])
    assert spot.save() == before
    spot.reset()
    assert spot.step(0.0) is Event.INIT_BATCH
    assert spot.config().q == 1e-3


@pytest.mark.parametrize("kind", [Spot, DSpot])
@pytest.mark.parametrize("seen", [0, 5, 1500, 2500, 6000])
def test_a_saved_detector_continues_bit_for_bit(kind: type[Spot], seen: int) -> None:
    spot = kind(q=1e-2, level=0.9)
    spot.step_many(STREAM[:seen])
    data = spot.save()
    others = [Spot.load(data), kind.load(bytearray(data)), pickle.loads(pickle.dumps(spot))]
    others += [copy.copy(spot), copy.deepcopy(spot)]
    expected = spot.step_many(STREAM)
    for other in others:
        assert type(other) is kind
        given = other.step_many(STREAM)
        assert same(given.events, expected.events)
        assert same(given.upper, expected.upper)
        assert other.save() == spot.save()


def test_a_snapshot_of_the_other_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="this snapshot is of a detector with depth = 0, not of a DSpot"):
        DSpot.load(Spot().save())

    class Mine(Spot):
        pass

    assert type(Mine.load(Spot().save())) is Mine
    assert Mine.load(DSpot().save()) == DSpot()


def test_a_spot_with_a_depth_stays_one_in_a_pickle() -> None:
    spot = Spot(depth=3)
    for other in (pickle.loads(pickle.dumps(spot)), copy.copy(spot)):
        assert type(other) is Spot
        assert other == spot
    assert type(Spot.load(spot.save())) is DSpot


class Counting(Spot):
    """A subclass with a step and an attribute of its own."""

    steps = 0

    def step(self, x: object) -> Event:
        self.steps += 1
        return super().step(x)


def test_a_subclass_may_have_its_own_step_and_attributes() -> None:
    spot = Counting(q=1e-3, level=0.9, n_init=100)
    for x in STREAM[:150]:
        spot.step(x)
    assert spot.steps == 150
    twin = pickle.loads(pickle.dumps(spot))
    assert twin.steps == 150
    assert type(twin) is Counting
    twin.step(0.0)
    assert (spot.steps, twin.steps) == (150, 151)
    assert twin.status().seen == spot.status().seen + 1


def test_close_is_final_and_may_be_called_twice() -> None:
    spot = calibrated()
    step = spot.step
    spot.close()
    spot.close()
    calls = [
        lambda: spot.step(1.0),
        lambda: step(1.0),
        lambda: spot.step_many([1.0]),
        lambda: spot.fit(STREAM),
        spot.get_upper_threshold,
        spot.get_lower_t,
        lambda: spot.up_probability(3.0),
        lambda: spot.quantile(1e-3),
        lambda: spot.set_q(1e-3),
        spot.status,
        spot.config,
        spot.save,
        spot.reset,
        lambda: copy.copy(spot),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="this detector is closed"):
            call()
    assert repr(spot) == "<Spot, closed>"


def test_with_closes() -> None:
    with Spot() as spot:
        spot.step(1.0)
    with pytest.raises(ValueError, match="closed"):
        spot.step(1.0)


def test_a_detector_is_freed_with_its_last_reference() -> None:
    spot = Spot()
    spot.step(1.0)
    gone = weakref.ref(spot._handle._pointer)
    gc.disable()
    try:
        step = spot.step
        del spot
        assert step(1.0) is Event.INIT_BATCH
        del step
        assert gone() is None
    finally:
        gc.enable()


def test_detectors_leak_nothing() -> None:
    for _ in range(100):
        Spot().close()
    # What earlier tests left is not counted.
    gc.collect()
    before = sys.getrefcount(Handle), sys.getrefcount(Event.NORMAL), len(gc.get_objects())
    for _ in range(2000):
        Spot().close()
        Spot().step(1.0)
    after = sys.getrefcount(Handle), sys.getrefcount(Event.NORMAL), len(gc.get_objects())
    assert all(abs(late - early) < 50 for early, late in zip(before, after)), (before, after)


def test_steps_leak_nothing() -> None:
    spot = calibrated()
    for _ in range(1000):
        spot.step(0.5)
    before = sys.getrefcount(Event.NORMAL)
    for _ in range(100_000):
        spot.step(0.5)
    assert sys.getrefcount(Event.NORMAL) - before < 100


def test_a_detector_reads_well() -> None:
    assert repr(Spot(q=1e-3)) == "<Spot(q=0.001, level=0.99, up=True, down=True), not calibrated: 0 of 2,000 values>"
    both = Spot(q=1e-3, limit=2, baselines=[(10, 40), {"period": 24}])
    assert repr(both).startswith("<Spot(limit=2.0, baselines=[(10, 40, 0), (0, 0, 24)], q=0.001, level=0.99, up=True")
    assert repr(Spot(scale_depth=40, period=9)).startswith("<Spot(scale_depth=40, period=9, q=0.0001,")
    assert repr(calibrated(DSpot)).startswith("<DSpot(depth=10, q=0.001, level=0.95, up=True, down=True), n=")


def test_the_package_says_its_version() -> None:
    assert tailspot.__version__.count(".") == 2


def test_public_things_are_of_the_public_module() -> None:
    for name in tailspot.__all__:
        if name != "__version__":
            assert getattr(tailspot, name).__module__ == "tailspot"
    spot = tailspot.Spot(q=1e-3, level=0.95, n_init=200)
    (anomaly, *_) = list(tailspot.watch([*normal(1000), 9.0], spot))
    for thing in (anomaly, anomaly.event, spot.status(), spot.config(), spot.quantile(1e-4), tailspot.DSpot):
        data = pickle.dumps(thing)
        assert b"tailspot._" not in data
        assert pickle.loads(data) == thing
    assert pickle.loads(pickle.dumps(spot)).save() == spot.save()
    # What an earlier version has pickled.
    assert pickle.loads(b"ctailspot._spot\nSpot\n.") is tailspot.Spot
    assert repr(tailspot.Spot) == "<class 'tailspot.Spot'>"
