"""The picture: what is on the axes, and that it can be saved."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import needs, normal

import tailspot

matplotlib = needs("matplotlib")
matplotlib.use("agg")
pyplot = needs("matplotlib.pyplot")
STREAM = [*normal(5000), 9.0, *normal(500, 2), -8.0, float("inf"), float("nan")]


@pytest.mark.parametrize(("up", "down"), [(True, True), (True, False), (False, True)])
def test_the_stream_the_thresholds_and_the_alerts_are_drawn(up: bool, down: bool, tmp_path: Any) -> None:
    result = tailspot.Spot(q=1e-3, level=0.95, up=up, down=down).step_many(STREAM)
    axes = tailspot.plot(STREAM, result)
    *lines, infinity = axes.get_lines()
    assert len(lines) == 1 + up + down
    assert list(infinity.get_xdata()) == [STREAM.index(float("inf"))]
    assert infinity.get_ydata()[0] > 0.9
    assert infinity.get_color() == ("#F0433A" if up else "#1B4B5A")
    assert list(lines[0].get_ydata()[:5]) == STREAM[:5]
    assert all(line.is_dashed() for line in lines[1:])
    assert list(lines[1].get_ydata()[2500:2505]) == list((result.upper if up else result.lower)[2500:2505])
    marks = {scatter.get_label(): [tuple(at) for at in scatter.get_offsets()] for scatter in axes.collections}
    finite = [i for i in result.anomalies if STREAM[i] != float("inf")]
    assert marks.get("alert", [(i, STREAM[i]) for i in finite]) == [(i, STREAM[i]) for i in finite]
    firsts = [(one.first, STREAM[one.first]) for one in result.incidents if STREAM[one.first] != float("inf")]
    assert marks["incident"] == firsts
    texts = [text.get_text() for text in axes.get_legend().get_texts()]
    assert texts[:2] == ["stream", "threshold"]
    assert texts[-2:] == (["incident", "infinity"])
    for ending in ("png", "svg", "pdf"):
        axes.figure.savefig(tmp_path / f"plot.{ending}")
        assert (tmp_path / f"plot.{ending}").stat().st_size > 4000
    pyplot.close(axes.figure)


def test_own_axes_are_used() -> None:
    figure, (_, right) = pyplot.subplots(1, 2)
    result = tailspot.Spot().step_many(STREAM[:3])
    assert tailspot.plot(STREAM[:3], result, ax=right) is right
    assert len(right.get_lines()) == 1
    assert not right.collections
    pyplot.close(figure)


def test_a_long_incident_is_one_mark_with_its_alerts_behind_the_stream() -> None:
    values = [*normal(1000), *[9.0 + i % 3 for i in range(500)], *normal(50)]
    result = tailspot.Spot(q=1e-3, level=0.95, n_init=1000).step_many(values)
    axes = tailspot.plot(values, result)
    alerts, incident = axes.collections
    assert len(alerts.get_offsets()) == 500
    assert [tuple(at) for at in incident.get_offsets()] == [(1000, 9.0)]  # where it begins
    assert alerts.get_zorder() < axes.get_lines()[0].get_zorder() < incident.get_zorder()
    pyplot.close(axes.figure)


def test_the_interval_is_a_band_around_the_threshold() -> None:
    spot = tailspot.Spot(q=1e-3, level=0.95, n_init=1000)
    result = spot.step_many(normal(5000))
    interval = spot.threshold_interval(0.8)
    axes = tailspot.plot(normal(5000), result, interval=interval)
    bands = [band for band in axes.collections if band.get_facecolor()[0][3] < 0.5]
    assert [band.get_label() for band in bands][:1] == ["80 % interval"]
    for band, ends, last in zip(bands, interval, (result.upper[-1], result.lower[-1])):
        heights = band.get_paths()[-1].vertices
        at_end = heights[heights[:, 0] == 4999][:, 1]
        assert (min(at_end), max(at_end)) == pytest.approx(ends)
        assert min(at_end) < last < max(at_end)
    assert "80 % interval" in [text.get_text() for text in axes.get_legend().get_texts()]
    early = tailspot.Spot().step_many(normal(10))
    assert len(tailspot.plot(normal(10), early, interval=tailspot.Spot().threshold_interval()).collections) == 0
    pyplot.close("all")


def test_dates_are_on_the_axis() -> None:
    pd, pl = needs("pandas"), needs("polars")
    times = pd.date_range("2024-03-30 12:00", periods=len(STREAM), freq="min")
    for index, label in (
        (times, "time"),
        (times.tz_localize("UTC").rename("when"), "when (UTC)"),
        (times.to_period("min"), "time"),
    ):
        series = pd.Series(STREAM, index=index, name="load")
        result = tailspot.Spot(q=1e-3, level=0.95).step_many(series)
        axes = tailspot.plot(series, result)
        assert list(pd.to_datetime(axes.get_lines()[0].get_xdata())) == list(times)
        assert (axes.get_xlabel(), axes.get_ylabel()) == (label, "load")
        assert type(axes.xaxis.get_major_formatter()).__name__ == "ConciseDateFormatter"
        axes.figure.canvas.draw()
    named = pd.Series(STREAM, index=[f"row {i}" for i in range(len(STREAM))])
    assert list(tailspot.plot(named, result).get_lines()[0].get_xdata())[:3] == [0, 1, 2]
    shuffled = pd.Series(STREAM, index=times[::2].append(times[1::2]))
    assert list(tailspot.plot(shuffled, result).get_lines()[0].get_xdata())[:3] == [0, 1, 2]
    for x in (times, list(times.to_pydatetime()), pd.Series(times), pl.Series(times)):
        axes = tailspot.plot(pl.Series("load", STREAM), result, x=x)
        assert axes.get_ylabel() == "load"
        axes.figure.canvas.draw()
        assert axes.get_xlim()[0] > 19000
    with pytest.raises(ValueError, match=f"x has 3 places, and values has {len(STREAM)} values"):
        tailspot.plot(STREAM, result, x=[1, 2, 3])
    with pytest.raises(TypeError, match="x must be an array or a sequence of places, not int"):
        tailspot.plot(STREAM, result, x=5)
    days = pd.Series(STREAM, index=[times[0].date()] * len(STREAM))
    assert tailspot.plot(days, result).get_xlabel() == "time"
    pyplot.close("all")


def test_a_result_without_thresholds_says_so() -> None:
    result = tailspot.Pool().step_many([1] * 3, [1.0, 2.0, 3.0], thresholds=False)
    with pytest.raises(ValueError, match="this result has no upper: it was asked for with thresholds=False"):
        tailspot.plot([1.0, 2.0, 3.0], result)


def test_other_values_than_those_of_the_result_are_refused() -> None:
    result = tailspot.Spot().step_many(STREAM)
    with pytest.raises(ValueError, match="values has 3 values, and result answers 5504"):
        tailspot.plot(STREAM[:3], result)
