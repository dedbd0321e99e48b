"""torchmetrics: log what a `ConfusionMatrix` metric counted."""

from __future__ import annotations

from typing import Any

from torchmetrics.classification import BinaryConfusionMatrix, MulticlassConfusionMatrix

from confusionflow.errors import ArgumentError
from confusionflow.integrations.sampling import check_every, is_due
from confusionflow.log import Run


def log_metric(run: Run | None, epoch: int, split: str, metric: Any, *, every: int = 1) -> None:
    """Log the counts of a confusion matrix metric at the end of an epoch, before its reset.

    In a distributed evaluation `metric.compute()` adds up all processes: call this in each, with
    the run in the first process and None in the others.

    Arguments:
        run: Where to log; None in other processes.
        epoch: The epoch.
        split: Name of the data set.
        metric: A binary or multi-class ConfusionMatrix with `normalize=None`.
        every: Epochs from one that is logged to the next.

    Raises:
        ArgumentError: it is another metric, or it holds shares, or `every` can't be used.
    """
    if not isinstance(metric, (BinaryConfusionMatrix, MulticlassConfusionMatrix)):
        raise ArgumentError(
            f"The metric is a {type(metric).__name__}. Pass a binary or multi-class "
            "ConfusionMatrix."
        )
    if metric.normalize not in (None, "none"):
        raise ArgumentError(
            f"The metric has normalize={metric.normalize!r} and gives shares. Make it with "
            "normalize=None: counts are logged, and shares shown from them."
        )
    if not is_due(epoch, check_every(every)):
        return
    counts = metric.compute()
    if run is not None:
        run.log_matrix(epoch, split, counts)
