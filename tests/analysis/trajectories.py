"""Random trajectories for tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.trajectories import Trajectories

Floats = NDArray[np.floating]


def softmax(logits: Floats) -> Floats:
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    result: Floats = powers / powers.sum(-1, keepdims=True)
    return result


def half(values: Floats) -> Floats:
    return values.astype(np.float16).astype(np.float32)


def random_trajectories(
    seed: int, *, missing: float = 0.2, with_confidence: bool = True, n_classes: int = 4
) -> tuple[Trajectories, Floats]:
    """Trajectories, and the probabilities that they come from."""
    rng = np.random.default_rng(seed)
    n_epochs, n = int(rng.integers(1, 9)), 30
    actual = np.sort(rng.integers(0, n_classes, n))
    logits = rng.normal(size=(n_epochs, n, n_classes)) * rng.choice([0.3, 2, 6])
    logits[:, np.arange(n), actual] += rng.normal(1, 2, n)
    probabilities = softmax(logits)
    predicted = probabilities.argmax(-1)
    own = np.take_along_axis(probabilities, np.broadcast_to(actual, (n_epochs, n))[..., None], -1)
    others = probabilities.copy()
    np.put_along_axis(others, np.broadcast_to(actual, (n_epochs, n))[..., None], -1, -1)
    margin = half(np.log(own[..., 0]) - np.log(others.max(-1)))
    confidence = half(probabilities.max(-1))
    predicted[rng.random(predicted.shape) < missing] = -1
    epochs = np.cumsum(rng.integers(1, 4, n_epochs))
    found = Trajectories(epochs, n_classes, actual, predicted)
    if with_confidence:
        found = Trajectories(epochs, n_classes, actual, predicted, confidence, margin)
    return found, probabilities
