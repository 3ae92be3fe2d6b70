"""Owns a pool of the library."""

from __future__ import annotations

import ctypes
import os
import threading
from array import array
from ctypes import addressof, byref, c_double, c_ssize_t, c_void_p, py_object, sizeof
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from tailspot import _native as native
from tailspot._event import EVENTS, Event
from tailspot._handle import BoundPool, Handle, Owner, Pointer, Verdict, check, event_of
from tailspot._keys import as_key
from tailspot._library import FREE, QUICK, explained
from tailspot._native import NativeConfig, NativePoolStatus
from tailspot._number import as_float

if TYPE_CHECKING:
    from tailspot._elements import Elements

_step, _verdict = QUICK.tailspot_pool_step, QUICK.tailspot_pool_verdict
_STEP, _VERDICT = (ctypes.cast(function, c_void_p).value or 0 for function in (_step, _verdict))
_API = ctypes.PyDLL("the running Python", handle=ctypes.pythonapi._handle)
_bytes = _API.PyBytes_FromStringAndSize
_bytes.argtypes, _bytes.restype = (c_void_p, c_ssize_t), py_object
_inside = _API.PyBytes_AsString
_inside.argtypes, _inside.restype = (py_object,), c_void_p


class PoolPointer(c_void_p):
    """The address of a pool, which is freed with it."""

    def __del__(self, free: Any = QUICK.tailspot_pool_free) -> None:
        free(self)


class PoolHandle(BoundPool, Owner):
    """A pool of the library."""

    __slots__ = ("_depth", "_is_lost", "_lock", "_pointer")
    NAME = "pool"

    def __init__(self, pointer: PoolPointer) -> None:
        self._is_lost = False
        self.bind(_STEP, _VERDICT, EVENTS)
        self.own(pointer)
        _handles.add(self)

    @cached_property
    def gap(self) -> int:
        """The largest distance of two alerts of one incident."""
        return self.template().gap

    @classmethod
    def new(cls, config: NativeConfig) -> PoolHandle:
        """A pool with these parameters, which are valid."""
        pointer = PoolPointer()
        check(QUICK.tailspot_pool_new(byref(config), byref(pointer)))
        return cls(pointer)

    @classmethod
    def of(cls, spot: Handle) -> PoolHandle:
        """A pool in which every key starts as a copy of a detector."""
        pointer = PoolPointer()
        spot.call_checked(QUICK.tailspot_pool_with_template, byref(pointer))
        return cls(pointer)

    @classmethod
    def load(cls, snapshot: bytes, threads: int) -> PoolHandle:
        """The pool in a snapshot. Raises ValueError with the reason if it is not usable."""
        pointer = PoolPointer()
        status = FREE.tailspot_pool_load(snapshot, len(snapshot), threads, byref(pointer))
        if status == native.ERROR_SNAPSHOT:
            raise ValueError(explained(FREE.tailspot_pool_explain_snapshot, snapshot, len(snapshot)))
        check(status)
        return cls(pointer)

    def _open(self) -> c_void_p:
        if self._is_lost:
            raise RuntimeError("this pool was judging values when its process was forked: it is lost in the child")
        return super()._open()

    def step_slowly(self, key: object, x: object) -> Event:
        """Judges one value of any real type."""
        number, value = as_key(key), as_float(x)
        with self._lock:
            return event_of(_step(self._open(), number, value))

    def verdict(self, key: object, x: object) -> Verdict:
        """Judges one value of any real type, and says by what."""
        number, value, answers = as_key(key), as_float(x), (c_double * 3)()
        with self._lock:
            at = addressof(answers)
            event = event_of(_verdict(self._open(), number, value, at, at + 8, at + 16))
        return Verdict(event, *answers)

    def alert_slowly(self, key: object, x: object) -> tuple[Event, float, float] | None:
        """Judges one value of any real type; returns what `alert` of the fast module returns."""
        verdict = self.verdict(key, x)
        return (verdict.event, verdict.threshold, verdict.probability) if verdict.event.is_alert else None

    def step_many(self, keys: int, pieces: list[Elements], outs: tuple[int, ...]) -> None:
        """Judges a column in pieces, and learns from it; its keys are at an address."""
        self.judge((FREE.tailspot_pool_step_many, FREE.tailspot_pool_step_strided), pieces, outs, keys)

    def get(self, key: int) -> Handle | None:
        """A copy of the detector of a key, if it is known."""
        return self._handed_over(QUICK.tailspot_pool_get, key)

    def remove(self, key: int) -> Handle | None:
        """Forgets a key; its detector, if it was known."""
        return self._handed_over(QUICK.tailspot_pool_remove, key)

    def _handed_over(self, function: Any, key: int) -> Handle | None:
        pointer = Pointer()
        status = self.call(function, key, byref(pointer))
        if status == native.ERROR_KEY:
            return None
        check(status)
        return Handle(pointer)

    def template(self) -> Handle:
        """A copy of what a new key starts from."""
        pointer = Pointer()
        self.call_checked(QUICK.tailspot_pool_get_template, byref(pointer))
        return Handle(pointer)

    def insert(self, key: int, spot: Handle) -> None:
        """Gives a key a copy of a detector."""
        with self._lock:
            check(spot.call(lambda pointer: QUICK.tailspot_pool_insert(self._open(), key, pointer)))

    def keys(self) -> array[int]:
        """All keys, in no order."""
        with self.exclusive() as pointer:
            keys = array("Q", bytes(8 * QUICK.tailspot_pool_size(pointer)))
            check(QUICK.tailspot_pool_keys(pointer, keys.buffer_info()[0], len(keys)) if keys else native.OK)
        return keys

    def status(self) -> NativePoolStatus:
        """The number of keys, and the settings."""
        answer = NativePoolStatus()
        self.call_checked(QUICK.tailspot_pool_get_status, byref(answer), sizeof(answer))
        return answer

    def save(self) -> bytes:
        """The whole state."""
        with self.exclusive() as pointer:
            size = FREE.tailspot_pool_snapshot_size(pointer)
            # Written where it stays: a pool may take much of the memory.
            saved: bytes = _bytes(None, size)
            check(FREE.tailspot_pool_save(pointer, _inside(saved), size))
        return saved

    def after_fork(self) -> None:
        """In the child: other threads, which may have had the lock, are not here. What they did is half done."""
        self._lock = threading.RLock()
        if self._depth > 0 and self._pointer is not None:
            self._is_lost = True
            _lost.append(self._pointer)
            self.close()


_handles: WeakSet[PoolHandle] = WeakSet()
# Pools that cannot even be freed.
_lost: list[c_void_p] = []


def _after_fork() -> None:
    for handle in list(_handles):
        handle.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
