"""The answer to one value."""

from __future__ import annotations

from enum import IntEnum


class Event(IntEnum):
    """The answer to one value. The codes are those of libspot 1: `spot.step(x) == 1` works. The sign is the side."""

    NORMAL = 0
    """Not in a watched tail."""
    ALERT_UP = 1
    """Above the upper anomaly threshold: an anomaly."""
    ALERT_DOWN = -1
    """Below the lower anomaly threshold: an anomaly."""
    EXCESS_UP = 2
    """In the upper tail, and an excess to learn from."""
    EXCESS_DOWN = -2
    """In the lower tail, and an excess to learn from."""
    INIT_BATCH = 3
    """Collected for the calibration, or filling the window of the drift."""
    CALIBRATION = 4
    """This value completed the calibration."""
    MISSING = 5
    """NaN, or an infinity on a side that is not watched: nothing changed but the count of missing values."""

    @property
    def is_alert(self) -> bool:
        """Whether the value is an anomaly."""
        return self in (1, -1)


# The member of code c is EVENTS[c + 2].
EVENTS = tuple(Event(code) for code in range(-2, 6))
