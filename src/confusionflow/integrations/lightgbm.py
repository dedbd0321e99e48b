"""LightGBM: boosting rounds as epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lightgbm.callback import CallbackEnv

from confusionflow.integrations.batches import Batches
from confusionflow.integrations.sampling import check_every, chosen_rows, is_due
from confusionflow.log import Run


def log_rounds(
    run: Run,
    data: Mapping[str, tuple[Any, Any]],
    *,
    every: int = 1,
    subset: int | float | None = None,
) -> Callable[[CallbackEnv], None]:
    """Make a callback that logs what the model predicts after each boosting round.

    Arguments:
        run: Where to log; make it with `time_unit="round"`.
        data: Features and labels by split; labels are class indices from 0 on.
        every: Rounds from one evaluation to the next.
        subset: Instances to evaluate of each split, or their share; the same in each round, each
            class by its share. None for all.
    """
    check_every(every)
    chosen = chosen_rows(data, subset)

    def log(env: CallbackEnv) -> None:
        if is_due(env.iteration, every):
            for split, (features, labels) in chosen.items():
                batches = Batches(run.n_classes)
                batches.add(labels, env.model.predict(features))
                batches.log(run, env.iteration, split)

    return log
