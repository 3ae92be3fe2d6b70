"""What a detector reports about itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Generic, TypeVar

from tailspot import _html
from tailspot._config import table
from tailspot._native import OUTCOME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tailspot._native import NativeStatus

T = TypeVar("T")


class _Alias(Generic[T]):
    """Another name for a field of a `Status`."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.__doc__ = f"The name that pylibspot has for `{field}`."

    def __get__(self, status: Status | None, owner: type[Status]) -> T:
        return self if status is None else getattr(status, self.field)  # type: ignore[return-value]


@dataclass(frozen=True)
class Status:
    """A detector at one moment: the answer of `Spot.status()`. Numbers are NaN if not available.

    Thresholds are in the scale of the stream: the drift is added. The names of pylibspot are there too: `al_up` for
    `alerts_up`, `ex_up` for `excesses_up`, `Nt_up` for `n_t_up`, `t_up` for `excess_threshold_up`, `z_up` for
    `anomaly_threshold_up`, and the same with `_down`.
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
    """What is subtracted from each value: level and season; 0 without a baseline, NaN while its window fills."""
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
    """Upper tail: scale of the fit, in the unit of the residuals."""
    scale_down: float
    """Lower tail: scale of the fit, in the unit of the residuals."""
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
    """For how many values the calibration has been refuted: too many lie beyond an excess threshold for a stream like
    the calibration. 0 if it is not."""
    incidents_up: int
    """Upper tail: incidents of this side so far."""
    incidents_down: int
    """Lower tail: incidents of this side so far."""
    surplus_up: int
    """Upper tail: alerts beyond `limit`, which were learned; of several baselines, beyond that of one."""
    surplus_down: int
    """Lower tail: alerts beyond `limit`, which were learned; of several baselines, beyond that of one."""
    rejected_up: int
    """Upper tail: excesses rejected as anomalies by the robust fits, of the calibration and later."""
    rejected_down: int
    """Lower tail: excesses rejected as anomalies by the robust fits."""

    def to_dict(self) -> dict[str, float | str | None]:
        """The entries by their names, and once more by those of pylibspot."""
        return {**asdict(self), **{name: getattr(self, name) for name in _ALIASES}}

    def __iter__(self) -> Iterator[tuple[str, float | str | None]]:
        """Yields pairs, so that `dict(status)` is `status.to_dict()`."""
        return iter(self.to_dict().items())

    def __str__(self) -> str:
        return table(asdict(self))

    def _repr_html_(self) -> str:
        return _html.entries(asdict(self))

    ex_up = _Alias[int]("excesses_up")
    ex_down = _Alias[int]("excesses_down")
    Nt_up = _Alias[int]("n_t_up")
    Nt_down = _Alias[int]("n_t_down")
    al_up = _Alias[int]("alerts_up")
    al_down = _Alias[int]("alerts_down")
    t_up = _Alias[float]("excess_threshold_up")
    t_down = _Alias[float]("excess_threshold_down")
    z_up = _Alias[float]("anomaly_threshold_up")
    z_down = _Alias[float]("anomaly_threshold_down")


_ALIASES = {name: alias for name, alias in vars(Status).items() if isinstance(alias, _Alias)}


def from_native(native: NativeStatus) -> Status:
    """The entries of a struct of the library."""
    entries = {field.name: getattr(native, field.name) for field in fields(Status)}
    entries["calibrated"] = bool(native.calibrated)
    entries["fit_up"], entries["fit_down"] = OUTCOME[native.fit_up], OUTCOME[native.fit_down]
    return Status(**entries)
