"""Ultralytics classification: log what its validations predict, without a second pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from confusionflow.errors import ArgumentError
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset
from confusionflow.log import Run


def log_epochs(
    run: Run, *, split: str = "val", every: int = 1, subset: int | float | None = None
) -> Callable[[Any], None]:
    """Make a callback that logs the validation of each epoch: for "on_fit_epoch_end".

    The classes are those of the image folders, as the model has them. The validation of the best
    weights, which Ultralytics adds when a training ends, is not logged: it is no epoch.

    Arguments:
        run: Where to log.
        split: Name of the data set that is validated.
        every: Epochs from one that is logged to the next.
        subset: Instances to log, or their share; the same in each epoch, each class by its share.
            None for all. The model sees all the same.

    Raises:
        ArgumentError: `every` can't be used; later, the model is no classifier.
    """
    check_every(every)
    logged: Any = None

    def log(trainer: Any) -> None:
        nonlocal logged
        validator = trainer.validator
        if validator.args.task != "classify":
            raise ArgumentError(
                f"The model's task is {validator.args.task!r}. Only classification has a class for "
                "each image; train a model such as yolo11n-cls."
            )
        # An epoch without a validation still has the predictions of an earlier one.
        is_new = validator.pred is not logged
        logged = validator.pred
        if not (is_new and logged and validator.training and is_due(trainer.epoch, every)):
            return
        actual = np.concatenate([labels.numpy() for labels in validator.targets])
        # The five most probable classes of each instance, the most probable first.
        predicted = np.concatenate([classes[:, 0].numpy() for classes in validator.pred])
        kept = stratified_subset(actual, subset)
        run.log(
            trainer.epoch,
            split,
            y_true=actual if kept is None else actual[kept],
            y_pred=predicted if kept is None else predicted[kept],
            ids=kept,
            classes=[name for _, name in sorted(validator.names.items())],
        )

    return log
