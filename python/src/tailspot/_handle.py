"""Owns what the library made, a detector or a pool: nothing else calls the library with one.

- *Lifetime.* It is freed when the last reference to its `Pointer` is gone. A call holds one, so `close` in another
  thread never frees what is in use; later calls find no pointer and raise.
- *Locks.* Every call by ctypes takes the lock of the handle. Calls on arrays release the GIL, so they first set
  `fast_pointer` to 0. Then the fast module, which relies on the GIL alone, goes by `step_slowly` and its lock.
- *Same thread again.* A signal handler may use the detector between two bytecodes of a call. The lock lets it in, and
  `_depth` shows which call is the outermost one, which sets `fast_pointer` again.
"""

from __future__ import annotations

import ctypes
import math
import os
import threading
from contextlib import contextmanager
from ctypes import addressof, byref, c_double, c_int8, c_void_p, sizeof
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tailspot import _native as native
from tailspot._event import EVENTS, Event
from tailspot._library import FREE, QUICK, explained, text
from tailspot._native import NativeConfig, NativeStatus
from tailspot._number import as_float

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tailspot._elements import Elements

try:
    if os.environ.get("TAILSPOT_NO_FAST") == "1":
        raise ImportError
    from tailspot._fast import Bound, BoundPool
except ImportError:
    from tailspot._bound import Bound, BoundPool  # type: ignore[assignment]

__all__ = ["Bound", "BoundPool", "Handle", "Owner", "Pointer", "Verdict", "check", "event_of"]

_step, _verdict, _judge = QUICK.tailspot_step, QUICK.tailspot_verdict, QUICK.tailspot_judge
_STEP, _VERDICT = (ctypes.cast(function, c_void_p).value or 0 for function in (_step, _verdict))
_WIDTHS = (1, 8, 8, 8)
# Alerts that are at most this many values apart belong together, whatever the quarantine.
LEAST_GAP = 20


class Verdict(NamedTuple):
    """The answer to one value, and what the value was judged by."""

    event: Event
    """The event."""
    upper: float
    """The upper anomaly threshold that it was judged by; NaN if not available."""
    lower: float
    """The lower anomaly threshold that it was judged by; NaN if not available."""
    probability: float
    """Its tail probability; NaN if it is not in a tail."""

    @property
    def threshold(self) -> float:
        """The anomaly threshold of the side of the event; NaN for an event without a side."""
        if self.event in (1, 2):
            return self.upper
        return self.lower if self.event < 0 else math.nan


class Pointer(c_void_p):
    """The address of a detector, which is freed with it."""

    def __del__(self, free: Any = QUICK.tailspot_free) -> None:
        free(self)


