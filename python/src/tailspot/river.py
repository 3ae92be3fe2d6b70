"""tailspot in pipelines of River, which this needs: `SpotDetector` for one feature, `SpotFilter` for any detector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from river.base import AnomalyDetector, AnomalyFilter, Estimator

from tailspot._config import Config, takes
from tailspot._number import as_count, as_flag
from tailspot._spot import Spot, from_parameters


@dataclass(frozen=True)
class _FeatureFirst:
    feature: str | None = None


@dataclass(frozen=True)
class RiverConfig(Config, _FeatureFirst):
    """The arguments of `SpotDetector`: those of a detector, with `feature` first."""


@dataclass(frozen=True)
class _DetectorFirst:
    anomaly_detector: Any = None


@dataclass(frozen=True)
class FilterConfig(Config, _DetectorFirst):
    """The arguments of `SpotFilter`: `anomaly_detector`, those of a detector, and what only a filter has."""

    down: bool = False
    """Watches the lower tail of the scores; in River high is abnormal."""
    warm_up: int = 250
    """Scores at the start that are not looked at, while the detector learns what it scores by; at least 0."""
    protect_anomaly_detector: bool = True
    """Keeps from the detector what is an alert."""


def _started(model: Any, config: Config) -> Spot:
    """The detector of a model, which gets its parameters as attributes of their names: River reads them there."""
    # An empty tuple means a class to River.
    parameters = {**vars(config), "baselines": list(config.baselines)}
    vars(model).update(parameters)
    return from_parameters(type(model).__name__, {name: parameters[name] for name in Config.__dataclass_fields__})


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
        if isinstance(config.feature, Estimator):
            raise TypeError(
                f"feature = {config.feature} is a detector: needs the name of a feature; SpotFilter wraps it"
            )
        self._spot = _started(self, config)

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


class SpotFilter(AnomalyFilter):
    """Decides which scores of any detector of River are alerts, at the rate q.

    anomaly_detector: a detector such as HalfSpaceTrees(), or a pipeline that ends in one. `SpotDetector` needs none.
    warm_up: how many scores at the start are not looked at, because the detector has yet to learn what it scores by:
        250 is the window of HalfSpaceTrees.
    protect_anomaly_detector: whether the detector learns nothing of what is an alert.
    The others are the fields of `tailspot.Config`; `down` is False.

    The next `n_init` scores calibrate it. `learn_one` scores a sample before the detector learns it. The rate is q as
    long as the scores are distributed as they were then. Those of HalfSpaceTrees change with each window, and those of
    OneClassSVM while it learns: there, alerts come in runs, and a longer `n_init` or a larger window brings fewer.
    """

    anomaly_detector: Any
    warm_up: int
    protect_anomaly_detector: bool

    @takes(FilterConfig)
    def __init__(self, config: FilterConfig) -> None:
        if not hasattr(config.anomaly_detector, "score_one"):
            raise TypeError(
                f"anomaly_detector = {config.anomaly_detector!r} has no score_one: needs a detector of River, such as "
                "HalfSpaceTrees(); SpotDetector takes the name of a feature"
            )
        as_count(config.warm_up, "warm_up", 0)
        as_flag(config.protect_anomaly_detector, "protect_anomaly_detector")
        self._spot = _started(self, config)
        self._left = config.warm_up

    @property
    def spot(self) -> Spot:
        """The detector of the scores, for its thresholds and its status."""
        return self._spot

    def classify(self, score: float) -> bool:
        """Whether a score is an alert; changes nothing."""
        return self._left == 0 and self._spot._handle.judge_one(score).event.is_alert

    def learn_one(self, *args: Any, **kwargs: Any) -> None:
        """Scores the sample, learns what the model may learn of the score, and has the detector learn the sample."""
        is_alert = False
        if self._left:
            self._left -= 1
        else:
            is_alert = self._spot.step(self.anomaly_detector.score_one(*args)).is_alert
        if not (is_alert and self.protect_anomaly_detector):
            self.anomaly_detector.learn_one(*args, **kwargs)

    @classmethod
    def _unit_test_params(cls) -> Any:
        from river.anomaly import HalfSpaceTrees

        yield {"anomaly_detector": HalfSpaceTrees(seed=1)}
