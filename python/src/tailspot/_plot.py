"""The picture of a stream, its thresholds and its incidents, on axes of matplotlib."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tailspot import _output
from tailspot._values import imported, index_of, pieces_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from tailspot._reason import Interval, Intervals
    from tailspot._result import Result

_STREAM, _THRESHOLD, _ALERT = "#1B4B5A", "#8B5CF0", "#F0433A"
# Where infinities are drawn: the height as a share of the axes, and the mark.
_EDGES = {math.inf: (0.98, "^"), -math.inf: (0.02, "v")}


def plot(
    values: object, result: Result, *, x: object = None, interval: Intervals | None = None, ax: Axes | None = None
) -> Axes:
    """Draws a stream, its dashed thresholds and its incidents; returns the axes.

    values: the n values that were judged, as `step_many` takes them.
    result: the answer of `step_many` to them.
    x: n places or dates to draw them at. By default the index of a pandas series, if it has numbers or dates in
        order; 0 to n - 1 otherwise.
    interval: what `spot.threshold_interval()` answers. It is a band around the thresholds, everywhere as wide as now.
    ax: matplotlib axes to draw on; by default a new figure.

    An incident is one mark, where it begins, with its alerts as small dots behind it. Infinities are marks at the edge.

    Raises ValueError if there are not as many values or places as answers, or if the result has no thresholds. Needs
    matplotlib and NumPy (`pip install tailspot[plot]`).
    """
    with pieces_of(values) as pieces:
        stream = _output.doubles(pieces)
    if len(stream) != len(result):
        raise ValueError(f"values has {len(stream)} values, and result answers {len(result)}")
    thresholds = {"upper": result.upper, "lower": result.lower}
    places, label = _places(index_of(values), len(stream)) if x is None else (_as_places(x), _name(x, "x"))
    if len(places) != len(stream):
        raise ValueError(f"x has {len(places)} places, and values has {len(stream)} values")
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(8.0, 3.2), layout="constrained")
    ax.plot(places, stream, color=_STREAM, linewidth=0.8, label="stream", rasterized=len(stream) > 20_000)
    _draw_thresholds(ax, places, thresholds, interval)
    _draw_incidents(ax, places, stream, result)
    _draw_edges(ax, places, stream, result)
    ax.set_xlabel(label)
    ax.set_ylabel(_name(values, "value"))
    ax.margins(x=0.01)
    if hasattr(locator := ax.xaxis.get_major_locator(), "intervald"):
        from matplotlib.dates import ConciseDateFormatter

        ax.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.legend(frameon=False, ncols=5, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.2)
    return ax


def _places(index: Any, count: int) -> tuple[Any, str]:
    """Where an index is drawn, and what the axis is called: dates as local time; texts and unsorted ones by place."""
    pandas = imported("pandas")
    name = _name(index, "index")
    if index is not None and isinstance(index, pandas.PeriodIndex):
        index = index.to_timestamp()
    elif index is not None and index.inferred_type == "date":
        index = pandas.to_datetime(index)
    if index is None or not (index.is_monotonic_increasing or index.is_monotonic_decreasing):
        return range(count), "index"
    if isinstance(index, pandas.DatetimeIndex):
        zone = "" if index.tz is None else f" ({index.tz})"
        return index.tz_localize(None).to_numpy(), _name(index, "time") + zone
    if getattr(index.dtype, "kind", "O") in "iuf":
        return index.to_numpy(), name
    return range(count), "index"


def _name(values: Any, otherwise: str) -> str:
    name = getattr(values, "name", None)
    return otherwise if name is None or name == "" else str(name)


def _as_places(x: Any) -> Any:
    if not hasattr(x, "__len__"):
        raise TypeError(f"x must be an array or a sequence of places, not {type(x).__name__}")
    index = index_of(x)
    x = x if index is None else x.to_numpy()
    return x.to_numpy() if hasattr(x, "to_numpy") else x


def _draw_thresholds(ax: Axes, places: Any, thresholds: dict[str, Any], interval: Intervals | None) -> None:
    label: str | None = "threshold"
    band: str | None = None if interval is None else f"{100 * interval.confidence:g} % interval"
    for side, heights in thresholds.items():
        known = heights[abs(heights) < math.inf]
        if not len(known):
            continue
        ax.plot(places, heights, color=_THRESHOLD, linewidth=1.4, linestyle=(0, (4, 2)), label=label)
        label = None
        ends: Interval | None = None if interval is None else getattr(interval, side)
        if ends is not None and math.isfinite(ends.high - ends.low):
            low, high = heights + (ends.low - known[-1]), heights + (ends.high - known[-1])
            ax.fill_between(places, low, high, color=_THRESHOLD, alpha=0.18, linewidth=0.0, label=band)
            band = None


def _draw_incidents(ax: Axes, places: Any, stream: Any, result: Result) -> None:
    alerts = [i for i in result.anomalies.tolist() if math.isfinite(stream[i])]
    incidents = result.incidents
    if len(alerts) > len(incidents):
        style: dict[str, Any] = {"s": 7, "alpha": 0.5, "linewidths": 0.0, "zorder": 1.5, "label": "alert"}
        ax.scatter(_taken(places, alerts), stream[alerts], color=_ALERT, rasterized=len(alerts) > 20_000, **style)
    firsts = [one.first for one in incidents if math.isfinite(stream[one.first])]
    if firsts:
        style = {"s": 26, "edgecolors": "white", "linewidths": 0.5, "zorder": 3, "label": "incident"}
        ax.scatter(_taken(places, firsts), stream[firsts], color=_ALERT, **style)


def _draw_edges(ax: Axes, places: Any, stream: Any, result: Result) -> None:
    """Marks each infinity: as an alert, or as what the stream has on a side that is not watched."""
    label: str | None = "infinity"
    for value, (height, mark) in _EDGES.items():
        at = (stream == value).nonzero()[0].tolist()
        for color in (_ALERT, _STREAM):
            these = [i for i in at if (color == _ALERT) == (abs(result.events[i]) == 1)]
            if these:
                style: dict[str, Any] = {"markersize": 6, "markeredgecolor": "white", "markeredgewidth": 0.5}
                style |= {"linestyle": "none", "clip_on": False, "zorder": 3, "transform": ax.get_xaxis_transform()}
                ax.plot(_taken(places, these), [height] * len(these), marker=mark, color=color, label=label, **style)
                label = None


def _taken(places: Any, at: list[int]) -> list[Any]:
    return [places[i] for i in at]
