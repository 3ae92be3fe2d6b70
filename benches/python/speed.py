"""Speed of the package and of the wheel libspot 3.1.0, in one run: nanoseconds a value, and how many times as fast.

pip install ./python numpy pandas libspot==3.1.0
python benches/python/speed.py

Both watch the upper tail of N(0, 1) at level 0.98 with 200 excesses and q = 1e-4, calibrated on 2,000 values. The
contenders take turns on the same pieces of the stream, several rounds with fresh detectors; of each piece the fastest
round counts, since a busy machine makes pieces slower, never faster. "step" is called by `map`, which adds least of
its own; "step in a loop" by `for`, whose cost (about 10 ns a value) is in the figures of both. "as published" does
the work of libspot: alerts are discarded, the threshold is the plug-in one. Every answer is checked before anything
is timed.

With --check it exits with 1 unless the ratios are those that the package promises; with --quick it only checks the
answers.
"""

from __future__ import annotations

import argparse
import sys
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any

import libspot
import numpy as np
import pandas as pd

import tailspot
from tailspot._handle import Bound

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE, PIECES, ROUNDS = 10_000, 100, 8
STEP, MANY, QUIET, LOOP = ", step", ", step_many", ", step, nothing in the tail", ", step in a loop"
SERIES = ", step_many of a series with dates"
PARAMETERS: dict[str, Any] = {"q": 1e-4, "level": 0.98, "max_excess": 200, "down": False}
PUBLISHED: dict[str, Any] = {"accounting": "discarded", "threshold": "plug_in", "quarantine": 0}
WAYS: dict[str, dict[str, Any]] = {"": {}, ", as published": PUBLISHED}
# At least so many times the throughput of libspot, or of its normal step.
PROMISED = {STEP: 8.0, MANY: 40.0, SERIES: 40.0, QUIET: 1 / 1.3}


def ours(calm: Any, **parameters: Any) -> tailspot.Spot:
    """Calibrate a detector of tailspot."""
    return tailspot.Spot(**PARAMETERS, **parameters).fit(calm)


def theirs(calm: Any) -> Any:
    """Calibrate a detector of libspot."""
    spot = libspot.Spot(1e-4, level=0.98, max_excess=200)
    spot.fit(calm)
    return spot


def mapped(step: Callable[[float], Any], values: list[float]) -> float:
    """Time one step after the other: nanoseconds a value."""
    start = perf_counter()
    deque(map(step, values), maxlen=0)
    return (perf_counter() - start) / len(values) * 1e9


def loop(step: Callable[[float], Any], values: list[float]) -> float:
    """Time the same in a `for` loop."""
    start = perf_counter()
    for x in values:
        step(x)
    return (perf_counter() - start) / len(values) * 1e9


def check(calm: Any, stream: Any) -> None:
    """Compare what is timed: step and step_many agree, and both libraries find the same kind of tail."""
    one, many, other = ours(calm), ours(calm), theirs(calm)
    events = [int(one.step(x)) for x in stream.tolist()]
    result = many.step_many(stream)
    assert result.events.tolist() == events
    assert one.save() == many.save()
    found = [other.step(x) for x in stream.tolist()]
    assert abs(len(result.anomalies) - found.count(libspot.ANOMALY)) < 1000
    assert abs(one.get_upper_threshold() - other.anomaly_threshold) < 1.5


def race(calm: Any, stream: Any) -> dict[str, float]:
    """Let the contenders take turns, piece by piece; of each piece the fastest round counts."""
    pieces = [stream[place : place + PIECE].tolist() for place in range(0, len(stream), PIECE)]
    normal = [[min(x, 1.5) for x in piece] for piece in pieces]
    series = pd.Series(stream, index=pd.date_range("2024", periods=len(stream), freq="s"))
    best: dict[str, dict[int, float]] = {}

    def note(name: str, place: int, took: float) -> None:
        times = best.setdefault(name, {})
        times[place] = min(took, times.get(place, took))

    for _ in range(ROUNDS):
        steps = {f"tailspot{name}": ours(calm, **more).step for name, more in WAYS.items()}
        steps["libspot"] = theirs(calm).step
        again = {f"tailspot{name}": ours(calm, **more).step for name, more in WAYS.items()}
        again["libspot"] = theirs(calm).step
        quiet = {"libspot": theirs(calm).step, "tailspot": ours(calm).step}
        for place in range(len(pieces)):
            for name, step in steps.items():
                note(name + STEP, place, mapped(step, pieces[place]))
                note(name + LOOP, place, loop(again[name], pieces[place]))
            for name, step in quiet.items():
                note(name + QUIET, place, loop(step, normal[place]))
        for name, more in WAYS.items():
            for kind, values in ((MANY, stream), (SERIES, series)):
                spot = ours(calm, **more)
                for _ in range(ROUNDS):
                    start = perf_counter()
                    spot.step_many(values)
                    note(f"tailspot{name}{kind}", 0, (perf_counter() - start) / len(stream) * 1e9)
    return {name: sum(times.values()) / len(times) for name, times in best.items()}


def base(best: dict[str, float], name: str) -> float:
    """Time of libspot on the same values; it has no `step_many`."""
    return best["libspot" + next((kind for kind in (QUIET, LOOP) if name.endswith(kind)), STEP)]


def main() -> int:
    """Print the table; 1 if --check finds a promise broken."""
    parser = argparse.ArgumentParser(description="Speed of the package compared with the wheel libspot.")
    parser.add_argument("--quick", action="store_true", help="check the answers, time nothing")
    parser.add_argument("--check", action="store_true", help="exit with 1 unless the ratios are as promised")
    options = parser.parse_args()
    draw = np.random.default_rng(1)
    calm, stream = draw.normal(size=2000), draw.normal(size=PIECE * PIECES)
    check(calm, stream[:PIECE])
    if options.quick:
        print("the answers are right")
        return 0
    best = race(calm, stream)
    print(f"Python {sys.version.split()[0]}, {Bound.__module__}, {len(stream):,} values\n")
    print(f"{'':42}{'ns a value':>12}{'times libspot':>15}")
    for name, took in sorted(best.items()):
        print(f"{name:42}{took:12.2f}{base(best, name) / took:15.2f}")
    broken = 0
    for ending, promised in PROMISED.items():
        ways = [
            base(best, name) / took for name, took in best.items() if name.startswith("tails") and name.endswith(ending)
        ]
        print(f"{ending[2:]}: {max(ways):.2f} times libspot, needs {promised:.2f}")
        broken += max(ways) < promised
    return int(options.check and broken > 0)


if __name__ == "__main__":
    sys.exit(main())
