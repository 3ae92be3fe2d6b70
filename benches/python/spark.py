"""Measures how many rows a second tailspot.spark judges on `local[2]`, and what the pool of a shard costs.

`python benches/python/spark.py` takes some minutes and 8 GB; it needs the extra `spark`, and Java. The source makes its
rows in Spark, the sink drops them: what is measured is the way of the rows through the operator and the commit of its
state. `--help` lists what can be changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyspark.sql import SparkSession, functions

import tailspot
from tailspot.spark import detect

if TYPE_CHECKING:
    from collections.abc import Callable

ROCKSDB = "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"

# What a key keeps: its name in the table, the parameters, and the values it has seen.
STATES: list[tuple[str, dict[str, Any], int]] = [
    ("both sides, `max_excess` 20", {"n_init": 30, "level": 0.9, "max_excess": 20}, 500),
    ("one side, `max_excess` 50", {"n_init": 500, "level": 0.95, "max_excess": 50, "down": False}, 2000),
    ("the defaults: both sides, `max_excess` 200", {}, 20_000),
    ("the defaults, before their calibration", {}, 1999),
]


def arguments() -> argparse.Namespace:
    """What is to be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=200_000)
    parser.add_argument("--each", type=int, default=100, help="rows of a key in a batch")
    parser.add_argument("--shards", type=int, default=64)
    parser.add_argument("--partitions", type=int, default=2, help="spark.sql.shuffle.partitions")
    parser.add_argument("--batches", type=int, default=4)
    parser.add_argument("--strings", action="store_true", help="keys are strings, not integers")
    parser.add_argument("--calibrate", action="store_true", help="no fitted spot: each key takes 30 rows to calibrate")
    parser.add_argument("--pools", action="store_true", help="measure what pools cost instead, without Spark")
    return parser.parse_args()


def spot(calibrate: bool) -> tailspot.Spot:
    """A detector of 20 excesses a side, fitted or not."""
    made = tailspot.Spot(q=1e-3, n_init=30, level=0.9, max_excess=20)
    return made if calibrate else made.fit(np.random.default_rng(1).normal(size=200))


def session(partitions: int) -> SparkSession:
    """Spark in this process, on two cores."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = (
        builder.config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "4g")
        .config("spark.sql.shuffle.partitions", partitions)
    )
    made = builder.config("spark.sql.streaming.stateStore.providerClass", ROCKSDB).getOrCreate()
    made.sparkContext.setLogLevel("ERROR")
    return made


def measure(given: argparse.Namespace) -> None:
    """Run a query for some batches, and print what each took."""
    rows = given.keys * given.each
    source = session(given.partitions).readStream.format("rate-micro-batch")
    stream = source.option("rowsPerBatch", rows).option("numPartitions", 2).load()
    key = functions.col("value") % given.keys
    key = functions.concat(functions.lit("device-"), key) if given.strings else key
    value = functions.expr("sqrt(-2 * ln((xxhash64(value) & 1048575) / 1048576 + 1e-7))").alias("x")
    judged = detect(
        stream.select(key.alias("device"), value, "timestamp"),
        "device", "x", "timestamp", shards=given.shards, spot=spot(given.calibrate),
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        query = judged.writeStream.format("noop").option("checkpointLocation", f"{place}/checkpoint").start()
        reported = -1
        while reported < given.batches - 1:
            if query.exception():
                raise SystemExit(str(query.exception()))
            for progress in query.recentProgress:
                if progress["batchId"] > reported and progress["numInputRows"]:
                    reported = progress["batchId"]
                    report(progress, Path(place))
            time.sleep(0.2)
        query.stop()


def report(progress: Any, place: Path) -> None:
    """A line a batch."""
    seconds = progress["durationMs"]["triggerExecution"] / 1e3
    rows = progress["numInputRows"]
    size = sum(path.stat().st_size for path in place.rglob("state/**/*") if path.is_file())
    state = progress["stateOperators"][0]
    print(
        f"batch {progress['batchId']}: {rows:,} rows in {seconds:.1f} s, {rows / seconds:,.0f} rows a second; "
        f"commit {state['commitTimeMs'] / 1e3:.1f} s, checkpoint {size / 1e6:,.0f} MB, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def best(work: Callable[[], Any]) -> tuple[float, Any]:
    """The shortest of some times, in seconds, and what came of it."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        made = work()
        times.append(time.perf_counter() - start)
    return min(times), made


def pools() -> None:
    """What a key of a shard pays in every batch, by what it keeps: a row of the table in docs/spark.md each."""
    for name, config, rows in STATES:
        keys = 1000
        made = tailspot.Pool(**config, threads=1)
        column, values = np.tile(np.arange(keys), rows), np.random.default_rng(2).normal(size=keys * rows)
        made.step_many(column, values, thresholds=False)
        save, saved = best(made.save)
        load, _ = best(partial(tailspot.Pool.load, saved, threads=1))
        print(f"| {name} | {len(saved) / keys:,.0f} | {save / keys * 1e6:.1f} | {load / keys * 1e6:.1f} |")


if __name__ == "__main__":
    words = arguments()
    pools() if words.pools else measure(words)
