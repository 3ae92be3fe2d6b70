"""tailspot.spark on Spark itself: streams, batches, restarts, and queries that are killed."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spark_program
from conftest import REPOSITORY
from programs import run
from pyspark.errors import StreamingQueryException
from pyspark.sql import DataFrame, SparkSession, functions

import tailspot
from tailspot.spark import detect
from tailspot.spark._shard_id import shard_id

HOSTS, FILES, EACH = 23, 8, 3000
# Spark takes a minute to start on a machine that has much to do.
PATIENCE = 400


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.chdir(tmp_path_factory.mktemp("spark"))
    made = spark_program.session("local[2]")
    yield made
    made.stop()


def values_of_a_fleet(count: int = FILES * EACH) -> pa.Table:
    """Rows of some hosts in the order of their time, with ties, gaps and anomalies."""
    draw = np.random.default_rng(1)
    values = draw.normal(size=count)
    values[draw.random(count) < 0.005] *= 9
    hosts = [f"host-{number}" for number in draw.integers(0, HOSTS, count)]
    at = np.datetime64("2026-10-25T00:00", "us") + np.arange(count) // 3 * np.timedelta64(1, "s")
    gaps = draw.random(count) < 0.01
    return pa.table({
        "id": np.arange(count), "host": hosts, "at": pa.array(at, pa.timestamp("us", "UTC")),
        "x": pa.array(values, mask=gaps),
    })  # fmt: skip


def written(rows: pa.Table, folder: Path, files: int = FILES) -> Path:
    """Writes the rows as so many files, each in an order of its own; Spark takes them by their age."""
    (folder / "in").mkdir(parents=True)
    edges = np.linspace(0, len(rows), files + 1, dtype=int)
    for number, (start, end) in enumerate(itertools.pairwise(edges)):
        part = rows.take(np.random.default_rng(number).permutation(np.arange(start, end)))
        path = folder / "in" / f"{number:03}.parquet"
        pq.write_table(part, path)
        os.utime(path, (1_700_000_000 + number,) * 2)
    return folder


def judged(spark: SparkSession, folder: Path, **config: Any) -> DataFrame:
    config = {"shards": 5, **spark_program.CONFIG, **config}
    return detect(spark_program.rows_of(spark, str(folder)), "host", "x", "at", **config)


def found(frame: DataFrame) -> list[Any]:
    """All rows by their number; floats to the last bit."""
    return sorted(frame.toArrow().to_pylist(), key=lambda row: row["id"])


def out(spark: SparkSession, folder: Path) -> list[Any]:
    """What a query has written; what it has not committed is not read."""
    return found(spark.read.parquet(str(folder / "out")))


@pytest.fixture(scope="module")
def whole(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The answers of a query that nothing interrupts."""
    folder = written(values_of_a_fleet(), tmp_path_factory.mktemp("whole"))
    spark_program.finish(judged(spark, folder), str(folder))
    return out(spark, folder)


def test_each_host_is_answered_as_by_one_detector(whole: list[Any]) -> None:
    rows = values_of_a_fleet().to_pylist()
    assert [{name: row[name] for name in rows[0]} for row in whole] == rows
    assert {row["event"] for row in whole} == {0, 1, -1, 2, -2, 3, 4, 5}
    by_time = sorted(whole, key=lambda row: (row["at"], np.inf if row["x"] is None else row["x"]))
    for host in {row["host"] for row in rows}:
        mine = [row for row in by_time if row["host"] == host]
        alone = tailspot.Spot(**spark_program.CONFIG).step_many([row["x"] for row in mine])
        assert [row["event"] for row in mine] == list(alone.events)
        for side in ("upper", "lower"):
            expected = [None if np.isnan(limit) else limit for limit in getattr(alone, side)]
            assert [row[side] for row in mine] == expected


def test_a_batch_is_answered_as_the_stream(spark: SparkSession, whole: list[Any], tmp_path: Path) -> None:
    folder = written(values_of_a_fleet(), tmp_path)
    frame = spark.read.schema(spark_program.SCHEMA).parquet(str(folder / "in"))
    assert found(detect(frame, "host", "x", "at", shards=5, **spark_program.CONFIG)) == whole
    assert found(detect(frame, "host", "x", "at", shards=2, **spark_program.CONFIG)) == whole


def test_a_watermark_loses_nothing(spark: SparkSession, tmp_path: Path) -> None:
    rows = values_of_a_fleet(6000)
    late = pa.concat_tables([rows.slice(3000), rows.slice(0, 3000)])
    folder = written(late, tmp_path, files=4)
    stream = spark_program.rows_of(spark, str(folder)).withWatermark("at", "1 second")
    spark_program.finish(detect(stream, "host", "x", "at", shards=5, **spark_program.CONFIG), str(folder))
    assert [row["id"] for row in out(spark, folder)] == list(range(6000))


