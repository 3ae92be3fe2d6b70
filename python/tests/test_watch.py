"""Streams: what is yielded, when, and with which threshold and probability."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
from conftest import normal

from tailspot import Anomaly, DSpot, Event, Incident, Spot, awatch, awatch_incidents, watch, watch_incidents

STREAM = [*normal(4000), 9.0, None, *normal(2000, 2), -9.0, math.inf, *normal(500, 3)]
PARAMETERS: list[dict[str, Any]] = [
    {},
    {"depth": 10},
    {"accounting": "learned", "quarantine": 0},
    {"accounting": "censored"},
    {"accounting": "discarded", "quarantine": 0, "threshold": "plug_in"},
    {"up": False},
]


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_anomalies_are_those_of_step_many_with_the_thresholds_they_were_judged_by(parameters: dict[str, Any]) -> None:
    parameters = {"q": 1e-3, "level": 0.95, **parameters}
    found = list(watch(STREAM, **parameters))
    spot = DSpot(**parameters) if "depth" in parameters else Spot(**parameters)
    result = spot.step_many(STREAM)
    assert [anomaly.index for anomaly in found] == list(result.anomalies)
    for anomaly in found:
        assert anomaly.value == STREAM[anomaly.index]
        assert anomaly.event is Event(result.events[anomaly.index])
        thresholds = result.upper if anomaly.event > 0 else result.lower
        assert anomaly.threshold == thresholds[anomaly.index]
        # Between two excesses n grows and the threshold stays.
        assert 0.0 <= anomaly.probability <= 1.001e-3
        assert anomaly.key is None


def test_each_anomaly_comes_before_the_next_value_is_asked_for() -> None:
    asked = []

    def stream() -> Iterator[float]:
        for x in [*normal(1000), 9.0, 0.0, 8.0]:
            asked.append(x)
            yield x

    found = watch(stream(), q=1e-3, level=0.95, n_init=1000)
    assert asked == []
    first = next(found)
    assert (first.value, first.index, asked[-1]) == (9.0, 1000, 9.0)
    assert [anomaly.value for anomaly in found] == [8.0]


def test_an_infinity_during_the_calibration_is_an_anomaly_without_a_threshold() -> None:
    (found,) = watch([1.0, math.inf])
    assert (found.index, found.event) == (1, 1)
    assert math.isnan(found.threshold)
    assert math.isnan(found.probability)


def test_a_detector_goes_on() -> None:
    spot = Spot(q=1e-3, level=0.95).fit(normal(1000))
    assert [anomaly.value for anomaly in watch([0.0, 9.0], spot)] == [9.0]
    assert [anomaly.index for anomaly in watch([9.0], spot)] == [0]
    assert spot.status().seen == 3


def test_an_anomaly_reads_well() -> None:
    anomaly = Anomaly(395, 0.13, Event.ALERT_UP, 0.1167, 3.1e-05)
    line = '{"index": 395, "value": 0.13, "event": "alert_up", "threshold": 0.1167, "probability": 3.1e-05}'
    assert json.dumps(anomaly.to_dict()) == line
    (during,) = watch([-math.inf])
    assert during.to_dict() == {
        "index": 0, "value": None, "event": "alert_down", "threshold": None, "probability": None
    }  # fmt: skip
    assert replace(anomaly, key="a").to_dict()["key"] == "a"


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_incidents_of_a_stream_are_those_of_step_many(parameters: dict[str, Any]) -> None:
    parameters = {"q": 1e-3, "level": 0.95, **parameters}
    stream = [*STREAM, *[9.0, 8.0, 9.5], *[0.0] * 20, -9.0, *[0.0] * 20, 8.0, *[0.0] * 21, 7.0]
    expected = list(Spot(**parameters).step_many(stream).incidents)
    assert list(watch_incidents(stream, **parameters)) == expected

    async def collect() -> list[Incident]:
        return [incident async for incident in awatch_incidents(slowly(stream), **parameters)]

    assert asyncio.run(collect()) == expected
    assert max(one.count for one in expected) >= 2


def test_an_incident_comes_as_soon_as_it_has_ended() -> None:
    asked = []

    def stream() -> Iterator[float]:
        for i, x in enumerate([*normal(1000), 9.0, 8.0, *[0.0] * 40, -9.0]):
            asked.append(i)
            yield x

    found = watch_incidents(stream(), q=1e-3, level=0.95, n_init=1000, quarantine=25)
    assert asked == []
    assert next(found).last == 1001
    assert asked[-1] == 1001 + 26
    (last,) = found
    assert (last.first, last.side, last.peak) == (1042, "down", -9.0)
    for refused in (watch_incidents, awatch_incidents):
        with pytest.raises(ValueError, match="q = 2 is out of range"):
            refused([], q=2)


async def slowly(values: list[Any]) -> AsyncIterator[Any]:
    for x in values:
        await asyncio.sleep(0)
        yield x


def test_an_asynchronous_stream_has_the_same_anomalies() -> None:
    async def collect() -> list[Anomaly]:
        return [anomaly async for anomaly in awatch(slowly(STREAM), q=1e-3, level=0.95)]

    assert asyncio.run(collect()) == list(watch(STREAM, q=1e-3, level=0.95))
    with pytest.raises(ValueError, match="q = 2 is out of range"):
        awatch(slowly([]), q=2)


def test_two_asynchronous_streams_take_turns() -> None:
    order = []

    async def one(name: str) -> None:
        async for anomaly in awatch(slowly([*normal(500), *[9.0] * 5]), q=1e-2, level=0.9, n_init=500):
            order.append((name, anomaly.index))

    async def both() -> None:
        await asyncio.gather(one("a"), one("b"))

    asyncio.run(both())
    assert order[:4] == [("a", 500), ("b", 500), ("a", 501), ("b", 501)]
