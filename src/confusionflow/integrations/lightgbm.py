"""LightGBM: boosting rounds as epochs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lightgbm import Booster
from lightgbm.callback import CallbackEnv

from confusionflow.errors import ArgumentError
from confusionflow.integrations.batches import Batches
from confusionflow.integrations.guard import Guard
from confusionflow.integrations.predictions import class_labels
from confusionflow.integrations.samples import SamplesOf, SplitSamples
from confusionflow.integrations.sampling import (
    check_every,
    chosen_rows,
    is_due,
    stratified_subset,
)
from confusionflow.log import Run

# Objectives of classifiers, by the model's names for them.
CLASSIFIERS = ("binary", "cross_entropy", "cross_entropy_lambda", "multiclass", "multiclassova")


def log_rounds(
    run: Run,
    data: Mapping[str, tuple[Any, Any]],
    *,
    every: int = 1,
    subset: int | float | None = None,
    threshold: float | None = None,
    samples: SamplesOf = False,
) -> Callable[[CallbackEnv], None]:
    """Make a callback that logs what the model predicts after each boosting round.

    If the model has one output, it is a probability, or a logit if the objective is your own.

    Arguments:
        run: Where to log; make it with `time_unit="round"`.
        data: Features and labels by split; labels are class indices from 0 on.
        every: Rounds from one evaluation to the next.
        subset: Instances to evaluate of each split, or their share; the same in each round, each
            class by its share. None for all.
        threshold: For two classes, the probability or logit above which the second one is
            predicted; None for 0.5 or 0.
        samples: What the instances look like, logged once for each split: by split images, texts, a
            data frame, or a dict of arguments of `Run.log_samples`;
            True for the features that are evaluated, if they are a data frame.

    Raises:
        ConfusionFlowError: an argument can't be used; in the first round, that the objective is not
            a classifier's, or that labels and predictions don't fit.
    """
    check_every(every)
    chosen = chosen_rows(data, subset)
    looks = SplitSamples(run, samples)
    guard = Guard(run.name)
    are_logits = False
    newest = -1

    def log_round(env: CallbackEnv) -> None:
        for split, (features, labels) in chosen.items():
            batches = Batches(run.n_classes, are_logits=are_logits, threshold=threshold)
            batches.add(labels, env.model.predict(features))
            batches.log(run, env.iteration, split)
            kept = stratified_subset(class_labels(data[split][1]), subset)
            looks.log(split, features, count=batches.size, kept=kept)

    def log(env: CallbackEnv) -> None:
        nonlocal are_logits, newest
        if env.iteration == env.begin_iteration and env.iteration <= newest:
            guard.stop_second_training()
        newest = env.iteration
        if guard.has_stopped:
            return
        if env.iteration == env.begin_iteration:
            are_logits = _are_logits(env.model, threshold)
            if is_due(env.iteration, every):
                log_round(env)
        elif is_due(env.iteration, every):
            with guard(f"round {env.iteration}"):
                log_round(env)

    return log


def _are_logits(model: Any, threshold: float | None) -> bool:
    """Whether a single output is a logit: it is with an objective that is not LightGBM's own.

    Raises:
        ArgumentError: the objective is not a classifier's.
    """
    if not isinstance(model, Booster):
        raise ArgumentError(
            "lightgbm.cv trains several models at once, so there is no single confusion to log. "
            "Train each fold with lightgbm.train and a run of its own."
        )
    named = re.search(r"^objective=(\w+)", model.model_to_string(num_iteration=1), re.MULTILINE)
    if named and named[1] not in CLASSIFIERS and threshold is None:
        raise ArgumentError(
            f"The objective is {named[1]!r}, which is not a classifier's. If the model's numbers "
            "tell two classes apart, pass threshold=, above which the second one is predicted."
        )
    return named is None
