"""A small real training on handwritten digits, in which faults can be planted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

import confusionflow as cf

Float = NDArray[np.float64]
Labels = NDArray[np.int64]

CLASSES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
# Labels and learning rate of an epoch, from the true labels and the usual rate.
Fault = Callable[[int, Labels, float], tuple[Labels, float]]


def plain(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
    """Plant nothing."""
    return labels, rate


def train(
    log_dir: Path,
    fault: Fault = plain,
    *,
    name: str = "run",
    epochs: int = 60,
    seed: int = 0,
    shift: float = 0.0,
    with_ids: bool = False,
) -> cf.LoggedRun:
    """Train softmax regression, log train and test each epoch, and open the run.

    Arguments:
        log_dir: The log directory.
        fault: What goes wrong. Labels below 0 are left out of an epoch's training.
        name: Name of the run.
        epochs: Epochs to train.
        seed: Of the order of instances.
        shift: Noise that is added to the images of a third split, "shifted"; 0 for no such split.
        with_ids: Whether predictions are logged, not only their counts.
    """
    rng = np.random.default_rng(seed)
    images, labels = load_digits(return_X_y=True)
    x = np.hstack([images / 16, np.ones((len(images), 1))])
    labels = labels.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(x))
    inside, outside = order[:900], order[900:]
    splits = {"train": (x[inside], labels[inside]), "test": (x[outside], labels[outside])}
    if shift:
        noisy = x[outside] + np.random.default_rng(1).normal(0, shift, x[outside].shape)
        splits["shifted"] = noisy, labels[outside]
    weights = np.zeros((x.shape[1], 10))
    with cf.Run(log_dir, name, classes=CLASSES) as run:
        for epoch in range(epochs):
            given, rate = fault(epoch, labels[inside], 0.2)
            weights = _step(weights, x[inside][given >= 0], given[given >= 0], rate, rng)
            for split, (images_of, actual) in splits.items():
                predicted = (images_of @ weights).argmax(axis=1)
                if with_ids:
                    ids = np.arange(len(actual))
                    run.log(epoch, split, y_true=actual, y_pred=predicted, ids=ids)
                else:
                    matrix = np.zeros((10, 10), np.int64)
                    np.add.at(matrix, (actual, predicted), 1)
                    run.log_matrix(epoch, split, matrix)
    return cf.open_logs(log_dir)[name]


def _step(weights: Float, x: Float, labels: Labels, rate: float, rng: np.random.Generator) -> Float:
    """One epoch of stochastic gradient descent in batches of 32."""
    order = rng.permutation(len(x))
    for start in range(0, len(x), 32):
        batch = order[start : start + 32]
        scores = x[batch] @ weights
        share = np.exp(scores - scores.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        share[np.arange(len(batch)), labels[batch]] -= 1
        weights = weights - rate * x[batch].T @ share / len(batch)
    return weights
