"""Tells how many rows a second tailspot.spark judges on `local[2]`, and what the pool of a shard costs.

`python benches/python/spark.py` takes some minutes and 8 GB; it needs the extra `spark`, and Java. The source makes its
rows in Spark, the sink drops them: what is measured is the way of the rows through the operator and the commit of its
state. `--help` tells what can be changed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pyspark.sql import SparkSession, functions

import tailspot
from tailspot.spark import detect

if TYPE_CHECKING:
    from collections.abc import Callable

ROCKSDB = "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"


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
    parser.add_argument("--pool", action="store_true", help="measure the pool of one shard instead, without Spark")
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
        told = -1
        while told < given.batches - 1:
            if query.exception():
                raise SystemExit(str(query.exception()))
            for progress in query.recentProgress:
                if progress["batchId"] > told and progress["numInputRows"]:
                    told = progress["batchId"]
                    tell(progress, Path(place))
            time.sleep(0.2)
        query.stop()


def tell(progress: Any, place: Path) -> None:
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


def pool(given: argparse.Namespace) -> None:
    """What a shard pays for its pool in every batch."""
    keys = given.keys // given.shards
    made = tailspot.Pool.from_spot(spot(given.calibrate), threads=1)
    column = np.tile(np.arange(keys), given.each)
    values = np.random.default_rng(2).normal(size=len(column))
    judge, _ = best(lambda: made.step_many(column, values))
    save, saved = best(made.save)
    load, _ = best(lambda: tailspot.Pool.load(saved, threads=1))
    print(
        f"{keys:,} keys in a pool: {len(saved):,} bytes, {len(saved) / keys:.0f} a key; "
        f"a key takes {judge / keys * 1e6:.1f} us to judge {given.each} rows, "
        f"{save / keys * 1e6:.1f} to save, {load / keys * 1e6:.1f} to load"
    )


if __name__ == "__main__":
    words = arguments()
    (pool if words.pool else measure)(words)
