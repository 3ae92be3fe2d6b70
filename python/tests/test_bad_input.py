"""What must not work: the right exception, with a message that names the value and the range. Nothing crashes."""

from __future__ import annotations

import ctypes
import math
import os
import random
import subprocess
import sys
from array import array
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import normal

import tailspot
from tailspot import DSpot, Monitor, Spot, watch

SPOT = Spot(q=1e-3, level=0.95, n_init=100)
READY = Spot(q=1e-3, level=0.95).fit(normal(1000))

CASES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # Parameters.
    (lambda: Spot(q=2.0), ValueError, r"q = 2 is out of range: needs 0 < q < 1 - level = 0.01"),
    (lambda: Spot(q=0.0), ValueError, r"q = 0 is out of range: needs 0 < q"),
    (lambda: Spot(q=-1e-4), ValueError, r"q = -0.0001 is out of range"),
    (lambda: Spot(q=math.nan), ValueError, r"q = NaN is out of range"),
    (lambda: Spot(q=math.inf), ValueError, r"q = inf.* is out of range"),
    (lambda: Spot(q=0.01, level=0.99), ValueError, r"q = 0.01 is out of range: needs 0 < q < 1 - level = 0.01"),
    (lambda: Spot(q="1e-4"), TypeError, r"q = '1e-4' is not a real number: str"),
    (lambda: Spot(q=None), TypeError, r"q = None is not a real number: NoneType"),
    (lambda: Spot(q=1e-4 + 0j), TypeError, r"q = \(0.0001\+0j\) is not a real number: complex"),
    (lambda: Spot(level=1.0), ValueError, r"level = 1 is out of range: needs 0 < level < 1"),
    (lambda: Spot(level=0), ValueError, r"level = 0 is out of range"),
    (lambda: Spot(level=10**400), ValueError, r"level = 1000.* is too large for a double"),
    (lambda: Spot(up=False, down=False), ValueError, r"up and down are both false: watch at least one side"),
    (lambda: Spot(up="yes"), TypeError, r"up = 'yes' is neither True nor False: str"),
    (lambda: Spot(down=None), TypeError, r"down = None is neither True nor False"),
    (lambda: Spot(alert=2), ValueError, r"alert = 2 is out of range: needs True or False"),
    (lambda: Spot(n_init=0), ValueError, r"n_init = 0 is out of range: needs at least 100"),
    (lambda: Spot(n_init=50), ValueError, r"n_init = 50 is out of range: needs at least 100: at level = 0.99"),
    (lambda: Spot(n_init=-1), ValueError, r"n_init = -1 is out of range: needs n_init >= 0"),
    (lambda: Spot(n_init=2000.0), TypeError, r"n_init = 2000.0 is not an integer: float"),
    (lambda: Spot(n_init=2**64), ValueError, r"n_init = 18446744073709551616 is out of range: needs n_init < 2\*\*64"),
    (lambda: Spot(n_init=2**63), ValueError, r"n_init = 9223372036854775808 is out of range: needs at most"),
    (lambda: Spot(max_excess=0), ValueError, r"max_excess = 0 is out of range: needs max_excess >= 1 when bounded"),
    (lambda: Spot(max_excess="200"), TypeError, r"max_excess = '200' is not an integer: str"),
    (lambda: Spot(quarantine=-20), ValueError, r"quarantine = -20 is out of range: needs quarantine >= 0"),
    (lambda: Spot(accounting="kept"), ValueError, r"accounting = 'kept' is unknown: needs one of 'discarded', 'lea"),
    (lambda: Spot(accounting=3), TypeError, r"accounting = 3 is not a string: int"),
    (lambda: Spot(threshold="exact"), ValueError, r"threshold = 'exact' is unknown: needs one of 'plug_in', 'cali"),
    (lambda: Spot(colour=1), TypeError, r"unexpected keyword argument 'colour'"),
    (lambda: DSpot(depth=0), ValueError, r"depth = 0 is out of range: needs depth >= 1"),
    (lambda: DSpot(depth=-3), ValueError, r"depth = -3 is out of range"),
    (lambda: DSpot(depth=1.5), TypeError, r"depth = 1.5 is not an integer: float"),
    (lambda: Spot(baselines=5), TypeError, r"baselines must be a list or tuple, not int"),
    (lambda: Spot(baselines=(10, 40)), TypeError, r"baselines\[0\] = 10 must be a tailspot.Baseline or \(depth, sc"),
    (lambda: Spot(baselines=[()]), TypeError, r"baselines\[0\] = \(\) must be a tailspot.Baseline or \(depth"),
    (lambda: Spot(baselines=[(1, 2, 3, 4)]), TypeError, r"baselines\[0\] = \(1, 2, 3, 4\) must be a tailspot.Base"),
    (lambda: Spot(baselines=["10/40"]), TypeError, r"baselines\[0\] = '10/40' must be a tailspot.Baseline"),
    (lambda: Spot(baselines=[(10, 40)] * 5), ValueError, r"baselines has 5 entries: needs at most 4"),
    (lambda: Spot(baselines=[(10, 40), (10.5, 40)]), TypeError, r"baselines\[1\].depth = 10.5 is not an integer"),
    (lambda: Spot(baselines=[(-1, 40)]), ValueError, r"baselines\[0\].depth = -1 is out of range"),
    (lambda: Spot(baselines=[(10, 1)]), ValueError, r"baselines\[0\].scale_depth = 1 is out of range: needs .* or"),
    (lambda: DSpot(baselines=[(10, 40)]), ValueError, r"a DSpot has a depth of its own and no baselines: use Spot\(b"),
    (lambda: Spot(alert=False, period=24), ValueError, r"alert = false is out of range: needs true where a baseline h"),
    (lambda: Spot(baselines=[{"dept": 3}]), TypeError, r"argument 'dept': did you mean 'depth'\?"),
    (lambda: Spot(baselines=[(10, 40)], depth=3), ValueError, r"depth, scale_depth, period = 3, 0, 0 is out of ra"),
    (lambda: Spot(period=1), ValueError, r"period = 1 is out of range: needs period = 0 \(off\) or at least 2"),
    (lambda: Spot(limit=-1), ValueError, r"limit = -1 is out of range"),
    (lambda: Spot(limit=math.nan), ValueError, r"limit = NaN is out of range"),
    (lambda: DSpot(depth=20, d=30), TypeError, r"d = 30 and depth = 20 are one parameter: give one of them"),
    # One value.
    (lambda: SPOT.step("1.5"), TypeError, r"value = '1.5' is not a real number: str"),
    (lambda: SPOT.step(b"1"), TypeError, r"value = b'1' is not a real number: bytes"),
    (lambda: SPOT.step(1j), TypeError, r"value = 1j is not a real number: complex"),
    (lambda: SPOT.step([1.0]), TypeError, r"value = \[1.0\] is not a real number: list"),
    (lambda: SPOT.step(10**400), ValueError, r"value = 1000.*0000 is too large for a double: needs at most 1.8e308"),
    (lambda: SPOT.step(), TypeError, r"argument"),
    # Arrays.
    (lambda: SPOT.step_many("123"), TypeError, r"values must be an array or a sequence of numbers, not str"),
    (lambda: SPOT.step_many({1.0: 2.0}), TypeError, r"values must be an array or .* not dict"),
    (lambda: SPOT.step_many({1.0, 2.0}), TypeError, r"values must be an array or .* not set"),
    (lambda: SPOT.step_many(3.0), TypeError, r"values must be an array or a sequence of numbers, not float$"),
    (lambda: SPOT.step_many(None), TypeError, r"values must be an array or .* not NoneType$"),
    (lambda: SPOT.step_many(x for x in (1.0, 2.0)), TypeError, r"not generator; use tailspot.watch for a stream"),
    (lambda: SPOT.step_many([1.0, "x"]), TypeError, r"values\[1\] = 'x' is not a real number: str"),
    (lambda: SPOT.step_many([1.0, 2j]), TypeError, r"values\[1\] = 2j is not a real number: complex"),
    (lambda: SPOT.step_many([[1.0], [2.0]]), TypeError, r"values\[0\] = \[1.0\] is not a real number: list"),
    (lambda: SPOT.step_many([1, 10**400]), ValueError, r"values\[1\] = 1000.*is too large for a double"),
    (lambda: SPOT.step_many(b"12345678"), TypeError, r"bytes needs the type of its elements, such as dtype='<f8'"),
    (lambda: SPOT.step_many(memoryview(bytearray(8))), TypeError, r"bytearray needs the type of its elements"),
    (lambda: SPOT.step_many(b"1234567", dtype="<f8"), ValueError, r"7 bytes: needs a multiple of 8, the size of '<f8'"),
    (lambda: SPOT.step_many(b"12345678", dtype="<c16"), TypeError, r"dtype = '<c16' is not a real element type: needs"),
    (lambda: SPOT.step_many(b"12345678", dtype="f3"), TypeError, r"dtype = 'f3' is not a real element type"),
    (
        lambda: SPOT.step_many(b"12345678", dtype="float128"),
        TypeError,
        r"dtype = 'float128' is not a real element type",
    ),
    (lambda: SPOT.step_many(b"12345678", dtype=8), TypeError, r"dtype = 8 is not the name of an element type"),
    (lambda: SPOT.step_many(array("d", [1.0]), dtype="f4"), TypeError, r"dtype is for bytes"),
    (lambda: SPOT.step_many([1.0], dtype="f8"), TypeError, r"list"),
    (lambda: SPOT.step_many((ctypes.c_char * 4)()), TypeError, r"element type bytes: needs int8"),
    (lambda: SPOT.step_many((ctypes.c_longdouble * 4)()), TypeError, r"element type longdouble: needs int8"),
    (
        lambda: SPOT.step_many(memoryview(bytes(16)).cast("d", (1, 2))),
        ValueError,
        r"shape \(1, 2\): needs one dimension",
    ),
    (lambda: SPOT.step_many(memoryview(bytes(8)).cast("d", ())), ValueError, r"shape \(\): needs one dimension$"),
    (lambda: SPOT.step_many(x for x in [1.0]), TypeError, r"not generator; use tailspot.watch for a stream$"),
    (lambda: SPOT.step_many({1.0}), TypeError, r"array or a sequence of numbers, not set$"),
    (lambda: SPOT.fit([]), ValueError, r"0 .*at least 20 are needed"),
    (lambda: SPOT.fit([math.nan] * 500), ValueError, r"0 .*at least 20 are needed"),
    # Questions.
    (lambda: READY.set_q(0.05), ValueError, r"q = 0.05 is out of range: needs 0 < q < 1 - level = 0.05"),
    (lambda: READY.set_q(math.nan), ValueError, r"q = NaN is out of range"),
    (lambda: READY.set_q("a"), TypeError, r"q = 'a' is not a real number"),
    (lambda: READY.quantile(0.0), ValueError, r"q = 0 is out of range: needs 0 < q < 1"),
    (lambda: READY.quantile(math.nan), ValueError, r"q = nan is out of range"),
    (lambda: READY.up_probability("3"), TypeError, r"z = '3' is not a real number"),
    # Saved state.
    (lambda: Spot.load(b""), ValueError, r"not a usable snapshot: 0 bytes are fewer"),
    (lambda: Spot.load(b"no snapshot at all"), ValueError, r"snapshot"),
    (lambda: Spot.load(READY.save()[:-1]), ValueError, r"snapshot"),
    (lambda: Spot.load(READY.save() + b"x"), ValueError, r"snapshot"),
    (lambda: Spot.load("text"), TypeError, r"data must be bytes, not str"),
    (lambda: Monitor.load(b"{}"), ValueError, r"not a saved Monitor"),
    (lambda: Monitor.load(b"\xff"), ValueError, r"not a saved Monitor"),
    (lambda: Monitor.load(b'{"kind": "tailspot-monitor", "version": 3}'), ValueError, r"version 3"),
    (lambda: Monitor.load(3), TypeError, r"data must be bytes, not int"),
    # Streams.
    (lambda: watch([1.0], q=2.0), ValueError, r"q = 2 is out of range"),
    (lambda: watch([1.0], SPOT, q=1e-3), TypeError, r"a detector has its parameters already: q"),
    (lambda: list(watch(["a"])), TypeError, r"value = 'a' is not a real number"),
    (lambda: Monitor(q=2.0), ValueError, r"q = 2 is out of range"),
    (lambda: Monitor(depth=-1), ValueError, r"depth = -1 is out of range"),
    (lambda: Monitor().step_many([["a"]], [1.0]), TypeError, r"key = \['a'\] \(list\) cannot be saved: needs str"),
]


