"""Watches many hosts on Spark: one JSON line an alert. Run again, it goes on where it stopped.

python examples/python/spark_detect.py EVENTS CHECKPOINT

judges the files of the folder EVENTS, which have lines such as
{"host": "web-1", "at": "2026-10-25T10:00:00Z", "latency": 12.5}, and keeps its place and its detectors in CHECKPOINT.
"""

import os
import sys

from pyspark.sql import DataFrame, SparkSession, functions

from tailspot.spark import detect

os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
events, checkpoint = sys.argv[1:]

spark = (
    SparkSession.builder.master("local[2]")
    .config("spark.sql.shuffle.partitions", 2)
    .config(
        "spark.sql.streaming.stateStore.providerClass",
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider",
    )
    .getOrCreate()
)
stream = spark.readStream.schema("host string, at timestamp, latency double").json(events)
judged = detect(stream, "host", "latency", "at", shards=8, q=1e-4, level=0.95, n_init=500, down=False)


def report(batch: DataFrame, _: int) -> None:
    """Print the alerts of a batch."""
    line = functions.to_json(functions.struct("at", "host", "latency", "upper"))
    for (text,) in sorted(batch.where("event = 1").select(line).collect()):
        print(text, flush=True)


query = judged.writeStream.foreachBatch(report).option("checkpointLocation", checkpoint).trigger(availableNow=True)
query.start().awaitTermination()
