"""Says so where no value was judged: an answer without anomalies would look like one of a quiet stream."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from tailspot._config import from_native

if TYPE_CHECKING:
    from tailspot._config import Config
    from tailspot._handle import Handle
    from tailspot._owned import Owned


class NotJudgedWarning(UserWarning):
    """No value was judged, since the calibration is not complete."""


def warn(count: int, handle: Handle, missing: int = 0, *, level: int) -> None:
    """Warns, once for each detector, that none of `count` values was judged, of which some were missing.

    level: how many frames away the code is that it is about; 1 is the caller.
    """
    if count > missing and not handle.warned:
        handle.warned = True
        warnings.warn(text(count, handle), NotJudgedWarning, stacklevel=level + 1)


def quietly(owner: Owned) -> None:
    """Nothing is to be said of this one: it is given a stream in pieces, and the first may well only calibrate it."""
    owner._handle.warned = True


def text(count: int, handle: Handle) -> str:
    """That none of `count` values was judged, and what would change that."""
    status = handle.status()
    taken = f"has taken {status.n:,}" if not status.calibrated else "is complete only now"
    return _text(f"none of the {count:,} values was judged", from_native(handle.config()), taken)


def sentence(what: str, config: Config, taken: str, *, level: int) -> None:
    """Warns that something was not judged."""
    warnings.warn(_text(what, config, taken), NotJudgedWarning, stacklevel=level + 1)


def _text(what: str, config: Config, taken: str) -> str:
    has_baseline = config.depth or config.scale_depth or config.period or config.baselines
    first = " after those that warm up the baselines" if has_baseline else ""
    help_ = "give it more values, calibrate with fit(values), or take a smaller n_init"
    return f"{what}: the calibration takes n_init = {config.n_init:,} values{first} and {taken}; {help_}"
