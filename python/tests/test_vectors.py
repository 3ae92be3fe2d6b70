"""The engine's vectors, from Python: by `step`, and by `step_many`, which gives the same bits."""

from __future__ import annotations

import json
import math
from array import array
from typing import Any

import pytest
from conftest import REPOSITORY, same

import tailspot
from tailspot import DSpot, Spot

FILES = sorted((REPOSITORY / "tests" / "vectors").glob("*.json"))
SPECIAL = {None: math.nan, "inf": math.inf, "-inf": -math.inf}
SIDES = {"alerts": 0.0, "n_t": 0.0, "excesses": 0.0, "shape": 1e-7, "scale": 0.0}


def detector(config: dict[str, Any]) -> Spot:
    """A detector with the parameters of a file."""
    config = dict(config)
    depth = config.pop("depth")
    return DSpot(depth, **config) if depth else Spot(**config)


def near(a: float, b: float, tolerance: float) -> bool:
    """Equal, or no farther apart; NaN equals NaN."""
    return a == b or (math.isnan(a) and math.isnan(b)) or abs(a - b) <= tolerance


def spread(changes: list[list[float]], count: int) -> list[float]:
    """The threshold of each value, from the places where it changes."""
    thresholds = [math.nan] * count
    for (start, threshold), (end, _) in zip(changes, [*changes[1:], [count, 0.0]]):
        thresholds[int(start) : int(end)] = [SPECIAL.get(threshold, threshold)] * int(end - start)
    return thresholds


def test_there_are_files() -> None:
    assert len(FILES) > 50


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_is_answered(path: Any) -> None:
    vector = json.loads(path.read_text())
    values = array("d", [x if isinstance(x, (int, float)) else SPECIAL[x] for x in vector["values"]])
    fitted = vector["config"]["n_init"] if vector["calibrate"] == "fit" else 0
    one, many = detector(vector["config"]), detector(vector["config"])
    if fitted:
        one.fit(values[:fitted])
        many.fit(values[:fitted])
    rest = values[fitted:]
    upper, lower, events = array("d"), array("d"), array("b")
    for x in rest:
        upper.append(one.get_upper_threshold())
        lower.append(one.get_lower_threshold())
        events.append(one.step(x))
    assert list(events) == vector["events"]
    for given, key in ((upper, "upper"), (lower, "lower")):
        expected = spread(vector[key], len(values))[fitted:]
        wrong = [i for i in range(len(rest)) if not near(given[i], expected[i], vector["tolerance"])]
        assert wrong == [], key
    result = many.step_many(rest)
    assert same(result.events, events)
    assert same(result.upper, upper)
    assert same(result.lower, lower)
    assert list(result.anomalies) == [i for i, event in enumerate(events) if event in (1, -1)]
    assert many.save() == one.save()
    check_status(one.status(), vector["final"], vector["tolerance"])


def check_status(status: tailspot.Status, final: dict[str, Any], tolerance: float) -> None:
    """The status after the last value."""
    for name in ("calibrated", "n", "seen", "missing"):
        assert getattr(status, name) == final[name], name
    assert near(status.drift, SPECIAL.get(final["drift"], final["drift"]), tolerance)
    for side in ("up", "down"):
        for name, value in final[side].items():
            expected = SPECIAL.get(value, value)
            allowed = SIDES.get(name, tolerance) if name != "scale" else 1e-7 * abs(expected)
            assert near(getattr(status, f"{name}_{side}"), expected, allowed), (name, side)
