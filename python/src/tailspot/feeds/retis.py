"""Packets of retis: latency, gaps, lengths and drops from its event files. Needs retis (`pip install tailspot[retis]`).

from tailspot.feeds import retis

for anomaly in retis.watch("retis.data", streams=("latency", "drops"), down=False):
    print(anomaly)

`watch` yields anomalies with the stream, the time and the packet; `readings` and `pairs` yield the values, for
detectors of one's own. Both take a file of `retis collect` or `retis sort`, also while it grows (`follow`). `Streams`
has the streams and their state, `Events` the place in a file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tailspot
from tailspot.feeds._retis_file import Events, Given
from tailspot.feeds._retis_streams import Reading, Streams

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Anomaly", "Events", "Reading", "Streams", "pairs", "readings", "watch"]

_UNITS = {"latency": " s", "gap": " s", "length": " bytes"}


@dataclass(frozen=True)
class Anomaly(tailspot.Anomaly):
    """A reading that is an alert; `key` is its stream, `index` its place among the readings."""

    time: int = 0
    """Nanoseconds of the clock of the file, as retis prints them (CLOCK_MONOTONIC)."""
    packet: int | None = None
    """The tracking id of the packet; None if there is none."""

    @property
    def stream(self) -> str:
        """The stream: "latency", "gap", "length", "drops", or the path of a field."""
        return str(self.key)

    def to_dict(self) -> dict[str, Any]:
        """What `tailspot.Anomaly.to_dict` has, the time, and the packet as retis prints it, "#5f...", or None."""
        return {**super().to_dict(), "time": self.time, "packet": None if self.packet is None else f"#{self.packet:x}"}

    def __str__(self) -> str:
        unit = _UNITS.get(self.stream, "")
        beyond = "above" if self.event > 0 else "below"
        packet = "" if self.packet is None else f", packet #{self.packet:x}"
        return f"{self.time}: {self.stream} {self.value:.6g}{unit} is {beyond} {self.threshold:.6g}{unit}{packet}"


def readings(source: Any, streams: Any = None, *, follow: float = 0.0, more: bool = False) -> Iterator[Reading]:
    """Yields the readings of an event file, sorted or not.

    source: the path of a file, `Events`, an EventFile, EventReader or SeriesReader of retis, or any iterable of events
        or series. Only the first two can follow a file that grows.
    streams: the names that `Streams` takes, or `Streams`, to go on with.
    follow: for a path, as for `Events`.
    more: another source will go on with these `streams`: packets on their way stay so at the end.

    Raises OSError if the file cannot be opened, and ValueError or TypeError, with file and line, for an item that is
    not an event and for fields that are not there or not numeric; for streams asked for by name that had no reading
    too, at the end.
    After an error `Events` and `Streams` that were given can go on with the next line.
    """
    streams = streams if isinstance(streams, Streams) else Streams(streams)
    return _readings(_events(source, follow), streams, more)


def pairs(source: Any, streams: Any = None, *, follow: float = 0.0, more: bool = False) -> Iterator[tuple[str, float]]:
    """Yields the pairs (stream, value) that `tailspot.Monitor.watch` takes. Arguments and errors as for `readings`."""
    return ((reading.stream, reading.value) for reading in readings(source, streams, follow=follow, more=more))


def watch(
    source: Any,
    monitor: tailspot.Monitor | None = None,
    /,
    *,
    streams: Any = None,
    follow: float = 0.0,
    more: bool = False,
    **config: Any,
) -> Iterator[Anomaly]:
    """Yields the anomalies of an event file as they come, one detector for each stream.

    source, streams, follow, more: as for `readings`.
    monitor: detectors to go on with; without them new ones are made of `config`, the parameters of `tailspot.Spot`, and
        of `tailspot.DSpot` if there is a `depth`.

    Errors are those of `readings` and of `tailspot.Monitor`. After one the detectors are as the lines before left them.
    """
    if monitor is None:
        monitor = tailspot.Monitor(**config)
    elif config:
        raise TypeError(f"the detectors have their parameters already: {', '.join(config)}")
    elif not isinstance(monitor, tailspot.Monitor):
        raise TypeError(f"monitor is a {type(monitor).__name__}: needs a tailspot.Monitor, a detector for each stream")
    return _watched(readings(source, streams, follow=follow, more=more), monitor)


def _watched(stream: Iterator[Reading], monitor: tailspot.Monitor) -> Iterator[Anomaly]:
    reading = Reading("", 0.0, 0, None)

    def keyed() -> Iterator[tuple[str, float]]:
        nonlocal reading
        for reading in stream:
            yield reading.stream, reading.value

    for found in monitor.watch(keyed()):
        yield Anomaly(**vars(found), time=reading.time, packet=reading.packet)


def _readings(events: Any, streams: Streams, more: bool) -> Iterator[Reading]:
    yield from streams.take()
    for item in events:
        try:
            streams.feed(item)
        except (ValueError, TypeError) as error:
            raise type(error)(f"{events.place}: {error}") from None
        yield from streams.take()
    if more:
        return
    streams.close()
    yield from streams.take()
    absent = streams.absent() if streams.named else []
    if absent:
        raise ValueError(f"{events.place}: the end came without a reading of {'; '.join(absent)}")


def _events(source: Any, follow: float) -> Any:
    if isinstance(source, (str, bytes, os.PathLike)):
        return Events(source, follow=follow)
    if follow:
        raise TypeError(f"follow is for the path of a file: source is a {type(source).__name__}")
    return source if isinstance(source, Events) else Given(source)
