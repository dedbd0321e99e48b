"""Instances of a cell from kept chunks, beside DuckDB and pyarrow over the files of the log.

    python -m bench.instances [INSTANCES EPOCHS CLASSES]

Each way finds the ids that are in a cell at any epoch, and in how many; it runs with all it needs
in the machine's file cache, and the best of five runs counts. DuckDB and pyarrow read instance,
actual and predicted only, with as many threads as they like; the rest has one.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow.compute as pc
from pyarrow import dataset

import confusionflow as cf
from confusionflow.analysis.scores import scores
from confusionflow.reading.instances import Cells, Instances
from confusionflow.server.kept_predictions import KeptPredictions

CELL = 7, 8


def log(log_dir: str, instances: int, epochs: int, n_classes: int) -> None:
    """Log a training whose instances are mostly right, and wrong in a way of their own."""
    rng = np.random.default_rng(0)
    actual = np.sort(rng.integers(0, n_classes, instances))
    other = (actual + rng.integers(1, 4, instances)) % n_classes
    hardness = rng.beta(0.3, 1.5, instances)
    ids = np.arange(instances)
    with cf.Run(log_dir, "run", classes=range(n_classes)) as run:
        for epoch in range(epochs):
            wrong = rng.random(instances) < hardness
            predicted = np.where(wrong, other, actual)
            confidence = rng.random(instances, np.float32)
            margin = rng.normal(size=instances).astype(np.float32)
            run.log(
                epoch,
                "test",
                y_true=actual,
                y_pred=predicted,
                confidence=confidence,
                margin=margin,
                ids=ids,
            )


def best(function: Callable[[], Any], times: int = 5) -> tuple[float, float, Any]:
    """The least seconds of the clock, those of the processor, and what was found."""
    found, least, least_cpu = None, float("inf"), float("inf")
    for _ in range(times):
        began_s, cpu_s = time.perf_counter(), time.process_time()
        found = function()
        least_cpu = min(least_cpu, time.process_time() - cpu_s)
        least = min(least, time.perf_counter() - began_s)
    return least, least_cpu, found


def settled_files(log_dir: str) -> list[str]:
    """Paths of all predictions, once no more of them are packed: on a busy disk that goes on."""
    found: list[str] = []
    while True:
        before, found = found, sorted(map(str, Path(log_dir).rglob("predictions-*")))
        if found and found == before:
            return found
        time.sleep(5)


def measure(log_dir: str, instances: int, epochs: int) -> None:
    """Print a row for each way."""
    series = cf.open_logs(log_dir)["run"]["test"]
    kept = KeptPredictions(few=0)
    actual, predicted = CELL
    cells = Cells((series.classes[actual],), (series.classes[predicted],))
    files = settled_files(log_dir)
    table = dataset.dataset(files)
    connection = duckdb.connect()
    where = f"actual = {actual} AND predicted = {predicted}"
    query = f"SELECT instance, count(*) FROM read_parquet({files}) WHERE {where} GROUP BY instance"

    def arrow() -> int:
        is_in = (pc.field("actual") == actual) & (pc.field("predicted") == predicted)
        found = table.to_table(columns=["instance"], filter=is_in)
        return len(found.group_by("instance").aggregate([("instance", "count")]))

    print(f"\n{instances:,} instances, {epochs} epochs\n")
    print("| | time | CPU |\n| --- | --- | --- |", flush=True)

    def row(name: str, function: Callable[[], Any], times: int = 5) -> Any:
        seconds, cpu, found = best(function, times)
        print(f"| {name} | {seconds * 1e3:,.1f} ms | {cpu * 1e3:,.1f} ms |", flush=True)
        return found

    row("chunks are made", lambda: kept.read(series), 1)
    row("chunks are opened", lambda: kept.read(cf.open_logs(log_dir)["run"]["test"]))
    read = kept.read(series)
    part = read.trajectories

    def page() -> int:
        listed = Instances(read, cells)
        return len(listed.scores.hard)

    sizes = {
        row("a cell: its instances and all their scores", page),
        row("a cell: pyarrow, ids and counts", arrow),
        row("a cell: DuckDB, ids and counts", lambda: len(connection.execute(query).fetchall())),
    }
    assert len(sizes) == 1, sizes
    row("scores of all instances, from labels", lambda: scores(part.labels), 3)
    row("all scores of all instances", lambda: scores(part), 2)


def main() -> None:
    """Log, and measure."""
    sizes = [int(text) for text in sys.argv[1:]] or [50_000, 200, 10]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        log_dir = str(Path(folder) / "logs")
        log(log_dir, *sizes)
        measure(log_dir, *sizes[:2])


if __name__ == "__main__":
    main()
