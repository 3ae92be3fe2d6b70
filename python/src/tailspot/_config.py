"""The parameters of a detector: the one place where Python has their names, types, defaults and order."""

from __future__ import annotations

import inspect
from ctypes import byref, sizeof
from dataclasses import asdict, dataclass, fields
from functools import wraps
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Union, cast

from tailspot import _html
from tailspot._library import QUICK, explained
from tailspot._native import ACCOUNTING, MOST_BASELINES, THRESHOLD, NativeBaseline, NativeConfig
from tailspot._number import as_choice, as_count, as_flag, as_parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Concatenate, ParamSpec, TypeVar

    Options = ParamSpec("Options")
    Owner = TypeVar("Owner")
    Taken = TypeVar("Taken")

Accounting = Literal["discarded", "learned", "censored", "budgeted"]
Threshold = Literal["plug_in", "calibrated"]


@dataclass(frozen=True)
class Baseline:
    """What a value is compared with; each baseline has tails of its own."""

    depth: int = 0
    """Values in the moving mean; 0 for none."""
    scale_depth: int = 0
    """Values over which the local scale forgets, by which residuals are divided; 0 for none, else at least 2."""
    period: int = 0
    """Values of a season, which has levels of its own; 0 for none, else at least 2."""


BaselineLike = Union[Baseline, "tuple[int, ...]", "dict[str, int]"]


@dataclass(frozen=True)
class Config:
    """The parameters of a detector: what `Spot.config()` returns. The arguments of `Spot` are these."""

    q: float = 1e-4
    """Tail probability of an anomaly, for each watched side; 0 < q < 1 - level."""
    n_init: int = 2000
    """Values of the streaming calibration; enough to leave one excess on each watched side."""
    level: float = 0.99
    """Quantile level where the upper tail starts, 0 < level < 1; mirrored for the lower one."""
    up: bool = True
    """Watches the upper tail; at least one side must be watched."""
    down: bool = True
    """Watches the lower tail."""
    alert: bool = True
    """Reports values beyond the anomaly threshold. With False no finite value is an alert, and every one is learned;
    a baseline then has a level only."""
    bounded: bool = True
    """Keeps only the last `max_excess` excesses of a side; with False, all."""
    max_excess: int = 200
    """Excesses kept for each side, if bounded; at least 1."""
    accounting: Accounting = "budgeted"
    """What an alert leaves in the model. "budgeted": as much as a clean stream would show; "censored": that a value was
    beyond the threshold; "learned": an excess like any other; "discarded": nothing, as published."""
    threshold: Threshold = "calibrated"
    """"calibrated", which takes the uncertainty of the fit into account, or "plug_in", as published."""
    quarantine: int = 20
    """Values kept out of the model on either side of an alert, at least 0; with a baseline none are."""
    depth: int = 0
    """Values in the moving mean that is subtracted first; 0 for none, 10 unless a `DSpot` is given another."""
    scale_depth: int = 0
    """Values over which the local scale forgets, by which residuals are divided; 0 for none, else at least 2."""
    period: int = 0
    """Values of a season, for a second baseline with its levels, judged apart; 0 for none, else at least 2."""
    limit: float = 0.0
    """Alerts of a side in 1/q values beyond which further ones are taken for the stream and learned; 0 for no limit."""
    baselines: Sequence[BaselineLike] = ()
    """At most 4 baselines, judged apart, as `Baseline` or (depth, scale_depth, period), of which the last may be left
    out; none for those that `depth`, `scale_depth` and `period` say."""

    def to_dict(self) -> Parameters:
        """The parameters by their names; `Spot(**config.to_dict())` is a new detector with them."""
        return cast("Parameters", asdict(self))

    def __iter__(self) -> Iterator[tuple[str, object]]:
        """Yields pairs, so that `dict(config)` is `config.to_dict()`."""
        return iter(self.to_dict().items())

    def __str__(self) -> str:
        return table(asdict(self))

    def _repr_html_(self) -> str:
        return _html.entries(asdict(self))


class Parameters(TypedDict, total=False):
    """The fields of `Config` as keyword arguments, of which each may be left out: for type checkers and editors."""

    q: float
    n_init: int
    level: float
    up: bool
    down: bool
    alert: bool
    bounded: bool
    max_excess: int
    accounting: Accounting
    threshold: Threshold
    quarantine: int
    depth: int
    scale_depth: int
    period: int
    limit: float
    baselines: Sequence[BaselineLike]


def table(entries: Mapping[str, object]) -> str:
    """One line for each entry: the name, and the value aligned."""
    width = max(map(len, entries))
    return "\n".join(f"{name:>{width}}  {value}" for name, value in entries.items())


