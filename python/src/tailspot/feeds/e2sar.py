"""Events of E2SAR: the buffers that a Reassembler of `e2sar_py` hands over. Needs e2sar_py and NumPy.

from tailspot.feeds import e2sar

for anomaly in e2sar.watch(reassembler, "<f4", q=1e-5, n_init=5_000):
    print(anomaly.event_num, anomaly.data_id, anomaly.index, anomaly.value)

`watch` judges every element with one detector for each data id; `buffers` yields the buffers themselves, for one number
an event or for detectors of one's own. A buffer is an array in the memory that E2SAR received it in: nothing is copied.
"""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import tailspot
from tailspot import _judged
from tailspot._dtype import of_name
from tailspot._number import as_count, as_parameter
from tailspot._spot import from_parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

_EMPTY = -1


class ReceiveError(OSError):
    """The Reassembler answered with an error, -2."""


class Buffer(NamedTuple):
    """An event as it was received."""

    values: Any
    """A NumPy array of one dimension."""
    event_num: int
    """The number of the event."""
    data_id: int
    """Who sent it."""


@dataclass(frozen=True)
class Anomaly(tailspot.Anomaly):
    """An element that is an alert; `index` is its place in its event, `key` the data id.

    Its `probability` is NaN: arrays are judged without it.
    """

    event_num: int = 0
    """The number of its event."""

    @property
    def data_id(self) -> int:
        """Who sent it."""
        return int(self.key)  # type: ignore[call-overload, no-any-return]

    def to_dict(self) -> dict[str, Any]:
        """What `tailspot.Anomaly.to_dict` has, and the number of the event."""
        return {**super().to_dict(), "event_num": self.event_num}


def buffers(
    reassembler: Any, dtype: Any, *, limit: float = math.inf, patience: float = math.inf, wait_ms: int = 100
) -> Iterator[Buffer]:
    """Yields the events of a Reassembler as they are complete; polls that find none are passed over.

    reassembler: a Reassembler that was opened and started: it has `recv1DNumpyArray`.
    dtype: the element type, as NumPy names it: integers, floats or bool, in either byte order.
    limit: events after which it ends.
    patience: seconds without an event after which it ends.
    wait_ms: milliseconds of one poll, at least 1: e2sar_py waits without letting other threads run, and Ctrl-C.

    Raises TypeError for another dtype at once; ReceiveError if the Reassembler answers with an error; ValueError for an
    event whose length is not a multiple of the element: that event is lost, a new call continues with the next one.
    """
    import numpy

    of_name(numpy.dtype(dtype))
    wait_ms = as_count(wait_ms, "wait_ms", 1)
    for name, value in (("limit", limit), ("patience", patience)):
        if not as_parameter(value, name) >= 0:
            raise ValueError(f"{name} = {value} is out of range: needs {name} >= 0")
    if not hasattr(reassembler, "recv1DNumpyArray"):
        raise TypeError(f"reassembler is a {type(reassembler).__name__}: it has no recv1DNumpyArray")
    return _buffers(reassembler, numpy.dtype(dtype), limit, patience, wait_ms)


def _buffers(reassembler: Any, dtype: Any, limit: float, patience: float, wait_ms: int) -> Iterator[Buffer]:
    count, latest = 0, time.monotonic()
    while count < limit:
        length, values, event_num, data_id = reassembler.recv1DNumpyArray(dtype, wait_ms=wait_ms)
        if length == _EMPTY:
            if time.monotonic() - latest >= patience:
                return
            continue
        if length < 0:
            raise ReceiveError(f"recv1DNumpyArray returned {length}, an error{_last_error(reassembler)}")
        if length != values.nbytes:
            raise ValueError(
                f"event {event_num} of data id {data_id} has {length} bytes: needs a multiple of {dtype.itemsize}, the"
                f" size of {dtype.name}"
            )
        count += 1
        yield Buffer(values, event_num, data_id)
        latest = time.monotonic()


def _last_error(reassembler: Any) -> str:
    """What the statistics of the receiver say; nothing if it has none."""
    try:
        stats = reassembler.getStats()
        errno, count = int(stats.lastErrno), int(stats.dataErrCnt)
    except (AttributeError, TypeError, ValueError):
        return ""
    return f": {count} errors of its data sockets, the last one {errno} ({os.strerror(errno)})"


def watch(
    reassembler: Any,
    dtype: Any,
    spots: MutableMapping[int, tailspot.Spot] | None = None,
    /,
    *,
    limit: float = math.inf,
    patience: float = math.inf,
    wait_ms: int = 100,
    **config: Any,
) -> Iterator[Anomaly]:
    """Yields the anomalies among the elements of all events, as the events come; one detector for each data id.

    reassembler, dtype, limit, patience, wait_ms: as for `buffers`.
    spots: the detectors by data id, to go on with or to look at; new ones are put there.
    config: the parameters of new detectors: those of `tailspot.Spot`, and of `tailspot.DSpot` if there is a `depth`.

    Errors are those of `buffers`, and of `tailspot.Spot` at once. After one the detectors are as the events before left
    them.
    """
    from_parameters("e2sar", config).close()
    events = buffers(reassembler, dtype, limit=limit, patience=patience, wait_ms=wait_ms)
    return _watched(events, {} if spots is None else spots, config)


def _watched(
    events: Iterator[Buffer], spots: MutableMapping[int, tailspot.Spot], config: dict[str, Any]
) -> Iterator[Anomaly]:
    for values, event_num, data_id in events:
        if data_id not in spots:
            spots[data_id] = from_parameters("e2sar", config)
            # Events are pieces of one stream: the first ones may well serve the calibration only.
            _judged.quietly(spots[data_id])
        result = spots[data_id].step_many(values)
        for index in map(int, result.anomalies):
            event = tailspot.Event(int(result.events[index]))
            threshold = float((result.upper if event > 0 else result.lower)[index])
            probability = float(result.probability[index])
            yield Anomaly(index, float(values[index]), event, threshold, probability, data_id, event_num)
