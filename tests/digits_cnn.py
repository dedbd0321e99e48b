"""A small convolutional network, trained here on scikit-learn's digits, with a planted accident.

For some steps of one epoch the learning rate is far too high. What was logged of it is what a user
would log: predictions, and the features of the layer before the last.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import confusionflow as cf

EPOCHS = 40
ACCIDENT = 28
LAYER = "pool"
UNITS = 48

Floats = NDArray[np.float32]


class Network:
    """Convolution of 3 by 3, ReLU, maximum of 2 by 2, a dense layer with ReLU, and the head."""

    def __init__(self, rng: np.random.Generator) -> None:
        def drawn(*shape: int) -> Floats:
            scale = np.sqrt(2 / np.prod(shape[:-1]))
            values: Floats = (rng.normal(size=shape) * scale).astype(np.float32)
            return values

        self.weights = [drawn(9, 12), drawn(9 * 12, UNITS), drawn(UNITS, 10)]
        self.biases = [np.zeros(w.shape[1], np.float32) for w in self.weights]

    def forward(self, images: Floats) -> tuple[list[NDArray[np.floating]], Floats, Floats]:
        """What the backward pass needs, the features, and the logits."""
        windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
        patches = windows.reshape(len(images), 36, 9)
        maps = np.maximum(patches @ self.weights[0] + self.biases[0], 0)
        squares = maps.reshape(len(images), 3, 2, 3, 2, 12).transpose(0, 1, 3, 2, 4, 5)
        squares = squares.reshape(len(images), 9, 4, 12)
        pooled = squares.max(axis=2)
        flat = pooled.reshape(len(images), -1)
        features = np.maximum(flat @ self.weights[1] + self.biases[1], 0)
        return [patches, squares, flat], features, features @ self.weights[2] + self.biases[2]

    def step(self, images: Floats, labels: NDArray[np.int64], rate: float) -> None:
        """One step of gradient descent on the cross-entropy."""
        (patches, squares, flat), features, logits = self.forward(images)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        shares[np.arange(len(labels)), labels] -= 1
        head = shares / len(labels)
        dense = (head @ self.weights[2].T) * (features > 0)
        pooled = (dense @ self.weights[1].T).reshape(len(images), 9, 1, 12)
        is_top = squares == squares.max(axis=2, keepdims=True)
        maps = np.where(is_top & (squares > 0), pooled, 0)
        maps = maps.reshape(len(images), 3, 3, 2, 2, 12).transpose(0, 1, 3, 2, 4, 5)
        maps = maps.reshape(len(images), 36, 12)
        gradients = [
            np.einsum("nij,nik->jk", patches, maps, optimize=True),
            flat.T @ dense,
            features.T @ head,
        ]
        deltas = [maps.sum(axis=(0, 1)), dense.sum(axis=0), head.sum(axis=0)]
        for at, (gradient, delta) in enumerate(zip(gradients, deltas, strict=True)):
            norm = max(1.0, float(np.linalg.norm(gradient)))
            self.weights[at] -= rate * gradient.astype(np.float32) / norm
            self.biases[at] -= rate * delta.astype(np.float32) / norm


def train(log_dir: Path, seed: int = 0) -> None:
    """Train and log: split "test", run "digits"."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = (digits.images / 16).astype(np.float32)
    labels = digits.target.astype(np.int64)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    train_rows, test_rows = order[:900], order[900:]
    network = Network(rng)
    shown = (255 * images[test_rows]).astype(np.uint8)
    with cf.Run(log_dir, name="digits", classes=[f"{d}" for d in range(10)]) as run:
        run.log_samples("test", ids=test_rows, images=shown)
        for epoch in range(EPOCHS):
            batches = np.array_split(rng.permutation(train_rows), 28)
            for at, batch in enumerate(batches):
                is_accident = epoch == ACCIDENT and at >= len(batches) - 4
                network.step(images[batch], labels[batch], 2.5 if is_accident else 0.05)
            _, features, logits = network.forward(images[test_rows])
            run.log(epoch, "test", y_true=labels[test_rows], y_logit=logits, ids=test_rows)
            predicted = logits.argmax(axis=1)
            head = network.weights[2]
            pushed = features * (head[:, predicted] - head[:, labels[test_rows]]).T
            run.log_features(
                epoch, "test", features, ids=test_rows, layer=LAYER, attribution=pushed
            )
