"""Named streams of values from the events of retis."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Any, NamedTuple

from tailspot._number import as_float, as_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SECOND = 1_000_000_000
_NEEDS = {
    "latency": "no packet was seen at two moments (by the section skb_tracking or tracking)",
    "gap": "there are no two packets (events with the section skb_tracking, tracking or packet)",
    "length": "no event has the section packet",
}
_NAMES = (*_NEEDS, "drops")
_MOST_WINDOWS = 1_000_000


class Reading(NamedTuple):
    """A value of a stream."""

    stream: str
    """The stream: "latency", "gap", "length", "drops", or the path of a field."""
    value: float
    """Seconds, bytes, or a count; NaN if it is missing."""
    time: int
    """Nanoseconds of the clock of the file, as retis prints them (CLOCK_MONOTONIC)."""
    packet: int | None
    """The tracking id of the packet, `skb_tracking.tracking_id()`; None if there is none."""


class _Packet:
    """A packet that is on its way: when it was seen first and last, and whether its length is known."""

    __slots__ = ("first", "last", "measured")

    def __init__(self, first: int, last: int, measured: bool) -> None:
        self.first, self.last, self.measured = first, last, measured


class Streams:
    """Turns events, one by one, into the readings of named streams. It can be pickled.

    names: one or several of
        "latency": seconds from the moment a packet was first tracked to its last event, one reading a packet, when it
            has had no event for `timeout`; packets seen at one moment only have none;
        "gap": seconds between a packet and the one before, by the moments they were first seen; missing (NaN) for a
            packet that the file has too late;
        "length": bytes, the first `packet.len` of each packet;
        "drops": how many events with the section skb_drop there were in each window, 0 for a quiet one; the window that
            is open at the end is not counted;
        or the path of a numeric field, such as "skb.gso.segs": one reading for each event that has it, NaN if null.
        None is all but fields.
    window: length of a window of "drops", in seconds of the file's clock; above 0.
    timeout: seconds of the file's clock after which a packet without events is over; above 0.

    An event without tracking is a packet of its own if it has the section packet. Packets of sorted and of other files
    are the same: by tracking id. Raises ValueError for an unknown name, and values out of range.
    """

    def __init__(self, names: str | Iterable[str] | None = None, *, window: float = 1.0, timeout: float = 1.0) -> None:
        self.names = _checked(names)
        """The streams, in order."""
        self.named = names is not None
        """Whether they were asked for by name."""
        self._window, self._timeout = _nanoseconds(window, "window"), _nanoseconds(timeout, "timeout")
        self._fields = [(name, name.split(".")) for name in self.names if "." in name]
        self._wanted = frozenset(self.names)
        self._packets: OrderedDict[int, _Packet] = OrderedDict()
        self._given: set[str] = set()
        self._ready: deque[Reading] = deque()
        self._begin()

    def _begin(self) -> None:
        self._clock: int | None = None
        self._arrival: int | None = None
        self._origin, self._open_window = 0, 0
        self._drops: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"<Streams({', '.join(self.names)}), {len(self._packets):,} packets on their way>"

    def feed(self, item: Any) -> None:
        """Takes the next event, or the next series of a sorted file; `take` has what follows from it.

        Raises ValueError or TypeError for an event without time, and for a field that is not there or not numeric; it
        is then as if the item had not been.
        """
        events, times = _timed(item)
        if not events:
            return
        if events[0].startup is not None:
            self._begin_anew(times[0])
            return
        readings = [self._field(*field, event, time) for event, time in zip(events, times) for field in self._fields]
        self._advance(times[0])
        self._ready.extend(reading for reading in readings if reading is not None)
        for event, time in zip(events, times):
            self._event(event, time)

    def take(self) -> Iterator[Reading]:
        """Takes out the readings that are ready."""
        while self._ready:
            reading = self._ready.popleft()
            self._given.add(reading.stream)
            yield reading

    def close(self) -> None:
        """No more events come: packets on their way are over, and the window that is open is left out."""
        while self._packets:
            self._over(*self._packets.popitem(last=False))
        self._begin()

    def absent(self) -> list[str]:
        """Says for each stream that has had no reading what the events lack; quiet windows do not count."""
        lacking = [name for name in self.names if name not in self._given and name != "drops"]
        return [f"{name}: {_NEEDS.get(name, 'no event has this field')}" for name in lacking]

    def _begin_anew(self, time: int) -> None:
        """A collection starts. Its clock continues, unless the machine was restarted meanwhile."""
        if self._clock is not None and time < self._clock:
            self.close()

    def _advance(self, time: int) -> None:
        """The clock of the file: packets without events are over, windows before it are complete."""
        if self._clock is None:
            self._clock = self._origin = time
        clock = max(self._clock, time)
        window = (clock - self._origin) // self._window
        if "drops" in self._wanted:
            if window - self._open_window > _MOST_WINDOWS:
                raise ValueError(
                    f"the time jumps from {self._clock} to {time} ns, over more than {_MOST_WINDOWS:,} windows"
                    f" of {self._window / _SECOND:g} s"
                )
            for index in range(self._open_window, window):
                start = self._origin + index * self._window
                self._ready.append(Reading("drops", float(self._drops.pop(index, 0)), start, None))
        self._clock, self._open_window = clock, window
        while self._packets:
            packet, seen = next(iter(self._packets.items()))
            if clock - seen.last <= self._timeout:
                break
            del self._packets[packet]
            self._over(packet, seen)

    def _over(self, packet: int, seen: _Packet) -> None:
        if seen.last > seen.first:
            self._give("latency", (seen.last - seen.first) / _SECOND, seen.last, packet)

    def _event(self, event: Any, time: int) -> None:
        if "drops" in self._wanted and event.skb_drop is not None:
            window = max((time - self._origin) // self._window, self._open_window)
            self._drops[window] = self._drops.get(window, 0) + 1
        track = _track(event)
        if track is None:
            if event.packet is not None:
                self._arrive(time, None)
                self._measure(event, time, None)
            return
        packet = track.tracking_id()
        seen = self._packets.get(packet)
        if seen is None:
            seen = self._packets[packet] = self._new(packet, min(track.timestamp, time), time)
        else:
            seen.last = max(seen.last, time)
            self._packets.move_to_end(packet)
        if not seen.measured:
            seen.measured = self._measure(event, time, packet)

    def _new(self, packet: int, first: int, time: int) -> _Packet:
        """A packet that is seen; one that was over already has had its gap and its length."""
        returns = time - first > self._timeout
        if not returns:
            self._arrive(first, packet)
        return _Packet(first, time, returns or "length" not in self._wanted)

    def _measure(self, event: Any, time: int, packet: int | None) -> bool:
        section = event.packet
        if section is not None:
            self._give("length", float(section.len), time, packet)
        return section is not None

    def _arrive(self, time: int, packet: int | None) -> None:
        if self._arrival is not None:
            gap = time - self._arrival
            self._give("gap", gap / _SECOND if gap >= 0 else float("nan"), time, packet)
        self._arrival = time if self._arrival is None else max(self._arrival, time)

    def _give(self, stream: str, value: float, time: int, packet: int | None) -> None:
        if stream in self._wanted:
            self._ready.append(Reading(stream, value, time, packet))

    def _field(self, name: str, path: list[str], event: Any, time: int) -> Reading | None:
        """The reading of a field; None if the event lacks a section on its way."""
        thing = event
        for part in path[:-1]:
            thing = _part(thing, part, name)
            if thing is None:
                return None
        return Reading(name, as_float(_part(thing, path[-1], name), name), time, _packet_of(event))


def _timed(item: Any) -> tuple[list[Any], list[int]]:
    """The events of an item, and their times in ns."""
    common = getattr(item, "common", item)
    if common is not item:
        return [item], [_time(common)]
    try:
        events = list(item)
    except TypeError:
        raise TypeError(f"a {type(item).__name__} is not an event of retis, nor a series of them") from None
    for event in events:
        if not hasattr(event, "common"):
            raise TypeError(f"a {type(event).__name__} is not an event of retis")
    return events, [_time(event.common) for event in events]


def _time(common: Any) -> int:
    if common is None:
        raise ValueError("this is not an event of retis: it has no section common")
    return int(common.timestamp)


def _packet_of(event: Any) -> int | None:
    track = _track(event)
    return None if track is None else int(track.tracking_id())


def _track(event: Any) -> Any:
    """What identifies the packet: in sorted files also of events of Open vSwitch, which have no skb."""
    return event.skb_tracking if event.tracking is None else event.tracking.skb


def _part(thing: Any, part: str, name: str) -> Any:
    try:
        return getattr(thing, part)
    except AttributeError:
        pass
    if hasattr(thing, "sections"):
        raise ValueError(f"there is no field {name!r}: this event has the sections {', '.join(thing.sections())}")
    there = [word for word in dir(thing) if word[0] != "_" and not callable(getattr(thing, word))]
    raise ValueError(f"there is no field {name!r}: in place of {part!r} there is {', '.join(there) or 'nothing'}")


def _checked(names: str | Iterable[str] | None) -> tuple[str, ...]:
    if names is None:
        return _NAMES
    try:
        names = (names,) if isinstance(names, str) else tuple(names)
    except TypeError:
        raise TypeError(f"streams is a {type(names).__name__}: needs names, or Streams") from None
    for name in names:
        if name not in _NAMES and not (isinstance(name, str) and all(name.split(".")) and "." in name):
            raise ValueError(
                f"streams = {name!r} is unknown: needs {', '.join(map(repr, _NAMES))}, or the path of a field such as"
                " 'skb.meta.len'"
            )
    return tuple(dict.fromkeys(names))


def _nanoseconds(seconds: float, name: str) -> int:
    seconds = as_parameter(seconds, name)
    if not 1e-9 <= seconds < 1e9:
        raise ValueError(f"{name} = {seconds:g} is out of range: needs 1e-9 <= {name} < 1e9 seconds")
    return round(seconds * _SECOND)
