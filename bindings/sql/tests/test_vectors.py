"""The vectors of tests/vectors, from SQL alone: bit for bit what the engine answers, in both databases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from engines import VECTORS, answers, duckdb, sqlite

# Two values have no literal; NULL is the missing one.
DUCKDB_SPECIAL = {"inf": "'inf'::DOUBLE", "-inf": "'-inf'::DOUBLE", None: "NULL"}
SQLITE_SPECIAL = {"inf": "9e999", "-inf": "-9e999", None: "NULL"}
CODES = ["normal", "alert_up", "excess_up", "init_batch", "calibration", "missing", "excess_down", "alert_down"]


def literals(vector: dict[str, Any], special: dict[Any, str]) -> list[str]:
    """The values as SQL writes them."""
    return [special[x] if x is None or isinstance(x, str) else f"{x:.17e}" for x in vector["values"]]


def in_duckdb(vector: dict[str, Any]) -> list[list[str]]:
    """Event, upper, lower, probability of each value that is not fitted."""
    config = json.dumps(vector["config"])
    fitted = vector["config"]["n_init"] if vector["calibrate"] == "fit" else 0
    judged = f"tailspot_events(v[{fitted + 1}:], NULL, tailspot_fit(v[:{fitted}], '{config}'))"
    if not fitted:
        judged = f"tailspot_events(v, '{config}')"
    rows = duckdb(f"""
        CREATE TABLE s AS SELECT [{",".join(literals(vector, DUCKDB_SPECIAL))}]::DOUBLE[] AS v;
        SELECT event::VARCHAR, upper, lower, probability FROM (SELECT unnest({judged}, recursive := true) FROM s)
    """)
    return [["" if x is None else x for x in row] for row in rows]


def in_sqlite(vector: dict[str, Any]) -> list[list[str]]:
    """The same."""
    config = json.dumps(vector["config"])
    fitted = vector["config"]["n_init"] if vector["calibrate"] == "fit" else 0
    rows = ",".join(f"({i},{x})" for i, x in enumerate(literals(vector, SQLITE_SPECIAL)))
    arguments = f"value, '{config}'"
    if fitted:
        arguments = "value, NULL, (SELECT state FROM f)"
    bits = ", ".join(
        f"coalesce(lower(hex(ieee754_to_blob(tailspot_{name}({arguments}) OVER w))), '')"
        for name in ("upper", "lower", "probability")
    )
    return sqlite(f"""
        CREATE TABLE s(i INTEGER PRIMARY KEY, value REAL);
        INSERT INTO s VALUES {rows};
        CREATE TABLE f AS SELECT {f"tailspot_fit(value, '{config}')" if fitted else "NULL"} AS state
            FROM (SELECT * FROM s ORDER BY i LIMIT {fitted});
        SELECT tailspot_event({arguments}) OVER w, {bits} FROM s WHERE i >= {fitted}
            WINDOW w AS (ORDER BY i ROWS UNBOUNDED PRECEDING);
    """)


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_a_file_is_answered(path: Path) -> None:
    vector = json.loads(path.read_text("utf-8"))
    expected = answers(path)
    assert [CODES[code] for code in vector["events"]] == [row[0] for row in expected]
    assert in_duckdb(vector) == expected
    assert in_sqlite(vector) == expected


def test_there_are_files() -> None:
    assert len(VECTORS) > 50
