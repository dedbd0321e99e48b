"""Logs that the tests of the server read, and a client of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.serving import client_of

import confusionflow as cf
from confusionflow.server.app import create_app

CLASSES = ["cat", "dog", "owl"]
EPOCHS = (0, 1, 5, 9)


def log_something(log_dir: Path, name: str = "first", splits: tuple[str, ...] = ("test",)) -> None:
    """A finished run of random predictions in which each class has another size."""
    rng = np.random.default_rng(3)
    with cf.Run(log_dir, name=name, config={"lr": 0.1}, classes=CLASSES) as run:
        for epoch in EPOCHS:
            for split in splits:
                actual = rng.choice(3, 90, p=[0.6, 0.3, 0.1])
                run.log(epoch, split, y_true=actual, y_pred=(actual + (rng.random(90) < 0.4)) % 3)


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("logs")
    log_something(log_dir, "first", ("train", "test"))
    log_something(log_dir, "second", ("test",))
    return log_dir


@pytest.fixture(scope="module")
def client(log_dir: Path) -> Iterator[httpx.Client]:
    with client_of(create_app(log_dir)) as client:
        yield client
