"""Scores of instances against the published formulas, taken word by word, and against cleanlab."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from statistics import fmean, pstdev

import numpy as np
import pytest
from cleanlab.rank import get_label_quality_scores
from tests.analysis.trajectories import Floats, random_trajectories

from confusionflow.analysis import scores as module
from confusionflow.analysis.scores import SCORES, label_quality, scores
from confusionflow.analysis.trajectories import Trajectories


def by_hand(t: Trajectories, probabilities: Floats, i: int) -> dict[str, float]:
    """The scores of one instance, as section by section the papers define them."""
    actual = int(t.actual[i])
    at = [e for e in range(len(t.epochs)) if t.predicted[e, i] >= 0]
    p = [int(t.predicted[e, i]) for e in at]
    nan = math.nan
    if not at:
        numbers = dict.fromkeys(SCORES, nan)
        return {**numbers, "forgotten": 0, "last_forgotten": -1, "never_learned": False}
    events = [at[k] for k in range(1, len(at)) if p[k - 1] == actual != p[k]]
    never = actual not in p
    counts = Counter(p)
    mode = min(counts, key=lambda c: (-counts[c], c))
    found: dict[str, float] = {
        "hard": sum(c != actual for c in p) / len(p),
        "forgotten": len(p) if never else len(events),
        "last_forgotten": t.epochs[events[-1]] if events else -1,
        "never_learned": never,
        "unsteady": sum(a != b for a, b in pairwise(p)) / (len(p) - 1) if len(p) > 1 else nan,
        "suspicious_label": 0 if mode == actual else counts[mode] / len(p),
        **dict.fromkeys(("outlier", "aum", "confidence_mean", "confidence_sd"), nan),
    }
    if t.confidence is not None:
        sure = [probabilities[e, i].max() for e in at]
        own = [probabilities[e, i, actual] for e in at]
        signs = [-1 if c == actual else 1 for c in p]
        ahead = [
            math.log(probabilities[e, i, actual])
            - math.log(np.delete(probabilities[e, i], actual).max())
            for e in at
        ]
        found |= {
            "suspicious_label": fmean(s * c for s, c in zip(signs, sure, strict=True)),
            "outlier": 1 - fmean(sure),
            "aum": fmean(ahead),
            "confidence_mean": fmean(own),
            "confidence_sd": pstdev(own),
        }
    return found


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("with_confidence", [True, False])
def test_scores_are_those_of_the_formulas(seed: int, with_confidence: bool) -> None:
    missing = (0, 0.2, 0.9)[seed % 3]
    t, probabilities = random_trajectories(
        seed, missing=missing, with_confidence=with_confidence, n_classes=2 + seed % 4
    )
    found = scores(t)
    for i in range(len(t.actual)):
        for name, expected in by_hand(t, probabilities, i).items():
            value = getattr(found, name)[i]
            # Margins of dozens are kept to three digits.
            most = 1 if name != "aum" or t.margin is None else float(np.abs(t.margin[:, i]).max())
            close = pytest.approx(expected, abs=1e-3 * max(1, most), nan_ok=True)
            assert value == close, (name, i)


@pytest.mark.parametrize("n_epochs", [1, 2, 253, 254, 255, 600])
def test_scores_of_many_epochs_are_those_of_the_formulas(n_epochs: int) -> None:
    rng = np.random.default_rng(n_epochs)
    actual = rng.integers(0, 3, 40)
    predicted = np.where(rng.random((n_epochs, 40)) < 0.9, actual, rng.integers(0, 3, 40))
    predicted[:, :3] = actual[:3]
    predicted[:, 3:6] = (actual[3:6] + 1) % 3
    predicted[-1, :1] = (actual[:1] + 1) % 3
    t = Trajectories(np.arange(n_epochs) * 2, 3, actual, predicted.astype(np.int16))
    found = scores(t)
    for i in range(40):
        for name, expected in by_hand(t, np.empty(0), i).items():
            assert getattr(found, name)[i] == pytest.approx(expected, abs=1e-6, nan_ok=True), name


@pytest.mark.parametrize("n_classes", [2, 3, 10])
@pytest.mark.parametrize("method", ["self_confidence", "normalized_margin"])
def test_label_quality_is_cleanlabs(method: str, n_classes: int) -> None:
    for seed in range(10):
        t, probabilities = random_trajectories(seed, missing=0, n_classes=n_classes)
        found = label_quality(t, method)
        for e in range(len(t.epochs)):
            expected = get_label_quality_scores(t.actual, probabilities[e], method=method)
            np.testing.assert_allclose(found[e], expected, atol=1e-3)


def test_a_probability_that_can_not_be_told_is_unknown_and_left_out_of_means() -> None:
    """A wrong prediction that was not the most probable class, as a threshold makes it."""
    t = Trajectories(
        np.arange(2),
        3,
        np.array([0]),
        np.array([[1], [0]]),
        np.array([[0.3], [0.6]]),
        np.array([[0.5], [1.0]]),
    )
    assert scores(t).confidence_mean == pytest.approx([0.6])
    two = Trajectories(t.epochs, 2, t.actual, t.predicted, t.confidence, t.margin)
    assert scores(two).confidence_mean == pytest.approx([(0.3 * math.exp(0.5) + 0.6) / 2])


def test_scores_of_blocks_are_those_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    t, _ = random_trajectories(5)
    whole = scores(t)
    monkeypatch.setattr(module, "BLOCK", 7)
    for name in SCORES:
        np.testing.assert_array_equal(getattr(scores(t), name), getattr(whole, name))


def test_no_instance_and_no_epoch_have_scores_without_values() -> None:
    empty = Trajectories(np.arange(3), 2, np.arange(0), np.empty((3, 0), int))
    assert scores(empty).hard.shape == (0,)
    never = Trajectories(np.arange(0), 2, np.arange(2), np.empty((0, 2), int))
    assert np.isnan(scores(never).hard).all()
    assert not scores(never).never_learned.any()
