"""What Keras users bring as data, and when wrong data is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.integrations.digits import Digits, assert_ends_with, logged

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowWarning, LabelError, ShapeError

os.environ.setdefault("KERAS_BACKEND", "torch")
keras = pytest.importorskip("keras")

from confusionflow.integrations.keras import ConfusionFlow  # noqa: E402


@pytest.fixture
def model() -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.layers.Input((64,)), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


class Epochs(keras.callbacks.Callback):  # type: ignore[misc,name-defined]
    """Counts the epochs that were begun."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.begun += 1


def fit(model: Any, digits: Digits, *callbacks: Any, **options: Any) -> None:
    options = {"epochs": 2, "verbose": 0} | options
    model.fit(digits.train_x, digits.train_y, callbacks=list(callbacks), **options)


class Triples(keras.utils.PyDataset):  # type: ignore[misc,name-defined]
    def __init__(self, digits: Digits) -> None:
        super().__init__()
        self._digits = digits

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> tuple[Any, Any, Any]:
        x, y = self._digits.test_x[index::2], self._digits.test_y[index::2]
        return x, y, np.ones(len(y))


def in_batches(digits: Digits) -> Iterator[tuple[Any, Any]]:
    for start in range(0, len(digits.test_y), 100):
        part = slice(start, start + 100)
        yield digits.test_x[part], digits.test_y[part]


DATA: dict[str, Any] = {
    "a list": lambda d: [d.test_x, d.test_y],
    "a triple with weights": lambda d: (d.test_x, d.test_y, np.ones(len(d.test_y))),
    "lists of numbers": lambda d: (d.test_x, d.test_y.tolist()),
    "frames": lambda d: (pd.DataFrame(d.test_x), pd.Series(d.test_y)),
    "one-hot rows": lambda d: (d.test_x, np.eye(10)[d.test_y]),
    "one-hot rows of a frame": lambda d: (d.test_x, pd.get_dummies(pd.Series(d.test_y))),
    "triples in batches": Triples,
    "a list of batches": lambda d: list(in_batches(d)),
    "a function that makes a generator": lambda d: lambda: in_batches(d),
}


@pytest.mark.parametrize("kind", DATA)
def test_data_of_many_kinds_is_evaluated_in_each_epoch(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path, kind: str
) -> None:
    fit(model, digits, ConfusionFlow(run, {"test": DATA[kind](digits)}))
    predicted = model.predict(digits.test_x, verbose=0).argmax(1)
    assert_ends_with(tmp_path, [0, 1], digits.test_y, predicted)


@pytest.mark.parametrize("kind", ["a list", "a triple with weights", "frames", "one-hot rows"])
def test_a_subset_is_taken_of_arrays_and_frames(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path, kind: str
) -> None:
    fit(model, digits, ConfusionFlow(run, {"test": DATA[kind](digits)}, subset=100))
    shares = 100 * np.bincount(digits.test_y) / len(digits.test_y)
    for support in logged(tmp_path).support():
        np.testing.assert_allclose(support, shares, atol=0.51)
    assert logged(tmp_path).accuracy()[-1] > 0.2


def test_several_inputs_are_taken_with_a_subset(
    run: cf.Run, digits: Digits, tmp_path: Path
) -> None:
    upper, lower = keras.layers.Input((32,), name="upper"), keras.layers.Input((32,), name="lower")
    both = keras.layers.Concatenate()([upper, lower])
    model = keras.Model({"upper": upper, "lower": lower}, keras.layers.Dense(10, "softmax")(both))
    model.compile("adam", "sparse_categorical_crossentropy")

    def halves(x: Any) -> dict[str, Any]:
        return {"upper": x[:, :32], "lower": x[:, 32:]}

    log = ConfusionFlow(run, {"test": (halves(digits.test_x), digits.test_y)}, subset=0.5)
    model.fit(halves(digits.train_x), digits.train_y, verbose=0, callbacks=[log])
    assert logged(tmp_path).support().sum() == pytest.approx(len(digits.test_y) / 2, abs=10)


class Endless:
    def cardinality(self) -> int:
        return -1

    def __iter__(self) -> Any:
        return iter(())


WRONG_DATA: dict[str, tuple[Any, str]] = {
    "a generator": (in_batches, "used up after one epoch"),
    "an endless data set": (lambda d: Endless(), "never ends"),
    "a number": (lambda d: 3, "is a int"),
}


@pytest.mark.parametrize("kind", WRONG_DATA)
def test_data_that_can_not_be_evaluated_again_is_refused(
    run: cf.Run, digits: Digits, kind: str
) -> None:
    make, words = WRONG_DATA[kind]
    with pytest.raises(ArgumentError, match=words):
        ConfusionFlow(run, {"test": make(digits)})


def test_a_subset_of_batches_is_refused(run: cf.Run, digits: Digits) -> None:
    with pytest.raises(ArgumentError, match="comes in batches"):
        ConfusionFlow(run, {"test": Triples(digits)}, subset=10)


def test_labels_that_do_not_fit_are_told_before_the_training(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    several = np.eye(10, dtype=int)[digits.test_y]
    several[:, 0] = 1
    several[:, 1] = 1
    epochs = Epochs()
    with pytest.raises(LabelError, match="any number of labels"):
        fit(model, digits, ConfusionFlow(run, {"test": (digits.test_x, several)}), epochs)
    nine = cf.Run(tmp_path / "nine", "run", classes=range(9))
    with pytest.raises(ShapeError, match="10 scores for each instance, and the run has 9 classes"):
        fit(model, digits, ConfusionFlow(nine, {"test": (digits.test_x, digits.test_y)}), epochs)
    assert epochs.begun == 0


def test_trouble_while_training_warns_and_the_training_goes_on(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    calls: list[int] = []

    def batches() -> Iterator[tuple[Any, Any]]:
        calls.append(1)
        if len(calls) == 3:
            raise OSError("the disk is gone")
        yield from in_batches(digits)

    epochs = Epochs()
    log = ConfusionFlow(run, {"test": batches})
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at epoch 1. OSError: the disk is gone"):
        fit(model, digits, log, epochs, epochs=4)
    assert epochs.begun == 4
    assert logged(tmp_path).epochs.tolist() == [0]


def test_a_training_goes_on_and_a_second_one_does_not_overwrite_it(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    log = ConfusionFlow(run, {"test": (digits.test_x, digits.test_y)})
    fit(model, digits, log)
    fit(model, digits, log, initial_epoch=2, epochs=4)
    assert logged(tmp_path).epochs.tolist() == [0, 1, 2, 3]
    before = logged(tmp_path).confusion()
    with pytest.warns(ConfusionFlowWarning, match=r"second training.*initial_epoch"):
        fit(model, digits, log)
    np.testing.assert_array_equal(logged(tmp_path).confusion(), before)
