"""The detectors."""

from __future__ import annotations

from ctypes import byref
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from tailspot import _config, _output, _status
from tailspot._handle import Handle
from tailspot._native import DOWN, QUICK, UP, explained
from tailspot._number import as_count, as_float, as_parameter
from tailspot._result import Result
from tailspot._values import elements_of, pieces_of

if TYPE_CHECKING:
    from types import TracebackType

    from tailspot._config import Config
    from tailspot._event import Event
    from tailspot._status import Status

Self = TypeVar("Self", bound="Spot")
_anomaly_threshold, _excess_threshold = QUICK.tailspot_anomaly_threshold, QUICK.tailspot_excess_threshold


class Quantiles(NamedTuple):
    """Return levels of both tails, in the unit of the stream; NaN where there is none."""

    upper: float
    """The value above which a value falls with probability q."""
    lower: float
    """The value below which a value falls with probability q."""


class Spot:
    """Finds values of a stream that are too large or too small to be chance (SPOT; Siffer et al., KDD 2017).

    The first `n_init` values calibrate it, or `fit` does; then each value is judged and, if it is no anomaly, learned.

    q: tail probability of an anomaly, for each watched side; 0 < q < 1 - level.
    n_init: values of the streaming calibration; enough to leave one excess on each watched side.
    level: quantile level where the upper tail starts, 0 < level < 1; mirrored for the lower one.
    up, down: which tails to watch; at least one.
    alert: with False nothing finite is ever an alert, and every value is learned.
    bounded: keep only the last `max_excess` excesses of a side; with False, all.
    max_excess: at least 1 if bounded.
    accounting: what an alert leaves in the model: "budgeted" (the information that a value was beyond the threshold,
        for no more alerts than q promises), "censored" (the same for every alert), "learned" (an excess like any
        other) or "discarded" (nothing, as published).
    threshold: "calibrated", corrected for the uncertainty of the fit, or "plug_in", as published.
    quarantine: values kept out of the model on either side of an alert; at least 0.

    Raises ValueError for a value out of range, TypeError for what is no number; the message names it.

    Threads may share a detector: one call at a time gets in. It can be copied, pickled, and closed by `with`.
    """

    _handle: Handle

    def __init__(
        self,
        q: float = 1e-4,
        n_init: int = 2000,
        level: float = 0.99,
        up: bool = True,
        down: bool = True,
        alert: bool = True,
        bounded: bool = True,
        max_excess: int = 200,
        *,
        accounting: str = "budgeted",
        threshold: str = "calibrated",
        quarantine: int = 20,
    ) -> None:
        self._start(
            _config.Config(
                q, n_init, level, up, down, alert, bounded, max_excess, accounting, threshold, quarantine, depth=0
            )
        )

    def _start(self, config: Config) -> None:
        self._adopt(Handle.new(_config.to_native(config)))

    def _adopt(self, handle: Handle) -> None:
        self._handle = handle
        if type(self).step is Spot.step:
            # What `spot.step` finds is then the fast function itself.
            self.__dict__["step"] = handle.step

    def step(self, x: Any) -> Event:
        """Judges one value, and learns from it what the model may learn.

        Takes any real number. NaN and None are MISSING and change nothing; so is an infinity on a side that is not
        watched. Raises TypeError for what is no real number, ValueError after `close`.
        """
        return self._handle.step(x)

    def step_many(self, values: Any, *, dtype: Any = None) -> Result:
        """Judges n values in order: the same answers as `step` on each, bit for bit, and many times as fast.

        values: one dimension, of integers, floats or bool in any layout and byte order: a NumPy array, a pandas or
            polars series, an Arrow array or chunked array, any other buffer, or a sequence of numbers. Nulls, None and
            masked values are MISSING. It is read where it is; sequences are copied.
        dtype: the element type of bytes, such as "<f4", "float64" or ">i2"; only for bytes.

        Returns a `Result` with arrays of shape (n,). Other threads run meanwhile. Raises TypeError for elements that
        are no real numbers, ValueError for other than one dimension, and after `close`.
        """
        with pieces_of(values, dtype) as pieces:
            count = sum(piece.length for piece in pieces)
            (events, at_events), (upper, at_upper), (lower, at_lower) = _output.new(count)
            self._handle.step_many(pieces, at_events, at_upper, at_lower)
        return Result(events, upper, lower)

    def fit(self: Self, values: Any, *, dtype: Any = None) -> Self:
        """Calibrates on n values, whatever `n_init` says, and forgets what was before; returns the detector itself.

        values, dtype: as for `step_many`. With a drift the first `depth` finite values fill its window.

        Raises ValueError if fewer finite values are given than leave one excess on each watched side; the detector is
        then as it was.
        """
        with elements_of(values, dtype) as elements:
            self._handle.fit(elements)
        return self

    def reset(self) -> None:
        """Forgets everything but the parameters."""
        self._handle.tell(QUICK.tailspot_reset)

    def set_q(self, q: float) -> None:
        """Changes the tail probability of an anomaly; the thresholds move at once. Raises ValueError out of range."""
        wanted = self._handle.config()
        wanted.q = as_parameter(q, "q")
        complaint = explained(QUICK.tailspot_explain_config, byref(wanted))
        if complaint:
            raise ValueError(complaint)
        self._handle.tell(QUICK.tailspot_set_q, wanted.q)

    def get_upper_threshold(self) -> float:
        """Where an upper anomaly starts, z_q, in the unit of the stream; NaN if there is none (yet)."""
        return self._handle.ask(_anomaly_threshold, UP)  # type: ignore[no-any-return]

    def get_lower_threshold(self) -> float:
        """Where a lower anomaly starts, z_q, in the unit of the stream; NaN if there is none (yet)."""
        return self._handle.ask(_anomaly_threshold, DOWN)  # type: ignore[no-any-return]

    def get_upper_t(self) -> float:
        """Where the upper tail starts, t, in the unit of the stream; NaN if there is none (yet)."""
        return self._handle.ask(_excess_threshold, UP)  # type: ignore[no-any-return]

    def get_lower_t(self) -> float:
        """Where the lower tail starts, t, in the unit of the stream; NaN if there is none (yet)."""
        return self._handle.ask(_excess_threshold, DOWN)  # type: ignore[no-any-return]

    def up_probability(self, z: float) -> float:
        """P(X > z), from 0 to N_t / n; NaN if z is not in the upper tail, where there is no model."""
        return self._handle.ask(QUICK.tailspot_probability, UP, as_float(z, "z"))  # type: ignore[no-any-return]

    def down_probability(self, z: float) -> float:
        """P(X < z), from 0 to N_t / n; NaN if z is not in the lower tail, where there is no model."""
        return self._handle.ask(QUICK.tailspot_probability, DOWN, as_float(z, "z"))  # type: ignore[no-any-return]

    def quantile(self, q: float) -> Quantiles:
        """The values beyond which a value falls with probability q: the anomaly thresholds for another q.

        NaN on a side where there is none: q above N_t / n, not calibrated, not watched. Raises ValueError unless
        0 < q < 1.
        """
        q = as_parameter(q, "q")
        if not 0.0 < q < 1.0:
            raise ValueError(f"q = {q:g} is out of range: needs 0 < q < 1")
        upper, lower = (self._handle.ask(QUICK.tailspot_quantile, side, q) for side in (UP, DOWN))
        return Quantiles(upper, lower)

    def status(self) -> Status:
        """Counters, thresholds and fits of both tails at this moment."""
        return _status.from_native(self._handle.status())

    def config(self) -> Config:
        """The parameters; `q` as it is now."""
        return _config.from_native(self._handle.config())

    def save(self) -> bytes:
        """The whole state, also in the middle of a calibration: what is loaded from it continues bit for bit.

        The format is the same on every machine and in every language of tailspot, and later versions read it.
        """
        return self._handle.save()

    @classmethod
    def load(cls: type[Self], data: bytes) -> Self:
        """A detector as it was when `save` wrote these bytes.

        `Spot.load` answers a `DSpot` if one was saved. Raises ValueError with the reason if the bytes are foreign, cut,
        damaged or forged, TypeError if they are no bytes.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise TypeError(f"data is no bytes: {type(data).__name__}")
        handle = Handle.load(bytes(data))
        drifts = handle.config().depth > 0
        kind: type[Any] = DSpot if drifts and cls is Spot else cls
        if drifts != issubclass(kind, DSpot):
            raise ValueError(f"this snapshot is of a {'DSpot' if drifts else 'Spot'}, not of a {cls.__name__}")
        spot: Self = object.__new__(kind)
        spot._adopt(handle)
        return spot

    def close(self) -> None:
        """Frees the memory of the detector now; every later call but `close` raises ValueError."""
        self._handle.close()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        own = {name: value for name, value in self.__dict__.items() if name not in ("_handle", "step")}
        return type(self).load, (self.save(),), own

    def __repr__(self) -> str:
        name = type(self).__name__
        if self._handle.closed:
            return f"<{name}, closed>"
        config, status = self.config(), self.status()
        depth = f"depth={config.depth}, " if config.depth else ""
        sides = f"up={config.up}, down={config.down}"
        state = f"n={status.n}" if status.calibrated else "not calibrated"
        return f"<{name}({depth}q={config.q:g}, level={config.level:g}, {sides}), {state}>"


class DSpot(Spot):
    """DSPOT, for a stream that wanders: the mean of the last `depth` values that were no alerts is taken off first.

    depth: length of that window, at least 1. Its first `depth` values are answered by INIT_BATCH.

    The other parameters are those of `Spot`. Thresholds are in the scale of the stream: the drift is added.
    """

    def __init__(
        self,
        depth: int = 10,
        q: float = 1e-4,
        n_init: int = 2000,
        level: float = 0.99,
        up: bool = True,
        down: bool = True,
        alert: bool = True,
        bounded: bool = True,
        max_excess: int = 200,
        *,
        accounting: str = "budgeted",
        threshold: str = "calibrated",
        quarantine: int = 20,
    ) -> None:
        depth = as_count(depth, "depth", 1)
        self._start(
            _config.Config(
                q, n_init, level, up, down, alert, bounded, max_excess, accounting, threshold, quarantine, depth
            )
        )

    def get_drift(self) -> float:
        """The mean that is taken off the next value; NaN while its window fills."""
        return self._handle.ask(QUICK.tailspot_drift)  # type: ignore[no-any-return]


def from_parameters(parameters: dict[str, Any]) -> Spot:
    """A `DSpot` if there is a depth, a `Spot` otherwise."""
    if parameters.get("depth"):
        return DSpot(**parameters)
    return Spot(**{name: value for name, value in parameters.items() if name != "depth"})
