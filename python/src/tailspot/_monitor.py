"""One detector for each of many streams."""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tailspot._spot import Spot, from_parameters
from tailspot._watch import judged

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Hashable, Iterable, Iterator

    from tailspot._event import Event
    from tailspot._watch import Anomaly

    _Base = Mapping[Hashable, Spot]
else:
    _Base = Mapping

_KIND, _VERSION = "tailspot-monitor", 1


class Monitor(_Base):
    """Many streams with the same parameters, one detector for each key, made when the key is first seen.

    config: the parameters of `Spot`, and of `DSpot` if there is a `depth`.

    It is a read-only mapping: `monitor[key]` is the detector, `len(monitor)` how many there are. Raises ValueError and
    TypeError as `Spot` does.
    """

    def __init__(self, **config: Any) -> None:
        self._config = config
        self._spots: dict[Hashable, Spot] = {}
        # Parameters that are wrong are wrong now, not with the first value.
        self._new().close()

    def _new(self) -> Spot:
        return from_parameters(self._config)

    def _of(self, key: Hashable) -> Spot:
        spot = self._spots.get(key)
        # Two threads may both see that there is none: one of the two new detectors stays.
        return self._spots.setdefault(key, self._new()) if spot is None else spot

    def step(self, key: Hashable, x: Any) -> Event:
        """Judges one value of the stream `key`, and learns from it. Arguments and errors as for `Spot.step`."""
        return self._of(key).step(x)

    def watch(self, stream: Iterable[tuple[Hashable, Any]]) -> Iterator[Anomaly]:
        """Yields the anomalies of a stream of pairs (key, value) as they come; `index` counts the pairs."""
        for index, (key, x) in enumerate(stream):
            anomaly = judged(self._of(key), x, index, key)
            if anomaly is not None:
                yield anomaly

    async def awatch(self, stream: AsyncIterable[tuple[Hashable, Any]]) -> AsyncIterator[Anomaly]:
        """Yields the anomalies of an asynchronous stream of pairs (key, value)."""
        index = 0
        async for key, x in stream:
            anomaly = judged(self._of(key), x, index, key)
            index += 1
            if anomaly is not None:
                yield anomaly

    def save(self) -> bytes:
        """The parameters and the whole state of all detectors, as JSON.

        Raises TypeError for a key that is not made of str, int, float, bool, None and tuples of these.
        """
        spots = [[_written(key), b64encode(spot.save()).decode()] for key, spot in self._spots.items()]
        with self._new() as spot:
            every = spot.config().to_dict()
        config = {name: every[name] for name in self._config}
        return json.dumps({"kind": _KIND, "version": _VERSION, "config": config, "detectors": spots}).encode()

    @classmethod
    def load(cls, data: bytes) -> Monitor:
        """All detectors as they were when `save` wrote these bytes. Raises ValueError if they are anything else."""
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data is no bytes: {type(data).__name__}")
        try:
            saved = json.loads(bytes(data))
            if saved["kind"] != _KIND or saved["version"] != _VERSION:
                raise ValueError(f"kind {saved['kind']!r}, version {saved['version']!r}")
            monitor = cls(**saved["config"])
            for key, spot in saved["detectors"]:
                monitor._spots[_read(key)] = Spot.load(b64decode(spot, validate=True))
        except (KeyError, TypeError, ValueError, RecursionError, binascii.Error) as error:
            raise ValueError(f"these bytes are no saved Monitor: {error}") from None
        return monitor

    def close(self) -> None:
        """Closes and forgets every detector."""
        while self._spots:
            self._spots.popitem()[1].close()

    def __getitem__(self, key: Hashable) -> Spot:
        return self._spots[key]

    def __iter__(self) -> Iterator[Hashable]:
        return iter(list(self._spots))

    def __len__(self) -> int:
        return len(self._spots)

    def __repr__(self) -> str:
        parameters = ", ".join(f"{name}={value!r}" for name, value in self._config.items())
        return f"<Monitor({parameters}) of {len(self):,} streams>"


def _written(key: Any) -> Any:
    if isinstance(key, tuple):
        return [_written(part) for part in key]
    if key is None or type(key) in (str, int, float, bool):
        return key
    raise TypeError(f"the key {key!r} cannot be saved: needs str, int, float, bool, None or a tuple of these")


def _read(key: Any) -> Any:
    return tuple(map(_read, key)) if isinstance(key, list) else key
