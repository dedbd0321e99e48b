"""Faults that are planted in a real training are found, and named with their epoch."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier
from tests.syncs import without_syncs
from tests.training import CLASSES, Labels, train

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

    swapped = train(tmp_path, swap).findings()[0]
    assert swapped.kind == "event: swap"
    assert {swapped.actual, swapped.predicted} == {"three", "eight"}
    assert swapped.epochs is not None
    # At epoch 20 the training has not undone anything yet.
    assert 20 <= swapped.epochs[0] <= swapped.epochs[1] <= 21
    assert "have been taken for each other since epoch 2" in swapped.headline
    assert swapped.level == "certain"


def test_a_spike_of_the_learning_rate_at_epoch_25(tmp_path: Path) -> None:
    def spike(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
        return labels, rate * (10 if epoch == 25 else 1)

    found = of_kind(train(tmp_path, spike).findings(), "event: spike")
    hit = [f for f in found if f.epochs is not None and f.epochs[0] <= 25 <= f.epochs[1]]
    assert hit
    assert any(f.level == "corroborated" for f in hit)


@pytest.mark.parametrize("epochs", [40, 60, 120])
def test_a_class_that_is_forgotten(tmp_path: Path, epochs: int) -> None:
    def forget(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
        return (np.where(labels == 7, -1, labels) if epoch >= 20 else labels), rate

    lost = train(tmp_path, forget, epochs=epochs).findings()[0]
    assert (lost.actual, lost.level) == ("seven", "certain")
    assert lost.kind == ("event: lost class" if epochs > 40 else "event: lasting fall")
    assert lost.splits == ("test", "train") or lost.splits == ("train", "test")
    assert lost.epochs is not None
    assert 18 <= lost.epochs[0] <= 20 <= lost.epochs[1] <= 21


def test_a_class_that_breaks_in_the_last_ten_epochs(tmp_path: Path) -> None:
    """Its recall falls to about two fifths, and who fell is counted."""

    def mislabel(epoch: int, labels: Labels, rate: float) -> tuple[Labels, float]:
        wrong = np.flatnonzero(labels == 3)[: int(0.6 * (labels == 3).sum())]
        given = labels.copy()
        given[wrong] = 8
        return (given if epoch >= 50 else labels), rate

    run = train(tmp_path, mislabel, with_ids=True)
    found = run.findings()
    assert found[0].headline.startswith("Class three was learned and then lost, since epoch 50,")
    [together] = [f for f in of_kind(found, "data: forgotten together") if f.splits == ("test",)]
    k, n = map(int, re.findall(r"^(\d+) of (\d+) instances of class three", together.headline)[0])
    always_wrong = (1 - run["test"].recall()[-5:, 3]).min()
    assert 0.75 * always_wrong * n <= k <= always_wrong * n


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


Plant = Callable[[int, Labels], Labels]


def train_network(
    log_dir: Path, plant: Plant, seed: int, *, n_test: int = 250, only: str = ""
) -> cf.LoggedRun:
    """Train a small network for 40 epochs, and log the predictions of train and test, or of one.

    Arguments:
        log_dir: The log directory.
        plant: What goes wrong: the labels of an epoch, from the true ones; -1 leaves one out.
        seed: Of the network, and of what it is trained on.
        n_test: Instances of the split "test".
        only: Name of the split that is logged; "" for both.
    """
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(x))
    splits = {"train": order[:900], "test": order[900:][:n_test]}
    x, train_ids = x / 16, splits["train"]
    network = MLPClassifier((32,), learning_rate_init=0.003, random_state=seed)
    with cf.Run(log_dir, "run", classes=CLASSES) as run:
        for epoch in range(40):
            given = plant(epoch, y[train_ids])
            network.partial_fit(x[train_ids][given >= 0], given[given >= 0], classes=range(10))
            for split, ids in splits.items():
                if only in ("", split):
                    run.log(epoch, split, y_true=y[ids], y_pred=network.predict(x[ids]), ids=ids)
    return cf.open_logs(log_dir)["run"]


def without(actual: int, since: int, share: float) -> Plant:
    """Leave a share of a class out of the training from an epoch on."""

    def plant(epoch: int, labels: Labels) -> Labels:
        its = np.flatnonzero(labels == actual)
        given = labels.copy()
        given[its[: int(share * len(its))]] = -1
        return given if epoch >= since else labels

    return plant


def mislabelled(epoch: int, labels: Labels) -> Labels:
    """Call half of the threes eights from epoch 20 on."""
    threes = np.flatnonzero(labels == 3)
    given = labels.copy()
    given[threes[: len(threes) // 2]] = 8
    return given if epoch >= 20 else labels


@pytest.mark.parametrize(
    ("plant", "seed", "only", "name"),
    [
        (without(7, 15, 1), 1, "", "seven"),
        (without(5, 18, 0.97), 3, "test", "five"),
        (mislabelled, 0, "test", "three"),
    ],
)
def test_a_class_that_falls_for_good_is_first_also_on_weak_evidence(
    tmp_path: Path, plant: Plant, seed: int, only: str, name: str
) -> None:
    """With 250 instances of one split the last two are only noticed."""
    first = train_network(tmp_path, plant, seed, only=only).findings()[0]
    assert first.actual == name
    assert first.leads
    assert "It is listed first" in first.why


@pytest.mark.parametrize("seed", range(1, 4))
def test_where_nothing_is_planted_nothing_is_put_first(tmp_path: Path, seed: int) -> None:
    found = train_network(tmp_path, lambda epoch, labels: labels, seed, n_test=150).findings()
    assert not any(f.leads for f in found.flat())
