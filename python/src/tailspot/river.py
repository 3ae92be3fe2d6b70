"""tailspot in pipelines of River: `tailspot.river.SpotDetector`. Needs river."""

from __future__ import annotations

import math
from typing import Any

from river.base import AnomalyDetector

from tailspot._spot import Spot, from_parameters


class SpotDetector(AnomalyDetector):
    """A detector for one feature, with the scores that River's filters expect.

    The score of a value is 1 - p, where p is its tail probability: 0 outside of the tails and before the calibration,
    and above 1 - q exactly for what `Spot` calls an alert.

    Fed by `learn_one` with every value, it keeps its own account of alerts, and q. In
    `anomaly.ThresholdFilter(SpotDetector(q=q), threshold=1 - q)` alerts leave nothing in the model, as published: River
    does not show a detector what the filter took for an anomaly. (Leave `protect_anomaly_detector` as it is: with
    False, River 0.26 shows the detector nothing at all.)

    feature: the feature to watch; not needed if there is only one.
    The others are the parameters of `tailspot.Spot`, and of `tailspot.DSpot` if `depth` is above 0.
    """

    def __init__(
        self,
        feature: str | None = None,
        q: float = 1e-4,
        n_init: int = 2000,
        level: float = 0.99,
        up: bool = True,
        down: bool = True,
        max_excess: int = 200,
        depth: int = 0,
        accounting: str = "budgeted",
        threshold: str = "calibrated",
        quarantine: int = 20,
    ) -> None:
        self.feature = feature
        self.q = q
        self.n_init = n_init
        self.level = level
        self.up = up
        self.down = down
        self.max_excess = max_excess
        self.depth = depth
        self.accounting = accounting
        self.threshold = threshold
        self.quarantine = quarantine
        parameters = dict(vars(self))
        del parameters["feature"]
        self._spot = from_parameters(parameters)

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
        value, spot = self._value(x), self._spot
        tails = (spot.up_probability(value), spot.down_probability(value))
        score = 1.0 - min((p for p in tails if not math.isnan(p)), default=1.0)
        # Between two excesses the probabilities move a little, the thresholds do not: those decide.
        limit = 1.0 - self.q
        if value > spot.get_upper_threshold() or value < spot.get_lower_threshold():
            return max(score, limit)
        return min(score, math.nextafter(limit, 0.0))
