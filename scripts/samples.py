"""Log directories to look at and to measure with: the poster's data, and made-up trainings."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import confusionflow as cf
from confusionflow.importers.matrices import import_matrices

ROOT = Path(__file__).parents[1]
POSTER_DATA = ROOT.parent / "shared" / "data" / "cifar10-poster"
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
    """The poster's three splits of 195 epochs; its real numbers, or none.

    Raises:
        SystemExit: the data is missing.
    """
    if not POSTER_DATA.is_dir():
        raise SystemExit(
            f"The poster's data is missing. Put its folder {POSTER_DATA.name} into "
            f"{POSTER_DATA.parent}."
        )
    import_matrices(POSTER_DATA, log_dir, "resnet18-sgd")
    return cf.open_logs(log_dir)["resnet18-sgd"]


def tutorial_logs(log_dir: Path) -> cf.Logs:
    """What the first script of the tutorial logs."""
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)[0]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
        shutil.copytree(Path(folder) / "logs", log_dir, dirs_exist_ok=True)
    return cf.open_logs(log_dir)


PLANTED = "digits with 8 changed labels"


def planted_logs(log_dir: Path) -> None:
    """A training on digits in which eight eights are labelled as ones, and threes are forgotten."""
    from sklearn.datasets import load_digits
    from sklearn.neural_network import MLPClassifier

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y, ids = x[order] / 16, y[order], [f"img-{index:04}" for index in order]
    labels = y.copy()
    labels[np.flatnonzero(y[1200:] == 8)[:8] + 1200] = 1
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    model = MLPClassifier((32,), learning_rate_init=0.003, random_state=0)
    with cf.Run(log_dir, PLANTED, classes=names) as run:
        run.log_samples("test", ids=ids[1200:], images=x[1200:].reshape(-1, 8, 8))
        for epoch in range(60):
            # From epoch 45 on the model sees no threes.
            kept = [at for at in range(1200) if epoch < 45 or y[at] != 3]
            model.partial_fit(x[kept], y[kept], classes=range(10))
            scores = model.predict_proba(x[1200:])
            run.log(epoch, "test", y_true=labels[1200:], y_prob=scores, ids=ids[1200:])


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
