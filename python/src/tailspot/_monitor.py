"""One detector for each of many streams, with keys of any kind."""

from __future__ import annotations

import json
from array import array
from base64 import b64decode, b64encode
from collections.abc import MutableMapping
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from tailspot import _judged
from tailspot._any_keys import column_of, plain, read, written
from tailspot._config import PoolConfig, takes
from tailspot._incidents import OpenByStream
from tailspot._number import as_float
from tailspot._owned import Owned, described, saved_bytes
from tailspot._pool import Pool, check_lengths
from tailspot._result import Source
from tailspot._values import pieces_of
from tailspot._watch import Anomaly, found

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, AsyncIterator, Hashable, Iterable, Iterator

    from tailspot._config import Config
    from tailspot._event import Event
    from tailspot._handle import Verdict
    from tailspot._incidents import Incident
    from tailspot._pool import PoolStatus
    from tailspot._pool_handle import PoolHandle
    from tailspot._result import Result
    from tailspot._spot import Spot

    _Base = MutableMapping[Hashable, Spot]
else:
    _Base = MutableMapping

Self = TypeVar("Self", bound="Monitor")
_KIND, _VERSION = "tailspot-monitor", 1
_ABSENT = object()
# Keys that the pool has forgotten are kept as long as they are no more than those that it has, and these.
_FORGOTTEN = 1024


