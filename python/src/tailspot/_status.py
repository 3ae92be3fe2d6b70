"""What a detector reports about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from tailspot._config import table
from tailspot._native import OUTCOME

if TYPE_CHECKING:
    from tailspot._native import NativeStatus


@dataclass(frozen=True)
class Status:
    """A detector at one moment: the answer of `Spot.status()`. Numbers are NaN if not available.

    Thresholds are in the scale of the stream: the drift is added. The names of pylibspot (`al_up`, `ex_up`, `Nt_up`,
    `t_up`, `z_up`, and with `_down`) go on working.
    """

    calibrated: bool
    """Whether the calibration is complete."""
    n: int
    """Values learned from: those of the calibration, and later ones that are neither an alert nor in quarantine."""
    seen: int
    """Values judged since the calibration, alerts included."""
    missing: int
    """NaN, and infinities on a side that is not watched."""
    drift: float
    """The moving mean that is taken off each value; 0 for a `Spot`, NaN while the window of a `DSpot` fills."""
    alerts_up: int
    """Upper tail: alerts so far."""
    alerts_down: int
    """Lower tail: alerts so far."""
    n_t_up: int
    """Upper tail: excesses ever counted."""
    n_t_down: int
    """Lower tail: excesses ever counted."""
    excesses_up: int
    """Upper tail: excesses in the buffer."""
    excesses_down: int
    """Lower tail: excesses in the buffer."""
    excess_threshold_up: float
    """Upper tail: where it starts, t."""
    excess_threshold_down: float
    """Lower tail: where it starts, t."""
    anomaly_threshold_up: float
    """Upper tail: where an anomaly starts, z_q."""
    anomaly_threshold_down: float
    """Lower tail: where an anomaly starts, z_q."""
    shape_up: float
    """Upper tail: shape of the fitted generalized Pareto distribution, from -1/2 to 3; above 0 is a heavy tail."""
    shape_down: float
    """Lower tail: shape of the fit."""
    scale_up: float
    """Upper tail: scale of the fit, in the unit of the stream."""
    scale_down: float
    """Lower tail: scale of the fit, in the unit of the stream."""
    fit_up: str | None
    """Upper tail: how the last fit ended: "converged", "floor", "cap", "degenerate", "too_few", or None without one."""
    fit_down: str | None
    """Lower tail: how the last fit ended."""
    learning_limit_up: float
    """Upper tail: where learning stops. Values from here to the anomaly threshold are excesses, treated like alerts."""
    learning_limit_down: float
    """Lower tail: where learning stops; NaN unless the accounting is budgeted."""
    allowance_up: float
    """Upper tail: how many values beyond the learning limit the model may still learn."""
    allowance_down: float
    """Lower tail: how many values beyond the learning limit the model may still learn."""
    incidents: int
    """Incidents so far: alerts of either side that came close together count once."""
    refuted: int
    """For how many values the calibration has been refuted: so many lay beyond an excess threshold that the stream has
    left what it was calibrated on. 0 if it is not."""
    incidents_up: int
    """Upper tail: incidents of this side so far."""
    incidents_down: int
    """Lower tail: incidents of this side so far."""
    surplus_up: int
    """Upper tail: alerts beyond `limit`, which were learned."""
    surplus_down: int
    """Lower tail: alerts beyond `limit`, which were learned."""

    def to_dict(self) -> dict[str, Any]:
        """The entries by their names."""
        return asdict(self)

    def __str__(self) -> str:
        return table(self.to_dict())

    # The names of pylibspot.
    ex_up = property(lambda self: self.excesses_up)
    ex_down = property(lambda self: self.excesses_down)
    Nt_up = property(lambda self: self.n_t_up)
    Nt_down = property(lambda self: self.n_t_down)
    al_up = property(lambda self: self.alerts_up)
    al_down = property(lambda self: self.alerts_down)
    t_up = property(lambda self: self.excess_threshold_up)
    t_down = property(lambda self: self.excess_threshold_down)
    z_up = property(lambda self: self.anomaly_threshold_up)
    z_down = property(lambda self: self.anomaly_threshold_down)


def from_native(native: NativeStatus) -> Status:
    """The entries of a struct of the library."""
    entries = {field.name: getattr(native, field.name) for field in fields(Status)}
    entries["calibrated"] = bool(native.calibrated)
    entries["fit_up"], entries["fit_down"] = OUTCOME[native.fit_up], OUTCOME[native.fit_down]
    return Status(**entries)
