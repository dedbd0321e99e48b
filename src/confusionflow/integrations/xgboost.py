"""XGBoost: boosting rounds as epochs."""

from __future__ import annotations

from collections.abc import Mapping

import xgboost

from confusionflow.integrations.batches import Batches
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset
from confusionflow.log import Run


class ConfusionFlow(xgboost.callback.TrainingCallback):  # type: ignore[misc]
    """Logs what the model predicts after each boosting round.

    Arguments:
        run: Where to log; make it with `time_unit="round"`.
        data: Data with labels by split.
        every: Rounds from one evaluation to the next.
        subset: Instances to evaluate of each split, or their share; the same in each round, each
            class by its share. None for all.
    """

    def __init__(
        self,
        run: Run,
        data: Mapping[str, xgboost.DMatrix],
        *,
        every: int = 1,
        subset: int | float | None = None,
    ) -> None:
        self._run = run
        self._every = check_every(every)
        self._data = {}
        for split, matrix in data.items():
            kept = stratified_subset(matrix.get_label(), subset)
            self._data[split] = matrix if kept is None else matrix.slice(kept)

    def after_iteration(
        self, model: xgboost.Booster, epoch: int, evals_log: dict[str, object]
    ) -> bool:
        """Evaluate and log, if the round is due; training goes on."""
        if is_due(epoch, self._every):
            for split, matrix in self._data.items():
                outputs = model.predict(matrix)
                # multi:softmax puts out class indices as floats.
                is_index = outputs.ndim == 1 and _objective_is_softmax(model)
                batches = Batches(self._run.n_classes)
                batches.add(matrix.get_label(), outputs.astype(int) if is_index else outputs)
                batches.log(self._run, epoch, split)
        return False


def _objective_is_softmax(model: xgboost.Booster) -> bool:
    return '"multi:softmax"' in model.save_config()