class Monitor(Owned, _Base):
    """A `Pool` with keys of any kind: one detector for each key, made when the key is first used.

    The arguments are those of `Pool`: the fields of `tailspot.Config`, `max_keys` and `threads`.

    >>> import random, tailspot
    >>> draw = random.Random(1)
    >>> monitor = tailspot.Monitor(q=1e-4, level=0.98, max_keys=1_000)
    >>> hosts = ["web-1", "web-2"] * 3_000
    >>> monitor.step_many(hosts, [draw.gauss(0, 1) for _ in hosts])
    <tailspot.Result of 6,000 values, 2,000 judged, 0 anomalies>
    >>> monitor.step("web-1", 99.0), list(monitor)
    (<Event.ALERT_UP: 1>, ['web-1', 'web-2'])

    A key is a str, int, float, bool, None, bytes, date, datetime or UUID, or a tuple of these; what is equal to one is
    the same key, as in a dict: 1, 1.0 and True, and an entry of NumPy. None, NaN, and NA and NaT of pandas are one key,
    None. Others, which could not be saved, are refused by TypeError.

    `monitor[key]` is a copy of the detector of a key; `monitor[key] = spot`, `del`, `in`, `len`, `pop` and the rest of
    a dict work on what the pool has. Raises ValueError and TypeError as `Spot` does. Threads may share it; it can be
    copied, pickled, and closed by `with`.
    """

    _handle: PoolHandle
    _pool: Pool

    @takes(PoolConfig)
    def __init__(self, config: PoolConfig) -> None:
        self._adopt(Pool(**vars(config)), {})

    @classmethod
    def with_template(cls: type[Self], spot: Spot, max_keys: int | None = None, threads: int | None = None) -> Self:
        """A monitor in which every key starts as a copy of this detector: calibrated, if that has been fitted."""
        return cls._of(Pool.with_template(spot, max_keys, threads), {})

    @classmethod
    def _of(cls: type[Self], pool: Pool, numbers: dict[Hashable, int]) -> Self:
        monitor = object.__new__(cls)
        monitor._adopt(pool, numbers)
        return monitor

    def _adopt(self, pool: Pool, numbers: dict[Hashable, int]) -> None:
        """Begins to work with a pool. `numbers` has the keys of all its streams, and maybe of some that it has not."""
        if not set(pool).issubset(numbers.values()) or len(set(numbers.values())) < len(numbers):
            raise ValueError("its keys are not those of its pool")
        self._pool, self._handle, self._numbers = pool, pool._handle, numbers
        self._next = count(max(numbers.values(), default=-1) + 1)
        self._most = 2 * len(numbers) + _FORGOTTEN
        self._step, self._alert = pool._handle.step, pool._handle.alert

    def _number(self, key: Hashable) -> int:
        """The number of a key, which may be new: under the lock, or `_tidy` could forget it before it is used."""
        try:
            number = self._numbers.get(key)
        except TypeError:  # It cannot be in a dict, and `plain` says why it is not a key.
            number = None
        if number is None:
            kept = plain(key)
            number = self._numbers.get(kept)
            if number is None:
                if len(self._numbers) >= self._most:
                    self._tidy()
                number = self._numbers[kept] = next(self._next)
        return number

    def _known(self, key: object) -> int | None:
        """The number of a key that was used, maybe long ago."""
        number = self._numbers.get(key)
        if number is None:
            try:
                number = self._numbers.get(plain(key))
            except (TypeError, ValueError):
                return None
        return number

    def _tidy(self) -> None:
        """Forgets the keys that the pool has forgotten, and streams that were made of such a key meanwhile."""
        alive = set(self._pool)
        self._numbers = {key: number for key, number in self._numbers.items() if number in alive}
        for number in alive.difference(self._numbers.values()):
            self._handle.remove(number)
        self._most = 2 * len(self._numbers) + _FORGOTTEN

    def step(self, key: Hashable, x: object) -> Event:
        """Classifies one value of the stream `key` and updates its model. Arguments and errors as for `Spot.step`."""
        number = self._numbers.get(key)
        if number is not None:
            return self._step(number, x)
        value = as_float(x)  # What is not a number makes no stream.
        with self._handle.exclusive():
            return self._step(self._number(key), value)

    def step_many(
        self, keys: Iterable[Hashable], values: object, *, dtype: object = None, thresholds: bool = True
    ) -> Result:
        """Judges a column of n values in order: value i belongs to the stream of key i.

        The same answers as `step` on each, bit for bit, and faster. keys: n keys; the rest as for `Pool.step_many`.
        """
        column = column_of(keys)
        with pieces_of(values, dtype) as pieces:
            check_lengths(len(column), pieces)
            with self._handle.exclusive():
                numbers = array("Q", map(self._number, column))
                return self._pool._judge(numbers.buffer_info()[0], pieces, thresholds, Source(values, dtype, column))

    def verdict(self, key: Hashable, x: object) -> Verdict:
        """Like `step`, and also returns what the value was judged by: see `Spot.verdict`."""
        value = as_float(x)
        with self._handle.exclusive():
            return self._pool.verdict(self._number(key), value)

    def _judged(self, key: Hashable, x: object, index: int) -> Anomaly | None:
        number = self._numbers.get(key)
        if number is not None:
            return found(self._alert(number, x), x, index, key)
        value = as_float(x)
        with self._handle.exclusive():
            return found(self._alert(self._number(key), value), value, index, key)

    def watch(self, stream: Iterable[tuple[Hashable, object]]) -> Iterator[Anomaly]:
        """Yields the anomalies of a stream of pairs (key, value) as they come; `index` counts the pairs."""
        values = 0
        for index, (key, x) in enumerate(stream):
            values = index + 1
            anomaly = self._judged(key, x, index)
            if anomaly is not None:
                yield anomaly
        self._at_end(values)

    async def awatch(self, stream: AsyncIterable[tuple[Hashable, object]]) -> AsyncIterator[Anomaly]:
        """Yields the anomalies of an asynchronous stream of pairs (key, value)."""
        index = 0
        async for key, x in stream:
            anomaly = self._judged(key, x, index)
            index += 1
            if anomaly is not None:
                yield anomaly
        self._at_end(index)

    def watch_incidents(self, stream: Iterable[tuple[Hashable, object]]) -> Iterator[Incident]:
        """Yields the incidents of a stream of pairs (key, value); `first` and `last` count the pairs.

        Each comes when its key has had so many values since that no alert can join it, or at the end of the stream.
        """
        values, open_ = 0, OpenByStream(self._handle.gap)
        for index, (key, x) in enumerate(stream):
            values = index + 1
            anomaly = self._judged(key, x, index)
            ended = open_.take(self._known(key), x, anomaly)
            if ended is not None:
                yield ended
        yield from open_.end()
        self._at_end(values)

    async def awatch_incidents(self, stream: AsyncIterable[tuple[Hashable, object]]) -> AsyncIterator[Incident]:
        """Yields the incidents of an asynchronous stream of pairs (key, value): see `watch_incidents`."""
        index, open_ = 0, OpenByStream(self._handle.gap)
        async for key, x in stream:
            anomaly = self._judged(key, x, index)
            ended = open_.take(self._known(key), x, anomaly)
            index += 1
            if ended is not None:
                yield ended
        for incident in open_.end():
            yield incident
        self._at_end(index)

    def _at_end(self, values: int) -> None:
        """Warns if no stream has come as far as a value that was judged."""
        streams = len(self._pool)
        if values and not self._handle.warned and all(self._pool[number].status().seen == 0 for number in self._pool):
            what = f"none of the {values:,} values of {streams:,} streams was judged"
            _judged.sentence(what, self.config(), "no stream has so many", level=3)

    def save(self) -> bytes:
        """The whole state of all detectors and their keys, as JSON: what is loaded from it continues bit for bit."""
        with self._handle.exclusive():
            self._tidy()
            pool, numbers = self._pool.save(), self._numbers
        content = {
            "kind": _KIND,
            "version": _VERSION,
            "keys": [[written(key), number] for key, number in list(numbers.items())],
            "pool": b64encode(pool).decode(),
        }
        return json.dumps(content, allow_nan=False).encode()

    @classmethod
    def load(cls: type[Self], data: bytes, threads: int | None = None) -> Self:
        """A monitor as it was when `save` wrote these bytes; with its `max_keys`, but not its threads.

        Raises ValueError with the reason if they are anything else, TypeError for anything but bytes.
        """
        data = saved_bytes(data)
        try:
            saved = json.loads(data)
            if saved["kind"] != _KIND or saved["version"] != _VERSION:
                raise ValueError(f"kind {saved['kind']!r}, version {saved['version']!r}")
            numbers = {read(key): number for key, number in saved["keys"]}
            if len(numbers) < len(saved["keys"]):
                raise ValueError("a key is there twice")
            pool = b64decode(saved["pool"], validate=True)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise ValueError(f"these bytes are not a saved Monitor: {error}") from None
        loaded = Pool.load(pool, threads)
        try:
            return cls._of(loaded, numbers)
        except (TypeError, ValueError) as error:
            raise ValueError(f"these bytes are not a saved Monitor: {error}") from None

    def config(self) -> Config:
        """The parameters of a new key."""
        return self._pool.config()

    def status(self) -> PoolStatus:
        """How many keys there are, and may be, and how many threads work on columns."""
        return self._pool.status()

    @property
    def max_keys(self) -> int | None:
        """The largest number of keys; None without one. It can be set."""
        return self._pool.max_keys

    @max_keys.setter
    def max_keys(self, max_keys: int | None) -> None:
        self._pool.max_keys = max_keys

    def pop(self, key: Hashable, default: Any = _ABSENT) -> Any:
        """Forgets a key and returns its detector, or the default for a key that is not known; KeyError without one."""
        number = self._known(key)
        handle = None if number is None else self._handle.remove(number)
        if handle is None and default is not _ABSENT:
            return default
        return self._pool._detector(key, handle)

    def clear(self) -> None:
        """Forgets every key."""
        template = self._pool._detector(None, self._handle.template())
        self._adopt(Pool.with_template(template, self.max_keys, self._pool._threads or None), {})

    def __getitem__(self, key: Hashable) -> Spot:
        number = self._known(key)
        return self._pool._detector(key, None if number is None else self._handle.get(number))

    def __setitem__(self, key: Hashable, spot: Spot) -> None:
        with self._handle.exclusive():
            self._pool.insert(self._number(key), spot)

    def __delitem__(self, key: Hashable) -> None:
        self.pop(key)

    def __contains__(self, key: object) -> bool:
        number = self._known(key)
        return number is not None and number in self._pool

    def __iter__(self) -> Iterator[Hashable]:
        alive = set(self._pool)
        return iter([key for key, number in list(self._numbers.items()) if number in alive])

    def __len__(self) -> int:
        return len(self._pool)

    def __reduce__(self) -> tuple[Any, ...]:
        own = ("_pool", "_handle", "_numbers", "_next", "_most", "_step", "_alert")
        others = {name: value for name, value in self.__dict__.items() if name not in own}
        with self._handle.exclusive():
            self._tidy()
            state = (self._pool.save(), self._pool._threads or None, self._numbers)
        return _resumed, (type(self), *state), others

    def __repr__(self) -> str:
        if self._handle.closed:
            return "<Monitor, closed>"
        return f"<Monitor({described(self.config())}) of {len(self):,} streams>"


def _resumed(kind: type[Monitor], pool: bytes, threads: int | None, numbers: dict[Hashable, int]) -> Monitor:
    return kind._of(Pool.load(pool, threads), dict(numbers))
