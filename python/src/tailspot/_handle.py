"""Owns what the library made, a detector or a pool: nothing else calls the library with one.

- *Lifetime.* It is freed when the last reference to its `Pointer` is gone. A call holds one, so `close` in
  another thread never frees what is in use; later calls find no pointer and raise.
- *Locks.* Every call by ctypes takes the lock of the handle. Calls on arrays let go of the GIL, so they first set
  `armed` to 0, which sends the fast way of `Bound.step`, that knows only the GIL, to `step_slowly` and its lock.
- *Same thread again.* A signal handler may use the detector between two bytecodes of a call. The lock lets it in, and
  `_depth` tells which call is the outermost one, which arms again.
"""

from __future__ import annotations

import ctypes
import os
import threading
from contextlib import contextmanager
from ctypes import byref, c_void_p, sizeof
from typing import TYPE_CHECKING, Any

from tailspot import _native as native
from tailspot._event import EVENTS, Event
from tailspot._native import FREE, QUICK, NativeConfig, NativeStatus, explained
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

__all__ = ["Bound", "BoundPool", "Handle", "Owner", "Pointer", "check"]

_STEP = ctypes.cast(QUICK.tailspot_step, c_void_p).value or 0
_step = QUICK.tailspot_step


class Pointer(c_void_p):
    """The address of a detector, which is freed with it."""

    def __del__(self, free: Any = QUICK.tailspot_free) -> None:
        free(self)


class Owner:
    """One thing of the library, for any number of threads. What inherits from it says what it calls itself."""

    NAME = "thing"

    armed: int
    _depth: int
    _lock: threading.RLock
    _pointer: c_void_p | None

    def own(self, pointer: c_void_p) -> None:
        """Begins to own what the pointer frees when it goes."""
        self._lock = threading.RLock()
        self._depth = 0
        self._pointer = pointer
        self.armed = pointer.value or 0

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._pointer is None

    def close(self) -> None:
        """Frees it as soon as no call is using it. Twice is fine."""
        # In this order, and with a reference until the end: see `_alone`.
        pointer, self._pointer = self._pointer, None
        self.armed = 0
        del pointer

    def _open(self) -> c_void_p:
        pointer = self._pointer
        if pointer is None:
            raise ValueError(f"this {self.NAME} is closed")
        return pointer

    def ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a quick function and returns its answer."""
        with self._lock:
            return function(self._open(), *arguments)

    def tell(self, function: Callable[..., int], *arguments: Any) -> None:
        """Calls a quick function that can fail."""
        check(self.ask(function, *arguments))

    @contextmanager
    def alone(self) -> Iterator[c_void_p]:
        """The pointer for calls without the GIL: no other thread gets in, not even by the fast way."""
        with self._lock:
            pointer = self._open()
            self._depth += 1
            self.armed = 0
            try:
                yield pointer
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.armed = pointer.value or 0
                # Closed meanwhile, or just now: whichever of `close` and this comes last sees what the other did, and
                # until then `pointer` keeps what it points to.
                if self._pointer is None:
                    self.armed = 0


class Handle(Bound, Owner):
    """A detector of the library."""

    __slots__ = ("_depth", "_lock", "_pointer")
    NAME = "detector"

    def __init__(self, pointer: Pointer) -> None:
        self.bind(_STEP, EVENTS)
        self.own(pointer)

    @classmethod
    def new(cls, config: NativeConfig) -> Handle:
        """A detector with these parameters, which are valid."""
        pointer = Pointer()
        check(QUICK.tailspot_new(byref(config), byref(pointer)))
        return cls(pointer)

    @classmethod
    def load(cls, snapshot: bytes) -> Handle:
        """The detector in a snapshot. Raises ValueError with the reason if it is none."""
        pointer = Pointer()
        if QUICK.tailspot_load(snapshot, len(snapshot), byref(pointer)) != native.OK:
            raise ValueError(explained(QUICK.tailspot_explain_snapshot, snapshot, len(snapshot)))
        return cls(pointer)

    def step_slowly(self, x: object) -> Event:
        """Judges one value of any real type."""
        value = as_float(x)
        with self._lock:
            code: int = _step(self._open(), value)
        if code == native.INVALID:
            check(native.ERROR_DEAD)
        return EVENTS[code + 2]

    def fit(self, elements: Elements) -> None:
        """Calibrates on an array. Raises ValueError with the reason if it is too short."""
        with self.alone() as pointer:
            status = FREE.tailspot_fit_strided(pointer, *elements)
            if status == native.ERROR_TOO_FEW_VALUES:
                raise ValueError(explained(FREE.tailspot_explain_fit, pointer, *elements))
        check(status)

    def step_many(self, pieces: list[Elements], events: int, upper: int, lower: int) -> None:
        """Judges arrays, one after the other; the answers go to three addresses with room for all."""
        with self.alone() as pointer:
            for piece in pieces:
                places = (events, upper, lower)
                if piece.is_plain():
                    status = FREE.tailspot_step_many(pointer, piece.first, piece.length, *places)
                else:
                    status = FREE.tailspot_step_strided(pointer, *piece, *places)
                check(status)
                events, upper, lower = events + piece.length, upper + 8 * piece.length, lower + 8 * piece.length

    def save(self) -> bytes:
        """The whole state."""
        with self._lock:
            pointer = self._open()
            size = QUICK.tailspot_snapshot_size(pointer)
            buffer = ctypes.create_string_buffer(size)
            check(QUICK.tailspot_save(pointer, buffer, size))
        return buffer.raw

    def config(self) -> NativeConfig:
        """The parameters."""
        answer = NativeConfig()
        self.tell(QUICK.tailspot_get_config, byref(answer), sizeof(answer))
        return answer

    def status(self) -> NativeStatus:
        """Counters, thresholds and fits."""
        answer = NativeStatus()
        self.tell(QUICK.tailspot_get_status, byref(answer), sizeof(answer))
        return answer


def check(status: int) -> None:
    """Raises RuntimeError for what only a bug can cause: everything else was checked before, or by the caller."""
    if status != native.OK:
        raise RuntimeError(native.text(QUICK.tailspot_status_message(status)))
