"""Runs docs/postgresql.md against Debian's PostgreSQL: `python packaging/test_postgres.py WHEEL` (make test-postgres).

Needs `postgresql` and `postgresql-plpython3-15` of Debian, and root, which the server does not run as.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "postgresql.md"
METRICS = """CREATE TABLE metrics AS SELECT i AS time, i % 2 AS host, CASE WHEN i IN (4000, 5001) THEN 1000.0
    WHEN i = 77 THEN NULL ELSE ((i * 7919) % 10007) / 10007.0 END AS value FROM generate_series(0, 5999) AS s(i);"""
RESUMED = """WITH halves AS (SELECT array_agg(value ORDER BY time) FILTER (WHERE time < 3000) AS a,
    array_agg(value ORDER BY time) FILTER (WHERE time >= 3000) AS b, array_agg(value ORDER BY time) AS whole
    FROM metrics)
    SELECT (SELECT array_agg(e) FROM tailspot_events(b, '{}', tailspot_snapshot(a)) e) =
    (SELECT (array_agg(e))[3001:] FROM tailspot_events(whole) e) FROM halves;"""


def main(wheel: str) -> None:
    """Start a server of our own, run the page, stop."""
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not binaries:
        sys.exit("postgres: there is no server (apt-get install postgresql postgresql-plpython3-15)")
    work = Path(tempfile.mkdtemp(prefix="tailspot-postgres"))
    try:
        zipfile.ZipFile(wheel).extractall(work / "package")
        subprocess.run(["chmod", "-R", "a+rX", work], check=True)
        (work / "run").mkdir()
        shutil.chown(work / "run", "postgres")
        environment = {"PYTHONPATH": str(work / "package"), "PATH": f"{binaries[-1]}:{os.defpath}", "LC_ALL": "C.UTF-8"}

        def postgres(*words: str, sql: str | None = None) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                words,
                input=sql,
                env=environment,
                user="postgres",
                cwd=work / "run",
                text=True,
                capture_output=words[0] == "psql",
                check=False,
            )

        data = str(work / "run" / "data")
        postgres("initdb", "--pgdata", data, "--auth=trust", "--no-sync").check_returncode()
        server = [
            "pg_ctl",
            "--pgdata",
            data,
            "--log",
            "log",
            "--wait",
            "-o",
            f"-c listen_addresses='' -k {work / 'run'}",
        ]
        postgres(*server, "start").check_returncode()
        try:
            psql = ("psql", "-h", str(work / "run"), "-d", "postgres", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1")
            create, query = re.findall(r"```sql\n(.*?)```", PAGE.read_text("utf-8"), re.S)
            done = postgres(*psql, sql=create + METRICS + query)
            rows = [line.split("|") for line in done.stdout.splitlines()]
            alerts = {(host, time) for host, time, *_ in rows}
            if not {("0", "4000"), ("1", "5001")} <= alerts:
                sys.exit(f"postgres: {done.stdout} {done.stderr}")
            resumed = postgres(*psql, sql=RESUMED)
            if resumed.stdout.strip() != "t":
                sys.exit(f"postgres: a resumed stream differs: {resumed.stdout} {resumed.stderr}")
            refused = postgres(*psql, sql="""SELECT * FROM tailspot_events('{1}', '{"q": 7}');""")
            if "q = 7" not in refused.stderr:
                sys.exit(f"postgres: not refused: {refused.stderr}")
            print(f"postgres: {len(rows)} alerts, both spikes among them; a resumed stream gives the same rows")
        finally:
            postgres(*server, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main(sys.argv[1])
