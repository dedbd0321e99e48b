"""A small real data set, and what was logged of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import confusionflow as cf
from confusionflow.testing import assert_log_matches


@dataclass(frozen=True)
class Digits:
    """Images, shape (instances, 64), from 0 to 1, and their digits."""

    train_x: NDArray[np.float32]
    test_x: NDArray[np.float32]
    train_y: NDArray[np.int64]
    test_y: NDArray[np.int64]


def load() -> Digits:
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    return Digits(
        *train_test_split(x, y.astype(np.int64), test_size=0.3, random_state=0, stratify=y)
    )


def logged(tmp_path: Path, split: str = "test") -> cf.Series:
    return cf.open_logs(tmp_path)["run"][split]


def assert_ends_with(
    tmp_path: Path, epochs: list[int], y_true: ArrayLike, y_pred: ArrayLike, split: str = "test"
) -> None:
    """Check which epochs were logged, and the last of them: the model is still there."""
    last = {epochs[-1]: (np.asarray(y_true), np.asarray(y_pred))}
    assert_log_matches(tmp_path, "run", split, dict.fromkeys(epochs) | last)
