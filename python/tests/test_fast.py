"""The fast module and what stands in for it."""

from __future__ import annotations

import os
import subprocess
import sys
from array import array
from pathlib import Path

import pytest
from conftest import normal

import tailspot
from tailspot import Spot, _handle

FAST = _handle.Bound.__module__ == "tailspot._fast"
PROGRAM = """
import sys, array, tailspot, hashlib
from tailspot import _handle
spot = tailspot.Spot(q=1e-3, level=0.95)
events = bytes(int(spot.step(x)) & 255 for x in array.array("d", sys.stdin.buffer.read()))
print(_handle.Bound.__module__, hashlib.sha256(events + spot.save()).hexdigest())
"""


def answer(no_fast: str) -> list[str]:
    """Which way was taken, and what it answered."""
    environment = {
        **os.environ,
        "TAILSPOT_NO_FAST": no_fast,
        "PYTHONPATH": str(Path(tailspot.__file__).parents[1]),
    }
    values = array("d", normal(20_000)).tobytes()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], input=values, env=environment, capture_output=True, check=True
    )
    return done.stdout.decode().split()


def test_both_ways_answer_the_same() -> None:
    slow = answer("1")
    assert slow[0] == "tailspot._bound"
    fast = answer("0")
    assert fast[1] == slow[1]


def test_the_fast_module_is_there() -> None:
    """It is in every wheel; without it the package works, more slowly."""
    if os.environ.get("TAILSPOT_NO_FAST") == "1":
        assert not FAST
        return
    missing = not list(Path(_handle.__file__).parent.glob("_fast.*[so|pyd]"))
    if missing and os.environ.get("TAILSPOT_ALL") != "1":
        pytest.skip("this package was built without the fast module")
    assert FAST


def test_step_is_the_fast_function_itself() -> None:
    spot = Spot()
    assert spot.step.__self__ is spot._handle  # type: ignore[attr-defined]


@pytest.mark.skipif(not FAST, reason="the fast module is switched off, or not here")
def test_bind_checks_its_arguments() -> None:
    bound = _handle.Bound()
    with pytest.raises(TypeError):
        bound.bind("address", 0, ())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bind takes eight events, once"):
        bound.bind(0, 0, ())
    with pytest.raises(ValueError, match="bind takes eight events, once"):
        Spot()._handle.bind(0, 0, tuple(tailspot.Event))
    with pytest.raises(AttributeError, match="step_slowly"):
        bound.step(1.0)
