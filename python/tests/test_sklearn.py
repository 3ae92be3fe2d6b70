"""The adapter for scikit-learn, with its own detectors and its own checks."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import needs

sklearn = needs("sklearn")
np = needs("numpy")
adapter = needs("tailspot.sklearn")

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
    [IsolationForest(random_state=1), LocalOutlierFactor(n_neighbors=50, novelty=True), OneClassSVM(nu=0.1)],
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
    assert model.spot_.get_lower_threshold() == model.offset_


# On 500 x 10 the scores of OneClassSVM end at 0, and the threshold may lie beyond: not every far point is found there.
@pytest.mark.parametrize(
    ("estimator", "columns"), [(OneClassSVM(), 50), (LocalOutlierFactor(3, novelty=True), 10)], ids=["svm", "lof"]
)
def test_scores_of_fitted_data_do_not_calibrate(estimator: Any, columns: int) -> None:
    rates = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        model = adapter.SpotThreshold(estimator, q=1e-3).fit(random.normal(size=(500, columns)))
        rates.append((model.predict(random.normal(size=(5000, columns))) == -1).mean())
        assert model.predict(np.full((1, columns), 100.0)) == [-1]
    assert 0.3e-3 < np.mean(rates) < 3e-3


def test_a_fitted_detector_is_calibrated_as_it_is() -> None:
    forest = IsolationForest(random_state=1).fit(CALM[:1000])
    model = adapter.SpotThreshold(forest, prefit=True).fit(CALM[1000:])
    assert model.estimator_ is forest
    assert np.array_equal(model.score_samples(FAR), forest.score_samples(FAR))
    assert (model.predict(FAR) == -1).all()


@pytest.mark.parametrize("cv", [1, 0, 2.5, None, "many"])
def test_folds_out_of_range_are_named(cv: Any) -> None:
    with pytest.raises(ValueError, match=r"cv = .* is out of range: needs at least 2 folds"):
        adapter.SpotThreshold(OneClassSVM(), cv=cv).fit(CALM[:100])


def test_predicting_learns_nothing() -> None:
    model = adapter.SpotThreshold(IsolationForest(random_state=1)).fit(CALM)
    before = model.spot_.save()
    assert np.array_equal(model.predict(LATER), model.predict(LATER))
    assert model.spot_.save() == before


def test_it_works_in_a_pipeline_and_in_a_search() -> None:
    model = make_pipeline(StandardScaler(), adapter.SpotThreshold(IsolationForest(random_state=1)))
    assert (model.fit(CALM).predict(FAR) == -1).all()
    assert (model.fit_predict(CALM) == -1).mean() < 0.01
    search = GridSearchCV(
        adapter.SpotThreshold(IsolationForest(random_state=1)),
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


@parametrize_with_checks([adapter.SpotThreshold(IsolationForest(n_estimators=5, random_state=1), q=0.05, level=0.5)])
def test_the_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    check(estimator)
