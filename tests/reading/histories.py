"""Random histories of a split: what a training may log, and what counts of it, by hand."""

from __future__ import annotations

import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import confusionflow as cf
from confusionflow.store.compact import compact_run
from confusionflow.store.places.open import open_filesystem

Row = tuple[Any, str, str]  # id, actual, predicted; "" for what is no class


@dataclass(frozen=True)
class Logged:
    """One call of `log`, or of `log_matrix`."""

    attempt: int
    epoch: int
    sequence: int
    rank: int
    rows: list[Row] | None


@dataclass
class History:
    """What was logged, in order.

    Attributes:
        world_size: Ranks that log; 1 for one process.
        calls: What each of them logged.
    """

    world_size: int = 1
    calls: list[Logged] = field(default_factory=list)

    def counted(self) -> tuple[dict[int, Counter[Row]], set[int]]:
        """The predictions that count, by epoch, and the epochs of which a rank logged a matrix.

        An epoch without any predictions is not there.
        """
        first: dict[int, int] = {}
        for call in self.calls:
            first[call.attempt] = min(call.epoch, first.get(call.attempt, call.epoch))
        shown = [c for c in self.calls if all(c.epoch < first[a] for a in first if a > c.attempt)]
        found: dict[int, Counter[Row]] = {}
        matrices: set[int] = set()
        for epoch in sorted({call.epoch for call in shown}):
            rows: list[Row] = []
            seen: set[Any] = set()
            has_predictions = False
            for rank in range(self.world_size):
                calls = [c for c in shown if (c.epoch, c.rank) == (epoch, rank)]
                newest = max(calls, key=lambda c: (c.attempt, c.sequence), default=None)
                if newest is None:
                    continue
                if newest.rows is None:
                    matrices.add(epoch)
                    continue
                has_predictions = True
                # Rows are kept by actual class, what has none last, else in the order of the call.
                for row in newest.rows:
                    if self.world_size == 1 or row[0] not in seen:
                        rows.append(row)
                    seen.add(row[0])
            if has_predictions:
                found[epoch] = Counter(row for row in rows if row[1] and row[2])
        return found, matrices


def random_history(log_dir: Path, seed: int) -> History:
    """Log a random history as the run "run", split "test"."""
    rng = np.random.default_rng(seed)
    history = History(int(rng.choice([1, 1, 2, 3])))
    n_classes, n = int(rng.integers(2, 6)), int(rng.integers(1, 14))
    names = [f"class {i}" for i in range(n_classes)]
    is_declared = history.world_size > 1 or rng.random() < 0.6
    has_text_ids = rng.random() < 0.4
    labels_change = rng.random() < 0.3
    some_null = rng.random() < 0.3
    ids = [f"ü{i}" if has_text_ids else int(i * 7 - 20) for i in rng.permutation(n)]
    actual = rng.integers(0, n_classes, n)
    sequences: Counter[tuple[int, int]] = Counter()
    for attempt in range(int(rng.choice([1, 1, 1, 2, 3]))):
        runs = [
            cf.Run(
                log_dir,
                "run",
                classes=names if is_declared else None,
                id="job",
                resume=attempt > 0,
                rank=rank,
                world_size=history.world_size,
            )
            for rank in range(history.world_size)
        ]
        start = int(rng.integers(0, 4)) if attempt else 0
        for epoch in rng.choice(np.arange(start, 8), int(rng.integers(1, 4))).tolist():
            if labels_change:
                actual = np.where(rng.random(n) < 0.2, rng.integers(0, n_classes, n), actual)
            is_matrix = is_declared and rng.random() < 0.1
            for rank, run in enumerate(runs):
                if rank and rng.random() < 0.15:
                    continue  # a partial epoch
                if is_matrix:
                    run.log_matrix(epoch, "test", rng.integers(0, 3, (n_classes, n_classes)))
                    rows = None
                else:
                    size = int(rng.integers(0 if is_declared else 1, n + 1))
                    mine = rng.choice(n, size, replace=False)
                    if rng.random() < 0.5:
                        mine = np.arange(rank, n, history.world_size)
                    predicted = rng.integers(0, n_classes, len(mine))
                    if not is_declared:
                        # Calls in which no class is both actual and predicted are refused.
                        predicted[0] = actual[mine[0]]
                    texts = [[names[i] for i in each] for each in (actual[mine], predicted)]
                    if some_null:
                        for each in texts:
                            each[:] = ["" if rng.random() < 0.2 else name for name in each]
                    if not is_declared:
                        texts[0][0] = texts[1][0] = names[predicted[0]]
                    run.log(
                        epoch,
                        "test",
                        y_true=np.array([name or None for name in texts[0]], object),
                        y_pred=np.array([name or None for name in texts[1]], object),
                        ids=np.array([ids[i] for i in mine], object if has_text_ids else np.int64),
                        confidence=predicted / 8 if rng.random() < 0.5 else None,
                    )
                    rows = [(ids[i], *pair) for i, *pair in zip(mine, *texts, strict=True)]
                    order = {name: at for at, name in enumerate([*names, ""])}
                    rows.sort(key=lambda row: order[row[1]])
                sequence = sequences[attempt, rank]
                sequences[attempt, rank] += 1
                history.calls.append(Logged(attempt, epoch, sequence, rank, rows))
        for run in runs:
            if rng.random() < 0.7:
                run.close()
    if rng.random() < 0.3:
        filesystem = open_filesystem(log_dir)
        compact_run(filesystem, runs[0].id)
    return history


def log_quietly(log_dir: Path, seed: int) -> History:
    """A random history without its warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", cf.errors.ConfusionFlowWarning)
        return random_history(log_dir, seed)
