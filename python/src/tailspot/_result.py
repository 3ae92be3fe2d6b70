"""What `step_many` and `judge` answer."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tailspot import _frame, _html, _output
from tailspot._event import Event
from tailspot._frame import Column, Frame
from tailspot._handle import LEAST_GAP, Handle
from tailspot._incidents import Incidents
from tailspot._values import index_of, pieces_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

_ALERT = re.compile(rb"[\x01\xff]")
_SHOWN = 10


class Source(NamedTuple):
    """What was judged, as the caller gave it: it is not copied."""

    values: Any
    dtype: Any = None
    keys: Any = None
    """One key for each value, where there are many streams."""
    gap: int = LEAST_GAP
    """Alerts of one stream that are at most this many values apart are one incident."""
    before: Handle | None = None
    """The detector as it was, from which the probabilities are computed when they are asked for."""
    thresholds: bool = False
    """Whether a threshold that was not written is NaN, since its side is not watched."""


class Result(Frame):
    """The answers to an array of n values, in arrays of NumPy where it is installed, of `array.array` otherwise.

    - `events`: int8, shape (n,): the `Event` of each value.
    - `upper`, `lower`: float64, shape (n,): the anomaly thresholds that each value was judged by, in the unit of the
      stream; NaN before the calibration and on a side that is not watched.
    - `probability`: float64, shape (n,): the tail probability of each value; NaN for those not in a tail. Of many
      values it is computed when it is asked for.
    - `anomalies`: int64, shape (k,): the places of the k values that are alerts, ascending.
    - `incidents`: alerts that belong together.
    - `index`: what the values are called: the index of a pandas series, and 0 to n - 1 for all others.
    - `values`: float64, shape (n,): the values. They are read when they are asked for, so change them only afterwards.

    >>> import random, tailspot
    >>> draw = random.Random(1)
    >>> values = [draw.gauss(0, 1) for _ in range(5_000)] + [9.0, 8.0]
    >>> result = tailspot.Spot(q=1e-5, level=0.98).step_many(values)
    >>> result
    <tailspot.Result of 5,002 values, 3,002 judged, 2 anomalies>
    >>> [int(place) for place in result.anomalies]
    [5000, 5001]
    >>> f"{result.upper[5000]:.2f}", bool(result.probability[5000] < 1e-5)
    ('4.58', True)

    `to_pandas`, `to_polars` and `to_arrow` make a table of it: index, value, event, upper, lower, probability; and the
    key, where there are many streams. With `thresholds=False`, `step_many` and `judge` leave out `upper`, `lower`
    and `probability`: asking for them raises ValueError.
    """

    __slots__ = ("_anomalies", "_labels", "_lower", "_probability", "_source", "_upper", "events")

    events: NDArray[np.int8]

    def __init__(self, outputs: _output.Outputs, source: Source) -> None:
        self.events, self._upper, self._lower, self._probability = outputs[:4]
        self._source = source
        self._labels = index_of(source.values)
        self._anomalies: NDArray[np.int64] | None = None

    @property
    def upper(self) -> NDArray[np.float64]:
        """The upper anomaly thresholds that the values were judged by."""
        return self._there(self._thresholds("_upper"), "upper")

    @property
    def lower(self) -> NDArray[np.float64]:
        """The lower anomaly thresholds that the values were judged by."""
        return self._there(self._thresholds("_lower"), "lower")

    @property
    def probability(self) -> NDArray[np.float64]:
        """The tail probability of each value; NaN for those not in a tail."""
        return self._there(self._probabilities(), "probability")

    def _thresholds(self, name: str) -> Any:
        """The thresholds of a side; None where they were refused."""
        if getattr(self, name) is None and self._source.thresholds:
            setattr(self, name, _output.missing(len(self)))
        return getattr(self, name)

    def _probabilities(self) -> Any:
        """The probabilities, computed now if they were put off; None where they were refused."""
        values, dtype, before = self._source.values, self._source.dtype, self._source.before
        if before is not None:
            with pieces_of(values, dtype) as pieces:
                count = sum(piece.length for piece in pieces)
                outputs = _output.new(count, upper=False, lower=False)
                if count == len(self):
                    before.copy().step_many(pieces, outputs.addresses)
            if count != len(self) or outputs.events.tobytes() != self._codes():
                why = "the values have changed since they were judged"
                raise ValueError(f"{why}: ask for probabilities, tables or incidents before you change them")
            self._probability, self._source = outputs.probability, self._source._replace(before=None)
        return self._probability

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        self._probabilities()
        return None, {name: getattr(self, name) for name in self.__slots__}

    def _there(self, values: NDArray[np.float64] | None, name: str) -> NDArray[np.float64]:
        if values is None:
            why = "it was asked for with thresholds=False, which leaves out thresholds and probabilities"
            raise ValueError(f"this result has no {name}: {why}")
        return values

    @property
    def anomalies(self) -> NDArray[np.int64]:
        """The places of the values that are alerts, ascending."""
        if self._anomalies is None:
            self._anomalies = _output.indices([match.start() for match in _ALERT.finditer(self._codes())])
        return self._anomalies

    @property
    def values(self) -> NDArray[np.float64]:
        """The values, as numbers."""
        with pieces_of(self._source.values, self._source.dtype) as pieces:
            values: NDArray[np.float64] = _output.doubles(pieces)
        if len(values) != len(self):
            raise ValueError(f"there were {len(self)} values when they were judged, and now there are {len(values)}")
        return values

    @property
    def index(self) -> Sequence[Hashable]:
        """What the values are called: the index of a pandas series, a range for all others."""
        return range(len(self)) if self._labels is None else self._labels

    @property
    def judged(self) -> int:
        """How many values were judged: neither missing nor taken by the calibration."""
        counts = Counter(self._codes())
        return sum(counts[event & 255] for event in Event if event <= Event.EXCESS_UP)

    def _codes(self) -> bytes:
        """The events, each a byte."""
        return self.events.tobytes()

    @property
    def incidents(self) -> Incidents:
        """Alerts that belong together, as far as these values show. `Incidents.across` has those of several arrays."""
        return Incidents._of([self], self._labels)

    def _alerts(self, counts: Counter[Hashable]) -> Iterator[tuple[Hashable, int, int, int, float, float]]:
        """The key, the place in its stream, the place here, the event, the value and the probability of each alert."""
        keys, places = self._keys(), self.anomalies.tolist()
        columns = [self.values, self.events, self._probabilities()] if places else [[], [], []]
        values, events, probability = (
            [math.nan if column is None else column[i] for i in places] for column in columns
        )
        own = _own_places(keys, places, self._codes(), counts)
        names = [None if keys is None else keys[i] for i in places]
        return zip(names, own, places, map(int, events), map(float, values), map(float, probability))

    def _keys(self) -> Any:
        """The keys as a list; None if all values are of one stream."""
        keys = self._source.keys
        ways = (getattr(keys, name, None) for name in ("tolist", "to_list", "to_pylist"))
        return keys if keys is None else next(filter(None, ways), lambda: list(keys))()

    def _index(self) -> Any:
        return self._labels

    def _index_columns(self) -> dict[str, Column]:
        return super()._index_columns() or {"index": Column(list(range(len(self))), int)}

    def _columns(self) -> dict[str, Column]:
        keys = {} if self._source.keys is None else {"key": Column(self._keys(), _frame.KEY)}
        known = [(name, self._thresholds(f"_{name}")) for name in ("upper", "lower")]
        known.append(("probability", self._probabilities()))
        events = Column(_output.shifted(self.events, 2), _frame.NAMES)
        answers = {name: Column(values, float) for name, values in known if values is not None}
        return {**keys, "value": Column(self.values, float), "event": events, **answers}

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        judged, anomalies = self.judged, len(self.anomalies)
        counted = "none judged" if judged == 0 < len(self) else f"{judged:,} judged, {anomalies:,} anomalies"
        return f"<tailspot.Result of {len(self):,} values, {counted}>"

    def _repr_html_(self) -> str:
        """A small table for notebooks: the first anomalies, and how often each event came."""
        counts = Counter(self._codes())
        counted = [f"{counts[event & 255]:,} {_name(event)}" for event in Event if counts[event & 255]]
        places = self.anomalies[:_SHOWN].tolist()
        more = len(self.anomalies) > _SHOWN
        rest = f" The first {_SHOWN} of {len(self.anomalies):,} anomalies are shown." if more else ""
        below = f"{len(self):,} values, {self.judged:,} judged: {', '.join(counted) or 'none'}.{rest}"
        keyed = ["key"] if self._source.keys is not None else []
        head = [*keyed, "index", "value", "event", "threshold", "probability"]
        return _html.rows(head, self._rows(places), below)

    def _rows(self, places: list[int]) -> Iterator[list[object]]:
        if not places:
            return
        values, keys = self.values, self._keys()
        for i in places:
            event = Event(self.events[i])
            thresholds = self._thresholds("_upper" if event > 0 else "_lower")
            row: list[object] = [self.index[i], float(values[i]), _name(event)]
            row += ["" if known is None else float(known[i]) for known in (thresholds, self._probabilities())]
            yield row if keys is None else [keys[i], *row]


def _own_places(keys: list[Hashable] | None, places: list[int], codes: bytes, counts: Counter[Hashable]) -> list[int]:
    """How many values of the stream of its key came before each of these; missing ones are not counted."""
    own: list[int] = []
    if keys is None:
        before = 0
        for place in [*places, len(codes)]:
            counts[None] += place - before - codes.count(Event.MISSING, before, place)
            before = place
            own.append(counts[None])
        return own
    wanted = set(places)
    for i, key in enumerate(keys):
        if i in wanted:
            own.append(counts[key])
        counts[key] += codes[i] != Event.MISSING
    return own


def _name(event: Event) -> str:
    return event.name.lower().replace("_", " ")
