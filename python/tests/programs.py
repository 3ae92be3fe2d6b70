"""Runs the programs of examples/python/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import REPOSITORY

import tailspot

EXAMPLES = REPOSITORY / "examples" / "python"


def run(name: str, *words: object, given: str = "") -> str:
    """What an example prints; it must succeed and say nothing on standard error."""
    places = str(Path(tailspot.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": places, "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *map(str, words)],
        input=given, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