class Owner:
    """One thing of the library, for any number of threads. What inherits from it says what it calls itself."""

    NAME = "thing"

    warned = False
    """Whether `_judged` has warned about it, or need not."""
    fast_pointer: int
    _depth: int
    _lock: threading.RLock
    _pointer: c_void_p | None

    def own(self, pointer: c_void_p) -> None:
        """Begins to own what the pointer frees when it goes."""
        self._lock = threading.RLock()
        self._depth = 0
        self._pointer = pointer
        self.fast_pointer = pointer.value or 0

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._pointer is None

    def close(self) -> None:
        """Frees it as soon as no call is using it. Twice is fine."""
        # In this order, and with a reference until the end: see `exclusive`.
        pointer, self._pointer = self._pointer, None
        self.fast_pointer = 0
        del pointer

    def _open(self) -> c_void_p:
        pointer = self._pointer
        if pointer is None:
            raise ValueError(f"this {self.NAME} is closed")
        return pointer

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a quick function and returns its answer."""
        with self._lock:
            return function(self._open(), *arguments)

    def call_checked(self, function: Callable[..., int], *arguments: Any) -> None:
        """Calls a quick function that can fail."""
        check(self.call(function, *arguments))

    @contextmanager
    def exclusive(self) -> Iterator[c_void_p]:
        """The pointer for calls without the GIL: no other thread gets in, not even by the fast way."""
        with self._lock:
            pointer = self._open()
            self._depth += 1
            self.fast_pointer = 0
            try:
                yield pointer
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.fast_pointer = pointer.value or 0
                # Closed meanwhile, or just now: whichever of `close` and this comes last sees what the other did, and
                # until then `pointer` keeps what it points to.
                if self._pointer is None:
                    self.fast_pointer = 0

    def judge(
        self, functions: tuple[Any, Any], pieces: list[Elements], outs: tuple[int, ...], keys: int | None = None
    ) -> None:
        """Calls a function on each piece of an array, the first for plain doubles, the second for any elements.

        outs, keys: addresses of the arrays for the answers, or 0, and of the keys of a pool.
        """
        with self.exclusive() as pointer:
            for piece in pieces:
                start = (pointer,) if keys is None else (pointer, keys)
                places = [place or None for place in outs]
                if piece.is_plain():
                    check(functions[0](*start, piece.first, piece.length, *places))
                else:
                    check(functions[1](*start, *piece, *places))
                outs = tuple(place and place + width * piece.length for place, width in zip(outs, _WIDTHS))
                keys = None if keys is None else keys + 8 * piece.length


class Handle(Bound, Owner):
    """A detector of the library."""

    __slots__ = ("_depth", "_lock", "_pointer")
    NAME = "detector"

    def __init__(self, pointer: Pointer) -> None:
        self.bind(_STEP, _VERDICT, EVENTS)
        self.own(pointer)

    @classmethod
    def new(cls, config: NativeConfig) -> Handle:
        """A detector with these parameters, which are valid."""
        pointer = Pointer()
        check(QUICK.tailspot_new(byref(config), byref(pointer)))
        return cls(pointer)

    @classmethod
    def load(cls, snapshot: bytes) -> Handle:
        """The detector in a snapshot. Raises ValueError with the reason if it is not usable."""
        pointer = Pointer()
        if QUICK.tailspot_load(snapshot, len(snapshot), byref(pointer)) != native.OK:
            raise ValueError(explained(QUICK.tailspot_explain_snapshot, snapshot, len(snapshot)))
        return cls(pointer)

    def copy(self) -> Handle:
        """Another detector in the same state."""
        copy = Pointer()
        with self.exclusive() as pointer:
            check(QUICK.tailspot_clone(pointer, byref(copy)))
        return Handle(copy)

    def step_slowly(self, x: object) -> Event:
        """Judges one value of any real type."""
        value = as_float(x)
        with self._lock:
            return event_of(_step(self._open(), value))

    def verdict(self, x: object) -> Verdict:
        """Judges one value of any real type, and says by what."""
        value, answers = as_float(x), (c_double * 3)()
        with self._lock:
            at = addressof(answers)
            event = event_of(_verdict(self._open(), value, at, at + 8, at + 16))
        return Verdict(event, *answers)

    def judge_one(self, x: object) -> Verdict:
        """Judges one value of any real type, and changes nothing."""
        value, code, answers = c_double(as_float(x)), c_int8(), (c_double * 3)()
        with self._lock:
            at = addressof(answers)
            check(_judge(self._open(), addressof(value), 1, addressof(code), at, at + 8, at + 16))
        return Verdict(EVENTS[code.value + 2], *answers)

    def alert_slowly(self, x: object) -> tuple[Event, float, float] | None:
        """Judges one value of any real type; returns what `alert` of the fast module returns."""
        verdict = self.verdict(x)
        return (verdict.event, verdict.threshold, verdict.probability) if verdict.event.is_alert else None

    def fit(self, elements: Elements) -> None:
        """Calibrates on an array. Raises ValueError with the reason if it is too short."""
        with self.exclusive() as pointer:
            status = FREE.tailspot_fit_strided(pointer, *elements)
            if status == native.ERROR_TOO_FEW_VALUES:
                raise ValueError(explained(FREE.tailspot_explain_fit, pointer, *elements))
        check(status)

    def step_many(self, pieces: list[Elements], outs: tuple[int, ...]) -> None:
        """Judges arrays, one after the other, and learns from them."""
        self.judge((FREE.tailspot_step_many, FREE.tailspot_step_strided), pieces, outs)

    def judge_many(self, pieces: list[Elements], outs: tuple[int, ...]) -> None:
        """Judges arrays and changes nothing."""
        self.judge((FREE.tailspot_judge, FREE.tailspot_judge_strided), pieces, outs)

    def probabilities(self, side: int, pieces: list[Elements], out: int) -> None:
        """Writes the tail probabilities of arrays, one after the other, to an address."""
        with self.exclusive() as pointer:
            for piece in pieces:
                check(FREE.tailspot_tail_probability_strided(pointer, side, *piece, out))
                out += 8 * piece.length

    def save(self) -> bytes:
        """The whole state."""
        # A step by the fast way takes no lock, and may change the size between two calls.
        with self.exclusive() as pointer:
            size = QUICK.tailspot_snapshot_size(pointer)
            buffer = ctypes.create_string_buffer(size)
            check(QUICK.tailspot_save(pointer, buffer, size))
        return buffer.raw

    def config(self) -> NativeConfig:
        """The parameters."""
        answer = NativeConfig()
        self.call_checked(QUICK.tailspot_get_config, byref(answer), sizeof(answer))
        return answer

    @cached_property
    def gap(self) -> int:
        """The largest distance of two alerts of one incident."""
        return max(int(self.config().quarantine), LEAST_GAP)

    @cached_property
    def watched(self) -> tuple[bool, bool]:
        """Whether the upper side is watched, and the lower one."""
        config = self.config()
        return bool(config.up), bool(config.down)

    def status(self) -> NativeStatus:
        """Counters, thresholds and fits."""
        answer = NativeStatus()
        self.call_checked(QUICK.tailspot_get_status, byref(answer), sizeof(answer))
        return answer


def check(result: int) -> None:
    """Raises RuntimeError for what only a bug can cause: everything else was checked before, or by the caller."""
    if result != native.OK:
        raise RuntimeError(text(QUICK.tailspot_result_message(result)))


def event_of(code: int) -> Event:
    """The event of a code. Raises RuntimeError for a poisoned handle."""
    if code == native.INVALID:
        check(native.ERROR_POISONED)
    return EVENTS[code + 2]
