"""What the table of series says of runs and their splits."""

from __future__ import annotations

import numpy as np

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.metrics import accuracy
from confusionflow.server.models import Problem, RunSummary, SplitSummary
from confusionflow.store import StoredRun, StoredSplit


def summarise(run: StoredRun) -> RunSummary:
    """Say what a run is and has, reading only the newest epoch of each split."""
    splits = [_summarise_split(split) for split in run.splits.values()]
    return RunSummary(
        id=run.id,
        name=run.name,
        config=run.config,
        state=run.state,
        time_unit=run.time_unit,
        created_at=run.created_at,
        splits=splits,
        problems=[Problem(file=p.file, reason=p.reason) for p in run.problems],
    )


def _summarise_split(split: StoredSplit) -> SplitSummary:
    return SplitSummary(
        id=split.id,
        name=split.name,
        epoch_count=len(split.listed_epochs),
        first_epoch=split.listed_epochs[0],
        last_epoch=split.listed_epochs[-1],
        last_accuracy=_last_accuracy(split),
        class_count=len(split.newest_classes),
        version=split.version,
    )


def _last_accuracy(split: StoredSplit) -> float | None:
    last = split.last
    if last is None or not any(part.count.sum() for part in last.parts):
        return None
    actual, predicted, count = (
        np.concatenate([getattr(part, name) for part in last.parts])
        for name in ("actual", "predicted", "count")
    )
    n_classes = int(max(actual.max(), predicted.max())) + 1
    at = np.zeros(len(count), np.int64)
    return float(accuracy(Cube.from_rows([last.epoch], n_classes, at, actual, predicted, count))[0])
