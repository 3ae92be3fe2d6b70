"""The adapter for scikit-learn, with its own detectors and its own checks."""

from __future__ import annotations

import math
from typing import Any

import pytest
from conftest import needs

from tailspot import Spot

sklearn = needs("sklearn")
np = needs("numpy")
adapter = needs("tailspot.sklearn")

from sklearn.base import BaseEstimator  # noqa: E402
from sklearn.ensemble import IsolationForest  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.neighbors import LocalOutlierFactor  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import OneClassSVM  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

RANDOM = np.random.default_rng(1)
CALM, LATER = RANDOM.normal(size=(3000, 2)), RANDOM.normal(size=(20_000, 2))
FAR = np.array([[9.0, 9.0], [-9.0, 3.0]])


@pytest.mark.parametrize(
    "estimator",
    [
        IsolationForest(n_estimators=20, random_state=1),
        LocalOutlierFactor(n_neighbors=50, novelty=True),
        OneClassSVM(nu=0.1),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_alarms_of_any_detector_come_at_the_rate_q(estimator: Any) -> None:
    model = adapter.SpotThreshold(estimator, q=2e-3).fit(CALM)
    predicted = model.predict(LATER)
    assert set(np.unique(predicted)) == {-1, 1}
    assert 0.2 * 2e-3 < (predicted == -1).mean() < 4 * 2e-3
    assert (model.predict(FAR) == -1).all()
    decided = model.decision_function(LATER)
    assert np.array_equal(predicted == -1, decided < 0)
    assert np.allclose(decided, model.score_samples(LATER) - model.offset_)


# benches/python/scores.py has the rates of more detectors.
@pytest.mark.parametrize("estimator", [OneClassSVM(), LocalOutlierFactor(3, novelty=True)], ids=["svm", "lof"])
def test_scores_of_fitted_data_do_not_calibrate(estimator: Any) -> None:
    rates = []
    for seed in range(10):
        random = np.random.default_rng(seed)
        model = adapter.SpotThreshold(estimator, q=1e-3).fit(random.normal(size=(500, 10)))
        rates.append((model.predict(random.normal(size=(5000, 10))) == -1).mean())
        # The scores of OneClassSVM end at 0: there the logarithm is what is fitted.
        assert model.predict(np.full((1, 10), 100.0)) == [-1]
    assert 0.3e-3 < np.mean(rates) < 3e-3


def test_scores_that_end_are_stretched_and_keep_their_order() -> None:
    model = adapter.SpotThreshold(OneClassSVM()).fit(CALM)
    assert model.end_ == 0.0 < model.offset_
    assert model.offset_ == pytest.approx(math.exp(model.spot_.get_lower_threshold()))
    assert adapter.SpotThreshold(IsolationForest(n_estimators=20, random_state=1)).fit(CALM).end_ == -math.inf


class Scored(BaseEstimator):  # type: ignore[misc]
    """A detector that scores by a function of the samples."""

    def __init__(self, score: Any) -> None:
        self.score = score

    def fit(self, X: Any, y: Any = None) -> Any:  # noqa: ARG002
        """Learns nothing."""
        self.fitted_ = True
        return self

    def score_samples(self, X: Any) -> Any:
        """The scores."""
        return self.score(np.asarray(X))


@pytest.mark.parametrize(("q", "end"), [(1e-4, -2000.0), (1e-2, -math.inf)])
def test_no_threshold_lies_beyond_the_end_of_the_scores(q: float, end: float) -> None:
    """They are heavy, and end at a value that depends on the direction, as those of a forest do."""
    heavy = Scored(lambda X: -np.minimum(np.exp(2.0 * abs(X[:, 0])), np.where(X[:, 1] > 0.0, 2000.0, 2005.0)))
    model = adapter.SpotThreshold(heavy, q=q).fit(CALM)
    assert model.end_ == end
    assert model.offset_ > -2000.0
    assert (model.predict(FAR) == -1).all()
    assert (model.predict(LATER) == -1).mean() < 3.0 * q


@pytest.mark.parametrize(
    ("estimator", "message"),
    [
        (LocalOutlierFactor(), "LocalOutlierFactor has no scores for samples .*: set novelty=True"),
        (StandardScaler(), "StandardScaler has no scores for samples that it was not fitted on"),
        (Scored(lambda X: X[:, 0] - X[:, 0].mean()), "Scored scores a sample by all those that it scores at once"),
        (Scored(lambda X: np.where(X[:, 0] > 2.0, np.nan, X[:, 0])), "scores of Scored hold .* NaN"),
        (Scored(lambda X: X), r"the scores have the shape \(100, 2\): needs one score for each sample"),
        (OneClassSVM(gamma=1e6), r"99. of 1000 samples score like one that is infinitely far away: needs fewer"),
    ],
    ids=range(6),
)
def test_scores_that_no_threshold_fits_are_refused(estimator: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=message):
        adapter.SpotThreshold(estimator).fit(CALM[:1000])


def test_plain_scores_get_the_threshold_that_their_detector_would() -> None:
    forest = IsolationForest(n_estimators=20, random_state=1).fit(CALM[:1000])
    scores = forest.score_samples(CALM[1000:])
    plain = adapter.SpotThreshold(q=1e-3).fit(scores)
    assert plain.offset_ == adapter.SpotThreshold(forest, q=1e-3, prefit=True).fit(CALM[1000:]).offset_
    assert plain.offset_ == plain.spot_.get_lower_threshold()
    assert np.array_equal(plain.predict(scores[:, None]), plain.predict(scores))
    assert list(plain.predict([scores.min() - 1.0, scores.max()])) == [-1, 1]


def test_detectors_of_pyod_score_the_other_way_round() -> None:
    pyod = needs("pyod.models.knn")
    ocsvm = needs("pyod.models.ocsvm").OCSVM()
    for detector in (pyod.KNN(), ocsvm):
        model = adapter.SpotThreshold(detector, q=1e-3).fit(CALM[:1000])
        assert (model.predict(FAR) == -1).all()
        assert (model.predict(LATER) == -1).mean() < 4e-3
        assert np.array_equal(model.score_samples(FAR), -model.estimator_.decision_function(FAR))
    fitted = pyod.KNN().fit(CALM[:1000])
    assert (adapter.SpotThreshold(fitted, prefit=True).fit(CALM[1000:]).predict(FAR) == -1).all()
    # It scores a sample by its place among all that are scored.
    with pytest.raises(ValueError, match="ECOD scores a sample by all those"):
        adapter.SpotThreshold(needs("pyod.models.ecod").ECOD()).fit(CALM[:1000])


def test_a_column_is_judged_as_spot_judges_it() -> None:
    column = CALM[:, 1]
    model = adapter.SpotDetector(1, q=1e-2, level=0.9).fit(CALM)
    spot = Spot(q=1e-2, level=0.9, bounded=False).fit(column)
    assert model.spot_.save() == spot.save()
    alerts = np.abs(spot.judge(LATER[:, 1]).events) == 1
    assert np.array_equal(model.predict(LATER) == -1, alerts)
    assert alerts.any()
    scores = model.score_samples(LATER)
    assert np.array_equal(scores < 1e-2, alerts)
    assert scores.max() == 1.0
    alone = adapter.SpotDetector(q=1e-2, level=0.9).fit(column[:, None])
    assert np.array_equal(alone.score_samples(LATER[:, 1:]), scores)
    assert model.spot_.save() == spot.save()


def test_a_column_has_a_name_where_the_others_have() -> None:
    frame = needs("pandas").DataFrame(CALM, columns=["calm", "load"])
    model = adapter.SpotDetector("load").fit(frame)
    assert list(model.feature_names_in_) == ["calm", "load"]
    assert model.spot_.save() == adapter.SpotDetector(1).fit(CALM).spot_.save()
    for feature, message in (
        (None, "there are 2 features: say which one by feature="),
        ("lod", r"feature = 'lod' is not there: the features are \['calm', 'load'\]"),
        (2, "feature = 2 is out of range: needs feature < 2"),
        (-1, "feature = -1 is out of range"),
    ):
        with pytest.raises(ValueError, match=message):
            adapter.SpotDetector(feature).fit(frame)


def test_a_fitted_detector_is_calibrated_as_it_is() -> None:
    forest = IsolationForest(n_estimators=20, random_state=1).fit(CALM[:1000])
    model = adapter.SpotThreshold(forest, prefit=True).fit(CALM[1000:])
    assert model.estimator_ is forest
    assert np.array_equal(model.score_samples(FAR), forest.score_samples(FAR))
    assert (model.predict(FAR) == -1).all()


@pytest.mark.parametrize("cv", [1, 0, 2.5, None, "many"])
def test_folds_out_of_range_are_named(cv: Any) -> None:
    with pytest.raises(ValueError, match=r"cv = .* is out of range: needs at least 2 folds"):
        adapter.SpotThreshold(OneClassSVM(), cv=cv).fit(CALM[:100])


def test_predicting_learns_nothing() -> None:
    model = adapter.SpotThreshold(IsolationForest(n_estimators=20, random_state=1)).fit(CALM)
    before = model.spot_.save()
    assert np.array_equal(model.predict(LATER), model.predict(LATER))
    assert model.spot_.save() == before


def test_it_works_in_a_pipeline_and_in_a_search() -> None:
    model = make_pipeline(StandardScaler(), adapter.SpotThreshold(IsolationForest(n_estimators=20, random_state=1)))
    assert (model.fit(CALM).predict(FAR) == -1).all()
    assert (model.fit_predict(CALM) == -1).mean() < 0.01
    search = GridSearchCV(
        adapter.SpotThreshold(IsolationForest(n_estimators=20, random_state=1)),
        {"q": [1e-3, 1e-2]},
        scoring=lambda model, *_: model.offset_,
        cv=2,
    )
    assert search.fit(CALM).best_params_ == {"q": 1e-2}


def test_bad_parameters_are_named_by_fit() -> None:
    with pytest.raises(ValueError, match=r"q = 0.1 is out of range"):
        adapter.SpotThreshold(IsolationForest(), q=0.1).fit(CALM)
    with pytest.raises(ValueError, match="at least 20 are needed"):
        adapter.SpotThreshold(IsolationForest(n_estimators=5)).fit(CALM[:10])


FEW = dict.fromkeys(
    [
        "check_n_features_in_after_fitting",
        "check_estimators_nan_inf",
        "check_classifier_data_not_an_array",
        "check_fit2d_1feature",
    ],
    "fewer values than level = 0.95 needs",
)
FEW.update(dict.fromkeys(["check_outliers_fit_predict", "check_outliers_train"], "no anomaly at q = 0.001"))


@parametrize_with_checks(
    [
        adapter.SpotThreshold(IsolationForest(n_estimators=5, random_state=1), q=0.05, level=0.5),
        adapter.SpotDetector(0, q=0.05, level=0.5),
        adapter.SpotDetector(0),
    ],
    expected_failed_checks=lambda estimator: FEW if estimator.level > 0.9 else {},
)
def test_the_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)
