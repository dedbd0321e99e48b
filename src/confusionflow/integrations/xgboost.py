"""XGBoost: boosting rounds as epochs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import nullcontext

import xgboost

from confusionflow.errors import ArgumentError, LabelError
from confusionflow.integrations.batches import Batches
from confusionflow.integrations.guard import Guard
from confusionflow.integrations.samples import SamplesOf, SplitSamples
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset
from confusionflow.log import Run

# Objectives with one output for each instance, and whether it is a logit.
ARE_LOGITS = {"binary:logistic": False, "reg:logistic": False, "binary:logitraw": True}
# Objectives whose outputs are class indices, as floats.
INDICES = ("multi:softmax", "binary:hinge")


class ConfusionFlow(xgboost.callback.TrainingCallback):  # type: ignore[misc]
    """Logs what the model predicts after each boosting round.

    If the model has one output, its objective tells whether that is a probability or a logit.

    Arguments:
        run: Where to log; make it with `time_unit="round"`.
        data: Data with labels by split.
        every: Rounds from one evaluation to the next.
        subset: Instances to evaluate of each split, or their share; the same in each round, each
            class by its share. None for all.
        threshold: For two classes, the probability or logit above which the second one is
            predicted; None for 0.5 or 0. Needed with an objective of your own (`obj=`).
        samples: What the instances look like, logged once for each split: by split images, texts, a
            data frame, or a dict of arguments of `Run.log_samples`.

    Raises:
        ConfusionFlowError: an argument can't be used; when the training starts, that its objective
            is not a classifier's.
    """

    def __init__(
        self,
        run: Run,
        data: Mapping[str, xgboost.DMatrix],
        *,
        every: int = 1,
        subset: int | float | None = None,
        threshold: float | None = None,
        samples: SamplesOf = False,
    ) -> None:
        self._run = run
        self._samples = SplitSamples(run, samples)
        self._every = check_every(every)
        self._threshold = threshold
        self._guard = Guard(run.name)
        self._objective = ""
        self._is_first = True
        self._newest = self._newest_before = -1
        self._data = {}
        self._kept = {}
        for split, matrix in data.items():
            labels = matrix.get_label()
            if labels.size != matrix.num_row():
                raise LabelError(
                    f"Split {split!r} has {matrix.num_row():,} instances and {labels.size:,} "
                    "labels. A confusion matrix takes one for each instance."
                )
            kept = stratified_subset(labels, subset)
            self._kept[split] = kept
            self._data[split] = matrix if kept is None else matrix.slice(kept)

    def before_training(self, model: xgboost.Booster) -> xgboost.Booster:
        """Check the objective.

        Raises:
            ArgumentError: it is unknown what the model outputs.
        """
        if not isinstance(model, xgboost.Booster):
            raise ArgumentError(
                "xgboost.cv trains several models at once, so there is no single confusion to log. "
                "Train each fold with xgboost.train and a run of its own."
            )
        self._newest_before = self._newest
        learner = json.loads(model.save_config())["learner"]
        self._objective = learner["objective"]["name"]
        has_columns = int(learner["learner_model_param"]["num_class"]) > 1
        is_known = self._objective in ARE_LOGITS or self._objective in INDICES
        if not (is_known or has_columns or self._threshold is not None):
            raise ArgumentError(
                f"The objective is {self._objective!r}, which XGBoost also reports for an "
                "objective of your own (obj=). If the model outputs logits, pass threshold=0; if "
                "it outputs probabilities, threshold=0.5."
            )
        return model

    def after_iteration(
        self, model: xgboost.Booster, epoch: int, evals_log: dict[str, object]
    ) -> bool:
        """Evaluate and log, if the round is due; training goes on."""
        # XGBoost also counts from 0 if it continues a model (xgb_model=).
        at = model.num_boosted_rounds() - 1
        if at <= self._newest_before and not self._guard.has_stopped:
            self._guard.stop_second_training()
        self._newest = at
        if self._guard.has_stopped or not is_due(at, self._every):
            return False
        # Wrong labels are reported in the first round, as XGBoost has no outputs before it.
        is_first = self._is_first
        self._is_first = False
        with nullcontext() if is_first else self._guard(f"round {at}"):
            for split, matrix in self._data.items():
                outputs = model.predict(matrix)
                if outputs.ndim == 1 and self._objective in INDICES:
                    outputs = outputs.astype(int)
                batches = Batches(
                    self._run.n_classes,
                    are_logits=ARE_LOGITS.get(self._objective),
                    threshold=None if outputs.dtype.kind == "i" else self._threshold,
                )
                batches.add(matrix.get_label(), outputs)
                batches.log(self._run, at, split)
                self._samples.log(split, count=batches.size, kept=self._kept[split])
        return False