TEXTS = {"host-1": -642375062294055467, "": -7444071767201028348, "ζ": 3329695693947859330}
INTEGERS = {1: -7001672635703045582, -7: -1663473129717591079, 2**40: 1821704621099523357}


def test_keys_are_spread_by_a_hash_that_never_changes(spark: SparkSession) -> None:
    for hashes, kind in ((TEXTS, "string"), (INTEGERS, "bigint")):
        frame = spark.createDataFrame([(key,) for key in hashes], f"host {kind}")
        assert {row[0]: row[1] for row in frame.select("host", functions.xxhash64("host")).collect()} == hashes


def test_shards_are_spread_evenly_over_partitions(spark: SparkSession) -> None:
    shards = [0, 1, 2, 3, 4, 1000, 2**31 - 1]
    frame = spark.createDataFrame([(shard_id(shard),) for shard in shards], "shard int")
    assert [row[0] for row in frame.select(functions.hash("shard")).collect()] == shards
    grouped = frame.repartition(5, "shard").select("shard", functions.spark_partition_id().alias("partition"))
    assert {row["shard"]: row["partition"] for row in grouped.collect()} == {
        shard_id(shard): shard % 5 for shard in shards
    }


def test_integers_of_any_width_and_several_columns_are_keys(spark: SparkSession) -> None:
    rows = values_of_a_fleet(6000).select(["id", "x"])
    frame = spark.createDataFrame(rows.to_pandas()).withColumn("x", functions.nanvl("x", functions.lit(None)))
    number = (functions.col("id") % 6).cast("int")
    frame = frame.withColumns({"n": number, "wide": number.cast("bigint"), "a": number % 2, "b": number % 3})
    answers = [
        found(detect(frame, key, "x", "id", shards=7, **spark_program.CONFIG)) for key in ("n", "wide", ["a", "b"])
    ]
    assert answers[0] == answers[1] == answers[2]
    text = frame.withColumns({"a": functions.lit("ab"), "b": functions.lit("c")})
    other = frame.withColumns({"a": functions.lit("a"), "b": functions.lit("bc")})
    both = detect(text.union(other), ["a", "b"], "x", "id", shards=7, **spark_program.CONFIG)
    assert both.filter("event = 4").count() == 2


def test_every_column_comes_back_as_it_was(spark: SparkSession) -> None:
    spark.conf.set("spark.sql.session.timeZone", "Europe/Paris")  # Its clocks went back in these hours.
    try:
        frame = spark.range(400).selectExpr(
            "'a' as host", "id as x", "timestamp'2026-10-24 23:00:00' + make_interval(0,0,0,0,0,id) as at",
            "case when id % 5 = 0 then null else id + 9007199254740993 end as `big.one`",
            "cast(id as decimal(20,3)) as money", "array(id, null) as list", "map('a', id) as tags",
            "named_struct('a', id, 't', current_timestamp()) as inside", "interval 1 day 2 seconds as span",
            "date'2026-01-01' as day", "timestamp_ntz'2026-01-01 00:00:00' as wall", "id % 2 = 0 as flag",
            "cast('abc' as binary) as bytes", "float('nan') as nan", "cast(null as string) as none",
            "cast(null as void) as nothing", "parse_json('{\"a\": 1}') as json", "id as key",
        )  # fmt: skip
        frame = frame.localCheckpoint()
        back = detect(frame, "host", "x", "at", **spark_program.CONFIG)
        assert back.columns == [*frame.columns, "event", "upper", "lower"]
        assert [str(row) for row in back.drop("event", "upper", "lower").sort("x").collect()] == [
            str(row) for row in frame.sort("x").collect()
        ]
        assert [field.dataType for field in back.schema][:-3] == [field.dataType for field in frame.schema]
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")


