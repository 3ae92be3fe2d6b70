"""What `step_many` answers."""

from __future__ import annotations

import re
from collections import Counter
from html import escape
from typing import Any

from tailspot import _output
from tailspot._event import Event

_ALERT = re.compile(rb"[\x01\xff]")
_ROWS = 10


class Result:
    """The answers to an array of n values, in arrays of NumPy where it is installed, of `array.array` otherwise.

    - `events`: int8, shape (n,): the `Event` of each value.
    - `upper`, `lower`: float64, shape (n,): the anomaly thresholds that each value was judged by, in the unit of the
      stream; NaN before the calibration and on a side that is not watched.
    - `probability`: float64, shape (n,): the tail probability of each value; NaN for those not in a tail.
    - `anomalies`: int64, shape (k,): the indices of the k values that are alerts, ascending.

    With `thresholds=False`, `Pool.step_many` leaves out `upper`, `lower` and `probability`: they are None.
    """

    __slots__ = ("_anomalies", "events", "lower", "probability", "upper")

    def __init__(self, events: Any, upper: Any, lower: Any, probability: Any) -> None:
        self.events: Any = events
        self.upper: Any = upper
        self.lower: Any = lower
        self.probability: Any = probability
        self._anomalies: Any = None

    @property
    def anomalies(self) -> Any:
        """The indices of the values that are alerts: int64, ascending."""
        if self._anomalies is None:
            self._anomalies = _output.indices([match.start() for match in _ALERT.finditer(self.events)])
        return self._anomalies

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        return f"<tailspot.Result of {len(self):,} values, {len(self.anomalies):,} anomalies>"

    def _repr_html_(self) -> str:
        """A small table for notebooks: the first anomalies, and how often each event came."""
        counts = Counter(bytes(memoryview(self.events).cast("B")))
        found = [f"{counts[event & 255]:,} {_name(event)}" for event in Event if counts[event & 255]]
        rows = "".join(map(self._row, self.anomalies[:_ROWS]))
        more = len(self.anomalies) - _ROWS
        rest = f" The first {_ROWS} of {len(self.anomalies):,} anomalies are shown." if more > 0 else ""
        head = "<tr><th>index</th><th>event</th><th>threshold</th></tr>"
        table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>" if rows else ""
        return f"<div>{table}<p>{len(self):,} values: {escape(', '.join(found) or 'none')}.{rest}</p></div>"

    def _row(self, index: int) -> str:
        event = Event(self.events[index])
        thresholds = self.upper if event > 0 else self.lower
        threshold = "" if thresholds is None else f"{thresholds[index]:.6g}"
        return f"<tr><td>{index}</td><td>{_name(event)}</td><td>{threshold}</td></tr>"


def _name(event: Event) -> str:
    return event.name.lower().replace("_", " ")
