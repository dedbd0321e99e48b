"""Which epoch a validation of Lightning belongs to, and what is told before a training starts."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.digits import Digits, logged

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowWarning, DistributedError, LabelError

torch = pytest.importorskip("torch")
pytest.importorskip("lightning")

from lightning.pytorch import Callback  # noqa: E402
from lightning.pytorch.callbacks import ModelCheckpoint  # noqa: E402
from tests.integrations.lightning_model import Model, Returning, loader, trainer  # noqa: E402
from torch.utils.data import DataLoader  # noqa: E402

from confusionflow.integrations.lightning import ConfusionFlow  # noqa: E402


@pytest.fixture
def train(digits: Digits) -> DataLoader:
    return loader(digits.train_x, digits.train_y)


@pytest.fixture
def test(digits: Digits) -> DataLoader:
    return loader(digits.test_x, digits.test_y)


class Steps(Callback):  # type: ignore[misc]
    """Counts the epochs and training steps that were begun."""

    def __init__(self) -> None:
        self.epochs = self.steps = 0

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        self.epochs += 1

    def on_train_batch_start(self, trainer: Any, *_: Any) -> None:
        self.steps += 1


def accuracies(folder: Path, split: str = "val") -> dict[int, float]:
    """Accuracy by epoch; each was logged once."""
    series = logged(folder, split)
    assert (series.times_logged == 1).all()
    return dict(zip(series.epochs.tolist(), series.accuracy().tolist(), strict=True))


WRONG_STEPS: dict[str, tuple[Any, str]] = {
    "a step that calls a part of the module": (
        lambda logits, batch: torch.nn.functional.cross_entropy(logits, batch[1]),
        r"returned a Tensor.*no predictions were found",
    ),
    "predictions of one batch only": (
        lambda logits, batch: {"preds": logits[:1].argmax(1), "y": batch[1]},
        r"shape",
    ),
}


@pytest.mark.parametrize("case", WRONG_STEPS)
def test_steps_that_can_not_be_logged_are_found_in_the_sanity_check(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path, case: str
) -> None:
    step, words = WRONG_STEPS[case]
    model, steps = Returning(step), Steps()
    with pytest.raises(cf.errors.ConfusionFlowError, match=words):
        trainer(tmp_path, ConfusionFlow(run), steps).fit(model, train, test)
    assert steps.steps == 0
    assert not model._forward_hooks


def test_without_a_sanity_check_wrong_steps_only_stop_the_logging(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    model, steps = Returning(lambda logits, batch: logits.mean()), Steps()
    fitting = trainer(tmp_path, ConfusionFlow(run), steps, num_sanity_val_steps=0)
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at epoch 0.*no predictions.*goes on"):
        fitting.fit(model, train, test)
    assert steps.epochs == 3
    assert list(cf.open_logs(tmp_path)["run"]) == []
    assert not model._forward_hooks


def test_a_validation_before_the_training_is_epoch_zero(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    model, callback = Model(), ConfusionFlow(run)
    fitting = trainer(tmp_path, callback)
    fitting.validate(model, test, verbose=False)
    before = accuracies(tmp_path)
    fitting.fit(model, train, test)
    after = accuracies(tmp_path)
    assert list(before) == [0]
    assert list(after) == [0, 1, 2, 3]
    assert after[0] == before[0] < 0.4 < after[1]
    fitting.test(model, test, verbose=False)
    assert accuracies(tmp_path, "test") == {3: after[3]}


def test_several_validations_an_epoch_are_a_question_before_the_training(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    steps = Steps()
    fitting = trainer(tmp_path, ConfusionFlow(run), steps, val_check_interval=0.25)
    with pytest.raises(ArgumentError, match=r'every 5 of an epoch\'s 20 batches.*time_unit="step"'):
        fitting.fit(Model(), train, test)
    fitting = trainer(
        tmp_path, ConfusionFlow(run), steps, val_check_interval=15, check_val_every_n_epoch=None
    )
    with pytest.raises(ArgumentError, match=r"every 15 of an epoch's 20 batches"):
        fitting.fit(Model(), train, test)
    assert steps.steps == 0


@pytest.mark.parametrize(
    ("options", "epochs"),
    [
        ({"val_check_interval": 0.75}, [0, 1, 2]),
        ({"val_check_interval": 30, "check_val_every_n_epoch": None}, [1, 2]),
    ],
)
def test_one_validation_an_epoch_at_most_is_no_question(
    run: cf.Run,
    train: DataLoader,
    test: DataLoader,
    tmp_path: Path,
    options: dict[str, Any],
    epochs: list[int],
) -> None:
    trainer(tmp_path, ConfusionFlow(run), **options).fit(Model(), train, test)
    assert list(accuracies(tmp_path)) == epochs


def test_the_end_of_a_training_may_be_validated_again(
    run: cf.Run, digits: Digits, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    best = ModelCheckpoint(tmp_path / "best", save_top_k=-1, filename="{epoch}")
    fitting = trainer(tmp_path, ConfusionFlow(run), best, enable_checkpointing=True)
    model = Model()
    fitting.fit(model, train, test)
    before = accuracies(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConfusionFlowWarning)
        fitting.validate(model, test, verbose=False)
        first = tmp_path / "best" / "epoch=1.ckpt"
        fitting.validate(model, test, ckpt_path=first, verbose=False, weights_only=False)
    other = loader(digits.test_x[:100], digits.test_y[:100])
    with pytest.warns(ConfusionFlowWarning, match=r"epoch 1 of split 'val'.*Other data.*a name"):
        fitting.validate(model, other, verbose=False)
    fitting.validate(model, {"new": other}, verbose=False)
    assert accuracies(tmp_path) == before
    assert list(accuracies(tmp_path, "new")) == [1]


def test_a_second_training_does_not_overwrite_the_first(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    callback, steps = ConfusionFlow(run), Steps()
    trainer(tmp_path, callback, steps, epochs=2).fit(Model(), train, test)
    before = accuracies(tmp_path)
    with pytest.warns(ConfusionFlowWarning, match="Make a Run and a ConfusionFlow for each"):
        trainer(tmp_path, callback, steps, epochs=2).fit(Model(), train, test)
    assert steps.epochs == 4
    assert accuracies(tmp_path) == before


def test_a_training_that_goes_on_is_logged_on(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    fitting, model = trainer(tmp_path, ConfusionFlow(run), epochs=2), Model()
    fitting.fit(model, train, test)
    fitting.fit_loop.max_epochs = 4
    fitting.fit(model, train, test)
    assert list(accuracies(tmp_path)) == [0, 1, 2, 3]


def test_a_baseline_is_remembered_by_checkpoints(
    train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    keep = ModelCheckpoint(tmp_path / "kept", filename="last")
    run = cf.Run(tmp_path, "run", classes=range(10))
    fitting = trainer(tmp_path, ConfusionFlow(run), keep, epochs=2, enable_checkpointing=True)
    model = Model()
    fitting.validate(model, test, verbose=False)
    fitting.fit(model, train, test)
    resumed = cf.Run(tmp_path, "run", classes=range(10), resume=True)
    trainer(tmp_path, ConfusionFlow(resumed), epochs=4).fit(
        Model(), train, test, ckpt_path=tmp_path / "kept" / "last.ckpt", weights_only=False
    )
    assert list(accuracies(tmp_path)) == [0, 1, 2, 3, 4]


def test_processes_that_the_run_does_not_know_are_told_before_the_training(
    train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    run = cf.Run(tmp_path, "run", classes=range(10), id="job", rank=0, world_size=2)
    steps = Steps()
    fitting = trainer(tmp_path, ConfusionFlow(run), steps, num_sanity_val_steps=0)
    with pytest.raises(DistributedError, match="1 processes evaluate together"):
        fitting.fit(Model(), train, test)
    assert steps.steps == 0


def test_trouble_while_training_warns_and_the_training_goes_on(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    calls: list[int] = []

    def take(outputs: Any, batch: Any) -> tuple[Any, Any]:
        calls.append(1)
        if len(calls) > 20:
            raise KeyError("digit")
        return batch[1], np.zeros(len(batch[1]), int)

    steps = Steps()
    with pytest.warns(ConfusionFlowWarning, match=r"stopped at epoch 2. KeyError: 'digit'"):
        trainer(tmp_path, ConfusionFlow(run, predictions=take), steps).fit(Model(), train, test)
    assert steps.epochs == 3
    assert list(accuracies(tmp_path)) == [0, 1]


def test_a_test_after_the_training_does_not_end_the_script(
    run: cf.Run, train: DataLoader, test: DataLoader, tmp_path: Path
) -> None:
    model = Model()
    fitting = trainer(tmp_path, ConfusionFlow(run), epochs=1)
    fitting.fit(model, train, test)
    model.test_step = lambda batch, batch_idx: None  # type: ignore[method-assign,assignment,misc]
    with pytest.warns(ConfusionFlowWarning, match="no predictions were found"):
        fitting.test(model, test, verbose=False)
    with pytest.raises(LabelError, match="no predictions were found"):
        trainer(tmp_path, ConfusionFlow(run)).test(model, test, verbose=False)
