"""Many streams, one detector for each key."""

from __future__ import annotations

import asyncio
import copy
import json
import math
import pickle
import random
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from enum import Enum, IntEnum
from typing import Any
from uuid import UUID

import pytest
from conftest import needs, normal

from tailspot import DSpot, Event, Monitor, NotJudgedWarning, PoolStatus, Spot
from tailspot._spot import from_parameters
from tailspot._watch import found

KEYS = ["web-1", ("rack", 2), 3, None]
PAIRS = [(key, x + i) for j, x in enumerate([*normal(1500), 9.0]) for i, key in enumerate(KEYS) if j >= 0]


def filled() -> Monitor:
    """A monitor that has seen all pairs."""
    monitor = Monitor(q=1e-3, level=0.95, n_init=500)
    for key, x in PAIRS:
        monitor.step(key, x)
    return monitor


def test_each_key_has_a_detector_of_its_own() -> None:
    monitor = filled()
    assert list(monitor) == KEYS
    assert len(monitor) == 4
    assert "web-1" in monitor
    alone = Spot(q=1e-3, level=0.95, n_init=500)
    events = [alone.step(x) for key, x in PAIRS if key == 3]
    assert events[-1] is Event.ALERT_UP
    assert monitor[3].save() == alone.save()
    with pytest.raises(KeyError):
        monitor["web-2"]
    assert repr(monitor) == "<Monitor(q=0.001, level=0.95, up=True, down=True) of 4 streams>"


def test_a_stream_of_pairs_yields_anomalies_with_their_key() -> None:
    found = [anomaly for anomaly in Monitor(q=1e-3, level=0.95, n_init=500).watch(PAIRS) if anomaly.index >= 6000]
    assert [(anomaly.index, anomaly.key, anomaly.event) for anomaly in found] == [
        (6000 + i, key, Event.ALERT_UP) for i, key in enumerate(KEYS)
    ]


def test_an_asynchronous_stream_of_pairs() -> None:
    async def pairs() -> AsyncIterator[Any]:
        for pair in PAIRS:
            yield pair

    async def collect() -> list[Any]:
        return [anomaly async for anomaly in Monitor(q=1e-3, level=0.95, n_init=500).awatch(pairs())]

    assert asyncio.run(collect()) == list(Monitor(q=1e-3, level=0.95, n_init=500).watch(PAIRS))


def test_a_saved_monitor_continues_bit_for_bit() -> None:
    monitor = filled()
    twin = Monitor.load(monitor.save())
    assert list(twin) == KEYS
    for key, x in [*PAIRS, ("new", 1.0)]:
        assert twin.step(key, x) is monitor.step(key, x)
    assert {key: spot.save() for key, spot in twin.items()} == {key: spot.save() for key, spot in monitor.items()}
    assert twin["new"].config() == monitor["new"].config() == monitor["web-1"].config()


def test_a_monitor_with_a_depth_keeps_drifting_detectors() -> None:
    monitor = Monitor(depth=5, n_init=500)
    monitor.step("a", 1.0)
    twin = Monitor.load(monitor.save())
    twin.step("b", 1.0)
    assert type(monitor["a"]) is type(twin["a"]) is type(twin["b"]) is DSpot


def test_a_damaged_monitor_is_refused() -> None:
    saved = filled().save()
    for bad in (saved[:-1], saved[:100], b"[1, 2]", b"null", b"[" * 100_000):
        with pytest.raises(ValueError, match="these bytes are not a saved Monitor"):
            Monitor.load(bad)
    for change, message in (
        ({"pool": json.loads(saved)["pool"][:-8]}, "not a usable snapshot"),
        ({"pool": 3}, "not a saved Monitor"),
        ({"keys": [["web-1", 0], [3, 2], [None, 3]]}, "its keys are not those of its pool"),
        ({"keys": [["web-1", 0], ["b", 1], [3, 2], [None, 2]]}, "its keys are not those of its pool"),
        ({"keys": [["web-1", 0], ["b", 1], [3, 2], [3.0, 3]]}, "a key is there twice"),
        ({"keys": [["web-1", 0, 1]]}, "not a saved Monitor"),
        ({"keys": [[{"decimal": "1"}, 0]]}, "not a saved Monitor"),
        ({"keys": [[{"date": "now"}, 0]]}, "not a saved Monitor"),
        ({"version": 2}, "version 2"),
    ):
        with pytest.raises(ValueError, match=message):
            Monitor.load(json.dumps({**json.loads(saved), **change}).encode())