def test_a_broken_line_comes_back_as_missing(spark: SparkSession, tmp_path: Path) -> None:
    lines = [f'{{"host": "a", "x": {i % 7}, "at": {i}}}' for i in range(300)]
    lines[250] = '{"host": "a", "x": 5, "a'
    lines[260] = '{"host": "a", "x": "much", "at": 260}'
    lines[270] = '{"x": 99, "at": 270}'
    (tmp_path / "lines.json").write_text("\n".join(lines))
    frame = spark.read.schema("host string, x double, at bigint").json(str(tmp_path))
    rows = detect(frame, "host", "x", "at", q=1e-3, n_init=100, level=0.9).collect()
    assert len(rows) == 300
    missing = [row for row in rows if row["event"] == 5]
    assert {(row["host"], row["x"], row["at"]) for row in missing} == {
        (None, None, None), ("a", None, 260), (None, 99.0, 270)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "error", "told"),
    [
        ({"value": "y"}, ValueError, "there is no column 'y'; the columns are 'id', 'host', 'at', 'x'"),
        ({"key": []}, ValueError, "key names no column: needs at least one"),
        ({"key": ["host", "rack"]}, ValueError, "there is no column 'rack'"),
        ({"key": "x"}, TypeError, "column 'x' is of type double: a key needs integer, string, binary"),
        ({"key": 5}, TypeError, "5 is not the name of a column: int"),
        ({"value": "host"}, TypeError, "column 'host' is of type string: needs integers, floats, decimals or bool"),
        ({"time": "host"}, TypeError, "column 'host' is of type string: needs a timestamp, a date or a number"),
        ({"shards": 0}, ValueError, "shards = 0 is out of range: needs shards >= 1"),
        ({"shards": 1 << 21}, ValueError, "shards = 2097152 is out of range: needs shards <= 1048576"),
        ({"shards": 2.5}, TypeError, "shards = 2.5 is not an integer: float"),
        ({"q": 0.5}, ValueError, "q = 0.5"),
        ({"depht": 3}, TypeError, "depht"),
        ({"spot": tailspot.Spot(), "q": 1e-3}, TypeError, "a detector has its parameters already: q"),
    ],
)
def test_a_bad_call_is_told_before_anything_runs(
    spark: SparkSession, changed: dict[str, Any], error: type[Exception], told: str
) -> None:
    frame = spark.createDataFrame([], spark_program.SCHEMA)
    with pytest.raises(error, match=re.escape(told)):
        detect(frame, **{"key": "host", "value": "x", "time": "at", **changed})


def test_columns_that_cannot_be_are_told(spark: SparkSession) -> None:
    frame = spark.createDataFrame([], spark_program.SCHEMA)
    with pytest.raises(ValueError, match="there is a column 'upper' already: rename it"):
        detect(frame.withColumn("upper", functions.lit(1)), "host", "x", "at")
    with pytest.raises(ValueError, match="there are 2 columns 'x'"):
        detect(frame.select("*", "x"), "host", "x", "at")
    month = frame.withColumn("span", functions.expr("interval 1 month"))
    with pytest.raises(TypeError, match="column 'span' is of type interval month, which Spark does not hand to Python"):
        detect(month, "host", "x", "at")
    with pytest.raises(TypeError, match="stream must be a DataFrame, not list"):
        detect([1, 2], "host", "x", "at")  # type: ignore[arg-type]


def test_another_state_store_is_told(spark: SparkSession) -> None:
    name = "spark.sql.streaming.stateStore.providerClass"
    before = spark.conf.get(name)
    spark.conf.unset(name)
    try:
        with pytest.raises(ValueError, match=f"the state store is HDFSBacked.*: set {name} to org.*RocksDB"):
            detect(spark.createDataFrame([], spark_program.SCHEMA), "host", "x", "at")
    finally:
        spark.conf.set(name, before)


