from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.digits import Digits, assert_ends_with, logged

import confusionflow as cf

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")

from confusionflow.integrations.keras import ConfusionFlow  # noqa: E402


@pytest.fixture
def model() -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.layers.Dense(32, "relu"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def fit(model: Any, digits: Digits, *callbacks: Any, epochs: int = 3) -> None:
    model.fit(digits.train_x, digits.train_y, epochs=epochs, verbose=0, callbacks=list(callbacks))


def test_fit_logs_several_data_sets(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    one_hot = keras.utils.to_categorical(digits.train_y, 10)
    log = ConfusionFlow(
        run, {"train": (digits.train_x, one_hot), "test": (digits.test_x, digits.test_y)}
    )
    fit(model, digits, log, epochs=8)
    predicted = model.predict(digits.test_x, verbose=0).argmax(1)
    assert_ends_with(tmp_path, list(range(8)), digits.test_y, predicted)
    assert logged(tmp_path, "train").support()[0].tolist() == np.bincount(digits.train_y).tolist()
    assert logged(tmp_path).accuracy()[-1] > 0.7


class Batches(keras.utils.PyDataset):  # type: ignore[misc,name-defined]
    def __init__(self, digits: Digits) -> None:
        super().__init__()
        self._digits = digits

    def __len__(self) -> int:
        return -(-len(self._digits.test_y) // 100)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        part = slice(index * 100, (index + 1) * 100)
        return self._digits.test_x[part], self._digits.test_y[part]


def test_data_sets_in_batches_are_read_once_an_epoch(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    torch = pytest.importorskip("torch")
    pairs = torch.utils.data.TensorDataset(
        torch.from_numpy(digits.test_x), torch.from_numpy(digits.test_y)
    )
    data = {"py": Batches(digits), "torch": torch.utils.data.DataLoader(pairs, 64)}
    fit(model, digits, ConfusionFlow(run, data, every=2))
    predicted = model.predict(digits.test_x, verbose=0).argmax(1)
    for split in data:
        assert_ends_with(tmp_path, [0, 2], digits.test_y, predicted, split)


def test_a_subset_is_the_same_each_epoch(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    log = ConfusionFlow(run, {"test": (digits.test_x, digits.test_y)}, subset=100)
    fit(model, digits, log)
    support = logged(tmp_path).support()
    assert (support == support[0]).all()
    assert 95 <= support[0].sum() <= 105


def test_one_output_is_the_second_of_two_classes(digits: Digits, tmp_path: Path) -> None:
    model = keras.Sequential([keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    is_low = (digits.test_y < 5).astype("float32")
    with cf.Run(tmp_path, name="run", classes=["high", "low"]) as run:
        log = ConfusionFlow(run, {"test": (digits.test_x, is_low)})
        model.fit(digits.test_x, is_low, epochs=2, verbose=0, callbacks=[log])
    predicted = model.predict(digits.test_x, verbose=0)[:, 0] > 0.5
    assert logged(tmp_path).accuracy()[-1] == np.mean(predicted == is_low)
