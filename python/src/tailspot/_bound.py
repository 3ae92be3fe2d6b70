"""What stands in for the fast module where that is missing: the same class, by ctypes."""

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
