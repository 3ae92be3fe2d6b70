"""What stands in for the fast module where that is missing: the same classes, by ctypes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailspot._event import Event


class Bound:
    """Has nothing fast: every value takes the way of `step_slowly`."""

    __slots__ = ("armed",)

    armed: int

    def bind(self, step: int, events: tuple[Event, ...]) -> None:
        """Nothing to remember."""

    def step(self, x: object, /) -> Event:
        """Judges one value, and learns from it."""
        return self.step_slowly(x)

    def step_slowly(self, x: object) -> Event:
        """The way by ctypes; a handle has it."""
        raise NotImplementedError


class BoundPool:
    """The same for a pool."""

    __slots__ = ("armed",)

    armed: int

    def bind(self, step: int, verdict: int, events: tuple[Event, ...]) -> None:
        """Nothing to remember."""

    def step(self, key: object, x: object, /) -> Event:
        """Judges one value of a key, and learns from it."""
        return self.step_slowly(key, x)

    def verdict(self, key: object, x: object, /) -> tuple[Event, float, float] | None:
        """The same; of an alert its event, threshold and probability."""
        return self.verdict_slowly(key, x)

    def step_slowly(self, key: object, x: object) -> Event:
        """The way by ctypes; a handle has it."""
        raise NotImplementedError

    def verdict_slowly(self, key: object, x: object) -> tuple[Event, float, float] | None:
        """The way by ctypes; a handle has it."""
        raise NotImplementedError
