"""Scripts for pylibspot run with only the import changed: every line of one has the same answers in both packages."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY, same

import tailspot
from tailspot import DSpot, Spot

PUBLISHED = {"accounting": "discarded", "threshold": "plug_in", "quarantine": 0}


def run(module: str, options: dict[str, Any], **environment: str) -> dict[str, Any]:
    """What the script prints with this module."""
    script = Path(__file__).with_name("pylibspot_lines.py")
    places = os.pathsep.join([str(Path(tailspot.__file__).parents[1]), *sys.path])
    done = subprocess.run(
        [sys.executable, script, module, json.dumps(options)], text=True, capture_output=True, timeout=100, check=False,
        env={**os.environ, "PYTHONPATH": places, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


def agree(theirs: Any, ours: Any, where: str) -> None:
    """Theirs are among ours; what they call 0 for want of a number is NaN here."""
    if isinstance(theirs, dict):
        for name, value in theirs.items():
            agree(value, ours[name], f"{where}, {name}")
    elif isinstance(theirs, list):
        assert len(theirs) == len(ours), where
        for i, value in enumerate(theirs):
            agree(value, ours[i], f"{where}, {i}")
    else:
        assert theirs == ours or (theirs == 0.0 and math.isnan(ours)), (where, theirs, ours)


def test_every_line_has_the_answers_of_pylibspot() -> None:
    libraries = [REPOSITORY / "target" / kind / "libspot.so" for kind in ("release", "debug")]
    built = [library for library in libraries if library.exists()]
    if not built or importlib.util.find_spec("pylibspot") is None:
        if os.environ.get("TAILSPOT_ALL") == "1" and sys.platform == "linux":
            pytest.fail("pylibspot and libspot.so have to be there")
        pytest.skip("pylibspot or libspot.so (cargo build -p tailspot-compat) is not here")
    newest = max(built, key=lambda library: library.stat().st_mtime)
    theirs, ours = run("pylibspot", {}, LD_LIBRARY_PATH=str(newest.parent)), run("tailspot", PUBLISHED)
    # The window of a DSpot is answered by 5 there, by 3 here; and while it fills its thresholds are 0 or the drift.
    for name, depth in (("drift", 50), ("drift, positional", 20), ("drift, defaults", 10)):
        assert (theirs[name]["events"][:depth], ours[name]["events"][:depth]) == ([5] * depth, [3] * depth)
        first = ours[name]["events"].index(4)
        for key, start in (("events", depth), ("up_threshold", first)):
            theirs[name][key], ours[name][key] = theirs[name][key][start:], ours[name][key][start:]
    agree(theirs, ours, "answers")
    assert len(theirs["page"]["found"]) > 10
    assert theirs["drift"]["drift"] > 8.0


def test_the_lines_run_with_the_defaults() -> None:
    answers = run("tailspot", {})
    assert answers["page"]["status"]["al_up"] == len(answers["page"]["found"]) > 10


def test_the_old_names_of_a_status_are_its_new_ones() -> None:
    spot = Spot(q=1e-3, level=0.95, n_init=500)
    spot.step_many([((i * 7919) % 2003) / 2003 for i in range(5000)])
    status = spot.status()
    entries = status.to_dict()
    pairs = {"ex": "excesses", "Nt": "n_t", "al": "alerts", "t": "excess_threshold", "z": "anomaly_threshold"}
    for old, new in pairs.items():
        for side in ("up", "down"):
            value = getattr(status, f"{new}_{side}")
            assert getattr(status, f"{old}_{side}") == entries[f"{old}_{side}"] == entries[f"{new}_{side}"] == value
    assert dict(status) == entries
    assert dict(spot.config()) == spot.config().to_dict()
    with pytest.raises(AttributeError, match="al_upp"):
        status.al_upp  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(KeyError, match="al_upp"):
        entries["al_upp"]


def test_d_is_depth() -> None:
    assert DSpot(d=20) == DSpot(depth=20) == DSpot(20) == Spot(depth=20)
    assert DSpot().config().depth == DSpot(d=10, depth=10).config().depth == 10
    with pytest.raises(TypeError, match="d = 20 and depth = 30 are one parameter: give one of them"):
        DSpot(d=20, depth=30)
    with pytest.raises(ValueError, match="d = 0 is out of range: needs d >= 1"):
        DSpot(d=0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'd'"):
        Spot(d=20)  # type: ignore[call-arg]


def test_a_detector_of_its_own_config_answers_alike() -> None:
    for made in (Spot(q=1e-3, baselines=[(10, 40), (10, 40, 24)]), DSpot(d=7, level=0.9, accounting="censored")):
        again = Spot(**made.config().to_dict())
        assert again.config() == made.config()
        values = [math.sin(i / 4) + (i * 7919 % 101) / 101 for i in range(4000)]
        assert same(again.step_many(values).upper, made.step_many(values).upper)
        assert again == made
