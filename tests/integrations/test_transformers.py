from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.digits import Digits, assert_ends_with, logged

import confusionflow as cf

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments  # noqa: E402

from confusionflow.integrations.transformers import ConfusionFlow  # noqa: E402


class Pixels(torch.utils.data.Dataset):  # type: ignore[misc,name-defined]
    """Images as sequences of their brightness."""

    def __init__(self, x: Any, y: Any) -> None:
        self._x = torch.from_numpy((x * 16).round().astype(np.int64))
        self._y = torch.from_numpy(y)

    def __len__(self) -> int:
        return len(self._y)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {"input_ids": self._x[index], "labels": self._y[index]}


@pytest.fixture
def model() -> Any:
    transformers.set_seed(0)
    return BertForSequenceClassification(
        BertConfig(
            vocab_size=17,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=64,
            num_labels=10,
        )
    )


def trainer(model: Any, digits: Digits, log: ConfusionFlow, folder: Path, **options: Any) -> Any:
    arguments = {"num_train_epochs": 3, "eval_strategy": "epoch", **options.pop("arguments", {})}
    return Trainer(
        model=model,
        args=TrainingArguments(
            str(folder),
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            disable_tqdm=True,
            per_device_train_batch_size=64,
            learning_rate=3e-3,
            **arguments,
        ),
        train_dataset=Pixels(digits.train_x, digits.train_y),
        callbacks=[log],
        **{
            "eval_dataset": Pixels(digits.test_x, digits.test_y),
            "compute_metrics": log.compute_metrics(),
            **options,
        },
    )


def test_each_evaluation_of_the_trainer_is_logged(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    def accuracy(prediction: Any) -> dict[str, float]:
        return {
            "accuracy": float((prediction.predictions.argmax(1) == prediction.label_ids).mean())
        }

    log = ConfusionFlow(run, split="test")
    training = trainer(
        model, digits, log, tmp_path / "out", compute_metrics=log.compute_metrics(accuracy)
    )
    training.train()
    theirs = [e["eval_accuracy"] for e in training.state.log_history if "eval_accuracy" in e]
    np.testing.assert_allclose(logged(tmp_path).accuracy(), theirs, rtol=1e-6)
    predicted = training.predict(Pixels(digits.test_x, digits.test_y)).predictions.argmax(1)
    assert_ends_with(tmp_path, [0, 1, 2], digits.test_y, predicted)


def test_several_data_sets_become_splits(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    log = ConfusionFlow(run, every=2)
    data = {
        "seen": Pixels(digits.train_x[:100], digits.train_y[:100]),
        "test": Pixels(digits.test_x, digits.test_y),
    }
    trainer(model, digits, log, tmp_path / "out", eval_dataset=data).train()
    assert set(cf.open_logs(tmp_path)["run"]) == {"seen", "test"}
    assert logged(tmp_path, "seen").epochs.tolist() == [0, 2]
    assert logged(tmp_path, "seen").support()[0].sum() == 100
    assert logged(tmp_path).support()[0].sum() == len(digits.test_y)


def test_steps_are_epochs_where_the_run_says_so(digits: Digits, model: Any, tmp_path: Path) -> None:
    run = cf.Run(tmp_path, name="run", classes=range(10), time_unit="step")
    arguments = {"eval_strategy": "steps", "eval_steps": 8, "num_train_epochs": 1}
    log = ConfusionFlow(run, split="test")
    trainer(model, digits, log, tmp_path / "out", arguments=arguments).train()
    assert logged(tmp_path).epochs.tolist() == [8, 16, 20]


def test_a_subset_is_the_same_in_each_epoch(
    run: cf.Run, digits: Digits, model: Any, tmp_path: Path
) -> None:
    log = ConfusionFlow(run, split="test", subset=0.1)
    trainer(model, digits, log, tmp_path / "out").train()
    support = logged(tmp_path).support()
    assert support.shape == (3, 10)
    assert (support == support[0]).all()
    np.testing.assert_allclose(support[0], np.bincount(digits.test_y) * 0.1, atol=0.5)
