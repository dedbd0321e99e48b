"""Real frameworks, notebooks and TensorBoard; where one is missing, its tests are skipped."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split
from tests.e2e.conftest import browser, page, tab

import confusionflow as cf

__all__ = ["browser", "page", "tab"]  # fixtures


@dataclass(frozen=True)
class Digits:
    """Images, shape (instances, 64), from 0 to 1, and their digits."""

    train_x: NDArray[np.float32]
    test_x: NDArray[np.float32]
    train_y: NDArray[np.int64]
    test_y: NDArray[np.int64]


@pytest.fixture(scope="session")
def digits() -> Digits:
    return load()


def load() -> Digits:
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    return Digits(
        *train_test_split(x, y.astype(np.int64), test_size=0.3, random_state=0, stratify=y)
    )


@pytest.fixture
def run(tmp_path: Path) -> cf.Run:
    return cf.Run(tmp_path, name="run", classes=range(10))


def logged(tmp_path: Path, split: str = "test") -> cf.Series:
    return cf.open_logs(tmp_path)["run"][split]


def assert_last_epoch_is(series: cf.Series, actual: object, predicted: object) -> None:
    np.testing.assert_array_equal(
        series.confusion()[-1], confusion_matrix(actual, predicted, labels=range(10))
    )
