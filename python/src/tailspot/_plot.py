"""The picture of a stream, its thresholds and its alerts, on axes of matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tailspot._elements import gathered
from tailspot._values import pieces_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tailspot._result import Result

_STREAM, _THRESHOLD, _ALERT = "#1B4B5A", "#8B5CF0", "#F0433A"


def plot(values: Any, result: Result, *, ax: Axes | None = None) -> Axes:
    """Draws a stream, its dashed thresholds and its alerts; returns the axes.

    values: the n values that were judged, as `step_many` takes them.
    result: the answer of `step_many` to them.
    ax: matplotlib axes to draw on; by default a new figure.

    The x axis is the index of the value, from 0. Raises ValueError if there are not as many values as answers. Needs
    matplotlib (`pip install tailspot[plot]`).
    """
    with pieces_of(values) as pieces:
        stream = gathered(pieces)
    if len(stream) != len(result):
        raise ValueError(f"values has {len(stream)} values, and result answers {len(result)}")
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(8.0, 3.2), layout="constrained")
    places = range(len(stream))
    ax.plot(places, stream, color=_STREAM, linewidth=0.8, label="stream", rasterized=len(stream) > 20_000)
    label: str | None = "threshold"
    for thresholds in (result.upper, result.lower):
        if any(map(math.isfinite, thresholds)):
            ax.plot(places, thresholds, color=_THRESHOLD, linewidth=1.4, linestyle=(0, (4, 2)), label=label)
            label = None
    alerts = [int(i) for i in result.anomalies if math.isfinite(stream[i])]
    if alerts:
        heights = [stream[i] for i in alerts]
        ax.scatter(alerts, heights, s=22, color=_ALERT, edgecolors="white", linewidths=0.5, zorder=3, label="alert")
    ax.set_xlabel("index")
    ax.set_ylabel("value")
    ax.margins(x=0.01)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.legend(frameon=False, ncols=3, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    return ax
