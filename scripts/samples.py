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
