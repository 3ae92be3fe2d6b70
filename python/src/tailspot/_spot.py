"""The detectors."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, NamedTuple, SupportsFloat, TypeVar, overload

from tailspot import _config, _html, _judged, _output, _reason, _status
from tailspot._config import Config, DSpotConfig, check_names, takes
from tailspot._event import Event
from tailspot._handle import Handle
from tailspot._library import QUICK, explained
from tailspot._native import DOWN, UP
from tailspot._number import as_count, as_float, as_parameter
from tailspot._owned import Owned, described, saved_bytes
from tailspot._reason import Spread
from tailspot._result import Result, Source
from tailspot._values import elements_of, is_array, pieces_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sized

    import numpy as np
    from numpy.typing import NDArray

    from tailspot._handle import Verdict
    from tailspot._reason import Intervals, Reason
    from tailspot._status import Status

Self = TypeVar("Self", bound="Spot")
# From so many values on, a copy of the detector costs less than their probabilities, which not everybody asks for.
_MANY = 1_000
# The last answers of arrays of which no value may have been judged, as integers, which are quicker to compare.
_TAKEN = (int(Event.INIT_BATCH), int(Event.CALIBRATION), int(Event.MISSING))
_anomaly_threshold, _excess_threshold = QUICK.tailspot_anomaly_threshold, QUICK.tailspot_excess_threshold


class Quantiles(NamedTuple):
    """Return levels of both tails, in the unit of the stream; NaN if not available."""

    upper: float
    """The value above which a value falls with probability q."""
    lower: float
    """The value below which a value falls with probability q."""


class Spot(Owned):
    """Finds values of a stream that are too large or too small to be chance (SPOT; Siffer et al., KDD 2017).

    The first `n_init` values calibrate it, or `fit` does. Then each value is judged and, unless it is an anomaly,
    learned. The arguments are the fields of `tailspot.Config`, which explains them.

    >>> import random, tailspot
    >>> draw = random.Random(1)
    >>> spot = tailspot.Spot(q=1e-3, level=0.98, down=False)
    >>> result = spot.step_many([draw.gauss(0, 1) for _ in range(10_000)] + [9.0])
    >>> result
    <tailspot.Result of 10,001 values, 8,001 judged, 16 anomalies>
    >>> spot.step(0.5), spot.step(9.0)
    (<Event.NORMAL: 0>, <Event.ALERT_UP: 1>)

    Detectors are equal if they have the same parameters and the same state: they answer alike from then on.

    Raises ValueError for a value out of range, TypeError for what is not a number; the message names it.

    Threads may share a detector: one call at a time gets in. It can be copied, pickled, and closed by `with`.
    """

    _handle: Handle

    @takes(Config)
    def __init__(self, config: Config) -> None:
        self._start(config)

    def _start(self, config: Config) -> None:
        self._adopt(Handle.new(_config.to_native(config)))

    def _adopt(self, handle: Handle) -> None:
        self._handle = handle
        if type(self).step is Spot.step:
            # What `spot.step` finds is then the fast function itself.
            self.__dict__["step"] = handle.step

    def step(self, x: object) -> Event:
        """Classifies one value and updates the model.

        Takes any real number. NaN and None are MISSING and change nothing; so is an infinity on a side that is not
        watched. Raises TypeError for what is not a real number, ValueError after `close`.
        """
        return self._handle.step(x)

    def verdict(self, x: object) -> Verdict:
        """Like `step`, and also returns what the value was judged by: both anomaly thresholds and its tail probability.

        Print these with an alert, not the threshold after the step: an alert may move the model.
        """
        return self._handle.verdict(x)

    def step_many(self, values: object, *, dtype: object = None, thresholds: bool = True) -> Result:
        """Judges n values in order: the same answers as `step` on each, bit for bit, and many times as fast.

        values: one dimension, of integers, floats or bool in any layout and byte order: a NumPy array, a pandas or
            polars series, an Arrow array or chunked array, any other buffer, or a sequence of numbers. Nulls, None and
            masked values are MISSING. It is read where it is; sequences are copied.
        dtype: the element type of bytes, such as "<f4", "float64" or ">i2"; only for bytes.
        thresholds: with False, the result has no `upper`, `lower` and `probability`, which is faster.

        Returns a `Result` with arrays of shape (n,). Of 1,000 and more values the probabilities are computed when they
        are asked for, so do not change `values` before. Other threads run meanwhile. Raises TypeError for elements that
        are not real numbers, ValueError for other than one dimension, and after `close`. Warns, once, if the
        calibration took all of the values and none was judged.
        """
        return self._answers(self._handle.step_many, values, dtype, thresholds, learns=True)

    def judge(self, values: object, *, dtype: object = None, thresholds: bool = True) -> Result:
        """Judges n values without learning: for each what `verdict` would answer now. The detector does not change.

        The arguments and the result are those of `step_many`.
        """
        return self._answers(self._handle.judge_many, values, dtype, thresholds)

    def _answers(
        self, function: Any, values: object, dtype: object, thresholds: bool, *, learns: bool = False
    ) -> Result:
        handle, before = self._handle, None
        with pieces_of(values, dtype) as pieces, handle.exclusive():
            count = sum(piece.length for piece in pieces)
            if learns and thresholds and count >= _MANY:
                before = handle.copy()
            wanted = (*handle.watched, before is None)
            outputs = _output.new(count, *(thresholds and asked for asked in wanted))
            function(pieces, outputs.addresses)
        result = Result(outputs, Source(values, dtype, None, handle.gap, before, thresholds))
        if len(outputs.events) and int(outputs.events[-1]) in _TAKEN and not result.judged:
            missing = bytes(outputs.events).count(Event.MISSING)
            _judged.warn(len(result), self._handle, missing, level=3)
        return result

    def fit(self: Self, values: object, *, dtype: object = None) -> Self:
        """Calibrates on n values, whatever `n_init` says, and forgets what was before; returns the detector itself.

        values, dtype: as for `step_many`. With a baseline the first finite values warm it up.

        Raises ValueError if fewer finite values are given than leave one excess on each watched side; the detector is
        then as it was.
        """
        with elements_of(values, dtype) as elements:
            self._handle.fit(elements)
        return self

    def reset(self) -> None:
        """Forgets everything but the parameters."""
        self._handle.call_checked(QUICK.tailspot_reset)

    def set_q(self, q: float) -> None:
        """Changes the tail probability of an anomaly; the thresholds move at once. Raises ValueError out of range."""
        q = as_parameter(q, "q")
        reason = self._handle.call(lambda pointer: explained(QUICK.tailspot_explain_q, pointer, q))
        if reason:
            raise ValueError(reason)
        self._handle.call_checked(QUICK.tailspot_set_q, q)

    def get_upper_threshold(self) -> float:
        """Where an upper anomaly starts, z_q, in the unit of the stream; NaN if not available."""
        return self._handle.call(_anomaly_threshold, UP)  # type: ignore[no-any-return]

    def get_lower_threshold(self) -> float:
        """Where a lower anomaly starts, z_q, in the unit of the stream; NaN if not available."""
        return self._handle.call(_anomaly_threshold, DOWN)  # type: ignore[no-any-return]

    def get_upper_t(self) -> float:
        """Where the upper tail starts, t, in the unit of the stream; NaN if not available."""
        return self._handle.call(_excess_threshold, UP)  # type: ignore[no-any-return]

    def get_lower_t(self) -> float:
        """Where the lower tail starts, t, in the unit of the stream; NaN if not available."""
        return self._handle.call(_excess_threshold, DOWN)  # type: ignore[no-any-return]

    @overload
    def up_probability(self, z: Sized) -> NDArray[np.float64]: ...
    @overload
    def up_probability(self, z: SupportsFloat) -> float: ...
    def up_probability(self, z: Any) -> Any:
        """P(X > z), from 0 to N_t / n; NaN if z is not in the upper tail, where there is no model.

        z: a number, or an array of numbers as `step_many` takes them; then the answer is an array.
        """
        return self._probability(UP, z)

    @overload
    def down_probability(self, z: Sized) -> NDArray[np.float64]: ...
    @overload
    def down_probability(self, z: SupportsFloat) -> float: ...
    def down_probability(self, z: Any) -> Any:
        """P(X < z), from 0 to N_t / n; NaN if z is not in the lower tail, where there is no model.

        z: a number, or an array of numbers as `step_many` takes them; then the answer is an array.
        """
        return self._probability(DOWN, z)

    def _probability(self, side: int, z: Any) -> Any:
        if not is_array(z):
            return self._handle.call(QUICK.tailspot_tail_probability, side, as_float(z, "z"))
        with pieces_of(z) as pieces:
            answers, address = _output.floats(sum(piece.length for piece in pieces))
            self._handle.probabilities(side, pieces, address)
        return answers

    def quantile(self, q: float) -> Quantiles:
        """The values beyond which a value falls with probability q: the anomaly thresholds for another q.

        NaN on a side where there is none: q above N_t / n, not calibrated, not watched. Raises ValueError unless
        0 < q < 1.
        """
        q = as_parameter(q, "q")
        if not 0.0 < q < 1.0:
            raise ValueError(f"q = {q:g} is out of range: needs 0 < q < 1")
        upper, lower = (self._handle.call(QUICK.tailspot_quantile, side, q) for side in (UP, DOWN))
        return Quantiles(upper, lower)

    def threshold_interval(self, confidence: float = 0.95) -> Intervals:
        """Where the true anomaly thresholds lie, with the probability `confidence`, in the unit of the stream.

        NaN on a side where it is not available: before the calibration, not watched, fewer than two excesses. Raises
        ValueError unless 0 < confidence < 1.
        """
        return _reason.intervals(self._handle, QUICK.tailspot_threshold_interval, confidence)

    def shape_interval(self, confidence: float = 0.95) -> Intervals:
        """The same for the shapes of the tails."""
        return _reason.intervals(self._handle, QUICK.tailspot_shape_interval, confidence)

    def scale_interval(self, confidence: float = 0.95) -> Intervals:
        """The same for the scales of the tails, in the unit of the residuals."""
        return _reason.intervals(self._handle, QUICK.tailspot_scale_interval, confidence)

    def threshold_spread(self) -> Spread:
        """How many times farther from t the upper end of the 95 % interval of a threshold lies than the lower end.

        Above 10 the calibration cannot know this q: give it more values, a lower level or a larger q.
        """
        return Spread(*(self._handle.call(QUICK.tailspot_threshold_spread, side) for side in (UP, DOWN)))

    def reasons(self, x: object) -> tuple[Reason, ...]:
        """What each baseline says of a value before it is judged; one without any baseline.

        Empty before the calibration, and for a value that is not finite.
        """
        return _reason.reasons(self._handle, x)

    def get_drift(self) -> float:
        """What is subtracted from the next value: level and season; 0 without any, NaN while a window fills."""
        return self._handle.call(QUICK.tailspot_drift)  # type: ignore[no-any-return]

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

        `Spot.load` returns a `DSpot` if it has a `depth`. Raises ValueError with the reason if the bytes are foreign,
        cut, damaged or forged, or of a detector that the class cannot be; TypeError for anything but bytes.
        """
        handle = Handle.load(saved_bytes(data))
        has_depth = handle.config().depth > 0
        if issubclass(cls, DSpot) and not has_depth:
            raise ValueError(f"this snapshot is of a detector with depth = 0, not of a {cls.__name__}")
        kind: type[Any] = DSpot if has_depth and cls is Spot else cls
        spot: Self = _owning(kind, handle)
        return spot

    def __reduce__(self) -> tuple[Any, ...]:
        own = {name: value for name, value in self.__dict__.items() if name not in ("_handle", "step")}
        return _loaded, (type(self), self.save()), own

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Spot) or self is other or self._handle.closed or other._handle.closed:
            return self is other if isinstance(other, Spot) else NotImplemented
        return self.save() == other.save()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        if self._handle.closed:
            return f"<{type(self).__name__}, closed>"
        return f"<{type(self).__name__}({described(self.config())}), {self._state()}>"

    def _repr_html_(self) -> str:
        if self._handle.closed:
            return _html.entries({}, repr(self)[1:-1])
        return _html.entries(asdict(self.status()), repr(self)[1:-1])

    def _state(self) -> str:
        status = self.status()
        if status.refuted:
            return f"{status.seen:,} judged, refuted: for {status.refuted:,} values far from what it was calibrated on"
        if status.calibrated:
            return f"n={status.n}, {status.seen:,} judged"
        return f"not calibrated: {status.n:,} of {self.config().n_init:,} values"


