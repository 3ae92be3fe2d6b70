"""tailspot in scikit-learn 1.6 and newer: `SpotThreshold` for scores of any detector, `SpotDetector` for one column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from tailspot._number import as_count
from tailspot._scores import Calibration, held_out, scores_of
from tailspot._spot import Spot

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

    from tailspot._config import Threshold

    class _Detector:
        """What the classes of scikit-learn give, which have no types."""

        def fit_predict(self, X: Any, y: Any = None) -> NDArray[numpy.int64]: ...  # noqa: N803
        def get_params(self, deep: bool = True) -> dict[str, Any]: ...
        def set_params(self, **params: Any) -> Self: ...
        def __sklearn_tags__(self) -> Any: ...

    _MetaDetector = _Detector
else:

    class _Detector(OutlierMixin, BaseEstimator):
        """Judges samples."""

    class _MetaDetector(MetaEstimatorMixin, OutlierMixin, BaseEstimator):
        """Judges samples by another detector."""


class SpotThreshold(_MetaDetector):
    """Turns the scores of any outlier detector into alerts, false ones at the rate q.

    A detector scores the data it was fitted on unlike new data, so these scores cannot calibrate a threshold. `fit`
    scores every sample by a detector fitted without it, so 10 folds take 10 times as long as one fit. The first of
    these detectors answers: one fitted on all samples would score on another scale. So it has not seen one fold.

    estimator: a detector with `fit` and `score_samples` (low is abnormal), such as IsolationForest, LocalOutlierFactor
        with novelty=True, OneClassSVM, EllipticEnvelope; or one of PyOD, where high is abnormal. Its own
        `contamination` is not used. With None, X are scores, of shape (n_samples,), of samples that the detector was
        not fitted on; low is abnormal.
    q: tail probability of an anomaly, 0 < q < 1 - level.
    level: quantile level where the tail of the scores starts, 0 < level < 1. For OneClassSVM more than 1 - nu: the
        other scores pile up.
    threshold: "calibrated" or "plug_in", see `tailspot.Spot`.
    cv: how many folds, at least 2, or a splitter of scikit-learn: `fit` takes as many fits. Folds are shuffled
        with a fixed seed. For samples that depend on their neighbours, pass a splitter with blocks.
    prefit: True for a detector that is fitted already, on other data than the X of `fit`, which only calibrates.

    After `fit`: `estimator_`, the fitted detector; `offset_`, the score below which a sample is an anomaly; `end_`, the
    best score of samples that are infinitely far away, or -inf if the tail was fitted without it; `spot_`, the
    `tailspot.Spot` on the scores, or on log(score - end_) where there is an end.
    """

    def __init__(
        self,
        estimator: Any = None,
        *,
        q: float = 1e-3,
        level: float = 0.95,
        threshold: Threshold = "calibrated",
        cv: Any = 10,
        prefit: bool = False,
    ) -> None:
        self.estimator = estimator
        self.q = q
        self.level = level
        self.threshold = threshold
        self.cv = cv
        self.prefit = prefit

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        if self.estimator is None:
            tags.input_tags.one_d_array = True
        else:
            tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    def fit(self, X: Any, y: Any = None) -> SpotThreshold:  # noqa: N803
        """Fits the detector on X, of shape (n_samples, n_features), and the tail of its scores.

        Raises ValueError for parameters out of range, fewer samples than leave one score beyond `level`, and scores
        that no threshold fits; TypeError for a detector that cannot score new samples.
        """
        spot = Spot(q=self.q, level=self.level, up=False, down=True, threshold=self.threshold, bounded=False)
        if self.estimator is None or self.prefit:
            self.estimator_, calibration = self.estimator, Calibration()
            if self.estimator is not None:
                check_is_fitted(self.estimator)
            calibration.add(self.estimator, X)
        else:
            self.estimator_, calibration = held_out(self.estimator, self.cv, X, y)
        self.offset_, self.end_ = calibration.fit(spot, self.level)
        self.spot_ = spot
        if hasattr(self.estimator_, "n_features_in_"):
            self.n_features_in_ = self.estimator_.n_features_in_
        if hasattr(self.estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.estimator_.feature_names_in_
        return self

    def score_samples(self, X: Any) -> NDArray[numpy.float64]:  # noqa: N803
        """The scores of the detector, of shape (n_samples,); low is abnormal."""
        check_is_fitted(self)
        scores: NDArray[numpy.float64] = scores_of(self.estimator_, X)
        return scores

    def decision_function(self, X: Any) -> NDArray[numpy.float64]:  # noqa: N803
        """The scores less `offset_`, of shape (n_samples,): negative is an anomaly."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[numpy.int64]:  # noqa: N803
        """-1 for anomalies, 1 for the others: int, of shape (n_samples,). Learns nothing."""
        return numpy.where(self.decision_function(X) < 0.0, -1, 1)


