"""Lightning, Keras and Hugging Face log the learning rate beside the epochs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from tests.integrations.digits import Digits

import confusionflow as cf

os.environ.setdefault("KERAS_BACKEND", "torch")


def rates(folder: Path) -> dict[int, float]:
    scalar = cf.open_logs(folder)["run"].scalars["lr"]
    return dict(zip(scalar.epochs.tolist(), scalar.values.tolist(), strict=True))


def test_lightning(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("lightning")
    from tests.integrations.lightning_model import Model, loader, trainer

    from confusionflow.integrations.lightning import ConfusionFlow

    class Slower(Model):
        def configure_optimizers(self) -> Any:
            optimizer = torch.optim.SGD(self.parameters(), 0.1)
            return [optimizer], [torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)]

    train = loader(digits.train_x[:100], digits.train_y[:100])
    model, training = Slower(), trainer(tmp_path, ConfusionFlow(run))
    training.fit(model, train, train)
    training.test(model, train, verbose=False)
    assert rates(tmp_path) == pytest.approx({0: 0.1, 1: 0.05, 2: 0.025})


def test_keras(run: cf.Run, digits: Digits, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    from confusionflow.integrations.keras import ConfusionFlow

    model = keras.Sequential([keras.layers.Input((64,)), keras.layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    log = ConfusionFlow(run, {"test": (digits.test_x, digits.test_y)})
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 / 2**epoch)
    # Changes the rate at the end of the epoch, before it is logged.
    reduce = keras.callbacks.ReduceLROnPlateau("loss", 0.1, patience=0, min_delta=1e9, cooldown=9)
    callbacks = [halve, reduce, log]
    model.fit(digits.train_x, digits.train_y, epochs=3, verbose=0, callbacks=callbacks)
    assert rates(tmp_path) == pytest.approx({0: 0.1, 1: 0.05, 2: 0.025})


def test_hugging_face(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tests.integrations.test_transformers_epochs import CONFIG, texts
    from transformers import BertForSequenceClassification, Trainer, TrainingArguments

    from confusionflow.integrations.transformers import ConfusionFlow

    run = cf.Run(tmp_path, "run", classes=["a", "b", "c"])
    log = ConfusionFlow(run)
    trainer = Trainer(
        model=BertForSequenceClassification(CONFIG),
        args=TrainingArguments(
            str(tmp_path / "out"),
            num_train_epochs=4,
            learning_rate=0.01,
            lr_scheduler_type="linear",
            eval_strategy="epoch",
            eval_on_start=True,
            save_strategy="no",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
        ),
        train_dataset=texts(32, 0),
        eval_dataset=texts(16, 1),
        compute_metrics=log.compute_metrics(),
        callbacks=[log],
    )
    trainer.train()
    trainer.evaluate()
    assert rates(tmp_path) == pytest.approx({1: 0.0075, 2: 0.005, 3: 0.0025, 4: 0.0})
