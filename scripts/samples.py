"""Log directories to look at and to measure with: the poster's data, and made-up trainings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import confusionflow as cf
from confusionflow.importers.matrices import import_matrices

POSTER_DATA = Path(__file__).parents[2] / "shared" / "data" / "cifar10-poster"
CIFAR10 = ["Plane", "Auto", "Bird", "Cat", "Deer", "Dog", "Frog", "Horse", "Ship", "Truck"]
ANIMALS = [
    "ant",
    "bat",
    "bear",
    "bee",
    "bison",
    "camel",
    "crab",
    "crane",
    "deer",
    "dove",
    "duck",
    "eagle",
    "fox",
    "frog",
    "goat",
    "hare",
    "hawk",
    "heron",
    "horse",
    "ibex",
    "koala",
    "lion",
    "lynx",
    "mole",
    "moose",
    "newt",
    "otter",
    "owl",
    "seal",
    "wolf",
]


def poster_logs(log_dir: Path) -> cf.LoggedRun:
    """The poster's three splits of 195 epochs; made up where its data is not at hand."""
    if POSTER_DATA.is_dir():
        import_matrices(POSTER_DATA, log_dir, "resnet18-sgd")
    else:
        sizes = {"train": 5000, "test": 1000, "cifar10.1": 200}
        training(log_dir, "resnet18-sgd", CIFAR10, 195, sizes)
    return cf.open_logs(log_dir)["resnet18-sgd"]


def training(
    log_dir: Path,
    name: str,
    classes: Sequence[str],
    epochs: int,
    sizes: dict[str, int],
    *,
    seed: int = 0,
    config: dict[str, object] | None = None,
) -> None:
    """Log a made-up training: every class has some others that it is mixed up with, less and less.

    Arguments:
        log_dir: Where to log.
        name: Of the run.
        classes: Their names.
        epochs: Epochs to log.
        sizes: Instances of a class, by split.
        seed: Of what is mixed up, and of the noise.
        config: Of the run.
    """
    random = np.random.default_rng(seed)
    n = len(classes)
    likeness = random.exponential(1.0, (n, n)) ** 3 + 0.02
    np.fill_diagonal(likeness, 0)
    likeness /= likeness.sum(1, keepdims=True)
    hardness = random.uniform(0.4, 1.4, n)
    with cf.Run(log_dir, name=name, classes=classes, config=config) as run:
        for epoch in range(epochs):
            for harder, (split, size) in enumerate(sizes.items()):
                wrong = (0.05 + 0.05 * harder + 0.8 * np.exp(-8 * epoch / epochs)) * hardness
                matrix = _draw(random, np.clip(wrong, 0, 0.95), likeness, size)
                run.log_matrix(epoch, split, matrix)


def _draw(
    random: np.random.Generator,
    wrong: NDArray[np.float64],
    likeness: NDArray[np.float64],
    size: int,
) -> NDArray[np.int64]:
    """Counts of an epoch, shape (classes, classes), from each class's share of errors."""
    rates = wrong[:, None] * likeness + np.diag(1 - wrong)
    return np.array([random.multinomial(size, row / row.sum()) for row in rates])
