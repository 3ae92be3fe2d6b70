"""The parameters of a detector."""

from __future__ import annotations

from ctypes import byref, sizeof
from dataclasses import asdict, dataclass
from typing import Any

from tailspot._native import ACCOUNTING, QUICK, THRESHOLD, NativeConfig, explained
from tailspot._number import as_choice, as_count, as_flag, as_parameter

_COUNTS = ("n_init", "max_excess", "depth", "quarantine")
_FLAGS = ("up", "down", "alert", "bounded")


@dataclass(frozen=True)
class Config:
    """What a detector is asked to do: the answer of `Spot.config()`. The arguments of `Spot` have the same names."""

    q: float
    """Tail probability of an anomaly, for each watched side; 0 < q < 1 - level."""
    n_init: int
    """Number of values of the streaming calibration."""
    level: float
    """Quantile level where the upper tail starts, in (0, 1); mirrored for the lower one."""
    up: bool
    """Watches the upper tail."""
    down: bool
    """Watches the lower tail."""
    alert: bool
    """Reports values beyond the anomaly threshold, and keeps them out of the model."""
    bounded: bool
    """Keeps only the last `max_excess` excesses of a side."""
    max_excess: int
    """Excesses kept for each side, if bounded."""
    accounting: str
    """What an alert leaves in the model: "discarded", "learned", "censored" or "budgeted"."""
    threshold: str
    """"calibrated", or "plug_in" as published."""
    quarantine: int
    """Values kept out of the model on either side of an alert."""
    depth: int
    """Length of the moving average that is taken off first; 0 for a `Spot`."""

    def to_dict(self) -> dict[str, Any]:
        """The parameters by their names."""
        return asdict(self)

    def __str__(self) -> str:
        return table(self.to_dict())


def table(entries: dict[str, Any]) -> str:
    """One line an entry: the name, and the value aligned."""
    width = max(map(len, entries))
    return "\n".join(f"{name:>{width}}  {value}" for name, value in entries.items())


def to_native(config: Config) -> NativeConfig:
    """The struct of the library, with every argument checked as far as the library cannot."""
    native = NativeConfig()
    QUICK.tailspot_config_init(byref(native), sizeof(native))
    native.q = as_parameter(config.q, "q")
    native.level = as_parameter(config.level, "level")
    for name in _COUNTS:
        setattr(native, name, as_count(getattr(config, name), name, 0))
    for name in _FLAGS:
        setattr(native, name, as_flag(getattr(config, name), name))
    native.accounting = as_choice(config.accounting, "accounting", ACCOUNTING)
    native.threshold = as_choice(config.threshold, "threshold", THRESHOLD)
    complaint = explained(QUICK.tailspot_explain_config, byref(native))
    if complaint:
        raise ValueError(complaint)
    return native


def from_native(native: NativeConfig) -> Config:
    """The parameters in a struct of the library."""
    return Config(
        q=native.q,
        n_init=native.n_init,
        level=native.level,
        up=bool(native.up),
        down=bool(native.down),
        alert=bool(native.alert),
        bounded=bool(native.bounded),
        max_excess=native.max_excess,
        accounting=ACCOUNTING[native.accounting],
        threshold=THRESHOLD[native.threshold],
        quarantine=native.quarantine,
        depth=native.depth,
    )
