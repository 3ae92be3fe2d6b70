"""Many detectors by key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tailspot import _config, _output
from tailspot._config import PoolConfig, takes
from tailspot._keys import as_key, keys_of
from tailspot._library import QUICK, explained
from tailspot._number import as_count
from tailspot._owned import Owned, described, saved_bytes
from tailspot._pool_handle import PoolHandle
from tailspot._result import Result, Source
from tailspot._spot import DSpot, Spot
from tailspot._values import pieces_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from tailspot._config import Config
    from tailspot._elements import Elements
    from tailspot._event import Event
    from tailspot._handle import Handle, Verdict

Self = TypeVar("Self", bound="Pool")
_LARGEST_NUMBER = 2**32 - 1


@dataclass(frozen=True)
class PoolStatus:
    """A pool or a monitor at one moment: the answer of `Pool.status()`."""

    keys: int
    """How many keys there are."""
    max_keys: int | None
    """The largest number of keys; None without one."""
    threads: int
    """How many threads work on columns."""


class Pool(Owned):
    """Detectors by a key of 64 bits, for millions of streams in one process.

    A key that is used for the first time gets a detector of its own, which answers as a `Spot` alone would. The
    arguments are the fields of `tailspot.Config`, `max_keys` and `threads`:

    max_keys: the largest number of keys, at least 1, or None. When a new key would exceed it, the least recently used
        key is dropped.
    threads: how many work on columns, 1 to 1024; None is as many as there are cores. No answer depends on it.

    >>> import random, tailspot
    >>> draw = random.Random(1)
    >>> pool = tailspot.Pool(q=1e-4, level=0.98)
    >>> keys = [7, 8] * 3_000
    >>> pool.step_many(keys, [draw.gauss(key, 1) for key in keys])
    <tailspot.Result of 6,000 values, 2,000 judged, 0 anomalies>
    >>> pool.step(7, 99.0), 7 in pool, len(pool)
    (<Event.ALERT_UP: 1>, True, 2)

    Keys are integers from -2**63 to 2**64 - 1; a negative one is the same key as the one that is 2**64 larger (its
    two's complement), and is listed as that. `Monitor` takes keys of any kind.

    `pool[key]` is a copy of the detector of a key; `pool[key] = spot`, `del pool[key]`, `key in pool`, `len(pool)` and
    `for key in pool`, in no particular order, work as for a dict. Raises ValueError for a value out of range, TypeError
    for what is not a number; the message names it.

    A calibrated stream takes 8 bytes for each excess that it keeps, and 75 to 820 more. Threads may share a pool: one
    call at a time gets in. It can be copied, pickled, and closed by `with`. It works in a child of fork, except one
    that was judging values in another thread at that moment.
    """

    _handle: PoolHandle
    _threads: int

    @takes(PoolConfig)
    def __init__(self, config: PoolConfig) -> None:
        native = _config.to_native(config)
        self._start(_as_max_keys(config.max_keys), _as_threads(config.threads), lambda: PoolHandle.new(native))

    @classmethod
    def with_template(cls: type[Self], spot: Spot, max_keys: int | None = None, threads: int | None = None) -> Self:
        """A pool in which every key starts as a copy of this detector.

        With a detector that was calibrated by `fit`, every key is judged from its first value on.
        """
        if not isinstance(spot, Spot):
            raise TypeError(f"spot must be a Spot, not {type(spot).__name__}")
        pool: Self = object.__new__(cls)
        pool._start(_as_max_keys(max_keys), _as_threads(threads), lambda: PoolHandle.of(spot._handle))
        return pool

    def _start(self, limit: int, threads: int, make: Any) -> None:
        self._handle, self._threads = make(), threads
        self._handle.call_checked(QUICK.tailspot_pool_set_limit, limit)
        self._handle.call_checked(QUICK.tailspot_pool_set_threads, threads)

    def step(self, key: int, x: object) -> Event:
        """Classifies one value of a key and updates its model. x: as for `Spot.step`, with the same errors."""
        return self._handle.step(key, x)

    def verdict(self, key: int, x: object) -> Verdict:
        """Like `step`, and also returns what the value was judged by: see `Spot.verdict`."""
        return self._handle.verdict(key, x)

    def step_many(self, keys: object, values: object, *, dtype: object = None, thresholds: bool = True) -> Result:
        """Judges a column of n values in order: value i belongs to key i.

        The same answers as `step` on each, bit for bit, and many times as fast. Keys may come in any order and as often
        as they like.

        keys: one dimension, of integers: an array of any kind that `values` may be, or a sequence; 64-bit ones are read
            where they are. Nulls are an error.
        values, dtype: as for `Spot.step_many`; nulls are MISSING.
        thresholds: with False, the result has no `upper`, `lower` and `probability`, which is faster.

        Returns a `Result` with arrays of shape (n,). Other threads run meanwhile. Raises TypeError for elements that
        are not integers or not real numbers, ValueError for columns of different lengths, and after `close`.
        """
        with keys_of(keys) as (at_keys, count), pieces_of(values, dtype) as pieces:
            check_lengths(count, pieces)
            return self._judge(at_keys, pieces, thresholds, Source(values, dtype, keys))

    def _judge(self, at_keys: int, pieces: list[Elements], thresholds: bool, source: Source) -> Result:
        outputs = _output.new(sum(piece.length for piece in pieces), *[thresholds] * 3)
        self._handle.step_many(at_keys, pieces, outputs.addresses)
        return Result(outputs, source._replace(gap=self._handle.gap))

    def save(self) -> bytes:
        """The whole state, also in the middle of calibrations: what is loaded from it continues bit for bit.

        One key alone is saved by `pool[key].save()`, and loaded by `pool[key] = Spot.load(...)`. The format is the same
        on every machine and in every language of tailspot, and later versions read it.
        """
        return self._handle.save()

    @classmethod
    def load(cls: type[Self], data: bytes, threads: int | None = None) -> Self:
        """A pool as it was when `save` wrote these bytes; with its `max_keys`, but not its threads.

        Raises ValueError with the reason if the bytes are foreign, cut, damaged or forged, TypeError for anything
        but bytes.
        """
        data = saved_bytes(data)
        pool: Self = object.__new__(cls)
        pool._threads = _as_threads(threads)
        pool._handle = PoolHandle.load(data, pool._threads)
        return pool

    def config(self) -> Config:
        """The parameters of a new key."""
        return _config.from_native(self._handle.template().config())

    def status(self) -> PoolStatus:
        """How many keys there are, and may be, and how many threads work on columns."""
        status = self._handle.status()
        return PoolStatus(status.keys, status.limit or None, status.threads)

    @property
    def max_keys(self) -> int | None:
        """The largest number of keys; None without one. It can be set."""
        return self._handle.status().limit or None

    @max_keys.setter
    def max_keys(self, max_keys: int | None) -> None:
        self._handle.call_checked(QUICK.tailspot_pool_set_limit, _as_max_keys(max_keys))

    def insert(self, key: int, spot: Spot) -> None:
        """Gives a key a copy of this detector, whatever its parameters, which counts as using the key."""
        if not isinstance(spot, Spot):
            raise TypeError(f"spot must be a Spot, not {type(spot).__name__}")
        self._handle.insert(as_key(key), spot._handle)

    def pop(self, key: int) -> Spot:
        """Forgets a key and returns its detector. Raises KeyError for a key that is not known."""
        return self._detector(key, self._handle.remove(as_key(key)))

    def keys(self) -> NDArray[np.uint64]:
        """All keys, in no particular order: an array of uint64."""
        return _output.keys(self._handle.keys())  # type: ignore[no-any-return]

    def __getitem__(self, key: int) -> Spot:
        return self._detector(key, self._handle.get(as_key(key)))

    def _detector(self, key: Hashable, handle: Handle | None) -> Spot:
        if handle is None:
            raise KeyError(key)
        spot: Spot = object.__new__(DSpot if handle.config().depth > 0 else Spot)
        spot._adopt(handle)
        return spot

    def __setitem__(self, key: int, spot: Spot) -> None:
        self.insert(key, spot)

    def __delitem__(self, key: int) -> None:
        self.pop(key)

    def __contains__(self, key: object) -> bool:
        return self._handle.get(as_key(key)) is not None

    def __iter__(self) -> Iterator[int]:
        return iter(self._handle.keys())

    def __len__(self) -> int:
        return self._handle.call(QUICK.tailspot_pool_size)  # type: ignore[no-any-return]

    def __reduce__(self) -> tuple[Any, ...]:
        own = {name: value for name, value in self.__dict__.items() if name not in ("_handle", "_threads")}
        return type(self).load, (self.save(), self._threads or None), own

    def __repr__(self) -> str:
        if self._handle.closed:
            return "<Pool, closed>"
        return f"<Pool({described(self.config())}) of {len(self):,} streams>"


def check_lengths(keys: int, pieces: list[Elements]) -> None:
    """Raises ValueError if there is not one key for each value."""
    values = sum(piece.length for piece in pieces)
    if keys != values:
        raise ValueError(f"keys hold {keys} items and values {values}: needs one key for each value")


def _as_max_keys(max_keys: int | None) -> int:
    return 0 if max_keys is None else as_count(max_keys, "max_keys", 1)


def _as_threads(threads: int | None) -> int:
    count = 0 if threads is None else as_count(threads, "threads", 1)
    reason = explained(QUICK.tailspot_pool_explain_threads, min(count, _LARGEST_NUMBER))
    if reason:
        raise ValueError(reason.replace(str(_LARGEST_NUMBER), str(count)))
    return count
