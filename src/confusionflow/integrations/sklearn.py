"""scikit-learn: models that learn in steps, and ensembles that remember theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from confusionflow.errors import ArgumentError, LabelError
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

# Parameters that count the steps of a model that continues its training (`warm_start=True`).
STEP_PARAMETERS = ("n_estimators", "max_iter")

Data = Mapping[str, tuple[Any, Any]]


def fit(
    run: Run,
    model: Any,
    x: Any,
    y: Any,
    *,
    data: Data,
    epochs: int,
    every: int = 1,
    subset: int | float | None = None,
    samples: SamplesOf = False,
) -> Any:
    """Train a model epoch by epoch and log its predictions.

    A model with `partial_fit` sees all of `x` once an epoch, each time in another random order; one
    with `warm_start` gets one more step in each epoch (`n_estimators` or `max_iter`).

    Arguments:
        run: Where to log.
        model: The estimator; it is changed.
        x, y: Training data.
        data: What to evaluate: features and labels by split.
        epochs: Epochs to train.
        every: Epochs from one evaluation to the next.
        subset: Instances to evaluate of each split, or their share; the same in each epoch, each
            class by its share. None for all.
        samples: What the instances look like, logged once for each split: by split images, texts, a
            data frame, or a dict of arguments of `Run.log_samples`; True for the features that are
            evaluated, if they are a data frame or texts.

    Returns:
        The model.

    Raises:
        ArgumentError: the model can't be trained in steps.
        LabelError: an instance has several labels.
    """
    check_every(every)
    chosen = chosen_rows(data, subset)
    for split, (_, labels) in chosen.items():
        if class_labels(labels).ndim > 1:
            raise LabelError(
                f"The labels of split {split!r} have shape {np.shape(labels)}. A confusion matrix "
                "takes one for each instance; log each label as a run of its own."
            )
    guard = Guard(run.name)
    looks = SplitSamples(run, samples)
    for split, (features, _) in chosen.items():
        kept = stratified_subset(class_labels(data[split][1]), subset)
        looks.log(split, features, count=len(features), kept=kept)
    for epoch, _ in enumerate(_steps(model, x, y, epochs)):
        if is_due(epoch, every) and not guard.has_stopped:
            with guard(f"epoch {epoch}"):
                for split, (features, labels) in chosen.items():
                    run.log(epoch, split, y_true=labels, y_pred=model.predict(features))
    return model


def log_stages(
    run: Run,
    model: Any,
    *,
    data: Data,
    every: int = 1,
    subset: int | float | None = None,
    samples: SamplesOf = False,
) -> None:
    """Log what a fitted ensemble predicts after each of its stages (`staged_predict`).

    For gradient boosting and AdaBoost of scikit-learn and for CatBoost; stages are the epochs, and
    `Run(..., time_unit="round")` calls them rounds.

    Arguments:
        run, data, every, subset, samples: As for `fit`.
        model: The fitted ensemble.

    Raises:
        ArgumentError: the model does not remember its stages.
    """
    check_every(every)
    if not hasattr(model, "staged_predict"):
        raise ArgumentError(
            f"{type(model).__name__} has no staged_predict. Use fit() for a model that learns in "
            "steps."
        )
    looks = SplitSamples(run, samples)
    for split, (features, labels) in chosen_rows(data, subset).items():
        kept = stratified_subset(class_labels(data[split][1]), subset)
        looks.log(split, features, count=len(features), kept=kept)
        for stage, predicted in enumerate(model.staged_predict(features)):
            if is_due(stage, every):
                run.log(stage, split, y_true=labels, y_pred=np.ravel(predicted))


def _steps(model: Any, x: Any, y: Any, epochs: int) -> Any:
    """Train for one epoch at each step."""
    if hasattr(model, "partial_fit"):
        classes = np.unique(y)
        rng = np.random.default_rng(0)
        for _ in range(epochs):
            order = rng.permutation(len(y))
            taken = x.iloc[order] if hasattr(x, "iloc") else x[order]
            model.partial_fit(taken, np.asarray(y)[order], classes=classes)
            yield
        return
    parameters = model.get_params()
    step = next((name for name in STEP_PARAMETERS if name in parameters), None)
    if "warm_start" not in parameters or step is None:
        raise ArgumentError(
            f"{type(model).__name__} has neither partial_fit nor warm_start with one of "
            f"{', '.join(STEP_PARAMETERS)}: it can't be trained epoch by epoch. Call run.log in a "
            "loop of your own."
        )
    model.set_params(warm_start=True)
    for epoch in range(epochs):
        model.set_params(**{step: epoch + 1})
        model.fit(x, y)
        yield
