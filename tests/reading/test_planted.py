"""Faults that are planted in a real training are found, and named with their epoch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.syncs import without_syncs
from tests.training import Labels, train

import confusionflow as cf

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def quick() -> Iterator[None]:
    with without_syncs():
        yield


def of_kind(findings: cf.Findings, kind: str) -> list[cf.Finding]:
    return [finding for finding in findings.flat() if finding.kind == kind]


def test_labels_that_are_swapped_from_epoch_20(tmp_path: Path) -> None:
    def swap(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
        swapped = labels.copy()
        swapped[labels == 3], swapped[labels == 8] = 8, 3
        return (swapped if epoch >= 20 else labels), rate

    [swapped] = of_kind(train(tmp_path, swap).findings(), "event: swap")
    assert {swapped.actual, swapped.predicted} == {"three", "eight"}
    assert swapped.epochs is not None
    assert 19 <= swapped.epochs[0] <= 26
    assert "are taken for each other, in both splits" in swapped.headline
    assert swapped.level == "corroborated"


def test_a_spike_of_the_learning_rate_at_epoch_25(tmp_path: Path) -> None:
    def spike(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
        return labels, rate * (10 if epoch == 25 else 1)

    found = of_kind(train(tmp_path, spike).findings(), "event: spike")
    hit = [f for f in found if f.epochs is not None and f.epochs[0] <= 25 <= f.epochs[1]]
    assert hit
    assert any(f.level == "corroborated" for f in hit)


def test_a_class_that_is_forgotten(tmp_path: Path) -> None:
    def forget(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
        return (np.where(labels == 7, -1, labels) if epoch >= 20 else labels), rate

    found = train(tmp_path, forget, epochs=120).findings()
    steps = of_kind(found, "event: lost class") + of_kind(found, "event: lasting step")
    assert any(f.actual == "seven" and f.level == "corroborated" for f in steps)


def test_a_shifted_split(tmp_path: Path) -> None:
    run = train(tmp_path, shift=0.35)
    found = run["test"].findings(other=run["shifted"])
    whole = next(f for f in found if f.actual is None and f.predicted is None)
    assert whole.level == "certain"
    assert whole.effect < -0.05


def test_a_good_training_has_no_lasting_regression(tmp_path: Path) -> None:
    found = train(tmp_path).findings()
    assert any(f.headline.startswith("No lasting regression") for f in found)
    assert not of_kind(found, "event: swap") + of_kind(found, "event: lost class")
