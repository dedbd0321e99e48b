"""Made-up trainings of very many classes, with what real ones have: groups that are mixed up, hard
instances that stay wrong, learning curves, and epochs that go astray.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import confusionflow as cf

FAMILY = 10
KINGDOM = 100


def class_tree(n_classes: int) -> dict[str, dict[str, list[str]]]:
    """Kingdoms of families of classes: ten in each family, a hundred in each kingdom."""
    tree: dict[str, dict[str, list[str]]] = {}
    for index in range(n_classes):
        kingdom = tree.setdefault(f"kingdom {index // KINGDOM}", {})
        kingdom.setdefault(f"family {index // FAMILY}", []).append(f"class {index}")
    return tree


def large_training(
    log_dir: Path,
    name: str,
    n_classes: int,
    n_epochs: int,
    splits: dict[str, int],
    *,
    seed: int = 0,
) -> None:
    """Log a training whose instances are wrong while they are harder than the model is good.

    Arguments:
        log_dir: Where to log.
        name: Of the run.
        n_classes: As many, in families and kingdoms.
        n_epochs: As many.
        splits: Instances of each split.
        seed: Of all that is drawn.
    """
    random = np.random.default_rng(seed)
    hardness = random.beta(1.2, 2.5, n_classes)
    data = {split: _Instances(random, hardness, size) for split, size in splits.items()}
    with cf.Run(log_dir, name=name, classes=class_tree(n_classes)) as run:
        for epoch in range(n_epochs):
            astray = 0.15 if random.random() < 0.03 else 0.0
            for harder, (split, instances) in enumerate(data.items()):
                wrong = 0.15 + 0.05 * harder + 0.75 * np.exp(-6 * epoch / n_epochs) + astray
                predicted = instances.predict(random, wrong)
                run.log(epoch, split, y_true=instances.actual, y_pred=predicted)


class _Instances:
    """The instances of a split, each with the class that it looks like most."""

    def __init__(
        self, random: np.random.Generator, hardness: NDArray[np.float64], size: int
    ) -> None:
        self._n_classes = len(hardness)
        self.actual = np.arange(size) % self._n_classes
        # Rank within all instances: the share that is harder is wrong.
        score = hardness[self.actual] + random.normal(0, 0.3, size)
        self._easiness = 1 - score.argsort().argsort() / size
        self._alike = self._near(random, size)

    def _near(self, random: np.random.Generator, size: int) -> NDArray[np.int64]:
        """For each instance another class: of its family mostly, else of its kingdom, else any."""
        span = random.choice([FAMILY, KINGDOM, self._n_classes], size, p=[0.7, 0.2, 0.1])
        span = np.minimum(span, self._n_classes)
        start = self.actual // span * span
        # Few classes of a span are taken much more often than the others.
        offset = (span * random.beta(0.5, 1.5, size)).astype(np.int64)
        near: NDArray[np.int64] = start + (self.actual * 7 + offset) % span
        near = np.minimum(near, self._n_classes - 1)
        near[near == self.actual] = (near[near == self.actual] + 1) % self._n_classes
        return near

    def predict(self, random: np.random.Generator, wrong: float) -> NDArray[np.int64]:
        """Predictions of a model that is wrong on a share of the instances, the hardest first."""
        is_wrong = self._easiness + random.normal(0, 0.05, len(self.actual)) < wrong
        strays = random.random(len(self.actual)) < 0.15
        other = np.where(strays, self._near(random, len(self.actual)), self._alike)
        return np.where(is_wrong, other, self.actual)
