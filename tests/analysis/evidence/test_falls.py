"""Falls that last are found with their date, and quiet series have none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import fisher_exact

from confusionflow.analysis.evidence.exact import rounded_towards
from confusionflow.analysis.evidence.falls import Fall, find_falls
from confusionflow.analysis.evidence.tracks import Tracks

EPOCHS = 80


def places(
    recall: NDArray[np.float64], support: int, seed: int, drawn: NDArray[np.int64] | None = None
) -> Tracks:
    """Tracks of one class whose recall is given and that may draw instances, and the whole."""
    rng = np.random.default_rng(seed)
    wrong = rng.binomial(support, 1 - recall).astype(float)[:, None]
    column = np.zeros_like(wrong) if drawn is None else drawn.astype(float)[:, None]
    n = np.full_like(wrong, support)
    return Tracks(
        np.arange(len(recall)) * 2,
        1,
        np.array([-1, 0, -1]),
        np.array([-1, -1, 0]),
        np.hstack((wrong, wrong, column)),
        np.hstack((n, n, 9 * n)),
    )


def fall_of(recall: NDArray[np.float64], support: int = 100, seed: int = 0) -> Fall | None:
    found = {fall.actual: fall for fall in find_falls("test", places(recall, support, seed), 20)}
    return found.get(0)


def ramp(start: int, length: int, to: float) -> NDArray[np.float64]:
    """Recall that falls from .95 in a straight line of some epochs."""
    done = np.clip((np.arange(EPOCHS) - start + 1) / length, 0, 1)
    return 0.95 + done * (to - 0.95)


@pytest.mark.parametrize(
    ("start", "length", "to"), [(30, 1, 0.3), (30, 10, 0.1), (50, 25, 0.2), (74, 1, 0.4)]
)
def test_the_date_of_a_fall_holds_its_beginning(start: int, length: int, to: float) -> None:
    recall = ramp(start, length, to)
    found = [fall_of(recall, seed=seed) for seed in range(100)]
    dates = [fall.began for fall in found if fall is not None]
    assert len(dates) == 100
    holds = [first <= 2 * start <= last for first, last in dates]
    assert np.mean(holds) >= 0.9
    # In epochs: an abrupt fall has one date, a slow one a few.
    assert np.median([(last - first) / 2 for first, last in dates]) <= (0 if length == 1 else 5)


def test_a_quiet_series_has_no_strong_fall() -> None:
    for seed in range(200):
        fall = fall_of(np.full(EPOCHS, 0.9), 200, seed)
        assert fall is None or fall.strength < 5


def test_what_recovers_or_has_just_fallen_is_no_lasting_fall() -> None:
    recall = np.full(EPOCHS, 0.95)
    recall[30:60] = 0.2
    assert fall_of(recall) is None
    recall = np.full(EPOCHS, 0.95)
    recall[-4:] = 0.2
    fall = fall_of(recall)
    assert fall is None


def test_a_class_that_was_learned_in_early_training_may_fall() -> None:
    recall = ramp(15, 30, 0.5)
    found = find_falls("test", places(recall, 200, 1), early=40)
    [fall] = [one for one in found if one.actual == 0]
    assert fall.began[0] <= 30 <= fall.began[1]
    assert fall.before > 0.9


def test_a_class_that_was_only_predicted_too_often_was_not_learned() -> None:
    recall = np.where(np.arange(EPOCHS) < 20, 0.98, 0.6)
    drawn = np.where(np.arange(EPOCHS) < 20, 400, 5)
    found = find_falls("test", places(recall, 200, 1, drawn), early=40)
    assert not [one for one in found if one.actual == 0]


def test_p_is_that_of_mean_counts_then_and_now() -> None:
    tracks = places(ramp(40, 1, 0.7), 150, 3)
    [_, fall] = find_falls("test", tracks, 20)
    k_b = tracks.k[-5:, 1].mean()
    k_a = 150 * (1 - fall.before)
    a, b = (int(k) for k in rounded_towards(k_a, 150, k_b, 150))
    assert fall.p == pytest.approx(fisher_exact([[a, 150 - a], [b, 150 - b]])[1])
    assert fall.after == pytest.approx(1 - k_b / 150)
    assert fall.tests == EPOCHS
    low, high = fall.interval
    assert fall.adjusted_interval[0] < low < fall.after - fall.before < high < 0
    assert high < fall.adjusted_interval[1]
