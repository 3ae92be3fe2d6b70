"""A query that the tests start, kill and start again: `spark_program.py MASTER FOLDER`.

It judges the files of FOLDER/in, one a batch, and writes FOLDER/out, with its checkpoint in FOLDER/checkpoint.
"""

from __future__ import annotations

import sys
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tailspot.spark import detect

SCHEMA = "id bigint, host string, at timestamp, x double"
CONFIG: dict[str, Any] = {"q": 1e-3, "n_init": 200, "level": 0.9}
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.streaming.stateStore.providerClass": (
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider"
    ),
}


def session(master: str) -> SparkSession:
    """A session whose workers are this Python (PYSPARK_PYTHON says so)."""
    builder = SparkSession.builder.master(master)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark: SparkSession = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def rows_of(spark: SparkSession, folder: str) -> DataFrame:
    """The files of a folder, one a batch."""
    return spark.readStream.schema(SCHEMA).option("maxFilesPerTrigger", 1).parquet(f"{folder}/in")


def finish(judged: DataFrame, folder: str) -> Any:
    """Run a query until it has taken all that is there."""
    writer = judged.writeStream.format("parquet").option("path", f"{folder}/out")
    query = writer.option("checkpointLocation", f"{folder}/checkpoint").trigger(availableNow=True).start()
    query.awaitTermination()
    return query


def main(master: str, folder: str) -> None:
    """Judge all files."""
    spark = session(master)
    finish(detect(rows_of(spark, folder), "host", "x", "at", shards=5, **CONFIG), folder)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
