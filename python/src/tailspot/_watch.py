"""Streams: the anomalies of whatever can be iterated over."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tailspot import _judged
from tailspot._incidents import Open
from tailspot._number import as_float
from tailspot._spot import Spot, from_parameters

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Hashable, Iterable, Iterator, Mapping

    from typing_extensions import Unpack

    from tailspot._config import Parameters
    from tailspot._event import Event
    from tailspot._incidents import Incident


@dataclass(frozen=True)
class Anomaly:
    """A value that is an alert."""

    index: int
    """Its place in the stream, from 0; missing values count."""
    value: float
    """The value."""
    event: Event
    """ALERT_UP or ALERT_DOWN."""
    threshold: float
    """The anomaly threshold of that side that it was judged by; NaN for an infinity during the calibration."""
    probability: float
    """Its tail probability by the model that judged it; NaN for an infinity during the calibration."""
    key: Hashable = None
    """The key of its stream in a `Monitor`."""

    def to_dict(self) -> dict[str, Any]:
        """Answer what a line of `tailspot detect --format json` has: the event by its name, the key if there is one.

        A number that JSON does not know, NaN or an infinity, is None.
        """
        entries = {
            "index": self.index,
            "value": _finite(self.value),
            "event": self.event.name.lower(),
            "threshold": _finite(self.threshold),
            "probability": _finite(self.probability),
        }
        return entries if self.key is None else {**entries, "key": self.key}


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None


def found(alert: tuple[Event, float, float] | None, x: object, index: int, key: Hashable = None) -> Anomaly | None:
    """The anomaly of what `alert` of a handle returned for a value, if it was one."""
    if alert is None:
        return None
    event, threshold, probability = alert
    return Anomaly(index, as_float(x), event, threshold, probability, key)


def detector(spot: Spot | None, parameters: Mapping[str, Any]) -> Spot:
    """The detector that is given, or a new one of these parameters. Raises TypeError if both are given."""
    if spot is None:
        return from_parameters("watch()", parameters)
    if parameters:
        raise TypeError(f"a detector has its parameters already: {', '.join(parameters)}")
    return spot


def watch(stream: Iterable[object], spot: Spot | None = None, /, **config: Unpack[Parameters]) -> Iterator[Anomaly]:
    """Yields the anomalies of a stream as they come: each before the next value is asked for.

    stream: numbers; NaN and None are missing.
    spot: a detector to go on with; without one a new one is made of `config`, the parameters of `Spot`, and of `DSpot`
        if there is a `depth`.

    >>> import random, tailspot
    >>> draw = random.Random(1)
    >>> stream = [draw.gauss(0, 1) for _ in range(5_000)] + [9.0]
    >>> for anomaly in tailspot.watch(stream, q=1e-5, level=0.98):
    ...     print(anomaly.index, anomaly.event.name, anomaly.value)
    5000 ALERT_UP 9.0

    Raises ValueError and TypeError as `Spot` does at once, and as `step` does on the way. Warns at the end of a stream
    that was too short for any value to be judged.
    """
    return _watched(stream, detector(spot, config))


def _watched(stream: Iterable[object], spot: Spot) -> Iterator[Anomaly]:
    index, alert = -1, spot._handle.alert
    for index, x in enumerate(stream):
        answer = alert(x)
        if answer is not None:
            yield Anomaly(index, as_float(x), *answer)
    _at_end(spot, index + 1)


def watch_incidents(
    stream: Iterable[object], spot: Spot | None = None, /, **config: Unpack[Parameters]
) -> Iterator[Incident]:
    """Yields the incidents of a stream, each as soon as it is certain that no alert joins it: the rest as for `watch`.

    >>> import random, tailspot
    >>> draw = random.Random(1)
    >>> stream = [draw.gauss(0, 1) for _ in range(5_000)] + [9.0, 9.5, 8.0] + [0.0] * 21
    >>> for incident in tailspot.watch_incidents(stream, q=1e-5, level=0.98):
    ...     print(incident.first, incident.last, incident.count, incident.peak)
    5000 5002 3 9.5
    """
    return _incidents(stream, detector(spot, config))


def _incidents(stream: Iterable[object], spot: Spot) -> Iterator[Incident]:
    index, alert, open_ = -1, spot._handle.alert, Open(spot._handle.gap)
    for index, x in enumerate(stream):
        ended = _taken(open_, index, x, alert(x))
        if ended is not None:
            yield ended
    last = open_.end()
    if last is not None:
        yield last
    _at_end(spot, index + 1)


def _taken(open_: Open, index: int, x: object, answer: tuple[Event, float, float] | None) -> Incident | None:
    if answer is None:
        open_.skip(x)
        return open_.ended(index)
    event, _, probability = answer
    return open_.take(index, index, int(event), as_float(x), probability)


def awatch_incidents(
    stream: AsyncIterable[object], spot: Spot | None = None, /, **config: Unpack[Parameters]
) -> AsyncIterator[Incident]:
    """Yields the incidents of an asynchronous stream: see `watch_incidents`."""
    return _aincidents(stream, detector(spot, config))


async def _aincidents(stream: AsyncIterable[object], spot: Spot) -> AsyncIterator[Incident]:
    index, alert, open_ = 0, spot._handle.alert, Open(spot._handle.gap)
    async for x in stream:
        ended = _taken(open_, index, x, alert(x))
        index += 1
        if ended is not None:
            yield ended
    last = open_.end()
    if last is not None:
        yield last
    _at_end(spot, index)


def awatch(
    stream: AsyncIterable[object], spot: Spot | None = None, /, **config: Unpack[Parameters]
) -> AsyncIterator[Anomaly]:
    """Yields the anomalies of an asynchronous stream: `async for anomaly in tailspot.awatch(stream)`.

    The arguments and errors are those of `watch`.
    """
    return _awatched(stream, detector(spot, config))


async def _awatched(stream: AsyncIterable[object], spot: Spot) -> AsyncIterator[Anomaly]:
    index, alert = 0, spot._handle.alert
    async for x in stream:
        answer = alert(x)
        if answer is not None:
            yield Anomaly(index, as_float(x), *answer)
        index += 1
    _at_end(spot, index)


def _at_end(spot: Spot, count: int) -> None:
    """Warns if none of `count` values of a stream was judged."""
    if not spot._handle.closed and not spot.status().seen:
        _judged.warn(count, spot._handle, level=3)
