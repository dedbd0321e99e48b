"""Logs of the shapes that a page must cope with, in one log directory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import confusionflow as cf

LETTERS = ("A", "B", "C", "D")
LONG_NAMES = tuple(f"{i:02} a class whose name has 40 characters.."[:40] for i in range(30))


def write_zoo(log_dir: Path) -> None:
    """Log runs of uneven classes, rhythms, kinds of classes, sizes, and a dozen alike."""
    uneven = [[575, 527, 0], [3, 95, 2], [0, 30, 20]]
    with cf.Run(log_dir, name="uneven", classes=["big", "small", "tiny"]) as run:
        for epoch in range(6):
            run.log_matrix(epoch, "test", uneven)
    with cf.Run(log_dir, name="rhythms", classes=LETTERS) as run:
        for epoch in range(41):
            run.log_matrix(epoch, "dense", matrix(4, epoch))
        for epoch in range(0, 101, 5):
            run.log_matrix(epoch, "sparse", matrix(4, epoch))
        run.log_matrix(30, "once", matrix(4, 30))
    with cf.Run(log_dir, name="kinds") as run:
        for epoch in range(10):
            run.log_matrix(epoch, "old", matrix(3, epoch), classes=["cat", "dog", "owl"])
            run.log_matrix(epoch, "new", 5 * matrix(3, epoch + 3), classes=["owl", "cat", "elk"])
    for name, classes in (("one", LETTERS[:1]), ("two", LETTERS[:2]), ("thirty", LONG_NAMES)):
        with cf.Run(log_dir, name=name, classes=classes) as run:
            for epoch in range(12):
                run.log_matrix(epoch, "test", matrix(len(classes), epoch))
    for i in range(12):
        config = {"lr": round(0.1 / (i + 1), 4), "optimizer": ["sgd", "adam"][i % 2]}
        with cf.Run(log_dir, name=f"dozen-{i:02}", config=config, classes=LETTERS) as run:
            for epoch in range(3):
                run.log_matrix(epoch, "test", matrix(4, epoch + i))
            run.log_matrix(2, "train", matrix(4, i))


def matrix(n: int, seed: int) -> NDArray[np.int64]:
    """Counts of no symmetry, and of more right than wrong."""
    random = np.random.default_rng(seed)
    return random.integers(0, 30, (n, n)) + np.diag(random.integers(60, 200, n))
