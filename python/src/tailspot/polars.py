"""tailspot in expressions of polars: `pl.col("latency").tailspot.events(q=1e-4).over("host")`.

`import tailspot.polars` gives every expression and every series the name `tailspot`. Needs polars 1.0 or newer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tailspot._event import Event
from tailspot._spot import Spot, from_parameters

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from tailspot._config import Parameters

_NAMES = {int(event): event.name.lower() for event in Event}
EVENTS = pl.Enum(list(_NAMES.values()))
ANSWERS = pl.Struct(
    {
        "event": EVENTS,
        "threshold": pl.Float64,
        "probability": pl.Float64,
        "incident": pl.Int64,
        "upper": pl.Float64,
        "lower": pl.Float64,
    }
)


def _spot(parameters: Parameters) -> Spot:
    return from_parameters("events()", parameters)


def _events(values: pl.Series, spot: Spot) -> pl.Series:
    """The answers to a series, in order."""
    result = spot.step_many(values)
    starts = [incident.first for incident in result.incidents]
    columns = {name: pl.Series(getattr(result, name), dtype=pl.Float64) for name in ("upper", "lower", "probability")}
    columns["code"] = pl.Series(result.events, dtype=pl.Int8)
    columns["incident"] = pl.zeros(len(values), dtype=pl.Int64, eager=True).scatter(starts, 1).cum_sum()
    code = pl.col("code")
    upper, lower = ([Event.ALERT_UP, Event.EXCESS_UP], [Event.ALERT_DOWN, Event.EXCESS_DOWN])
    answers = {
        "event": code.replace_strict(_NAMES, return_dtype=EVENTS),
        "threshold": pl.when(code.is_in(upper)).then("upper").when(code.is_in(lower)).then("lower"),
        "probability": pl.col("probability"),
        "incident": pl.when(code.is_in([Event.ALERT_UP, Event.ALERT_DOWN])).then("incident"),
        "upper": pl.col("upper"),
        "lower": pl.col("lower"),
    }
    return pl.DataFrame(columns).fill_nan(None).select(**answers).to_struct(values.name)


@pl.api.register_expr_namespace("tailspot")
class ExpressionNamespace:
    """What `pl.col("value").tailspot` has."""

    def __init__(self, expression: pl.Expr) -> None:
        self._expression = expression

    def events(self, **parameters: Unpack[Parameters]) -> pl.Expr:
        """The answers to the values in their order, each a struct: see below.

        parameters: those of `tailspot.Spot`; a `depth` makes it a `DSpot`. With `.over("host")` every host has a
            detector of its own.

        `event` is an Enum of the events' names. `upper` and `lower` are the anomaly thresholds that the value was
        judged by, `threshold` is the one of the side of the event, `probability` the tail probability of the value, and
        `incident` the number of the incident of an alert, from 1: null if not available. Null and NaN are missing.
        """
        _spot(parameters).close()  # What is wrong is refused here, not when the query runs.
        return self._expression.map_batches(lambda values: _events(values, _spot(parameters)), return_dtype=ANSWERS)


@pl.api.register_series_namespace("tailspot")
class SeriesNamespace:
    """What `pl.Series(values).tailspot` has."""

    def __init__(self, series: pl.Series) -> None:
        self._series = series

    def events(self, **parameters: Unpack[Parameters]) -> pl.Series:
        """The same on a series."""
        return _events(self._series, _spot(parameters))
