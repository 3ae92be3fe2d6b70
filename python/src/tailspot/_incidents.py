"""Incidents: alerts come in clusters, and people count clusters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, overload

from tailspot import _frame, _html
from tailspot._frame import Column, Frame

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    _Base = Sequence["Incident"]
else:
    _Base = Sequence

_SHOWN = 10


@dataclass(frozen=True)
class Incident:
    """Alerts that belong together: each came within `quarantine` (at least 20) values after the one before it."""

    first: int
    """Place of the first alert among the values, from 0."""
    last: int
    """Place of the last alert."""
    count: int
    """Number of alerts."""
    side: Literal["up", "down"]
    """The side of the peak."""
    peak: float
    """The value of the least probable alert; of equally probable ones the most extreme."""
    probability: float
    """The tail probability of the peak; 0 for an infinity, NaN if probabilities were left out."""
    peak_at: int
    """Place of the peak."""
    key: Hashable = None
    """The key of its stream, where there are many."""

    def joined(self, other: Incident) -> Incident:
        """The incident with a later alert in it."""
        sign = 1.0 if self.side == "up" else -1.0
        if self.probability == other.probability or math.isnan(self.probability + other.probability):
            is_peak = self.side == other.side and sign * other.peak > sign * self.peak
        else:
            is_peak = other.probability < self.probability
        peak = other if is_peak else self
        return replace(peak, first=self.first, last=other.last, count=self.count + 1)


def grouped(alerts: Iterable[Incident], places: Iterable[int], gap: int) -> list[Incident]:
    """Incidents of alerts, each given as an incident of its own, in their order.

    places: the place of each alert in the stream of its key, which the gap is measured in.
    """
    incidents: list[Incident] = []
    # Of each key the number of its last incident, and the place of its last alert.
    open_: dict[Hashable, tuple[int, int]] = {}
    for alert, place in zip(alerts, places):
        number, before = open_.get(alert.key, (0, -gap - 1))
        if place - before > gap:
            number = len(incidents)
            incidents.append(alert)
        else:
            incidents[number] = incidents[number].joined(alert)
        open_[alert.key] = number, place
    return incidents


class Incidents(Frame, _Base):
    """The incidents of an array of values, in their order; as a table by `to_pandas`, `to_polars` and `to_arrow`.

    >>> import random, tailspot
    >>> draw = random.Random(1)
    >>> values = [draw.gauss(0, 1) for _ in range(5_000)] + [9.0, 8.0]
    >>> (incident,) = tailspot.Spot(q=1e-5, level=0.98).step_many(values).incidents
    >>> incident.first, incident.last, incident.count, incident.side, incident.peak
    (5000, 5001, 2, 'up', 9.0)

    The tables have the columns `first`, `last`, `count`, `side`, `peak`, `peak_at` and `probability`; and `key` first,
    where there are many streams. Where the values have an index, `first`, `last` and `peak_at` are what it says.
    """

    def __init__(self, incidents: list[Incident], index: Any, has_keys: bool) -> None:
        self._incidents, self._labels, self._has_keys = incidents, index, has_keys

    def _columns(self) -> dict[str, Column]:
        names = ["first", "last", "count", "side", "peak", "peak_at", "probability"]
        columns = {name: [getattr(one, name) for one in self] for name in (["key"] if self._has_keys else []) + names}
        if self._labels is not None:
            columns.update({name: self._labels[columns[name]] for name in ("first", "last", "peak_at")})
        return {name: Column(values, _frame.KINDS.get(name)) for name, values in columns.items()}

    @overload
    def __getitem__(self, place: int) -> Incident: ...
    @overload
    def __getitem__(self, place: slice) -> list[Incident]: ...
    def __getitem__(self, place: int | slice) -> Incident | list[Incident]:
        return self._incidents[place]

    def __iter__(self) -> Iterator[Incident]:
        return iter(self._incidents)

    def __len__(self) -> int:
        return len(self._incidents)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Incidents) and self._incidents == other._incidents

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        alerts = sum(incident.count for incident in self)
        return f"<tailspot.Incidents: {len(self):,} of {alerts:,} alerts>"

    def _repr_html_(self) -> str:
        columns = {name: column.values for name, column in self._columns().items()}
        rest = f"The first {_SHOWN} of {len(self):,} incidents." if len(self) > _SHOWN else f"{len(self)} incidents."
        return _html.rows(columns, zip(*(values[:_SHOWN] for values in columns.values())), rest)
