"""Scores of other people's outlier detectors: low is abnormal, as in scikit-learn, which this needs."""

from __future__ import annotations

from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy
from sklearn.base import clone
from sklearn.model_selection import KFold
from sklearn.utils import _safe_indexing, indexable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tailspot._spot import Spot

# Where the score of far samples is looked at: in distances of a sample from the mean, and for how many samples.
_FAR, _PROBED = (1e6, 1e7, -1e6, -1e7), 20


def scores_of(estimator: Any, X: Any) -> Any:  # noqa: N803
    """The scores of samples by a fitted detector; without one, X are scores. Raises TypeError if it cannot score."""
    if estimator is None:
        scores = X
    elif hasattr(estimator, "score_samples"):
        scores = estimator.score_samples(X)
    elif hasattr(estimator, "decision_function"):
        scores = estimator.decision_function(X)
        # In PyOD high is abnormal.
        of_pyod = any(kind.__module__.partition(".")[0] == "pyod" for kind in type(estimator).__mro__)
        scores = -scores if of_pyod else scores
    else:
        hint = ": set novelty=True" if hasattr(estimator, "novelty") else ""
        raise TypeError(f"{type(estimator).__name__} has no scores for samples that it was not fitted on{hint}")
    scores = numpy.asarray(scores, dtype=float)
    scores = scores[:, 0] if scores.ndim == 2 and scores.shape[1] == 1 else scores
    if scores.ndim != 1:
        raise ValueError(f"the scores have the shape {scores.shape}: needs one score for each sample")
    return scores


class _Part(NamedTuple):
    scores: Any
    end: float = -numpy.inf
    """The best score of samples that are far enough away; -inf if their scores go on and on."""
    is_common: bool = False
    """Whether all such samples have the same score."""


class Calibration:
    """The scores of samples by detectors that were not fitted on them, in parts; and where the scores end.

    A kernel is 0 for every sample that is far enough away: the scores end there, and a tail that is fitted to them may
    go on beyond. What is fitted instead is the logarithm of the distance to the end, which has the same order. Scores
    of a forest end too, but not at the same value in all directions: what is fitted are the scores themselves, unless
    their threshold lies beyond the end.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def add(self, estimator: Any, X: Any) -> None:  # noqa: N803
        """Scores these samples. Raises ValueError if a score depends on the samples that are scored with it."""
        scores = scores_of(estimator, X)
        name = "X" if estimator is None else type(estimator).__name__
        if numpy.isnan(scores).any():
            raise ValueError(f"the scores of {name} hold {numpy.isnan(scores).sum()} NaN")
        part = _Part(scores)
        if estimator is not None:
            half = (len(scores) + 1) // 2
            if not numpy.allclose(
                scores[:half], scores_of(estimator, _safe_indexing(X, numpy.arange(half))), rtol=1e-4
            ):
                raise ValueError(
                    f"{name} scores a sample by all those that it scores at once: such scores cannot have a threshold"
                )
            part = _Part(scores, *_end(estimator, X))
        self._parts.append(part)

    def fit(self, spot: Spot, level: float) -> tuple[float, float]:
        """Calibrates a detector. Returns its threshold as a score, and the end that it was fitted by or -inf.

        Raises ValueError if the samples at the end, which are anomalies of the calibration, are the whole tail.
        """
        scores = numpy.concatenate([part.scores for part in self._parts])
        if not all(numpy.isfinite(part.end) for part in self._parts):
            return _fitted(spot, scores), -numpy.inf
        distances = numpy.concatenate([part.scores - part.end for part in self._parts])
        end = self._parts[0].end
        lost = int((distances <= 0.0).sum())
        is_tail = lost < (1.0 - level) * len(scores)
        if not (all(part.is_common for part in self._parts) and (distances >= 0.0).all()):
            offset = _fitted(spot, scores)
            if offset > end or not is_tail:
                return offset, -numpy.inf
        elif not is_tail:
            raise ValueError(
                f"{lost} of {len(scores)} samples score like one that is infinitely far away: needs fewer than "
                f"1 - level = {1.0 - level:g} of them, for a tail that can be fitted"
            )
        with numpy.errstate(divide="ignore"):
            return end + numpy.exp(_fitted(spot, numpy.log(numpy.maximum(distances, 0.0)))), end


def _fitted(spot: Spot, scores: Any) -> float:
    try:
        return spot.fit(scores).get_lower_threshold()
    except ValueError as error:
        raise ValueError(f"n_samples={len(scores)} is too few: {error}") from None


def _end(estimator: Any, X: Any) -> tuple[float, bool]:  # noqa: N803
    """The best score of far samples, if they score the same still farther away, else -inf; whether all have it."""
    part: Any = _safe_indexing(X, numpy.arange(min(_PROBED, _count(X))))
    is_frame = hasattr(part, "iloc")
    part = part.toarray() if hasattr(part, "toarray") else part if is_frame else numpy.asarray(part)
    if any(dtype.kind not in "iuf" for dtype in (part.dtypes if is_frame else [part.dtype])):
        return -numpy.inf, False
    way = part - part.mean(axis=0)
    if not numpy.any(way):
        return -numpy.inf, False
    with numpy.errstate(all="ignore"):
        near, far, *mirrored = (scores_of(estimator, part + distance * way) for distance in _FAR)
    if not ((near == far).all() and (mirrored[0] == mirrored[1]).all()):
        return -numpy.inf, False
    scores = numpy.concatenate([far, mirrored[1]])
    return float(scores.max()), bool((scores == scores[0]).all())


def held_out(estimator: Any, cv: Any, X: Any, y: Any) -> tuple[Any, Calibration]:  # noqa: N803
    """The detector of the first fold, and the score of every sample by a detector that was fitted without it."""
    X, y = indexable(X, y)  # noqa: N806
    first, calibration = None, Calibration()
    for rest, part in _splits(cv, X, y):
        fold = clone(estimator).fit(_safe_indexing(X, rest), None if y is None else _safe_indexing(y, rest))
        first = fold if first is None else first
        calibration.add(fold, _safe_indexing(X, part))
    return first, calibration


def _count(X: Any) -> int:  # noqa: N803
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _splits(cv: Any, X: Any, y: Any) -> Iterable[tuple[Any, Any]]:  # noqa: N803
    if hasattr(cv, "split") and not isinstance(cv, str):
        return cv.split(X, y)  # type: ignore[no-any-return]
    if not isinstance(cv, Integral) or int(cv) < 2:
        raise ValueError(f"cv = {cv!r} is out of range: needs at least 2 folds, or a splitter of scikit-learn")
    if _count(X) < int(cv):
        raise ValueError(f"n_samples={_count(X)} is too few for cv = {cv} folds")
    return KFold(cv, shuffle=True, random_state=0).split(X)  # type: ignore[no-any-return]
