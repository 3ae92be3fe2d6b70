"""The adapter for River, in River's own pipelines."""

from __future__ import annotations

import math

import pytest
from conftest import needs, normal

from tailspot import Event, Spot

river = needs("river")
adapter = needs("tailspot.river")
STREAM = [*normal(4000), 9.0, *normal(2000, 2), -9.0]
PARAMETERS = {"q": 1e-3, "level": 0.95, "n_init": 1000}


def test_the_threshold_filter_of_river_alarms_where_spot_does() -> None:
    from river import anomaly

    detector = adapter.SpotDetector(**PARAMETERS)
    model = anomaly.ThresholdFilter(detector, threshold=1 - 1e-3)
    spot = Spot(**PARAMETERS)
    alarms, alerts = [], []
    for i, x in enumerate(STREAM):
        if model.classify(model.score_one({"x": x})):
            alarms.append(i)
        model.learn_one({"x": x})
        # What the filter took for an anomaly is not shown to the detector.
        if x > spot.get_upper_threshold() or x < spot.get_lower_threshold():
            alerts.append(i)
        else:
            spot.step(x)
    assert alarms == alerts
    assert {4000, 6001} <= set(alarms)
    assert detector.spot.save() == spot.save()


def test_scores_of_every_value_are_those_of_the_alerts() -> None:
    detector, spot = adapter.SpotDetector(**PARAMETERS), Spot(**PARAMETERS)
    for x in STREAM:
        score = detector.score_one({"x": x})
        detector.learn_one({"x": x})
        event = spot.step(x)
        assert event.is_alert == (score >= 1 - 1e-3)
        assert (event is Event.NORMAL) <= (score == 0.0)
        if spot.status().calibrated:
            for threshold in (spot.get_upper_threshold(), spot.get_lower_threshold()):
                inside, outside = math.nextafter(threshold, 0.0), math.nextafter(threshold, threshold * 2)
                assert detector.score_one({"x": inside}) < 1 - 1e-3 <= detector.score_one({"x": outside})
    assert detector.spot.save() == spot.save()


def test_it_works_in_a_pipeline_in_front_of_a_model() -> None:
    from river import anomaly, compose, linear_model, metrics, preprocessing

    detector = adapter.SpotDetector("load", **PARAMETERS)
    model = compose.Pipeline(
        preprocessing.StandardScaler(),
        anomaly.ThresholdFilter(detector, threshold=1 - 1e-3),
        linear_model.LinearRegression(),
    )
    error = metrics.MAE()
    for i, x in enumerate(STREAM[:2000]):
        features = {"load": x, "other": i % 3}
        error.update(2 * x, model.predict_one(features))
        model.learn_one(features, 2 * x)
    assert model["ThresholdFilter"].anomaly_detector.spot.status().calibrated
    assert error.get() < 1.0


def test_it_works_as_a_detector_behind_a_selection() -> None:
    from river import compose

    model = compose.Select("load") | adapter.SpotDetector(**PARAMETERS)
    for x in STREAM[:2000]:
        model.learn_one({"load": x, "other": 0.0})
    scores = [model.score_one({"load": x, "other": 0.0}) for x in (0.0, 2.0, 9.0)]
    assert scores[0] == 0.0 < scores[1] < 1 - 1e-3 <= scores[2] <= 1.0


def test_scores_before_the_calibration_are_zero_and_scoring_learns_nothing() -> None:
    detector = adapter.SpotDetector(**PARAMETERS)
    assert detector.score_one({"x": 9.0}) == 0.0
    assert detector.spot.status().n == 0


def test_it_can_be_cloned_with_other_parameters() -> None:
    detector = adapter.SpotDetector("load", depth=5, **PARAMETERS)
    detector.learn_one({"load": 1.0})
    fresh = detector.clone({"q": 1e-2})
    assert (fresh.q, fresh.feature, fresh.spot.status().n) == (1e-2, "load", 0)
    assert fresh.spot.config().depth == 5


def test_a_feature_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"there is no feature 'load'; the features are \['x'\]"):
        adapter.SpotDetector("load").learn_one({"x": 1.0})
    with pytest.raises(ValueError, match=r"there are 2 features, \['x', 'y'\]: say which one"):
        adapter.SpotDetector().score_one({"x": 1.0, "y": 2.0})
    with pytest.raises(ValueError, match="q = 2 is out of range"):
        adapter.SpotDetector(q=2.0)
