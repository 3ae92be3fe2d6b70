"""tailspot behind detectors of scikit-learn: `tailspot.sklearn.SpotThreshold`. Needs scikit-learn 1.6 or newer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from tailspot._spot import Spot

if TYPE_CHECKING:
    from tailspot._config import Threshold


class SpotThreshold(MetaEstimatorMixin, OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Turns the scores of any outlier detector into alarms, false ones at the rate q.

    estimator: a detector with `fit` and `score_samples` (low is abnormal), such as IsolationForest, LocalOutlierFactor
        with novelty=True, OneClassSVM, EllipticEnvelope. Its own `contamination` is not looked at.
    q: tail probability of an anomaly, 0 < q < 1 - level.
    level: quantile level where the tail of the scores starts, 0 < level < 1.
    threshold: "calibrated" or "plug_in", see `tailspot.Spot`.

    After `fit`: `estimator_`, the fitted detector; `spot_`, the `tailspot.Spot` on its scores; `offset_`, the score
    below which a sample is an anomaly.
    """

    def __init__(
        self, estimator: Any, *, q: float = 1e-3, level: float = 0.95, threshold: Threshold = "calibrated"
    ) -> None:
        self.estimator = estimator
        self.q = q
        self.level = level
        self.threshold = threshold

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    def fit(self, X: Any, y: Any = None) -> SpotThreshold:  # noqa: N803
        """Fits the detector on X, of shape (n_samples, n_features), and the tail of its scores.

        Raises ValueError for parameters out of range, or fewer samples than leave one score beyond `level`.
        """
        spot = Spot(q=self.q, level=self.level, up=False, down=True, threshold=self.threshold, bounded=False)
        self.estimator_ = clone(self.estimator).fit(X, y)
        scores = self.estimator_.score_samples(X)
        try:
            self.spot_ = spot.fit(scores)
        except ValueError as error:
            raise ValueError(f"n_samples={len(scores)} is too few: {error}") from None
        self.offset_ = self.spot_.get_lower_threshold()
        if hasattr(self.estimator_, "n_features_in_"):
            self.n_features_in_ = self.estimator_.n_features_in_
        return self

    def score_samples(self, X: Any) -> Any:  # noqa: N803
        """The scores of the detector, of shape (n_samples,); low is abnormal."""
        check_is_fitted(self)
        return self.estimator_.score_samples(X)

    def decision_function(self, X: Any) -> Any:  # noqa: N803
        """The scores less `offset_`, of shape (n_samples,): negative is an anomaly."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> Any:  # noqa: N803
        """-1 for anomalies, 1 for the others: int, of shape (n_samples,). Learns nothing."""
        return numpy.where(self.decision_function(X) < 0.0, -1, 1)
