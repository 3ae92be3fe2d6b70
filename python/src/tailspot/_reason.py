"""How well a detector knows its tails, and what it says of a value."""

from __future__ import annotations

from ctypes import byref, c_double, sizeof
from dataclasses import dataclass, fields
from typing import Any, Literal, NamedTuple

from tailspot._config import Baseline
from tailspot._handle import Handle, check
from tailspot._library import QUICK, explained
from tailspot._native import DOWN, ERROR_PARAMETER, UP, NativeReason
from tailspot._number import as_float, as_parameter


class Interval(NamedTuple):
    """Where a number lies; NaN if not available."""

    low: float
    """Its lower end."""
    high: float
    """Its upper end."""


class Intervals(NamedTuple):
    """The intervals of both tails that hold the true number with the probability `confidence`."""

    upper: Interval
    """That of the upper tail."""
    lower: Interval
    """That of the lower tail."""
    confidence: float
    """The probability."""


class Spread(NamedTuple):
    """How badly the anomaly thresholds are known; NaN if not available."""

    upper: float
    """That of the upper tail."""
    lower: float
    """That of the lower tail."""


@dataclass(frozen=True)
class Reason:
    """What one baseline says of a value: an answer of `Spot.reasons`."""

    baseline: Baseline
    """Which baseline."""
    level: float
    """Its level; 0 without one."""
    scale: float
    """Its local scale; 1 without one."""
    season: float
    """The season at this value; 0 without one."""
    residual: float
    """The value without them: (value - season - level) / scale."""
    side: Literal["up", "down"] | None
    """The tail that the residual lies in, if it lies in one."""
    probability: float
    """The tail probability of the residual; NaN if it is not in a tail."""
    upper: float
    """The upper anomaly threshold of this baseline alone, in the unit of the stream."""
    lower: float
    """The lower one."""


def intervals(handle: Handle, function: Any, confidence: float) -> Intervals:
    """Of each tail what the function answers."""
    confidence = as_parameter(confidence, "confidence")
    reason = explained(QUICK.tailspot_explain_confidence, confidence)
    if reason:
        raise ValueError(reason)
    ends: list[Interval] = []
    for side in (UP, DOWN):
        low, high = c_double(), c_double()
        handle.call_checked(function, side, confidence, byref(low), byref(high))
        ends.append(Interval(low.value, high.value))
    return Intervals(ends[0], ends[1], confidence)


def reasons(handle: Handle, x: Any) -> tuple[Reason, ...]:
    """What each baseline says; nothing before the calibration, and of a value that is not finite."""
    value = as_float(x)
    answers: list[Reason] = []
    while True:
        answer = NativeReason()
        result = handle.call(QUICK.tailspot_get_reason, value, len(answers), byref(answer), sizeof(answer))
        if result == ERROR_PARAMETER:
            return tuple(answers)
        check(result)
        answers.append(_reason(answer))


def _reason(native: NativeReason) -> Reason:
    parts = native.baseline
    entries = {field.name: getattr(native, field.name) for field in fields(Reason)}
    entries["baseline"] = Baseline(parts.depth, parts.scale_depth, parts.period)
    entries["side"] = {UP: "up", DOWN: "down"}.get(native.side)
    return Reason(**entries)
