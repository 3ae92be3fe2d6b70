"""Stands in for the fast module where that is missing: the same classes, by ctypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailspot._event import Event


class Bound:
    """A detector: every value goes by `step_slowly` or `alert_slowly`, which a handle has."""

    __slots__ = ("fast_pointer",)

    fast_pointer: int

    def bind(self, step: int, verdict: int, events: tuple[Event, ...]) -> None:
        """Nothing to remember."""

    def step(self, x: object, /) -> Event:
        """Judges one value, and learns from it."""
        return self.step_slowly(x)

    def alert(self, x: object, /) -> tuple[Event, float, float] | None:
        """The same; of an alert its event, threshold and probability, else None."""
        return self.alert_slowly(x)

    def step_slowly(self, x: object) -> Event:
        """By ctypes."""
        raise NotImplementedError

    def alert_slowly(self, x: object) -> tuple[Event, float, float] | None:
        """By ctypes."""
        raise NotImplementedError


class BoundPool:
    """The same for a pool."""

    __slots__ = ("fast_pointer",)

    fast_pointer: int

    def bind(self, step: int, verdict: int, events: tuple[Event, ...]) -> None:
        """Nothing to remember."""

    def step(self, key: object, x: object, /) -> Event:
        """Judges one value of a key, and learns from it."""
        return self.step_slowly(key, x)

    def alert(self, key: object, x: object, /) -> tuple[Event, float, float] | None:
        """The same; of an alert its event, threshold and probability, else None."""
        return self.alert_slowly(key, x)

    def step_slowly(self, key: object, x: object) -> Event:
        """By ctypes."""
        raise NotImplementedError

    def alert_slowly(self, key: object, x: object) -> tuple[Event, float, float] | None:
        """By ctypes."""
        raise NotImplementedError
