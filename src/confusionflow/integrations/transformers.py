"""Hugging Face Trainer: log what its evaluations predict, without a second pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from transformers import EvalPrediction, TrainerCallback, TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from confusionflow.integrations.predictions import class_indices, class_labels
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset
from confusionflow.log import Run

Metrics = Callable[[EvalPrediction], dict[str, float]]


class ConfusionFlow(TrainerCallback):  # type: ignore[misc]
    """Logs each evaluation of a sequence classifier.

    Epochs are the Trainer's, counted from 0; with `Run(..., time_unit="step")` they are its steps.
    The split is called as the Trainer calls its metrics: "eval", or NAME for one of several
    `eval_dataset={NAME: …}`. In a distributed training the first process logs what the Trainer
    gathered.

    Arguments:
        run: Where to log.
        split: Name of the split of a single evaluation data set.
        every: Evaluations of a split from one that is logged to the next.
        subset: Instances to log of each split, or their share; the same in each epoch, each class
            by its share. None for all. The model sees all the same.

    Raises:
        ConfusionFlowError: `every` can't be used.
    """

    def __init__(
        self,
        run: Run,
        *,
        split: str = "eval",
        every: int = 1,
        subset: int | float | None = None,
    ) -> None:
        self._run = run
        self._split = split
        self._every = check_every(every)
        self._subset = subset
        self._last: tuple[Any, Any] | None = None
        self._seen: Counter[str] = Counter()

    def compute_metrics(self, metrics: Metrics | None = None) -> Metrics:
        """Wrap the function that computes the Trainer's metrics, if there is one."""

        def compute(prediction: EvalPrediction) -> dict[str, float]:
            outputs = prediction.predictions
            outputs = outputs[0] if isinstance(outputs, tuple) else outputs
            self._last = (class_labels(prediction.label_ids), class_indices(outputs))
            return metrics(prediction) if metrics is not None else {}

        return compute

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        **keywords: Any,
    ) -> None:
        """Log what was just evaluated."""
        last, self._last = self._last, None
        if last is None or not state.is_world_process_zero:
            return
        split = self._name(keywords.get("metrics", {}))
        if is_due(self._seen[split], self._every):
            steps = self._run.time_unit == "step"
            # The Trainer evaluates at the end of an epoch, and then counts one more than it.
            epoch = state.global_step if steps else max(0, round(state.epoch or 0) - 1)
            actual, predicted = last
            kept = stratified_subset(actual, self._subset)
            if kept is not None:
                actual, predicted = actual[kept], predicted[kept]
            self._run.log(epoch, split, y_true=actual, y_pred=predicted, ids=kept)
        self._seen[split] += 1

    def _name(self, metrics: dict[str, float]) -> str:
        """The data set that was evaluated, told by the prefix of its metrics."""
        timed = (name for name in metrics if name.endswith("_runtime"))
        prefix = next(timed, "eval_runtime").removesuffix("_runtime")
        return self._split if prefix == "eval" else prefix.removeprefix("eval_")
