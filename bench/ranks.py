"""Reading an epoch that many ranks evaluated, beside sorting the ids of all of them at once.

    python -m bench.ranks [ROWS [RANKS …]]

Each rank has a million rows of 1,000 classes unless told otherwise; ids are shuffled among the
ranks, and each rank repeats a few rows of the next one, as samplers do. Each way runs in a process
of its own, the last rank's closing in one that logged all ranks. Its seconds are of the clock and
of the processor; its memory is the largest that it had.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np

from confusionflow import Run
from confusionflow.store.cache import Cache
from confusionflow.store.epoch import read_predictions
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.places.local import LocalFileSystem
from confusionflow.store.split_folder import SplitFolder

CLASSES = 1_000
REPEATED = 10


def make(log_dir: str, ranks: int, rows: int) -> list[Run]:
    """Log one epoch by all ranks, one rank after another, and close none."""
    import confusionflow as cf

    runs = []
    rng = np.random.default_rng(0)
    ids = rng.permutation(ranks * rows)
    actual = (np.arange(ranks * rows) * 7919 % CLASSES).astype(np.int32)
    names = [f"class {index}" for index in range(CLASSES)]
    for rank in range(ranks):
        first = rank * rows
        own = (
            np.resize(ids, first + rows + REPEATED)[first:]
            if rank + 1 == ranks
            else (ids[first : first + rows + REPEATED])
        )
        wrong = rng.random(len(own)) < 0.2
        predicted = np.where(wrong, rng.integers(0, CLASSES, len(own)), actual[own])
        run = cf.Run(log_dir, "run", classes=names, id="job", rank=rank, world_size=ranks)
        run.log(0, "test", y_true=actual[own], y_pred=predicted, ids=own)
        runs.append(run)
    return runs


def read(log_dir: str) -> int:
    """Read the counts, as the page and Python do."""
    import confusionflow as cf

    return len(cf.open_logs(log_dir)["job"]["test"].accuracy())


def class_names(log_dir: str) -> int:
    """Look up what a rank needs that goes on with the run."""
    from confusionflow.log.history import read_history
    from confusionflow.log.resume import run_to_resume

    return len(read_history(log_dir, run_to_resume(log_dir, "run", None) or "").classes["test"])


def overviews(log_dir: str) -> int:
    """List the runs."""
    from confusionflow.store import Store

    return Store(log_dir).overviews()[0].splits[0].last_total


def close_last(log_dir: str, ranks: int, rows: int) -> None:
    """Measure the last rank that closes the run, which joins the counts of all."""
    runs = make(log_dir, ranks, rows)
    for run in runs[:-1]:
        run.close()
    began_s, cpu_s = time.perf_counter(), time.process_time()
    runs[-1].close()
    seconds, cpu = time.perf_counter() - began_s, time.process_time() - cpu_s
    has_joined = bool([*Path(log_dir).rglob("joined-*")])
    kept = "counts are kept" if has_joined else "counts are left to readers"
    print(f"| the last rank closes | {seconds:.2f} s | {cpu:.2f} s | {kept} |", flush=True)


def sorted_at_once(log_dir: str) -> int:
    """Join the ranks by sorting all their ids, as it was done before."""
    (path,) = Path(log_dir).glob("run-*/split-*")
    folder = SplitFolder(LocalFileSystem(log_dir), path.relative_to(log_dir).as_posix(), Cache())
    files = [DataFile.parse(found.name) for found in sorted(path.glob("predictions-*"))]
    tables = [read_predictions(folder, f)[0] for f in files if f]
    ids = np.concatenate([table["instance"].to_numpy() for table in tables])
    _, first, place = np.unique(ids, return_index=True, return_inverse=True)
    is_first = np.zeros(len(ids), bool)
    is_first[first] = True
    actual = np.concatenate([table["actual"].to_numpy() for table in tables]).astype(np.int64)
    assert (actual == actual[first[place]]).all()
    predicted = np.concatenate([table["predicted"].to_numpy() for table in tables])
    ends = np.cumsum([0, *map(len, tables)])
    total = 0
    for begin, end in pairwise(ends):
        kept = is_first[begin:end]
        cells = actual[begin:end][kept] * CLASSES + predicted[begin:end][kept]
        total += int(np.unique(cells, return_counts=True)[1].sum())
    return total


WAYS: dict[str, Callable[[str], int]] = {
    "first reader": read,
    "second reader, cache folder": read,
    "list of runs": overviews,
    "to go on with the run": class_names,
    "ids sorted at once": sorted_at_once,
}


def measure(way: str, log_dir: str, small: str) -> None:
    """Run one way and print its numbers; a small log comes before, which loads the package."""
    function = WAYS[way]
    function(small)
    began_s, cpu_s = time.perf_counter(), time.process_time()
    function(log_dir)
    seconds = time.perf_counter() - began_s
    cpu = time.process_time() - cpu_s
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"| {way} | {seconds:.2f} s | {cpu:.2f} s | {peak:,.0f} MB |", flush=True)


def main() -> None:
    """Write the logs, and run each way."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    for ranks in [int(text) for text in sys.argv[2:]] or [8, 32, 64]:
        with tempfile.TemporaryDirectory() as folder:
            log_dir, small = str(Path(folder) / "logs"), str(Path(folder) / "small")
            fresh = {**os.environ, "XDG_CACHE_HOME": str(Path(folder) / "cache")}

            def run(*arguments: str, env: dict[str, str] = fresh) -> None:
                subprocess.run(
                    [sys.executable, "-m", "bench.ranks", *arguments], check=True, env=env
                )

            run("--make", small, "2", "10")
            run("--make", log_dir, str(ranks), str(rows))
            print(f"\n{ranks} ranks with {rows:,} rows each\n")
            print("| | time | CPU | memory |\n| --- | --- | --- | --- |", flush=True)
            for way in WAYS:
                run("--one", way, log_dir, small)
            run("--close", str(Path(folder) / "closed"), str(ranks), str(rows))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        measure(*sys.argv[2:5])
    elif sys.argv[1:2] == ["--close"]:
        close_last(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1:2] == ["--make"]:
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