@pytest.mark.parametrize(("call", "kind", "message"), CASES, ids=[f"{i}" for i in range(len(CASES))])
def test_bad_input_is_refused_by_name(call: Callable[[], Any], kind: type[Exception], message: str) -> None:
    before = SPOT.save(), READY.save()
    with pytest.raises(kind, match=message) as raised:
        call()
    assert type(raised.value) is kind
    assert (SPOT.save(), READY.save()) == before


def test_odd_numbers_are_numbers() -> None:
    spot = Spot(q=1e-3, level=0.95, n_init=100)
    for x in (True, 3, 2.5, Decimal("1.5"), 10**300, -(2**70)):
        assert spot.step(x) == 3
    assert spot.step_many([True, 3, Decimal("1.5"), None, 2**63]).events[3] == 5
    assert spot.status().n == 10


def test_a_conversion_that_closes_the_detector_is_an_error() -> None:
    spot = Spot()

    class Closing:
        def __float__(self) -> float:
            spot.close()
            return 1.0

    with pytest.raises(ValueError, match="closed"):
        spot.step(Closing())

    class ClosingInt(int):
        def __float__(self) -> float:
            other.close()
            return 1.0

    other = Spot()
    with pytest.raises(ValueError, match="closed"):
        other.step(ClosingInt(10**400))