def test_a_query_goes_on_after_what_it_was_told_is_put_right(
    spark: SparkSession, whole: list[Any], tmp_path: Path
) -> None:
    folder = written(values_of_a_fleet(), tmp_path)
    (folder / "later").mkdir()
    later = [path.rename(folder / "later" / path.name) for path in sorted((folder / "in").iterdir())[FILES // 2 :]]
    spark_program.finish(judged(spark, folder), str(folder))
    assert out(spark, folder) == whole[: FILES * EACH // 2]
    for path in later:
        path.rename(folder / "in" / path.name)
    for wrong, told in (
        ({"shards": 4}, "started with shards = 5, and this query has shards = 4: go back to 5"),
        ({"shards": 6}, "started with shards = 5, and this query has shards = 6: go back to 5"),
        ({"level": 0.95}, "started with level = 0.9, and this query has level = 0.95: go back to 0.9"),
    ):
        before = out(spark, folder)
        with pytest.raises(StreamingQueryException, match=re.escape(told)):
            spark_program.finish(judged(spark, folder, **wrong), str(folder))
        assert out(spark, folder) == before
    spark_program.finish(judged(spark, folder), str(folder))
    assert out(spark, folder) == whole


def test_a_query_without_its_files_is_told(spark: SparkSession, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="PATH_NOT_FOUND"):
        judged(spark, tmp_path / "nowhere")


class Query:
    """The program of the tests in a session of processes of its own."""

    def __init__(self, master: str, folder: Path) -> None:
        self.folder = folder
        self.log = folder / f"log-{time.monotonic_ns()}"
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_WORKER_DIR": str(folder / "work")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(spark_program.__file__)), master, str(folder)],
                stdout=log, stderr=log, env=environment, start_new_session=True,
            )  # fmt: skip

    def names(self, what: str) -> set[str]:
        return {path.name for path in (self.folder / "checkpoint" / what).glob("*")}

    def wait_until(self, what: Callable[[Query, int], bool], batch: int) -> None:
        end = time.monotonic() + PATIENCE
        while not what(self, batch):
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.005)

    def is_begun(self, batch: int) -> bool:
        return f"{batch}" in self.names("offsets")

    def is_committed(self, batch: int) -> bool:
        return f"{batch}" in self.names("commits")

    def has_state_of(self, batch: int) -> bool:
        """Whether a partition has written the state after this batch, and the whole is not committed yet."""
        return any((self.folder / "checkpoint" / "state").glob(f"0/[0-9]*/{batch + 1}*.*"))

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def finish(self) -> None:
        try:
            assert self.process.wait(PATIENCE) == 0, self.log.read_text()
        finally:
            if self.process.poll() is None:
                self.kill()


def test_a_driver_that_is_killed_loses_nothing(spark: SparkSession, whole: list[Any], tmp_path: Path) -> None:
    folder = written(values_of_a_fleet(), tmp_path)
    for batch, what in ((2, Query.is_begun), (4, Query.has_state_of)):
        query = Query("local[2]", folder)
        try:
            query.wait_until(what, batch)
        finally:
            query.kill()
        assert query.is_begun(batch)
        assert not query.is_committed(batch), "it was killed too late to say anything"
    Query("local[2]", folder).finish()
    assert out(spark, folder) == whole


def executors(group: int) -> list[int]:
    """The processes of the executors in this session of processes."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            words, stat = (place / "cmdline").read_bytes(), (place / "stat").read_text()
        except OSError:
            continue
        session = int(stat.rpartition(")")[2].split()[3])
        if session == group and b"CoarseGrainedExecutorBackend" in words:
            found.append(int(place.name))
    return found


def test_an_executor_that_is_killed_loses_nothing(spark: SparkSession, whole: list[Any], tmp_path: Path) -> None:
    folder = written(values_of_a_fleet(), tmp_path)
    query = Query("local-cluster[2,1,1024]", folder)
    try:
        query.wait_until(Query.is_begun, 3)
        first, _ = executors(query.process.pid)
        os.kill(first, signal.SIGKILL)
        assert not query.is_committed(3), "it was killed too late to say anything"
        query.wait_until(Query.is_committed, 4)
        assert first not in executors(query.process.pid)
        assert len(executors(query.process.pid)) > 0
    except BaseException:
        query.kill()
        raise
    query.finish()
    assert "Lost executor" in query.log.read_text()
    assert out(spark, folder) == whole


def hosts_of(rows: range) -> str:
    """Lines of two hosts, with a latency that is far too large in row 1,900 and in row 2,500."""
    draw = np.random.default_rng(rows.start)
    planted = {1900: 99.0, 2500: 88.0}
    return "\n".join(
        json.dumps({
            "host": host, "at": f"2026-10-25T{row // 3600:02}:{row // 60 % 60:02}:{row % 60:02}Z",
            "latency": planted.get(row, draw.exponential()) if host == "web-2" else draw.exponential(),
        })
        for row in rows for host in ("web-1", "web-2")
    )  # fmt: skip


def test_the_example_finds_what_was_planted_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    planted = []
    for name, rows in (("a", range(2000)), ("b", range(2000, 3000))):
        (tmp_path / "events" / f"{name}.json").write_text(hosts_of(rows))
        told = run("spark_detect.py", tmp_path / "events", tmp_path / "checkpoint", is_quiet=False)
        alerts = [json.loads(line) for line in told.splitlines()]
        assert len(alerts) <= 3
        planted.append([alert for alert in alerts if alert["latency"] > 80])
    assert [[(alert["host"], alert["latency"]) for alert in part] for part in planted] == [
        [("web-2", 99.0)], [("web-2", 88.0)]
    ]  # fmt: skip
    assert datetime.fromisoformat(planted[0][0]["at"]) == datetime(2026, 10, 25, 0, 31, 40, tzinfo=timezone.utc)
    assert 5 < planted[0][0]["upper"] < 20


@pytest.mark.parametrize("page", ["feeds.md", "spark.md"])
def test_what_the_page_says_runs(spark: SparkSession, page: str, tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / page).read_text()
    if page == "feeds.md":
        text = text[text.index("\n## Spark") :]
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "a.json").write_text(hosts_of(range(3000)))
    names: dict[str, Any] = {"spark": spark}
    names |= {"folder": str(tmp_path / "events"), "alerts": str(tmp_path / "alerts"), "checkpoint": str(tmp_path / "c")}
    for program in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(program, page, "exec"), names)
        for query in spark.streams.active:
            query.processAllAvailable()
            query.stop()
    found = spark.read.schema("host string, latency double, upper double").json(str(tmp_path / "alerts")).collect()
    assert {("web-2", 99.0), ("web-2", 88.0)} <= {(row["host"], row["latency"]) for row in found}
    assert len(found) <= 5
