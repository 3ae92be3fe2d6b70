"""One detector for each of many streams, with keys of any kind."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode, b64encode
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from tailspot._number import as_float
from tailspot._owned import saved_bytes
from tailspot._pool import Pool, check_lengths
from tailspot._result import Source
from tailspot._spot import Spot, from_parameters
from tailspot._values import pieces_of
from tailspot._watch import Anomaly, found

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Hashable, Iterable, Iterator

    from tailspot._event import Event
    from tailspot._handle import Verdict
    from tailspot._result import Result

    _Base = Mapping[Hashable, Spot]
else:
    _Base = Mapping

_KIND, _VERSION = "tailspot-monitor", 1


class Monitor(_Base):
    """Many streams with the same parameters, one detector for each key, made when the key is first used.

    config: the parameters of `Spot`, and of `DSpot` if there is a `depth`.

    Keys are the same as they are in a dict: 1, 1.0 and True are one key. The detectors are kept in a `Pool`, where they
    take little memory. It is a read-only mapping: `monitor[key]` is a copy of the detector, for all that a `Spot`
    reports, `len(monitor)` how many there are. Raises ValueError and TypeError as `Spot` does.
    """

    def __init__(self, **config: Any) -> None:
        self._config = config
        # Parameters that are wrong are wrong now, not with the first value.
        self._adopt(self._new(), {})

    def _new(self) -> Pool:
        with from_parameters("Monitor()", self._config) as spot:
            return Pool.from_spot(spot)

    def _adopt(self, pool: Pool, numbers: dict[Hashable, int]) -> None:
        """Begins to work with a pool. `numbers` has the keys of all its streams, and maybe of some to come."""
        if not set(pool).issubset(numbers.values()) or len(set(numbers.values())) < len(numbers):
            raise ValueError("its keys are not those of its pool")
        self._pool, self._numbers = pool, numbers
        self._next = count(max(numbers.values(), default=-1) + 1)
        self._step, self._alert = pool._handle.step, pool._handle.alert

    def _number(self, key: Hashable) -> int:
        number = self._numbers.get(key)
        # Two threads may both see that there is none: one of the two new numbers stays.
        return self._numbers.setdefault(key, next(self._next)) if number is None else number

    def step(self, key: Hashable, x: Any) -> Event:
        """Classifies one value of the stream `key` and updates its model. Arguments and errors as for `Spot.step`."""
        number = self._numbers.get(key)
        if number is not None:
            return self._step(number, x)
        value = as_float(x)  # What is not a number makes no stream.
        return self._step(self._number(key), value)

    def step_many(self, keys: Iterable[Hashable], values: Any, *, dtype: Any = None, thresholds: bool = True) -> Result:
        """Judges a column of n values in order: value i belongs to the stream of key i.

        The same answers as `step` on each, bit for bit, and faster. keys: n keys; the rest as for `Pool.step_many`.
        """
        column = keys.tolist() if hasattr(keys, "tolist") else list(keys)
        with pieces_of(values, dtype) as pieces:
            check_lengths(len(column), pieces)
            numbers = array("Q", map(self._number, column))
            return self._pool._judge(numbers.buffer_info()[0], pieces, thresholds, Source(values, dtype, column))

    def _judged(self, key: Hashable, x: Any, index: int) -> Anomaly | None:
        number = self._numbers.get(key)
        if number is None:
            as_float(x)  # What is not a number makes no stream.
            number = self._number(key)
        return found(self._alert(number, x), x, index, key)

    def verdict(self, key: Hashable, x: Any) -> Verdict:
        """Like `step`, and also returns what the value was judged by: see `Spot.verdict`."""
        value = as_float(x)
        return self._pool.verdict(self._number(key), value)

    def watch(self, stream: Iterable[tuple[Hashable, Any]]) -> Iterator[Anomaly]:
        """Yields the anomalies of a stream of pairs (key, value) as they come; `index` counts the pairs."""
        for index, (key, x) in enumerate(stream):
            anomaly = self._judged(key, x, index)
            if anomaly is not None:
                yield anomaly

    async def awatch(self, stream: AsyncIterable[tuple[Hashable, Any]]) -> AsyncIterator[Anomaly]:
        """Yields the anomalies of an asynchronous stream of pairs (key, value)."""
        index = 0
        async for key, x in stream:
            anomaly = self._judged(key, x, index)
            index += 1
            if anomaly is not None:
                yield anomaly

    def save(self) -> bytes:
        """The parameters and the whole state of all detectors, as JSON.

        Raises TypeError for a key that is not made of str, int, float, bool, None and tuples of these.
        """
        # The pool first: what other threads add meanwhile is then a key too many, not one that is missing.
        pool, every = b64encode(self._pool.save()).decode(), dict(self._pool.config())
        content = {
            "kind": _KIND,
            "version": _VERSION,
            "config": {name: every[name] for name in self._config},
            "keys": [[_written(key), number] for key, number in list(self._numbers.items())],
            "pool": pool,
        }
        return json.dumps(content).encode()

    @classmethod
    def load(cls, data: bytes) -> Monitor:
        """All detectors as they were when `save` wrote these bytes.

        Raises ValueError if they are anything else.
        """
        data = saved_bytes(data)
        try:
            saved = json.loads(data)
            if saved["kind"] != _KIND or saved["version"] != _VERSION:
                raise ValueError(f"kind {saved['kind']!r}, version {saved['version']!r}")
            monitor = cls(**saved["config"])
            monitor._load_pool(saved["keys"], saved["pool"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"these bytes are not a saved Monitor: {error}") from None
        return monitor

    def _load_pool(self, keys: list[tuple[Any, int]], saved: str) -> None:
        pool = Pool.load(b64decode(saved, validate=True))
        if pool.config() != self._pool.config():
            raise ValueError("its parameters are not those of its pool")
        numbers = {_read(key): number for key, number in keys}
        if len(numbers) < len(keys):
            raise ValueError("a key is there twice")
        self._pool.close()
        self._adopt(pool, numbers)

    def close(self) -> None:
        """Frees and forgets every detector."""
        self._pool.close()
        self._adopt(self._new(), {})

    def __reduce__(self) -> tuple[Any, ...]:
        own = ("_config", "_pool", "_numbers", "_next", "_step", "_alert")
        others = {name: value for name, value in self.__dict__.items() if name not in own}
        # The pool first, as in `save`.
        state = (self._pool.save(), self._pool._threads, dict(self._numbers))
        return _resumed, (type(self), self._config, *state), others

    def __getitem__(self, key: Hashable) -> Spot:
        number = self._numbers[key]
        return self._pool[number] if number in self._pool else from_parameters("Monitor()", self._config)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def __iter__(self) -> Iterator[Hashable]:
        return iter(list(self._numbers))

    def __len__(self) -> int:
        return len(self._numbers)

    def __repr__(self) -> str:
        parameters = ", ".join(f"{name}={value!r}" for name, value in self._config.items())
        return f"<Monitor({parameters}) of {len(self):,} streams>"


def _resumed(kind: type[Monitor], config: dict[str, Any], pool: bytes, threads: int, numbers: Any) -> Monitor:
    monitor = object.__new__(kind)
    monitor._config = config
    monitor._adopt(Pool.load(pool, threads or None), numbers)
    return monitor


def _written(key: Any) -> Any:
    if isinstance(key, tuple):
        return [_written(part) for part in key]
    if key is None or type(key) in (str, int, float, bool):
        return key
    raise TypeError(f"the key {key!r} cannot be saved: needs str, int, float, bool, None or a tuple of these")


def _read(key: Any) -> Any:
    return tuple(map(_read, key)) if isinstance(key, list) else key