class SpotDetector(_Detector):
    """Finds values of one feature that are too large or too small to be chance, by `tailspot.Spot`.

    feature: which column of X it is, by its number or its name; not needed if there is only one.
    q: tail probability of an anomaly, for each watched side; 0 < q < 1 - level.
    level: quantile level where the upper tail starts, 0 < level < 1; mirrored for the lower one.
    up, down: whether the upper and the lower tail are watched; at least one must be.
    threshold: "calibrated" or "plug_in", see `tailspot.Spot`.

    `fit` calibrates on the values; what follows learns nothing. For streams, and for more parameters, use
    `tailspot.Spot` itself. After `fit`: `spot_`, the `tailspot.Spot`; `offset_`, which is q.
    """

    def __init__(
        self,
        feature: int | str | None = None,
        *,
        q: float = 1e-3,
        level: float = 0.95,
        up: bool = True,
        down: bool = True,
        threshold: Threshold = "calibrated",
    ) -> None:
        self.feature = feature
        self.q = q
        self.level = level
        self.up = up
        self.down = down
        self.threshold = threshold

    def fit(self, X: Any, y: Any = None) -> SpotDetector:  # noqa: N803, ARG002
        """Calibrates on the feature in X, of shape (n_samples, n_features).

        Raises ValueError for parameters out of range, a feature that is not there, and fewer samples than leave one
        excess on each watched side.
        """
        spot = Spot(q=self.q, level=self.level, up=self.up, down=self.down, threshold=self.threshold, bounded=False)
        values = self._values(X, reset=True)
        try:
            self.spot_ = spot.fit(values)
        except ValueError as error:
            raise ValueError(f"n_samples={len(values)} is too few: {error}") from None
        self.offset_ = float(self.q)
        return self

    def _values(self, X: Any, reset: bool) -> Any:  # noqa: N803
        X = validate_data(self, X, reset=reset, dtype=float)  # noqa: N806
        names = list(getattr(self, "feature_names_in_", range(X.shape[1])))
        if self.feature is None and len(names) > 1:
            raise ValueError(f"there are {len(names)} features: say which one by feature=..., or use SpotThreshold")
        if isinstance(self.feature, str):
            if self.feature not in names:
                raise ValueError(f"feature = {self.feature!r} is not there: the features are {names}")
            return X[:, names.index(self.feature)]
        column = 0 if self.feature is None else as_count(self.feature, "feature", 0)
        if column >= len(names):
            raise ValueError(f"feature = {column} is out of range: needs feature < {len(names)}")
        return X[:, column]

    def score_samples(self, X: Any) -> NDArray[numpy.float64]:  # noqa: N803
        """The tail probability of each value, of shape (n_samples,): low is abnormal, 1 outside the tails."""
        check_is_fitted(self)
        result = self.spot_.judge(self._values(X, reset=False))
        scores = numpy.where(numpy.isnan(result.probability), 1.0, result.probability)
        # Between two excesses the probabilities move a little, the thresholds do not: those decide.
        below = numpy.minimum(scores, numpy.nextafter(self.offset_, 0.0))
        return numpy.where(numpy.abs(result.events) == 1, below, numpy.maximum(scores, self.offset_))

    def decision_function(self, X: Any) -> NDArray[numpy.float64]:  # noqa: N803
        """The scores less `offset_`, of shape (n_samples,): negative is an anomaly."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> NDArray[numpy.int64]:  # noqa: N803
        """-1 for anomalies, 1 for the others: int, of shape (n_samples,). Learns nothing."""
        return numpy.where(self.decision_function(X) < 0.0, -1, 1)