def test_an_anomaly_tells_what_one_detector_a_key_would() -> None:
    """Threshold and probability are those of the model before the value, also of infinities in the calibration."""
    draw = random.Random(5)
    pairs = [(draw.choice(KEYS), 4.0 * x if draw.random() < 0.02 else x) for x in normal(20_000, seed=5)]
    pairs[5:7] = [("web-1", float("inf")), (3, float("-inf"))]
    for config in ({"quarantine": 0}, {"depth": 9}, {"down": False, "accounting": "learned"}):
        every: dict[str, Any] = {"q": 5e-3, "level": 0.9, "n_init": 100, **config}
        spots = {key: from_parameters("test", every) for key in KEYS}
        alone = [found(spots[key]._handle.alert(x), x, i, key) for i, (key, x) in enumerate(pairs)]
        anomalies = list(Monitor(**every).watch(pairs))
        assert list(map(repr, anomalies)) == [repr(anomaly) for anomaly in alone if anomaly is not None]
        assert len(anomalies) > 50


def test_incidents_of_pairs_are_those_of_a_column() -> None:
    draw = random.Random(5)
    pairs = [(draw.choice(KEYS), 4.0 * x if draw.random() < 0.02 else x) for x in normal(20_000, seed=5)]
    pairs[0:3] = [("early", float("inf")), (3, float("-inf")), (3, float("inf"))]
    every: dict[str, Any] = {"q": 5e-3, "level": 0.9, "n_init": 100, "quarantine": 30}
    column = Monitor(**every).step_many(*zip(*pairs)).incidents
    monitor = Monitor(**every)
    asked = []

    def stream() -> Iterator[Any]:
        for i, pair in enumerate(pairs):
            asked.append(i)
            yield pair

    watched = []
    for incident in monitor.watch_incidents(stream()):
        watched.append(incident)
        since = [key for key, _ in pairs[incident.last + 1 : asked[-1] + 1]].count(incident.key)
        assert since == 31 or asked[-1] == len(pairs) - 1
    assert len(watched) > 50
    assert sorted(watched, key=repr) == sorted(column, key=repr)
    assert [one.last for one in watched if one.key == 3] == sorted(one.last for one in watched if one.key == 3)

    async def collect() -> list[Any]:
        async def source() -> AsyncIterator[Any]:
            for pair in pairs:
                yield pair

        return [incident async for incident in Monitor(**every).awatch_incidents(source())]

    assert asyncio.run(collect()) == watched


def test_keys_are_the_same_as_in_a_dict() -> None:
    monitor = Monitor()
    for key in (1, 1.0, True, "1", 0, False, -0.0, (1, 2), (1.0, True + 1)):
        monitor.step(key, 1.0)
    assert list(monitor) == [1, "1", 0, (1, 2)]
    assert 1.0 in monitor
    assert 2 not in monitor
    assert monitor[True].save() == monitor[1].save()
    with pytest.raises(TypeError, match="unhashable"):
        monitor.step([], 1.0)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="value = 'x' is not a real number"):
        monitor.step("refused", "x")
    assert "refused" not in monitor


def test_a_detector_that_is_asked_for_is_a_copy() -> None:
    monitor = filled()
    before = monitor[3].save()
    monitor[3].step(100.0)
    assert monitor[3].save() == before


def test_a_column_is_judged_like_its_pairs() -> None:
    keys, values = [key for key, _ in PAIRS], [x for _, x in PAIRS]
    monitor = Monitor(q=1e-3, level=0.95, n_init=500)
    result = monitor.step_many(keys, values)
    pairs = Monitor(q=1e-3, level=0.95, n_init=500)
    assert list(result.events) == [pairs.step(key, x) for key, x in PAIRS]
    assert monitor.save() == pairs.save()
    assert list(monitor.step_many(iter(["new", None]), [1.0, None]).events) == [Event.INIT_BATCH, Event.MISSING]
    for refused in (lambda: monitor.step_many(["a", "b"], [1.0]), lambda: monitor.step_many(["a"], [])):
        with pytest.raises(ValueError, match="needs one key for each value"):
            refused()
    with pytest.raises(TypeError, match="is not a real number"):
        monitor.step_many(["a"], ["x"])
    assert "a" not in monitor
    assert len(monitor.step_many(["new"], b"\0\0\x80\x3f", dtype="<f4", thresholds=False).events) == 1


