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
    lines = axes.get_lines()
    assert len(lines) == 1 + up + down
    assert list(lines[0].get_ydata()[:5]) == STREAM[:5]
    assert all(line.is_dashed() for line in lines[1:])
    assert list(lines[1].get_ydata()[2500:2505]) == list((result.upper if up else result.lower)[2500:2505])
    (alerts,) = axes.collections
    expected = [i for i in result.anomalies if STREAM[i] != float("inf")]
    assert [x for x, _ in alerts.get_offsets()] == expected
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["stream", "threshold", "alert"]
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


def test_other_values_than_those_of_the_result_are_refused() -> None:
    result = tailspot.Spot().step_many(STREAM)
    with pytest.raises(ValueError, match="values has 3 values, and result answers 5504"):
        tailspot.plot(STREAM[:3], result)
