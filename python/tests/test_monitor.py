"""Many streams, one detector for each key."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from conftest import normal

from tailspot import DSpot, Event, Monitor, Spot

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
    assert repr(monitor) == "<Monitor(q=0.001, level=0.95, n_init=500) of 4 streams>"


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
    content = json.loads(saved)
    content["detectors"][1][1] = content["detectors"][1][1][:-8]
    for bad in (saved[:-1], saved[:100], b"[1, 2]", b"null", json.dumps(content).encode(), b"[" * 100_000):
        with pytest.raises(ValueError, match="these bytes are no saved Monitor"):
            Monitor.load(bad)
    content = json.loads(saved)
    content["config"]["q"] = 2.0
    with pytest.raises(ValueError, match="q = 2 is out of range"):
        Monitor.load(json.dumps(content).encode())


def test_a_key_that_cannot_be_saved_is_named() -> None:
    monitor = Monitor()
    monitor.step(b"raw", 1.0)
    with pytest.raises(TypeError, match="the key b'raw' cannot be saved"):
        monitor.save()


def test_threads_may_share_a_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monitor = Monitor(q=1e-3, level=0.95, n_init=500)
    # All threads see that there is no detector yet.
    make, barrier = monitor._new, threading.Barrier(8, timeout=1)

    def slowly() -> Spot:
        with suppress(threading.BrokenBarrierError):
            barrier.wait()
        return make()

    monkeypatch.setattr(monitor, "_new", slowly)

    def work() -> None:
        for key, x in PAIRS:
            monitor.step(key, x)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [spot.status().seen + 500 for spot in monitor.values()] == [8 * 1501] * 4


def test_close_forgets_everything() -> None:
    monitor = filled()
    spot = monitor[3]
    monitor.close()
    assert len(monitor) == 0
    with pytest.raises(ValueError, match="closed"):
        spot.step(1.0)