def test_a_monitor_can_be_copied_and_pickled() -> None:
    monitor = filled()
    monitor.note = "mine"  # type: ignore[attr-defined]
    for twin in (copy.copy(monitor), copy.deepcopy(monitor), pickle.loads(pickle.dumps(monitor))):
        assert twin.save() == monitor.save()
        assert twin.note == "mine"
        twin.step("only here", 1.0)
        assert "only here" not in monitor


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


NAN = float("nan")
WHEN, HERE = datetime(2026, 11, 28, 12, 30, 0, 5), timezone(timedelta(hours=2))
SAVED = [
    "a", 1, 2.5, None, math.inf, -math.inf, b"raw\xff", WHEN, WHEN.replace(tzinfo=HERE), date(2026, 11, 28),
    UUID(int=7), ("a", 1, (b"b", None)), 2**1000, "\ud800",
]  # fmt: skip


def test_keys_of_many_kinds_are_saved() -> None:
    monitor = Monitor()
    monitor.step_many(SAVED, [1.0] * len(SAVED))
    twin = Monitor.load(monitor.save())
    assert list(twin) == list(monitor) == SAVED
    assert list(map(type, twin)) == list(map(type, SAVED))
    assert all(key in twin for key in SAVED)
    assert len({*twin, *SAVED}) == len(SAVED)


def test_what_equals_a_key_is_that_key() -> None:
    monitor = Monitor()
    for key in (Level.HIGH, 3, ("a", NAN), ("a", None)):
        monitor.step(key, 1.0)
    assert list(map(repr, monitor)) == ["3", "('a', None)"]
    assert Level.HIGH in Monitor.load(monitor.save())


def test_missing_keys_are_one_stream() -> None:
    monitor = Monitor()
    monitor.step_many([float("nan"), None, float("nan")], [1.0] * 3)
    for key in (float("nan"), None):
        monitor.step(key, 1.0)
        assert [anomaly.key for anomaly in monitor.watch([(key, math.inf)])] == [key]
    assert list(monitor) == [None]
    assert monitor[NAN].status().n == 5
    assert NAN in monitor


def test_keys_that_cannot_be_saved_are_refused_when_they_come() -> None:
    deep: Any = ()
    for _ in range(30):
        deep = (deep,)
    monitor = Monitor()
    for key, message in (
        (Color.RED, r"key = <Color.RED: 'red'> \(Color\) cannot be saved: needs str, int"),
        (frozenset(), r"key = frozenset\(\) \(frozenset\) cannot be saved"),
        (("a", object), r"\(type\) cannot be saved"),
        (2**2000, "is out of range: needs at most 1024 bits"),
        (deep, "needs at most 20"),
    ):
        for use in (monitor.step, monitor.verdict, lambda key, x: list(monitor.watch([(key, x)]))):
            with pytest.raises((TypeError, ValueError), match=message):
                use(key, 1.0)
        with pytest.raises((TypeError, ValueError), match=message):
            monitor.step_many([key], [1.0])
        assert key not in monitor
    with pytest.raises(TypeError, match=r"keys \(str\) are one key"):
        monitor.step_many("abc", [1.0, 2.0, 3.0])
    assert len(monitor) == 0


def test_keys_of_other_packages() -> None:
    numpy, pandas = needs("numpy"), needs("pandas")
    monitor = Monitor()
    stamp = pandas.Timestamp(WHEN)
    for key in (numpy.int64(3), numpy.float32(0.5), numpy.str_("a"), numpy.bool_(True), numpy.bytes_(b"b"), stamp):
        monitor.step(key, 1.0)
    assert list(map(repr, monitor)) == list(map(repr, [3, 0.5, "a", True, b"b", WHEN]))
    for key in (pandas.NaT, pandas.NA, numpy.float64("nan")):
        monitor.step(key, 1.0)
    assert list(monitor)[6:] == [None]
    monitor.step_many(pandas.Series(["a", None]), [1.0, 1.0])
    monitor.step_many(pandas.DatetimeIndex([WHEN]), [1.0])
    monitor.step_many(needs("pyarrow").array(["a", None]), [1.0, 1.0])
    assert len(monitor) == 7
    assert list(Monitor.load(monitor.save())) == list(monitor)
    for bad in (numpy.datetime64("2026-11-28"), pandas.Timestamp("2026-11-28 00:00:00.000000001"), numpy.complex64(2)):
        with pytest.raises(TypeError, match="cannot be saved"):
            monitor.step(bad, 1.0)
    with pytest.raises(TypeError, match=r"keys have the type datetime64\[ns\]: needs datetime"):
        monitor.step_many(numpy.array(["2026-11-28"], "M8[ns]"), [1.0])


