"""Prints the table of docs/comparison.md: false alerts as multiples of what was asked for, and the anomalies found.

pip install ./python numpy libspot==3.1.0 river==0.26.1 pyod==3.6.7
python benches/python/compare.py

Each detector sees 2,000 clean values of a law and then judges 18,000, in three runs with seeds of their own. Of every
1,000 clean values one may be reported (q = 1e-3). "found" is the share of planted anomalies, one value in 500, each
twice the value that the law exceeds once in 100,000. Only large values are anomalies.

A z-score takes the k that reports one of 1,000 normal values. Quantile filters and a contamination take q as they are.
"""

from __future__ import annotations

import math
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np
from libspot import ANOMALY
from libspot import Spot as LibSpot
from pyod.models.iforest import IForest
from pyod.models.knn import KNN
from river import anomaly, compose, preprocessing

import tailspot

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Detector = Callable[[Numbers, Numbers], NDArray[np.bool_]]

Q, LEVEL, TRAINED, JUDGED, EVERY, SEEDS = 1e-3, 0.98, 2_000, 18_000, 500, (101, 102, 103)
# The standard normal exceeds this with probability q.
K = 3.0902
# What draws a law, and the value that it exceeds once in 100,000.
LAWS: dict[str, tuple[Callable[[Any, int], Numbers], float]] = {
    "normal": (lambda random, n: random.normal(size=n), 4.2649),
    "exponential": (lambda random, n: random.exponential(size=n), math.log(1e5)),
    "Student t, 3": (lambda random, n: random.standard_t(3, size=n), 47.93),
    "uniform": (lambda random, n: random.uniform(size=n), 1.0 - 1e-5),
}


def ours(calm: Numbers, values: Numbers) -> NDArray[np.bool_]:
    """Judge by tailspot."""
    events = tailspot.Spot(q=Q, level=LEVEL, down=False).fit(calm).step_many(values).events
    return np.array(np.asarray(events) == tailspot.Event.ALERT_UP, dtype=np.bool_)


def libspot(calm: Numbers, values: Numbers) -> NDArray[np.bool_]:
    """Judge by libspot, which discards anomalies."""
    spot = LibSpot(Q, level=LEVEL)
    spot.fit(calm)
    return np.array([spot.step(x) == ANOMALY for x in values.tolist()])


def z_score(calm: Numbers, values: Numbers) -> NDArray[np.bool_]:
    """More than K standard deviations above the mean of the last values."""
    window, found = deque(calm.tolist()), []
    total, squares = sum(window), sum(x * x for x in window)
    for x in values.tolist():
        mean = total / len(window)
        found.append(x > mean + K * math.sqrt(max(squares / len(window) - mean * mean, 0.0)))
        old = window.popleft()
        window.append(x)
        total, squares = total + x - old, squares + x * x - old * old
    return np.array(found)


def river(calm: Numbers, values: Numbers) -> NDArray[np.bool_]:
    """Half-space trees behind a quantile filter, learning as they go."""
    trees = compose.Pipeline(preprocessing.MinMaxScaler(), anomaly.HalfSpaceTrees(seed=1))
    detector: Any = anomaly.QuantileFilter(trees, q=1 - Q)
    found = []
    for x in np.concatenate([calm, values]).tolist():
        found.append(detector.classify(detector.score_one({"x": x})))
        detector.learn_one({"x": x})
    return np.array(found[len(calm) :])


def pyod(model: Any, **options: Any) -> Detector:
    """A detector that learns the clean values and no others."""

    def judged(calm: Numbers, values: Numbers) -> NDArray[np.bool_]:
        fitted = model(contamination=Q, **options).fit(calm.reshape(-1, 1))
        return np.array(fitted.predict(values.reshape(-1, 1)) == 1, dtype=np.bool_)

    return judged


DETECTORS: dict[str, Detector] = {
    "tailspot": ours,
    "libspot 3.1.0": libspot,
    "moving z-score": z_score,
    "River, half-space trees": river,
    "PyOD, nearest neighbours": pyod(KNN),
    "PyOD, isolation forest": pyod(IForest, random_state=1),
}


def judged(detector: Detector, law: str) -> tuple[float, float]:
    """False alerts as a multiple of q, and the share of the anomalies that is found."""
    draw, rare = LAWS[law]
    false = found = 0
    for seed in SEEDS:
        random = np.random.default_rng(seed)
        calm, values = draw(random, TRAINED), draw(random, JUDGED)
        is_planted = np.arange(JUDGED) % EVERY == EVERY - 1
        values[is_planted] = 2 * rare
        alerts = detector(calm, values)
        false += int(np.sum(alerts & ~is_planted))
        found += int(np.sum(alerts & is_planted))
    planted = JUDGED // EVERY * len(SEEDS)
    return false / (Q * (JUDGED * len(SEEDS) - planted)), found / planted


def main(names: list[str]) -> None:
    """Print a row for each detector."""
    print(f"| false alerts, in multiples of q; found | {' | '.join(LAWS)} |\n|---|{'---|' * len(LAWS)}")
    for name, detector in DETECTORS.items():
        if not names or name in names:
            cells = [f"{false:.2f}; {found:.0%}" for false, found in (judged(detector, law) for law in LAWS)]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
