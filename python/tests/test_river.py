"""The adapter for River, in River's own pipelines."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from conftest import needs, normal

from tailspot import Event, Spot

river = needs("river")
adapter = needs("tailspot.river")
STREAM = [*normal(4000), 9.0, *normal(2000, 2), -9.0]
RATE: dict[str, Any] = {"q": 1e-3, "level": 0.95}
PARAMETERS: dict[str, Any] = {**RATE, "n_init": 1000}


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


def normals(count: int, seed: int = 1) -> list[dict[str, float]]:
    """Samples of two features."""
    draw = random.Random(seed)
    return [{"a": draw.random(), "b": draw.random()} for _ in range(count)]


def test_a_filter_finds_what_any_detector_scores_high() -> None:
    from river import anomaly

    detector = anomaly.HalfSpaceTrees(seed=1)
    model = adapter.SpotFilter(detector, q=1e-2, level=0.9, n_init=500, warm_up=300)
    alone, spot = anomaly.HalfSpaceTrees(seed=1), Spot(q=1e-2, level=0.9, n_init=500, down=False)
    for i, x in enumerate(normals(3000)):
        score = model.score_one(x)
        assert score == alone.score_one(x)
        is_alert = model.classify(score)
        model.learn_one(x)
        if i < 300:
            assert not is_alert
        else:
            assert is_alert == spot.step(score).is_alert
        if not is_alert:
            alone.learn_one(x)
    assert model.spot.save() == spot.save()
    assert spot.status().alerts_up > 0


def test_a_filter_keeps_alerts_from_its_detector_unless_asked_not_to() -> None:
    for protects in (True, False):
        learned = []

        class Distance(river.base.AnomalyDetector):  # type: ignore[misc]
            def score_one(self, x: Any) -> float:
                return abs(x["a"])

            def learn_one(self, x: Any) -> None:
                learned.append(x["a"])  # noqa: B023

        model = adapter.SpotFilter(Distance(), n_init=1000, warm_up=0, protect_anomaly_detector=protects, **RATE)
        for x in [*normal(1000), 99.0, None]:
            model.learn_one({"a": math.nan if x is None else x})
        assert (99.0 in learned) is not protects
        assert model.classify(99.0)
        assert not model.classify(math.nan)
        assert model.spot.status().missing == 1


def test_a_filter_works_in_a_pipeline() -> None:
    from river import anomaly, compose, linear_model, preprocessing

    model = compose.Pipeline(
        preprocessing.StandardScaler(),
        adapter.SpotFilter(anomaly.OneClassSVM(), q=1e-2, level=0.9, n_init=200),
        linear_model.LinearRegression(),
    )
    for x in normals(1000):
        model.learn_one(x, 2 * x["a"])
    assert model["SpotFilter"].spot.status().calibrated
    assert model.predict_one({"a": 0.5, "b": 0.5}) == pytest.approx(1.0, abs=0.2)


def test_a_name_and_a_detector_are_not_mixed_up() -> None:
    from river import anomaly

    with pytest.raises(TypeError, match=r"feature = HalfSpaceTrees is a detector: .* SpotFilter wraps it"):
        adapter.SpotDetector(anomaly.HalfSpaceTrees())
    for bad in ("load", None, river.preprocessing.StandardScaler()):
        with pytest.raises(TypeError, match=r"has no score_one: .* SpotDetector takes the name of a feature"):
            adapter.SpotFilter(bad)
    with pytest.raises(TypeError, match="did you mean 'warm_up'"):
        adapter.SpotFilter(anomaly.HalfSpaceTrees(), warmup=3)
    with pytest.raises(ValueError, match="warm_up = -1 is out of range"):
        adapter.SpotFilter(anomaly.HalfSpaceTrees(), warm_up=-1)


class Rows:
    """A stream of one feature for River's checks, which download theirs."""

    def __iter__(self) -> Any:
        yield from (({"x": 9.0 if i % 100 == 99 else x}, i % 100 == 99) for i, x in enumerate(normal(1500)))


# A detector of one feature cannot go on without it.
ONE_FEATURE = {"check_emerging_features", "check_disappearing_features", "check_radically_disappearing_features"}


@pytest.mark.parametrize("name", ["SpotDetector", "SpotFilter"])
def test_the_checks_of_river(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from river import anomaly, checks

    # Of a filter River checks nothing with data.
    rows = [Rows()] if name == "SpotDetector" else []
    monkeypatch.setattr(checks, "_yield_datasets", lambda *_, **__: rows)
    model = adapter.SpotDetector(**PARAMETERS) if name == "SpotDetector" else adapter.SpotFilter(anomaly.LODA(seed=1))
    done = 0
    for check in checks.yield_checks(model):
        if check.__name__ not in ONE_FEATURE:
            check(model.clone())
            done += 1
    assert done >= 14