def test_streams_come_and_go() -> None:
    monitor = Monitor(q=1e-3, level=0.95, n_init=500, max_keys=3, threads=1)
    for i in range(5000):
        monitor.step(f"pod-{i}", 1.0)
        assert len(monitor._numbers) <= 3 + 3 + 1024
    assert monitor.status() == PoolStatus(keys=3, max_keys=3, threads=1)
    assert list(monitor) == ["pod-4997", "pod-4998", "pod-4999"]
    assert "pod-4996" not in monitor
    for gone in ("pod-4996", "never"):
        with pytest.raises(KeyError, match=gone):
            monitor[gone]
        with pytest.raises(KeyError, match=gone):
            del monitor[gone]
        assert monitor.pop(gone, None) is None
    monitor.step("pod-4996", 2.0)
    assert (monitor["pod-4996"].status().n, len(monitor)) == (1, 3)
    twin = Monitor.load(monitor.save())
    assert (list(twin), twin.max_keys) == (list(monitor), 3)
    twin.max_keys = None
    twin["mine"] = Spot(q=0.002).fit(normal(1000))
    assert twin["mine"].config().q == 0.002
    del twin["pod-4998"]
    assert twin.pop("mine").status().n == 1000
    assert set(twin) == {"pod-4999", "pod-4996"}


def test_every_key_starts_from_a_template() -> None:
    template = Spot(q=1e-3, level=0.95).fit(normal(1000))
    monitor = Monitor.with_template(template, max_keys=10)
    assert monitor.step("a", 9.0) is Event.ALERT_UP
    assert monitor.config() == template.config()
    for again in (Monitor.load(monitor.save()), pickle.loads(pickle.dumps(monitor))):
        assert again.step("new", 9.0) is Event.ALERT_UP
        assert again.max_keys == 10
    monitor.clear()
    assert (len(monitor), monitor.max_keys) == (0, 10)
    assert monitor.step("a", 9.0) is Event.ALERT_UP
    with pytest.raises(TypeError, match="spot must be a Spot, not dict"):
        Monitor.with_template({})  # type: ignore[arg-type]


def test_a_stream_that_a_key_forgot_meanwhile_is_forgotten_too() -> None:
    """As if another thread had asked for the number of a key, lost it to `_tidy`, and stepped."""
    monitor = filled()
    monitor._pool.step(1000, 1.0)
    assert len(monitor) == 5
    assert list(Monitor.load(monitor.save())) == KEYS
    assert len(monitor) == 4


def test_a_watch_in_which_nothing_was_judged_says_so() -> None:
    monitor = Monitor(n_init=100)
    with pytest.warns(NotJudgedWarning, match=r"none of the 50 values of 5 streams was judged: .* n_init = 100"):
        list(monitor.watch((i % 5, 1.0) for i in range(50)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(monitor.watch((0, float(i)) for i in range(200)))
        list(monitor.watch([]))


def test_threads_may_share_a_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = Monitor(q=1e-3, level=0.95, n_init=500)
    # All threads see that there is no number yet.
    barrier = threading.Barrier(8, timeout=1)

    class Slow(dict):  # type: ignore[type-arg]
        def get(self, key: Any, default: Any = None) -> Any:
            number = super().get(key, default)
            if number is None:
                with suppress(threading.BrokenBarrierError):
                    barrier.wait()
            return number

    monkeypatch.setattr(monitor, "_numbers", Slow())

    def work() -> None:
        for key, x in PAIRS:
            monitor.step(key, x)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [spot.status().seen + 500 for spot in monitor.values()] == [8 * 1501] * 4
    assert len(monitor._pool) == 4


def test_a_closed_monitor_says_so() -> None:
    with filled() as monitor:
        spot = monitor[3]
    assert repr(monitor) == "<Monitor, closed>"
    for use in (lambda: monitor.step(3, 1.0), lambda: monitor.step("new", 1.0), lambda: len(monitor), monitor.save):
        with pytest.raises(ValueError, match="this pool is closed"):
            use()
    assert spot.step(1000.0) is Event.ALERT_UP
