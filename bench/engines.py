"""Counting a large table: by its engine, and in this process, with time and memory.

    python bench/engines.py [MILLIONS] [duckdb polars arrow spark log_frame mllib …]

Each way runs in a process of its own, whose time of the clock and of the processor and whose
largest memory are printed. What an engine does and holds in the same process (DuckDB, Polars,
Arrow) counts; Spark's is in Java, and does not. Making a table and starting Spark are not timed.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

SQL = """
    SELECT (i % 100)::INT AS epoch, 'test' AS split, ((i * 7919) % 1000)::INT AS y_true,
        ((i * 7919 + (hash(i) % 3)::BIGINT * (hash(i + 1) % 5)::BIGINT) % 1000)::INT AS y_pred
    FROM range({rows}) t(i)
"""


def duckdb_table(path: str) -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.execute("SET memory_limit = '200MB'")
    return connection.read_parquet(path)


def polars_table(path: str) -> Any:
    import polars

    return polars.scan_parquet(path)


def arrow_table(path: str) -> Any:
    from pyarrow import dataset

    return dataset.dataset(path)


def spark_table(path: str) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.memory", "4g").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session.read.parquet(path)


def log_counts(frame: Any, log_dir: str) -> None:
    import confusionflow as cf

    cf.log_counts(frame, log_dir, "r")


def log_frame(frame: Any, log_dir: str) -> None:
    import confusionflow as cf

    cf.log_frame(frame, log_dir, "r")


def mllib(frame: Any, log_dir: str) -> None:
    """One matrix over all epochs: it has no time."""
    from pyspark.mllib.evaluation import MulticlassMetrics

    pairs = frame.selectExpr("double(y_pred)", "double(y_true)").rdd.map(tuple)
    MulticlassMetrics(pairs).confusionMatrix()


WAYS: dict[str, tuple[Callable[[str], Any], Callable[[Any, str], None]]] = {
    "duckdb": (duckdb_table, log_counts),
    "polars": (polars_table, log_counts),
    "arrow": (arrow_table, log_counts),
    "spark": (spark_table, log_counts),
    "mllib": (spark_table, mllib),
    "log_frame": (polars_table, log_frame),
}


def measure(way: str, path: str) -> None:
    """Run one way, and print its seconds and the largest memory of this process."""
    warnings.simplefilter("ignore")
    open_table, log = WAYS[way]
    frame = open_table(path)
    with tempfile.TemporaryDirectory() as log_dir:
        start, cpu_start = time.perf_counter(), time.process_time()
        log(frame, log_dir)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {way} | {seconds:.1f} s | {cpu:.1f} s | {peak:.0f} MB |", flush=True)


def main() -> None:
    """Write the table, and run the ways one after the other."""
    millions = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    ways = sys.argv[2:] or ["duckdb", "polars", "arrow"]
    import duckdb

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "table.parquet")
        rows = SQL.format(rows=millions * 1_000_000)
        duckdb.connect().execute(f"COPY ({rows}) TO '{path}'")
        size = Path(path).stat().st_size / 1e6
        print(f"\n{millions} million rows, {size:.0f} MB of Parquet, load {os.getloadavg()[0]:.1f}")
        print("\n| way | time | CPU | memory |\n| --- | --- | --- | --- |", flush=True)
        for way in ways:
            subprocess.run([sys.executable, __file__, "--one", way, path], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(sys.argv[2], sys.argv[3])
    else:
        main()
