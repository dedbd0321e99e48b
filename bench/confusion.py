"""Confusion matrix from a million labels: ours, scikit-learn's, torchmetrics', plain numpy's.

Run `python -m bench.confusion`; torchmetrics takes part where it is installed, as `make
test-integrations` does for itself. Every contestant sees the same arrays, torchmetrics as tensors.
In each round each one is warmed by one call and then timed some times in a row, so that a busy
machine slows all alike and none pays for the memory that another has just given back. The
plain-numpy variants check nothing; the others check every label. scikit-learn is called with
`labels=`, as it must be to keep classes that do not occur; the last column leaves that out. int64
is what argmax gives.
"""

import argparse
from collections.abc import Callable
from importlib.util import find_spec
from statistics import median
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from confusionflow.analysis import confusion

Labels = NDArray[np.integer]
Counts = NDArray[np.int64]
Contestant = Callable[[Labels, Labels, int], Counts]


def scikit_learn(actual: Labels, predicted: Labels, n_classes: int) -> Counts:
    counts: Counts = confusion_matrix(actual, predicted, labels=np.arange(n_classes))
    return counts


def scikit_learn_inferred(actual: Labels, predicted: Labels, n_classes: int) -> Counts:
    counts: Counts = confusion_matrix(actual, predicted)
    return counts


def bincount(actual: Labels, predicted: Labels, n_classes: int) -> Counts:
    cells = actual.astype(np.int64) * n_classes + predicted
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def add_at_flat(actual: Labels, predicted: Labels, n_classes: int) -> Counts:
    counts = np.zeros(n_classes**2, dtype=np.int64)
    np.add.at(counts, actual.astype(np.int64) * n_classes + predicted, 1)
    return counts.reshape(n_classes, n_classes)


def add_at_pair(actual: Labels, predicted: Labels, n_classes: int) -> Counts:
    counts = np.zeros((n_classes, n_classes), dtype=np.int64)
    np.add.at(counts, (actual, predicted), 1)
    return counts


def torch_metrics() -> dict[str, Contestant]:
    """torchmetrics, where it is installed."""
    if find_spec("torchmetrics") is None:
        return {}
    import torch
    from torchmetrics.functional.classification import multiclass_confusion_matrix

    def contestant(actual: Labels, predicted: Labels, n_classes: int) -> Counts:
        # torch counts no uint16.
        wide = [torch.from_numpy(labels.astype(np.int64)) for labels in (predicted, actual)]
        counts: Counts = multiclass_confusion_matrix(*wide, n_classes).numpy()
        return counts

    return {"torchmetrics": contestant}


CONTESTANTS: dict[str, Contestant] = {
    "ours": confusion,
    "bincount": bincount,
    "add.at flat": add_at_flat,
    "add.at pair": add_at_pair,
    **torch_metrics(),
    "sklearn": scikit_learn,
    "sklearn, no labels=": scikit_learn_inferred,
}


ROUNDS = 3


def measure(actual: Labels, predicted: Labels, n_classes: int, repeats: int) -> dict[str, float]:
    """Median milliseconds of each contestant; all results are compared first."""
    expected = confusion(actual, predicted, n_classes)
    for name, contestant in CONTESTANTS.items():
        if not np.array_equal(contestant(actual, predicted, n_classes), expected):
            raise SystemExit(f"{name} disagrees with ours at {n_classes} classes.")
    times: dict[str, list[float]] = {name: [] for name in CONTESTANTS}
    for _ in range(ROUNDS):
        for name, contestant in CONTESTANTS.items():
            contestant(actual, predicted, n_classes)
            for _ in range(repeats):
                start = perf_counter()
                contestant(actual, predicted, n_classes)
                times[name].append((perf_counter() - start) * 1e3)
    return {name: median(values) for name, values in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    random = np.random.default_rng(0)
    print(
        f"{arguments.instances:,} instances, "
        f"medians of {ROUNDS} x {arguments.repeats} calls in milliseconds, and ratios to ours"
    )
    print(f"{'labels':>7}{'classes':>9}" + "".join(f"{name:>21}" for name in CONTESTANTS))
    for dtype in (np.int64, np.int32, np.uint16):
        for n_classes in (10, 100, 1_000):
            actual = random.integers(0, n_classes, arguments.instances)
            # Four of five right, as in a training that has begun to learn.
            hit = random.random(arguments.instances) < 0.8
            other = random.integers(0, n_classes, arguments.instances)
            predicted = np.where(hit, actual, other).astype(dtype)
            found = measure(actual.astype(dtype), predicted, n_classes, arguments.repeats)
            cells = (f"{time:12.2f} ({time / found['ours']:5.1f}x)" for time in found.values())
            print(f"{np.dtype(dtype).name:>7}{n_classes:>9,}" + "".join(cells))


if __name__ == "__main__":
    main()
