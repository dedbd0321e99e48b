"""Making an epoch of predictions durable: ours, and what one would use otherwise, side by side.

Run `python -m bench.log_epoch`. Every contestant gets the same arrays of labels, writes a file of
its own for each epoch, and syncs file and folder before it returns; ours also counts the confusion
matrix and checks every label. "With columns" has ids, confidences and margins too. Contestants take
turns, so that a busy machine slows all alike; CPU time says what each costs on one that is not.
"""

import argparse
import csv
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import confusionflow as cf

Labels = NDArray[np.int64]
Contestant = Callable[[int, Labels, Labels], None]


def synced(path: Path) -> None:
    """Make a file that was written durable, and its name."""
    for known in (path, path.parent):
        descriptor = os.open(known, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def contestants(folder: Path, run: cf.Run) -> dict[str, Contestant]:
    """What writes an epoch, by name."""

    def ours(epoch: int, actual: Labels, predicted: Labels) -> None:
        run.log(epoch, "test", y_true=actual, y_pred=predicted)

    def ours_with_columns(epoch: int, actual: Labels, predicted: Labels) -> None:
        run.log(epoch, "columns", y_true=actual, y_pred=predicted, **columns_of(actual))

    def parquet_with_columns(epoch: int, actual: Labels, predicted: Labels) -> None:
        path = folder / f"{epoch}-columns.parquet"
        labels = {"actual": actual, "predicted": predicted}
        pd.DataFrame({**labels, **columns_of(actual)}).to_parquet(path)
        synced(path)

    def savez(epoch: int, actual: Labels, predicted: Labels) -> None:
        path = folder / f"{epoch}.npz"
        np.savez(path, actual=actual, predicted=predicted)
        synced(path)

    def savez_compressed(epoch: int, actual: Labels, predicted: Labels) -> None:
        path = folder / f"{epoch}-compressed.npz"
        np.savez_compressed(path, actual=actual, predicted=predicted)
        synced(path)

    def parquet(epoch: int, actual: Labels, predicted: Labels) -> None:
        path = folder / f"{epoch}.parquet"
        pd.DataFrame({"actual": actual, "predicted": predicted}).to_parquet(path)
        synced(path)

    def text(epoch: int, actual: Labels, predicted: Labels) -> None:
        path = folder / f"{epoch}.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["actual", "predicted"])
            writer.writerows(zip(actual.tolist(), predicted.tolist(), strict=True))
        synced(path)

    return {
        "ours": ours,
        "np.savez": savez,
        "np.savez_compressed": savez_compressed,
        "pandas to_parquet": parquet,
        "csv": text,
        "ours, with columns": ours_with_columns,
        "pandas, with columns": parquet_with_columns,
    }


@cache
def _columns(size: int) -> dict[str, Any]:
    random = np.random.default_rng(1)
    margin = random.normal(2, 4, size).astype(np.float32)
    confidence = random.beta(5, 1, size).astype(np.float32)
    return {"ids": np.arange(size), "confidence": confidence, "margin": margin}


def columns_of(actual: Labels) -> dict[str, Any]:
    """Ids, confidences and margins of instances."""
    return _columns(len(actual))


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(instances: int, n_classes: int, epochs: int, folder: Path) -> None:
    """Print a row for each contestant."""
    random = np.random.default_rng(0)
    actual = random.integers(0, n_classes, instances)
    hit = random.random(instances) < 0.8
    predicted = np.where(hit, actual, random.integers(0, n_classes, instances))
    times: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    with cf.Run(folder / "logs", name="bench", classes=range(n_classes), strict=True) as run:
        known = contestants(folder, run)
        for epoch in range(epochs + 1):
            for name, write in known.items():
                before = size_of(folder)
                start, cpu_start = perf_counter(), process_time()
                write(epoch, actual, predicted)
                cpu_ms = (process_time() - cpu_start) * 1e3
                took_ms = (perf_counter() - start) * 1e3
                sizes[name] = size_of(folder) - before
                if epoch > 0:  # the first call makes folders and loads modules
                    times.setdefault(name, []).append(took_ms)
                    cpu.setdefault(name, []).append(cpu_ms)
    print(f"\n{instances:,} predictions, {n_classes:,} classes, {epochs} epochs")
    print(f"{'':>20}{'median ms':>11}{'p90 ms':>10}{'ratio':>8}{'CPU ms':>9}{'kB':>10}")
    base = median(times["ours"])
    for name, values in times.items():
        middle, slow = median(values), float(np.quantile(values, 0.9))
        ratio, size = f"{middle / base:.1f}x", sizes[name] / 1e3
        busy = median(cpu[name])
        print(f"{name:>20}{middle:11.2f}{slow:10.2f}{ratio:>8}{busy:9.2f}{size:10,.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, help="folder on the disk to measure")
    arguments = parser.parse_args()
    for instances, n_classes, epochs in ((10_000, 10, 200), (1_280_000, 1_000, 7)):
        with tempfile.TemporaryDirectory(dir=arguments.into) as folder:
            measure(instances, n_classes, epochs, Path(folder))


if __name__ == "__main__":
    main()
