"""Runs SQL in a fresh process of each engine, and returns rows."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[3]
TARGET = Path(os.environ["TAILSPOT_SQL"])
VECTORS = sorted((REPOSITORY / "tests" / "vectors").glob("*.json"))

# Prints each row as JSON, numbers by their bits.
DUCKDB = """
import duckdb, json, struct, sys
db = duckdb.connect(sys.argv[1], config={"allow_unsigned_extensions": "true"})
db.execute("SET enable_progress_bar = false")  # Slow queries would print one.
db.execute(f"LOAD '{sys.argv[2]}'")
def plain(x):
    return struct.pack(">d", x).hex() if isinstance(x, float) else x.hex() if isinstance(x, bytes) else x
cursor = None
for statement in sys.stdin.read().split(";"):
    if statement.strip():
        cursor = db.execute(statement)
for row in cursor.fetchall():
    print(json.dumps([plain(x) for x in row]))
"""


class Refused(Exception):  # noqa: N818
    """The engine's error."""


def _output(words: list[str], sql: str) -> str:
    done = subprocess.run(words, input=sql, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode or done.stderr:
        raise Refused(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode)
    return done.stdout


def duckdb(sql: str, database: str = ":memory:") -> list[list[Any]]:
    """The rows of the last statement; a double as 16 hexadecimal digits."""
    words = [sys.executable, "-c", DUCKDB, database, str(TARGET / "tailspot.duckdb_extension")]
    return [json.loads(line) for line in _output(words, sql).splitlines()]


def sqlite(sql: str, database: str = ":memory:") -> list[list[str]]:
    """The rows of the last statement as text: give doubles through `hex(ieee754_to_blob(x))`."""
    script = f".bail on\n.mode list\n.load {TARGET / 'tailspot_sqlite'}\n{sql}\n"
    return [line.split("|") for line in _output(["sqlite3", database], script).splitlines()]


def bits(x: float) -> str:
    """A double as hexadecimal digits."""
    return struct.pack(">d", x).hex()


def answers(path: Path) -> list[list[str]]:
    """What the engine itself answers: event, upper, lower, probability, with "" for what is not available."""
    program = TARGET / "release" / "examples" / "answers"
    lines = subprocess.run([program, path], capture_output=True, text=True, check=True).stdout.splitlines()
    rows = [line.split()[1:] for line in lines]
    return [[event, *("" if x == "-" else x.zfill(16) for x in numbers)] for event, *numbers in rows]
