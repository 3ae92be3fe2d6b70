"""Queries as users write them: keys, resuming, a killed query, what is refused, and how fast 10 million rows are."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from engines import DUCKDB, TARGET, Refused, bits, duckdb, sqlite

CONFIG = '{"q": 1e-3, "n_init": 500, "level": 0.95}'
# Two hosts, times out of order, spikes in each, two of them around the time that queries continue from, a hole.
METRICS = """
    CREATE TABLE metrics AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 5999)
    SELECT (i * 4001) % 6000 AS time, i % 2 AS host,
        CASE WHEN (i * 4001) % 6000 IN (2990, 3004, 4000, 4007, 5001) THEN 1000.0
        WHEN i = 77 THEN NULL ELSE ((i * 7919) % 10007) / 10007.0 END AS value FROM c;
"""
EVENTS = f"""
    WITH answers AS (SELECT host, unnest(list(time ORDER BY time)) AS time,
        unnest(tailspot_events(list(value ORDER BY time), '{CONFIG}'), recursive := true) FROM metrics GROUP BY host)
    SELECT host, time, event::VARCHAR, incident FROM answers
"""
WINDOW = "WINDOW w AS (PARTITION BY host ORDER BY time ROWS UNBOUNDED PRECEDING)"


def in_sqlite(select: str, more: str = "") -> list[list[str]]:
    return sqlite(f"{METRICS} SELECT * FROM (SELECT {select} FROM metrics {WINDOW}) {more};")


def test_each_host_has_a_detector_and_both_databases_agree() -> None:
    duck = duckdb(f"{METRICS} {EVENTS} ORDER BY host, time")
    lite = in_sqlite(
        f"host, time, tailspot_event(value, '{CONFIG}') OVER w, tailspot_incident(value, '{CONFIG}') OVER w",
        "ORDER BY host, time",
    )
    assert len(duck) == 6000
    assert [["" if x is None else str(x) for x in row] for row in duck] == lite
    spikes = [row for row in duck if row[1] in (2990, 3004, 4000, 4007, 5001)]
    assert [row[2] for row in spikes] == ["alert_up"] * 5
    assert len({(host, incident) for host, _, _, incident in spikes}) == 4
    assert sum(row[2] == "missing" for row in duck) == 1


def test_the_threshold_is_that_of_the_side() -> None:
    rows = in_sqlite(
        f"time, tailspot_threshold(value, '{CONFIG}') OVER w AS t, tailspot_upper(value, '{CONFIG}') OVER w AS u,"
        f" tailspot_lower(value, '{CONFIG}') OVER w AS l, tailspot_event(value, '{CONFIG}') OVER w AS e",
        "WHERE e != 'init_batch'",
    )
    for _, threshold, upper, lower, event in rows:
        assert threshold == {"up": upper, "down": lower}.get(event.rpartition("_")[2], "")
    assert {row[4] for row in rows} >= {"normal", "excess_up", "excess_down", "alert_up"}


def test_a_query_continues_from_a_snapshot() -> None:
    whole = duckdb(f"{METRICS} {EVENTS} WHERE time >= 3000 ORDER BY host, time")
    again = duckdb(f"""{METRICS}
        CREATE TABLE states AS SELECT host, tailspot_snapshot(list(value ORDER BY time), '{CONFIG}') AS state
            FROM metrics WHERE time < 3000 GROUP BY host;
        WITH answers AS (SELECT host, unnest(list(time ORDER BY time)) AS time,
            unnest(tailspot_events(list(value ORDER BY time), NULL, any_value(state)), recursive := true)
            FROM metrics JOIN states USING (host) WHERE time >= 3000 GROUP BY host)
        SELECT host, time, event::VARCHAR, incident FROM answers ORDER BY host, time""")
    assert whole == again
    lite = sqlite(f"""{METRICS}
        CREATE TABLE states AS SELECT DISTINCT host, last_value(state) OVER (PARTITION BY host) AS state FROM
            (SELECT host, tailspot_snapshot(value, '{CONFIG}') OVER w AS state FROM metrics WHERE time < 3000 {WINDOW});
        SELECT host, time, tailspot_event(value, NULL, state) OVER w, tailspot_incident(value, NULL, state) OVER w
            FROM metrics JOIN states USING (host) WHERE time >= 3000 {WINDOW} ORDER BY host, time;""")
    assert [["" if x is None else str(x) for x in row] for row in again] == lite


def test_both_databases_save_the_same_bytes() -> None:
    duck = duckdb(f"{METRICS} SELECT tailspot_snapshot(list(value ORDER BY time), '{CONFIG}') FROM metrics")
    lite = sqlite(f"""{METRICS} SELECT lower(hex(state)) FROM (SELECT time, tailspot_snapshot(value, '{CONFIG}')
        OVER (ORDER BY time ROWS UNBOUNDED PRECEDING) AS state FROM metrics) ORDER BY time DESC LIMIT 1;""")
    assert duck == lite
    status = duckdb(f"SELECT tailspot_status(from_hex('{lite[0][0]}'))::JSON->>'$.status.missing'")
    assert status == [["1"]]


def test_judging_learns_nothing_and_both_databases_agree() -> None:
    probes = "(VALUES (0.5), (1000.0), (-1000.0), (0.98), (NULL))"
    duck = duckdb(f"""{METRICS} CREATE TABLE states AS
        SELECT tailspot_snapshot(list(value ORDER BY time), '{CONFIG}') AS state FROM metrics WHERE host = 0;
        SELECT verdict.event::VARCHAR, verdict.threshold, verdict.probability, verdict.upper, verdict.lower FROM
        (SELECT x, tailspot_judge(x, state) AS verdict FROM states, {probes} AS probes(x)) ORDER BY x""")
    assert [row[0] for row in duck] == ["alert_down", "normal", "excess_up", "alert_up", "missing"]
    assert [row[1] for row in duck] == [duck[0][4], None, duck[0][3], duck[0][3], None]
    parts = ", ".join(
        f"coalesce(lower(hex(ieee754_to_blob(verdict->>'{name}'))), '')"
        for name in ("threshold", "probability", "upper", "lower")
    )
    lite = sqlite(f"""{METRICS} CREATE TABLE states AS SELECT state FROM (SELECT time,
        tailspot_snapshot(value, '{CONFIG}')
        OVER (ORDER BY time ROWS UNBOUNDED PRECEDING) AS state FROM metrics WHERE host = 0) ORDER BY time DESC LIMIT 1;
        SELECT verdict->>'event', {parts} FROM (SELECT x, tailspot_judge(x, state) AS verdict FROM states,
        (SELECT column1 AS x FROM {probes})) ORDER BY x IS NULL, x;""")
    assert [["" if x is None else x for x in row] for row in duck] == lite
    assert duckdb("SELECT tailspot_judge(1, NULL)") == [[None]]
    assert sqlite("SELECT tailspot_judge(1, NULL) IS NULL;") == [["1"]]


def test_a_killed_query_runs_again(tmp_path: Path) -> None:
    database = str(tmp_path / "metrics.duckdb")
    duckdb(
        f"""{METRICS} CREATE TABLE states AS
        SELECT tailspot_snapshot(list(value ORDER BY time), '{CONFIG}') AS state FROM metrics WHERE time < 3000;
        CREATE TABLE answers(time BIGINT, event VARCHAR); SELECT 1""",
        database,
    )
    query = """INSERT INTO answers SELECT unnest(list(time ORDER BY time)),
        unnest(tailspot_events(list(value ORDER BY time), NULL, (SELECT state FROM states))).event FROM {rows}"""
    slow = query.format(rows="(SELECT * FROM metrics, range(10000) WHERE time >= 3000)")
    words = [sys.executable, "-c", DUCKDB, database, str(TARGET / "tailspot.duckdb_extension")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, text=True) as running:
        assert running.stdin
        running.stdin.write(slow)
        running.stdin.close()
        time.sleep(1)
        assert running.poll() is None, "the query was over before it was killed"
        running.kill()
    answers = duckdb(
        f"""{query.format(rows="(SELECT * FROM metrics WHERE time >= 3000)")};
        SELECT * FROM answers ORDER BY time""",
        database,
    )
    whole = duckdb(f"""{METRICS} SELECT * FROM (SELECT unnest(list(time ORDER BY time)) AS time,
        unnest(tailspot_events(list(value ORDER BY time), '{CONFIG}')).event::VARCHAR FROM metrics)
        WHERE time >= 3000 ORDER BY time""")
    assert answers == whole


REFUSED = {
    '{"q": 7}': "q = 7 is out of range: needs 0 < q < 1 - level = 0.01",
    '{"n_init": -1}': "invalid value: integer `-1`",
    '{"Q": 0.1}': "unknown field `Q`, expected one of `q`, `level`",
    '{"threshold": "best"}': "unknown variant `best`",
    "q = 0.1": "config = q = 0.1 is not a usable JSON object",
}


@pytest.mark.parametrize("config", REFUSED)
def test_a_configuration_is_refused_in_the_words_of_the_engine(config: str) -> None:
    for engine, sql in (
        (duckdb, f"SELECT tailspot_events([1.0], '{config}')"),
        (duckdb, f"SELECT tailspot_fit([1.0], '{config}')"),
        (sqlite, f"SELECT tailspot_event(1.0, '{config}') OVER ();"),
        (sqlite, f"SELECT tailspot_fit(1.0, '{config}');"),
    ):
        with pytest.raises(Refused) as refused:
            engine(sql)
        assert REFUSED[config] in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "words"),
    {
        "SELECT tailspot_event('x') OVER ();": "value must be a number or NULL, not TEXT",
        "SELECT tailspot_event(x'00') OVER ();": "value must be a number or NULL, not BLOB",
        "SELECT tailspot_event(1, 5) OVER ();": "config must be TEXT with a JSON object, or NULL, not INTEGER",
        "SELECT tailspot_event(1, NULL, 5) OVER ();": "snapshot must be a BLOB or NULL, not INTEGER",
        "SELECT tailspot_event(1, '{}', x'00') OVER ();": "config must be NULL with a snapshot",
        "SELECT tailspot_event(1, NULL, x'00') OVER ();": "not a usable snapshot: 1 bytes are fewer than",
        "SELECT tailspot_event(i) FROM (SELECT 1 AS i UNION SELECT 2);": "several rows wait for one answer",
        "SELECT tailspot_event(i) OVER (ORDER BY 1) FROM (SELECT 1 AS i UNION SELECT 2);": "ROWS UNBOUNDED PRECEDING",
        "SELECT tailspot_event(column1) OVER (ROWS 1 PRECEDING) FROM (VALUES (1), (2), (3));": "a row cannot leave",
        "SELECT tailspot_fit(1);": "1 finite values leave no excess at level = 0.99: at least",
        "SELECT tailspot_status(1);": "snapshot must be a BLOB or NULL, not INTEGER",
        "SELECT tailspot_judge('x', tailspot_snapshot(1));": "value must be a number or NULL, not TEXT",
        "SELECT tailspot_judge(1, 'x');": "snapshot must be a BLOB or NULL, not TEXT",
        "SELECT tailspot_judge(1, x'00');": "not a usable snapshot: 1 bytes are fewer than",
    }.items(),
)
def test_sqlite_refuses(sql: str, words: str) -> None:
    with pytest.raises(Refused, match="tailspot: ") as refused:
        sqlite(sql)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("sql", "words"),
    {
        "SELECT tailspot_events([1.0], '{}', 'x'::BLOB)": "config must be NULL with a snapshot",
        "SELECT tailspot_events([1.0], NULL, 'x'::BLOB)": "not a usable snapshot: 1 bytes are fewer than",
        "SELECT tailspot_fit([])": "0 finite values leave no excess at level = 0.99: at least",
        "SELECT tailspot_status('x'::BLOB)": "not a usable snapshot",
        "SELECT tailspot_judge(1, 'x'::BLOB)": "not a usable snapshot: 1 bytes are fewer than",
    }.items(),
)
def test_duckdb_refuses(sql: str, words: str) -> None:
    with pytest.raises(Refused, match="tailspot: ") as refused:
        duckdb(sql)
    assert words in str(refused.value)


def test_missing_values_and_rows() -> None:
    assert duckdb("SELECT tailspot_events(NULL), tailspot_fit(NULL), tailspot_status(NULL)") == [[None, None, None]]
    assert duckdb("SELECT tailspot_events([]), len(tailspot_events([NULL, 'nan'::DOUBLE, 1]))") == [[[], 3]]
    rows = duckdb("SELECT unnest(tailspot_events([NULL, 'nan'::DOUBLE, 1, 'inf'::DOUBLE])).event::VARCHAR")
    assert rows == [["missing"], ["missing"], ["init_batch"], ["alert_up"]]
    assert sqlite("SELECT tailspot_event(NULL) OVER (), tailspot_threshold(NULL) OVER ();") == [["missing", ""]]
    assert sqlite("SELECT typeof(tailspot_fit(1)) FROM (SELECT 1) WHERE 0;") == [["null"]]
    assert duckdb("SELECT unnest(tailspot_events([1::TINYINT, 2])).event::VARCHAR") == [["init_batch"]] * 2


def test_ten_million_rows() -> None:
    """Prints how long they take."""
    queries = {
        "DuckDB, a list": "SELECT count(*) FROM (SELECT unnest(tailspot_events(v)).event AS e FROM lists)"
        " WHERE e = 'alert_up'",
        "DuckDB, a table": "SELECT count(*) FROM (SELECT unnest(tailspot_events(list(value ORDER BY time))).event AS e"
        " FROM big) WHERE e = 'alert_up'",
    }
    timed = (
        "import time\n"
        + DUCKDB.replace(
            "cursor = db.execute(statement)",
            """
        begun = time.monotonic(), time.process_time()
        cursor = db.execute(statement); rows = cursor.fetchall() or [[0]]
        print(time.monotonic() - begun[0], time.process_time() - begun[1], rows[0][0])""",
        ).partition("for row in")[0]
    )
    setup = """CREATE TABLE big AS SELECT i AS time,
        ((i * 2654435761) % 4294967296) / 4294967296.0 AS value
        FROM range(10000000) t(i); CREATE TABLE lists AS SELECT list(value ORDER BY time) AS v FROM big;"""
    words = [sys.executable, "-c", timed, ":memory:", str(TARGET / "tailspot.duckdb_extension")]
    done = subprocess.run(words, input=setup + ";".join(queries.values()), capture_output=True, text=True, check=True)
    for name, line in zip(queries, done.stdout.splitlines()[2:]):
        wall, cpu, alerts = map(float, line.split())
        print(f"\n{name}: 10 million rows in {wall:.2f} s ({cpu:.2f} s of processor), {alerts:.0f} alerts")
        assert 100 < alerts < 10_000
    begun = time.monotonic()
    alerts = sqlite("""WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 9999999)
        SELECT count(*) FROM (SELECT tailspot_event(((i * 2654435761) % 4294967296) / 4294967296.0)
        OVER (ORDER BY i ROWS UNBOUNDED PRECEDING) AS e FROM c) WHERE e = 'alert_up';""")
    wall = time.monotonic() - begun
    print(f"SQLite: 10 million rows in {wall:.2f} s, {alerts[0][0]} alerts")
    assert 100 < int(alerts[0][0]) < 10_000


def test_bits_are_written_as_both_databases_write_them() -> None:
    assert duckdb("SELECT 0.1::DOUBLE") == [[bits(0.1)]]
    assert sqlite("SELECT lower(hex(ieee754_to_blob(0.1)));") == [[bits(0.1)]]
