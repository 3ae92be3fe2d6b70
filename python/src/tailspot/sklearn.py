"""tailspot behind detectors of scikit-learn: `tailspot.sklearn.SpotThreshold`. Needs scikit-learn 1.6 or newer."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin, clone
from sklearn.model_selection import KFold
from sklearn.utils import _safe_indexing, get_tags, indexable
from sklearn.utils.validation import check_is_fitted

from tailspot._spot import Spot

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailspot._config import Threshold


class SpotThreshold(MetaEstimatorMixin, OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """Turns the scores of any outlier detector into alerts, false ones at the rate q.

    A detector scores the data it was fitted on unlike new data, so these scores cannot calibrate a threshold. `fit`
    scores every sample by a detector fitted without it. The first of these detectors answers: one fitted on all samples
    would score on another scale. So it has not seen one fold of the data.

    estimator: a detector with `fit` and `score_samples` (low is abnormal), such as IsolationForest, LocalOutlierFactor
        with novelty=True, OneClassSVM, EllipticEnvelope; or one of PyOD. Its own `contamination` is not used.
    q: tail probability of an anomaly, 0 < q < 1 - level.
    level: quantile level where the tail of the scores starts, 0 < level < 1.
    threshold: "calibrated" or "plug_in", see `tailspot.Spot`.
    cv: how many folds, at least 2, or a splitter of scikit-learn: `fit` takes as many fits. Folds are shuffled
        with a fixed seed. For samples that depend on their neighbours, pass a splitter with blocks.
    prefit: True for a detector that is fitted already, on other data than the X of `fit`, which only calibrates.

    After `fit`: `estimator_`, the fitted detector; `spot_`, the `tailspot.Spot` on its scores; `offset_`, the score
    below which a sample is an anomaly.
    """

    def __init__(
        self,
        estimator: Any,
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
        tags.input_tags = get_tags(self.estimator).input_tags
        return tags

    def fit(self, X: Any, y: Any = None) -> SpotThreshold:  # noqa: N803
        """Fits the detector on X, of shape (n_samples, n_features), and the tail of its scores.

        Raises ValueError for parameters out of range, or fewer samples than leave one score beyond `level`.
        """
        spot = Spot(q=self.q, level=self.level, up=False, down=True, threshold=self.threshold, bounded=False)
        if self.prefit:
            check_is_fitted(self.estimator)
            self.estimator_ = self.estimator
            scores = _scores(self.estimator_, X)
        else:
            self.estimator_, scores = self._held_out(X, y)
        try:
            self.spot_ = spot.fit(scores)
        except ValueError as error:
            raise ValueError(f"n_samples={len(scores)} is too few: {error}") from None
        self.offset_ = self.spot_.get_lower_threshold()
        if hasattr(self.estimator_, "n_features_in_"):
            self.n_features_in_ = self.estimator_.n_features_in_
        return self

    def _held_out(self, X: Any, y: Any) -> tuple[Any, Any]:  # noqa: N803
        """The first detector, and the score of every sample by a detector that was fitted without it."""
        X, y = indexable(X, y)  # noqa: N806
        first, parts = None, []
        for rest, part in _splits(self.cv, X, y):
            fold = clone(self.estimator).fit(_safe_indexing(X, rest), None if y is None else _safe_indexing(y, rest))
            first = fold if first is None else first
            parts.append(_scores(fold, _safe_indexing(X, part)))
        return first, numpy.concatenate(parts)

    def score_samples(self, X: Any) -> Any:  # noqa: N803
        """The scores of the detector, of shape (n_samples,); low is abnormal."""
        check_is_fitted(self)
        return _scores(self.estimator_, X)

    def decision_function(self, X: Any) -> Any:  # noqa: N803
        """The scores less `offset_`, of shape (n_samples,): negative is an anomaly."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> Any:  # noqa: N803
        """-1 for anomalies, 1 for the others: int, of shape (n_samples,). Learns nothing."""
        return numpy.where(self.decision_function(X) < 0.0, -1, 1)


def _splits(cv: Any, X: Any, y: Any) -> Iterable[tuple[Any, Any]]:  # noqa: N803
    if hasattr(cv, "split") and not isinstance(cv, str):
        return cv.split(X, y)  # type: ignore[no-any-return]
    if not isinstance(cv, Integral) or int(cv) < 2:
        raise ValueError(f"cv = {cv!r} is out of range: needs at least 2 folds, or a splitter of scikit-learn")
    count = X.shape[0] if hasattr(X, "shape") else len(X)
    if count < int(cv):
        raise ValueError(f"n_samples={count} is too few for cv = {cv} folds")
    return KFold(cv, shuffle=True, random_state=0).split(X)  # type: ignore[no-any-return]


def _scores(estimator: Any, X: Any) -> Any:  # noqa: N803
    """Scores where low is abnormal, as scikit-learn has them; in PyOD high is abnormal."""
    if hasattr(estimator, "score_samples"):
        return estimator.score_samples(X)
    scores = estimator.decision_function(X)
    of_pyod = any(kind.__module__.partition(".")[0] == "pyod" for kind in type(estimator).__mro__)
    return -scores if of_pyod else scores
