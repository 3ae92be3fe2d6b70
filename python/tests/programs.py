"""Runs the programs of examples/python/."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import REPOSITORY

import tailspot

EXAMPLES = REPOSITORY / "examples" / "python"


def run(name: str, *words: object, given: str = "", is_quiet: bool = True) -> str:
    """What an example prints; it must succeed and, if it is a quiet one, say nothing on standard error."""
    places = str(Path(tailspot.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": places, "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / name), *map(str, words)],
        input=given, env=environment, capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (is_quiet and done.stderr), done.stderr
    return done.stdout