def _loaded(kind: type[Self], data: bytes) -> Self:
    """A pickled detector: of its kind, whatever its baselines."""
    return _owning(kind, Handle.load(data))


def _owning(kind: type[Self], handle: Handle) -> Self:
    spot: Self = object.__new__(kind)
    spot._adopt(handle)
    return spot


class DSpot(Spot):
    """DSPOT, for a stream that wanders: a `Spot` whose `depth` is its first argument, and 10 if it is left out.

    depth: how many values the moving mean has that is subtracted first, at least 1; `d`, as pylibspot calls it, is the
        same. The first `depth` values are answered by INIT_BATCH. The other arguments are those of `Spot`. Thresholds
        are in the scale of the stream: the drift is added.

    >>> import random, tailspot
    >>> draw = random.Random(1)
    >>> spot = tailspot.DSpot(depth=10, q=1e-3, level=0.98)
    >>> result = spot.step_many([draw.gauss(i / 100, 1) for i in range(10_000)])
    >>> 95 < spot.get_drift() < 105
    True
    """

    @takes(DSpotConfig)
    def __init__(self, config: DSpotConfig) -> None:
        if config.baselines:
            raise ValueError("a DSpot has a depth of its own and no baselines: use Spot(baselines=...)")
        depth = as_count(config.depth, "depth", 1)
        if config.d is not None:
            if depth not in (DSpotConfig.depth, config.d):
                raise TypeError(f"d = {config.d!r} and depth = {depth} are one parameter: give one of them")
            depth = as_count(config.d, "d", 1)
        self._start(replace(config, depth=depth))


def from_parameters(owner: str, parameters: Mapping[str, Any]) -> Spot:
    """A `DSpot` if there is a depth, a `Spot` otherwise."""
    check_names(owner, parameters, Config.__dataclass_fields__)
    return DSpot(**parameters) if parameters.get("depth") else Spot(**parameters)
