"""Tokens, and models of several labels, in the Hugging Face Trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.digits import logged

import confusionflow as cf
from confusionflow.errors import ArgumentError

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import (  # noqa: E402
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    Trainer,
    TrainingArguments,
    set_seed,
)

from confusionflow.integrations.transformers import ConfusionFlow  # noqa: E402

NAMES = ["O", "B-PER", "I-PER"]
OPTIONS = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "num_labels": 3,
    "max_position_embeddings": 16,
}


def sentences(size: int, seed: int) -> list[dict[str, Any]]:
    """Six tokens each, of which the last one to three are padding."""
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for number, words in enumerate(torch.randint(5, 50, (size, 6), generator=generator)):
        labels = words % 3
        labels[-(1 + number % 3) :] = -100
        rows.append({"input_ids": words, "labels": labels})
    return rows


def first_logits(logits: Any, labels: Any) -> Any:
    return logits.argmax(-1)


class Counted:
    """Right tokens of each evaluation, without padding."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int]] = []
        self._right: list[Any] = []

    def __call__(self, prediction: Any, compute_result: bool = True) -> dict[str, float]:
        predicted, labels = np.asarray(prediction.predictions), np.asarray(prediction.label_ids)
        predicted = predicted.argmax(-1) if predicted.ndim == 3 else predicted
        self._right += (predicted == labels)[labels != -100].tolist()
        if compute_result:
            self.found.append((sum(self._right), len(self._right)))
            self._right = []
        return {}


KINDS: dict[str, dict[str, Any]] = {
    "scores": {},
    "classes": {"preprocess_logits_for_metrics": first_logits},
    "scores by batch": {"arguments": {"batch_eval_metrics": True}},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ignore_index", [None, -100])
def test_each_token_is_an_instance_and_padding_is_none(
    tmp_path: Path, kind: str, ignore_index: int | None
) -> None:
    set_seed(0)
    options = dict(KINDS[kind])
    run = cf.Run(tmp_path, "run", classes=NAMES, ignore_index=ignore_index)
    log, counted = ConfusionFlow(run, split="test"), Counted()
    Trainer(
        model=BertForTokenClassification(BertConfig(**OPTIONS)),
        args=TrainingArguments(
            str(tmp_path / "out"),
            num_train_epochs=2,
            learning_rate=1e-3,
            eval_strategy="epoch",
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
            save_strategy="no",
            per_device_train_batch_size=32,
            **options.pop("arguments", {}),
        ),
        train_dataset=sentences(128, 0),
        eval_dataset=sentences(40, 1),
        compute_metrics=log.compute_metrics(counted),
        callbacks=[log],
        **options,
    ).train()
    series = logged(tmp_path)
    counts = series.confusion()
    assert [(int(c.trace()), int(c.sum())) for c in counts] == counted.found
    assert series.left_out.tolist() == [0, 0]


@pytest.mark.parametrize("problem", ["multi_label_classification", "regression"])
def test_a_model_of_several_labels_is_refused_before_the_training(
    tmp_path: Path, problem: str
) -> None:
    run = cf.Run(tmp_path, "run", classes=NAMES)
    log = ConfusionFlow(run)
    trainer = Trainer(
        model=BertForSequenceClassification(BertConfig(problem_type=problem, **OPTIONS)),
        args=TrainingArguments(
            str(tmp_path / "out"), eval_strategy="epoch", report_to=[], use_cpu=True
        ),
        train_dataset=sentences(8, 0),
        eval_dataset=sentences(8, 1),
        compute_metrics=log.compute_metrics(),
        callbacks=[log],
    )
    with pytest.raises(ArgumentError, match=f"problem_type is '{problem}'"):
        trainer.train()
