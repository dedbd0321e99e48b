"""Processor seconds that findings take: ten classes from counts and predictions, a thousand.

Every run has four splits that learn and then vary as chance has it, one of them shifted.
"""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

import confusionflow as cf
from confusionflow.reading.findings.of_run import findings_of_splits

SPLITS = {"train": 1.0, "val": 1.0, "test": 1.0, "new": 1.3}
TIMES = 5
# Of each class, so many others are what it is mostly taken for.
OTHERS = 20

Ints = NDArray[np.int64]


def from_counts(log_dir: Path, classes: int, epochs: int, support: int) -> cf.LoggedRun:
    """Log matrices."""
    rng = np.random.default_rng(0)
    others = min(OTHERS, classes - 1)
    wrong = rng.beta(2, 6, classes)
    where = (np.arange(classes)[:, None] + rng.integers(1, classes, (classes, others))) % classes
    share = rng.dirichlet(np.full(others, 0.3), classes)
    with cf.Run(log_dir, f"{classes} classes", classes=range(classes)) as run:
        for split, shift in SPLITS.items():
            for epoch in range(epochs):
                rate = np.clip(wrong * shift * (1 + 2 * np.exp(-epoch / 8)), 0, 0.95)
                matrix = np.zeros((classes, classes), np.int64)
                errors = rng.binomial(support, rate)
                for c in range(classes):
                    np.add.at(matrix[c], where[c], rng.multinomial(errors[c], share[c]))
                    matrix[c, c] += support - errors[c]
                run.log_matrix(epoch, split, matrix)
    return cf.open_logs(log_dir)[f"{classes} classes"]


def from_predictions(log_dir: Path, classes: int, epochs: int, instances: int) -> cf.LoggedRun:
    """Log predictions of instances, each of which is mostly right or mostly wrong."""
    rng = np.random.default_rng(0)
    with cf.Run(log_dir, "predictions", classes=range(classes)) as run:
        for split, shift in SPLITS.items():
            actual = np.arange(instances) % classes
            other = (actual + rng.integers(1, classes, instances)) % classes
            wrong = np.clip(rng.beta(0.06, 0.54, instances) * shift, 0, 1)
            for epoch in range(epochs):
                rate = np.clip(wrong + np.exp(-epoch / 8) / 2, 0, 1)
                predicted = np.where(rng.random(instances) < rate, other, actual)
                run.log(epoch, split, y_true=actual, y_pred=predicted, ids=np.arange(instances))
    return cf.open_logs(log_dir)["predictions"]


def seconds(run: cf.LoggedRun, *, reads: bool) -> float:
    """Median processor seconds of a search, with or without reading counts."""
    measured = []
    for _ in range(TIMES):
        series = [run[name] for name in run]
        if not reads:
            for one in series:
                one.cube()
        start = time.process_time()
        findings_of_splits(series)
        measured.append(time.process_time() - start)
    return float(np.median(measured))


def main() -> None:
    print("| four splits | findings | reading counts too | aim |\n| --- | --- | --- | --- |")
    with TemporaryDirectory() as folder:
        logs = Path(folder)
        for what, aim, run in (
            ("10 classes, 200 epochs, counts", "50 ms", from_counts(logs, 10, 200, 500)),
            ("the same, 10,000 predictions each", "2 s", from_predictions(logs, 10, 200, 10_000)),
            ("1,000 classes, 100 epochs, counts", "1 s", from_counts(logs, 1000, 100, 50)),
        ):
            alone, all_ = (1000 * seconds(run, reads=reads) for reads in (False, True))
            print(f"| {what} | {alone:,.0f} ms | {all_:,.0f} ms | {aim} |", flush=True)


if __name__ == "__main__":
    main()