def test_an_error_in_a_conversion_comes_through() -> None:
    class Failing:
        def __float__(self) -> float:
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        SPOT.step(Failing())


def fuzz(seconds_seed: int, rounds: int) -> int:
    """Random buffers, layouts and names of types: answers or errors, never a crash."""
    draw = random.Random(seconds_seed)
    codes = list("?bBhHiIqQlLnNefdgcsPOZTw<>=@!|18 0x")
    answered = 0
    spot = Spot(q=1e-2, level=0.9, n_init=100)
    for _ in range(rounds):
        raw = draw.randbytes(draw.randrange(0, 400))
        try:
            way = draw.randrange(6)
            if way == 0:
                spot.step_many(raw, dtype="".join(draw.choices(codes, k=draw.randrange(0, 4))))
            elif way == 1:
                letter = draw.choice("bBhHiIqQfd")
                view = memoryview(raw[: len(raw) // 8 * 8]).cast(letter)
                spot.step_many(view[draw.randrange(-9, 9) : draw.randrange(-9, 99) : draw.choice([-3, -1, 1, 2, 7])])
            elif way == 2:
                kind = draw.choice(
                    [ctypes.c_double, ctypes.c_char, ctypes.c_int16.__ctype_be__, ctypes.c_void_p, ctypes.c_bool]
                )
                spot.fit((kind * draw.randrange(0, 60))())
            elif way == 3:
                values = [
                    draw.choice([1.0, None, "x", 10**400, math.nan, True, b"", 2j]) for _ in range(draw.randrange(4))
                ]
                spot.step_many(values)
            elif way == 4:
                saved = bytearray(spot.save())
                saved[draw.randrange(len(saved))] ^= 1 << draw.randrange(8)
                Spot.load(saved)
            else:
                spot.step(draw.choice([draw.random(), -math.inf, math.inf, 10**400, raw, None, 1j, 5e-324]))
            answered += 1
        except (TypeError, ValueError):
            pass
    assert not math.isnan(spot.step_many(normal(200)).upper[-1])
    return answered


def test_random_buffers_are_answered_or_refused() -> None:
    assert 500 < fuzz(1, 3000) < 3000


@pytest.mark.parametrize("fast", ["0", "1"])
def test_nothing_of_this_crashes_a_strict_interpreter(fast: str) -> None:
    tests = Path(__file__).parent
    code = (
        "import test_bad_input as t\n"
        "for call, kind, _ in t.CASES:\n"
        "    try:\n"
        "        call()\n"
        "    except kind:\n"
        "        continue\n"
        "    raise SystemExit('not refused')\n"
        "t.fuzz(2, 2000)\n"
    )
    places = os.pathsep.join([str(tests), str(Path(tailspot.__file__).parents[1])])
    environment = {**os.environ, "PYTHONPATH": places, "TAILSPOT_NO_FAST": fast}
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
