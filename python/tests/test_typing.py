"""What type checkers see of the package in the program of a user: types without Any, and typos as errors."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import needs

needs("mypy")
USER = Path(__file__).with_name("typed_user.py")
# A line that is wrong, and the word that both checkers complain about.
WRONG = [
    ("Spot(qq=1e-3)", "qq"),
    ('Spot(accounting="censord")', "censord"),
    ('Spot(threshold="plugin")', "plugin"),
    ("DSpot(deth=3)", "deth"),
    ("Pool(max_key=3)", "max_key"),
    ("Monitor(max_key=3)", "max_key"),
    ('Monitor(accounting="censord")', "censord"),
    ("watch([1.0], qq=1e-3)", "qq"),
    ('watch([1.0], accounting="censord")', "censord"),
    ("Spot().status().alertsup", "alertsup"),
    ("Spot().status().al_upp", "al_upp"),
    ("Spot().config().levels", "levels"),
    ("Spot().step_many([1.0]).uper", "uper"),
    ("Spot().step_many([1.0]).incidents[0].peek", "peek"),
    ("tailspot.sklearn.SpotThreshold(qq=1e-3)", "qq"),
    ("threshold.ofset_", "ofset_"),
]
CHECKERS = {
    "mypy": ["mypy", "--strict", "--no-error-summary", "--no-incremental", "--show-error-codes", "--disallow-any-expr"],
    "pyright": ["pyright", "--pythonpath", sys.executable],
}


def checked(checker: str, program: Path) -> dict[int, str]:
    """The errors that a checker has of a program, by their lines."""
    needs(checker)
    config = program.with_name("pyrightconfig.json")
    config.write_text('{"typeCheckingMode": "strict"}')
    done = subprocess.run(
        [sys.executable, "-m", *CHECKERS[checker], program.name],
        cwd=program.parent, text=True, capture_output=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return {int(line): text for line, text in re.findall(r"user\.py:(\d+):.*error: (.*)", done.stdout)}


@pytest.mark.parametrize("checker", CHECKERS)
def test_a_program_without_errors_and_one_of_typos(checker: str, tmp_path: Path) -> None:
    program = tmp_path / "user.py"
    right = USER.read_text().splitlines()
    program.write_text("\n".join([*right, *(line for line, _ in WRONG)]))
    told = checked(checker, program)
    assert [line for number, line in told.items() if number <= len(right)] == []
    for number, (line, word) in enumerate(WRONG, len(right) + 1):
        assert word in told.get(number, "no error"), line
