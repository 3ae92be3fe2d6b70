"""Says so where no value was judged: an answer without anomalies would look like one of a quiet stream."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tailspot._handle import Handle


class NotJudgedWarning(UserWarning):
    """No value was judged, since the calibration is not complete."""


def warn(count: int, handle: Handle, missing: int = 0, *, level: int) -> None:
    """Warns, once for each detector, that none of `count` values was judged, of which some were missing.

    level: how many frames away the code is that it is about; 1 is the caller.
    """
    if count <= missing or handle.warned:
        return
    handle.warned = True
    status, config = handle.status(), handle.config()
    taken = f"has taken {status.n:,}" if not status.calibrated else "is complete only now"
    sentence(f"none of the {count:,} values was judged", config.n_init, taken, level=level + 1)


def sentence(what: str, n_init: int, taken: str, *, level: int) -> None:
    """Warns that something was not judged, and says what would change that."""
    text = f"{what}: the calibration takes n_init = {n_init:,} values and {taken}"
    help_ = "give it more values, calibrate with fit(values), or take a smaller n_init"
    warnings.warn(f"{text}; {help_}", NotJudgedWarning, stacklevel=level + 1)
