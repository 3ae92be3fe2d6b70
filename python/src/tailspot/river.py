"""tailspot in pipelines of River: `tailspot.river.SpotDetector`. Needs river."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from river.base import AnomalyDetector

from tailspot._config import Config, takes
from tailspot._spot import Spot, from_parameters


@dataclass(frozen=True)
class _FeatureFirst:
    feature: str | None = None


@dataclass(frozen=True)
class RiverConfig(Config, _FeatureFirst):
    """The arguments of `SpotDetector`: those of a detector, with `feature` first."""


class SpotDetector(AnomalyDetector):
    """A detector for one feature, with the scores that River's filters expect.

    The score of a value is 1 - p, where p is its tail probability: 0 outside of the tails and before the calibration,
    and above 1 - q exactly for what `Spot` calls an alert.

    Fed by `learn_one` with every value, it keeps its own account of alerts, and q. In
    `anomaly.ThresholdFilter(SpotDetector(q=q), threshold=1 - q)` alerts leave nothing in the model, as published: River
    does not show a detector what the filter took for an anomaly. (Leave `protect_anomaly_detector` as it is: with
    False, River 0.26 shows the detector nothing at all.)

    feature: the feature to watch; not needed if there is only one.
    The others are the fields of `tailspot.Config`.
    """

    feature: str | None
    q: float

    @takes(RiverConfig)
    def __init__(self, config: RiverConfig) -> None:
        # An empty tuple means a class to River.
        parameters = {**vars(config), "baselines": list(config.baselines)}
        # River reads the parameters of an object from attributes of their names.
        vars(self).update(parameters)
        del parameters["feature"]
        self._spot = from_parameters("SpotDetector", parameters)

    @property
    def spot(self) -> Spot:
        """The detector inside, for its thresholds and its status."""
        return self._spot

    def _value(self, x: dict[Any, Any]) -> Any:
        if self.feature is not None:
            if self.feature not in x:
                raise ValueError(f"there is no feature {self.feature!r}; the features are {list(x)}")
            return x[self.feature]
        if len(x) != 1:
            raise ValueError(f"there are {len(x)} features, {list(x)}: say which one by feature=...")
        return next(iter(x.values()))

    def learn_one(self, x: dict[Any, Any]) -> None:
        """Judges the value and learns what the model may learn of it."""
        self._spot.step(self._value(x))

    def score_one(self, x: dict[Any, Any]) -> float:
        """1 - the tail probability of the value, in [0, 1]; changes nothing."""
        verdict = self._spot._handle.judge_one(self._value(x))
        score = 0.0 if math.isnan(verdict.probability) else 1.0 - verdict.probability
        # Between two excesses the probabilities move a little, the thresholds do not: those decide.
        limit = 1.0 - self.q
        return max(score, limit) if verdict.event.is_alert else min(score, math.nextafter(limit, 0.0))
