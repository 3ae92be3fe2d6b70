"""Incidents: alerts come in clusters, and people count clusters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal, overload

from tailspot import _frame, _html
from tailspot._frame import Column, Frame
from tailspot._number import as_float

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from tailspot._result import Result
    from tailspot._watch import Anomaly

    _Base = Sequence["Incident"]
else:
    _Base = Sequence

_SHOWN = 10


@dataclass(frozen=True)
class Incident:
    """Alerts that belong together: each came within `quarantine` (at least 20) values after the one before it.

    Missing values are not counted.
    """

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


class Open:
    """The incident of one stream that further alerts may join."""

    def __init__(self, gap: int, key: Hashable = None) -> None:
        self._gap, self._key, self._count = gap, key, 0
        self._place = self._first = self._last = self._peak_at = self._sign = 0
        self._peak = self._probability = math.nan

    def take(self, place: int, index: int, sign: int, value: float, probability: float) -> Incident | None:
        """Takes an alert, and returns the incident that ended before it.

        place: its place in the stream, which the gap is measured in; index: its place among the values.
        """
        ended = self.ended(place)
        probability = 0.0 if math.isinf(value) else probability
        if self._count == 0:
            self._first, is_peak = index, True
        elif probability == self._probability or math.isnan(probability + self._probability):
            is_peak = sign == self._sign and sign * value > sign * self._peak
        else:
            is_peak = probability < self._probability
        if is_peak:
            self._peak_at, self._sign, self._peak, self._probability = index, sign, value, probability
        self._place, self._last = place, index
        self._count += 1
        return ended

    def skip(self, x: object) -> None:
        """Takes a value that is not an alert; one that is missing does not count."""
        if self._count and not math.isfinite(as_float(x)):
            self._place += 1

    def ended(self, place: int) -> Incident | None:
        """The incident, if none can join it from this place on."""
        return self.end() if self._count and place - self._place > self._gap else None

    def end(self) -> Incident | None:
        """The incident, as at the end of a stream."""
        count, self._count = self._count, 0
        if not count:
            return None
        side: Literal["up", "down"] = "up" if self._sign > 0 else "down"
        peak = (side, self._peak, self._probability, self._peak_at)
        return Incident(self._first, self._last, count, *peak, self._key)


class OpenByStream:
    """The incidents of many streams that further alerts may join."""

    def __init__(self, gap: int) -> None:
        self._gap = gap
        # Each with the number of values since its first alert.
        self._streams: dict[Hashable, tuple[Open, int]] = {}

    def take(self, stream: Hashable, x: object, anomaly: Anomaly | None) -> Incident | None:
        """Takes a value of a stream, which may be an anomaly, and returns the incident that has ended for certain."""
        if anomaly is None and stream not in self._streams:
            return None
        key = None if anomaly is None else anomaly.key
        open_, place = self._streams.get(stream) or (Open(self._gap, key), 0)
        self._streams[stream] = open_, place + 1
        if anomaly is not None:
            return open_.take(place, anomaly.index, int(anomaly.event), anomaly.value, anomaly.probability)
        open_.skip(x)
        ended = open_.ended(place)
        if ended is not None:
            del self._streams[stream]
        return ended

    def end(self) -> list[Incident]:
        """All of them in their order, as at the end of the streams."""
        ended = filter(None, [open_.end() for open_, _ in self._streams.values()])
        return sorted(ended, key=attrgetter("first"))


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

    @classmethod
    def across(cls, results: Iterable[Result]) -> Incidents:
        """The incidents of arrays that one detector, pool or monitor judged one after the other.

        `first`, `last` and `peak_at` count from the first value of the first array.

        >>> import random, tailspot
        >>> draw = random.Random(1)
        >>> spot = tailspot.Spot(q=1e-5, level=0.98)
        >>> arrays = [[draw.gauss(0, 1) for _ in range(5_000)] + [9.0], [8.0] + [draw.gauss(0, 1) for _ in range(99)]]
        >>> (incident,) = tailspot.Incidents.across(map(spot.step_many, arrays))
        >>> incident.first, incident.last
        (5000, 5001)
        """
        return cls._of(results, None)

    @classmethod
    def _of(cls, results: Iterable[Result], index: Any) -> Incidents:
        streams: dict[Hashable, Open] = {}
        counts: Counter[Hashable] = Counter()
        ended: list[Incident | None] = []
        start, has_keys = 0, False
        for result in results:
            for key, place, i, event, value, p in result._alerts(counts):
                open_ = streams.setdefault(key, Open(result._source.gap, key))
                ended.append(open_.take(place, start + i, event, value, p))
            start += len(result)
            has_keys = has_keys or result._source.keys is not None
        ended += [open_.end() for open_ in streams.values()]
        return cls(sorted(filter(None, ended), key=attrgetter("first")), index, has_keys)

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
