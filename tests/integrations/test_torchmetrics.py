from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.integrations.digits import assert_ends_with, logged

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError

torch = pytest.importorskip("torch")
pytest.importorskip("torchmetrics")

from torchmetrics.classification import (  # noqa: E402
    BinaryConfusionMatrix,
    MulticlassAccuracy,
    MulticlassConfusionMatrix,
    MultilabelConfusionMatrix,
)

from confusionflow.integrations.torchmetrics import log_metric  # noqa: E402


def test_the_counts_of_a_metric_are_logged(run: cf.Run, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    metric = MulticlassConfusionMatrix(10)
    for epoch in range(2):
        actual, predicted = rng.integers(0, 10, 500), rng.integers(0, 8, 500)
        for part in range(0, 500, 64):
            metric.update(
                torch.from_numpy(predicted[part : part + 64]),
                torch.from_numpy(actual[part : part + 64]),
            )
        log_metric(run, epoch, "test", metric)
        log_metric(None, epoch, "test", metric)
        metric.reset()
    assert_ends_with(tmp_path, [0, 1], actual, predicted)


def test_every_third_epoch_is_logged(run: cf.Run, tmp_path: Path) -> None:
    metric = MulticlassConfusionMatrix(10)
    metric.update(torch.tensor([1]), torch.tensor([2]))
    for epoch in range(5):
        log_metric(run, epoch, "test", metric, every=3)
    assert logged(tmp_path).epochs.tolist() == [0, 3]


def test_two_classes_are_logged(tmp_path: Path) -> None:
    metric = BinaryConfusionMatrix()
    metric.update(torch.tensor([0.9, 0.8, 0.1]), torch.tensor([1, 0, 0]))
    with cf.Run(tmp_path, name="run", classes=["no", "yes"]) as run:
        log_metric(run, 0, "test", metric)
    assert logged(tmp_path).confusion()[0].tolist() == [[1, 1], [0, 1]]


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        (MulticlassConfusionMatrix(10, normalize="true"), "normalize='true' and gives shares"),
        (MulticlassAccuracy(10), "The metric is a MulticlassAccuracy"),
        (MultilabelConfusionMatrix(10), "The metric is a MultilabelConfusionMatrix"),
    ],
)
def test_what_holds_no_counts_is_refused(run: cf.Run, metric: Any, words: str) -> None:
    with pytest.raises(ConfusionFlowError, match=words):
        log_metric(run, 0, "test", metric)
