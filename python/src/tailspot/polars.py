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
ANSWERS = pl.Struct({"event": EVENTS, "upper": pl.Float64, "lower": pl.Float64, "probability": pl.Float64})


def _spot(parameters: Parameters) -> Spot:
    return from_parameters("events()", parameters)


def _events(values: pl.Series, spot: Spot) -> pl.Series:
    """The answers to a series, in order."""
    result = spot.step_many(values)
    events = pl.Series(result.events, dtype=pl.Int8).replace_strict(_NAMES, return_dtype=EVENTS)
    columns = {name: pl.Series(getattr(result, name), dtype=pl.Float64) for name in ("upper", "lower", "probability")}
    return pl.DataFrame({"event": events, **columns}).fill_nan(None).to_struct(values.name)


@pl.api.register_expr_namespace("tailspot")
class ExpressionNamespace:
    """What `pl.col("value").tailspot` has."""

    def __init__(self, expression: pl.Expr) -> None:
        self._expression = expression

    def events(self, **parameters: Unpack[Parameters]) -> pl.Expr:
        """The answers to the values in their order: a struct of `event`, `upper`, `lower` and `probability`.

        parameters: those of `tailspot.Spot`; a `depth` makes it a `DSpot`. With `.over("host")` every host has a
            detector of its own.

        `event` is an Enum of the events' names; the thresholds are those that the value was judged by, and the
        probability is its tail probability: null if not available. Null and NaN are missing values.
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