def _checked(kind: str, value: Any, name: str) -> Any:
    """A parameter as the library takes it, of the type that the dataclass says."""
    if kind == "float":
        return as_parameter(value, name)
    if kind == "int":
        return as_count(value, name, 0)
    if kind == "bool":
        return as_flag(value, name)
    if name == "baselines":
        return _as_baselines(value)
    return as_choice(value, name, {"Accounting": ACCOUNTING, "Threshold": THRESHOLD}[kind])


def _as_baselines(values: Any) -> Any:
    """The baselines as an array of the library; tuples and dicts of their fields will do, as `to_dict` has them."""
    if not isinstance(values, (list, tuple)):
        raise TypeError(f"baselines must be a list or tuple, not {type(values).__name__}")
    baselines = [_as_baseline(value, i) for i, value in enumerate(values)]
    if len(baselines) > MOST_BASELINES:
        raise ValueError(f"baselines has {len(baselines)} entries: needs at most {MOST_BASELINES}")
    native = (NativeBaseline * MOST_BASELINES)()
    for i, baseline in enumerate(baselines):
        for name, value in vars(baseline).items():
            setattr(native[i], name, as_count(value, f"baselines[{i}].{name}", 0))
    return native


def _as_baseline(value: Any, place: int) -> Baseline:
    if isinstance(value, Baseline):
        return value
    name = f"baselines[{place}]"
    if isinstance(value, dict):
        check_names(name, value, Baseline.__dataclass_fields__)
        return Baseline(**value)
    if not isinstance(value, (tuple, list)) or not 1 <= len(value) <= 3:
        raise TypeError(f"{name} = {value!r} must be a tailspot.Baseline or (depth, scale_depth, period)")
    return Baseline(*value)


def to_native(config: Config) -> NativeConfig:
    """The struct of the library. Raises TypeError and ValueError that name the parameter."""
    native = NativeConfig()
    QUICK.tailspot_config_init(byref(native), sizeof(native))
    for field in fields(Config):
        setattr(native, field.name, _checked(str(field.type), getattr(config, field.name), field.name))
    native.baseline_count = len(config.baselines)
    reason = explained(QUICK.tailspot_explain_config, byref(native))
    if reason:
        raise ValueError(reason)
    return native


def from_native(native: NativeConfig) -> Config:
    """The parameters in a struct of the library."""
    entries = {field.name: getattr(native, field.name) for field in fields(Config)}
    for field in fields(Config):
        if field.type == "bool":
            entries[field.name] = bool(entries[field.name])
    entries["accounting"], entries["threshold"] = ACCOUNTING[native.accounting], THRESHOLD[native.threshold]
    used = native.baselines[: native.baseline_count]
    entries["baselines"] = tuple(Baseline(one.depth, one.scale_depth, one.period) for one in used)
    return Config(**entries)


@dataclass(frozen=True)
class _DepthFirst:
    depth: int = 10


@dataclass(frozen=True)
class DSpotConfig(Config, _DepthFirst):
    """The arguments of `DSpot`: the same with `depth` first, and its name in pylibspot."""

    depth: int = 10
    d: int | None = None
    """Another name for `depth`."""


@dataclass(frozen=True)
class PoolConfig(Config):
    """The arguments of `Pool`: the same, and those of the pool itself."""

    max_keys: int | None = None
    """The largest number of keys, at least 1, or None. A new key beyond it replaces the least recently used one."""
    threads: int | None = None
    """How many work on columns, 1 to 1024; None is as many as there are cores."""


def takes(
    parameters: Callable[Options, Taken],
) -> Callable[[Callable[[Owner, Taken], None]], Callable[Concatenate[Owner, Options], None]]:
    """Makes an `__init__` that takes one of these dataclasses take its fields as arguments instead."""
    signature = inspect.signature(parameters)

    def with_fields(init: Callable[[Owner, Taken], None]) -> Callable[Concatenate[Owner, Options], None]:
        @wraps(init)
        def __init__(self: Owner, *arguments: Options.args, **options: Options.kwargs) -> None:  # noqa: N807
            check_names(type(self).__name__, options, signature.parameters)
            init(self, parameters(*arguments, **options))

        own = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *signature.parameters.values()]
        __init__.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
        return __init__  # type: ignore[return-value]

    return with_fields


def check_names(owner: str, options: Any, known: Any) -> None:
    """Raises TypeError for an option that does not exist, with the one that was probably meant."""
    for name in options:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, known, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"the parameters are {', '.join(known)}"
            raise TypeError(f"{owner} got an unexpected keyword argument {name!r}: {hint}")
