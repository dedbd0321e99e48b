"""Falls that last: a class, or all, recognised less often at the end than at the best time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.course import JITTER, LEVEL, NORMAL, running_median
from confusionflow.analysis.evidence.exact import exact_p, rounded_towards
from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.followed import (
    CORROBORATES,
    LEAST_CHANGE,
    LEAST_SIDE,
    STRONG,
)
from confusionflow.analysis.evidence.intervals import newcombe
from confusionflow.analysis.evidence.tracks import Tracks, angle

Float = NDArray[np.float64]

# A class that draws more instances of others than this, as a share of its own, is predicted too
# often for its recall to say that it was learned.
MOST_DRAWN = 0.25

# Twice the difference in log likelihood within which two dates are told apart at 95 %.
CHI_SQUARE = 3.841


@dataclass(frozen=True)
class Fall:
    """A fall of a class's recall, or of accuracy, of which most is left at the end.

    Attributes:
        split: Name of the split.
        actual: The class; -1 for accuracy.
        began: First and last epoch at which it may have begun, at 95 %.
        half: Epoch from which on more than half of it is there.
        strength: In units of the usual jitter.
        before: Recall at the best time, the mean over 11 epochs.
        after: Recall at the end, the mean over the last five epochs.
        n: Instances then and now.
        p: Of Fisher's exact test of both mean counts.
        tests: Classes times epochs that could have been the best; p times this is corrected.
        interval: Of the change of recall, at 95 %.
        adjusted_interval: The same, corrected for the number of tests.
    """

    split: str
    actual: int
    began: tuple[int, int]
    half: int
    strength: float
    before: float
    after: float
    n: tuple[float, float]
    p: float
    tests: int
    interval: tuple[float, float]
    adjusted_interval: tuple[float, float]


def find_falls(split: str, places: Tracks, early: int) -> Iterator[Fall]:
    """Find the falls of a split that last to its end.

    The best time is the lowest running median of 11 epochs of the angle of wrong predictions; the
    end is the median of the last five epochs. A fall has a strength of 3 or more. In early
    training, the best time of a class is only where it draws few instances of others: an untrained
    model that predicts one class always has not learned it.

    Arguments:
        split: Name of the split.
        places: Its tracks; only the whole and the rows are used.
        early: Epochs before this one are early training.
    """
    epochs, rows = places.epochs, np.arange(1 + places.n_classes)
    if len(epochs) < LEVEL:
        return
    start = int(np.searchsorted(epochs, early))
    k, n = places.k[:, rows], places.n[:, rows]
    theta = angle(k, n)
    now = np.median(theta[-LEAST_SIDE:], axis=0)
    root = np.sqrt(n.min(axis=0))
    # A median is at least the least value, and the jitter at least 1.
    worth = np.flatnonzero(root * (now - theta.min(axis=0)) >= CORROBORATES)
    level = running_median(theta[:, worth], LEVEL)
    may_be_best = _may_be_best(places, worth, start)
    for column, row in enumerate(worth.tolist()):
        if not may_be_best[:, column].any():
            continue
        best = int(np.argmin(np.where(may_be_best[:, column], level[:, column], np.inf)))
        first = start if best >= start else 0
        track = _Track(epochs, k[:, row], n[:, row], theta[:, row], level[:, column])
        fall = track.fall(split, row - 1, best, first, len(epochs) * places.n_classes)
        if fall is not None:
            yield fall


def _may_be_best(places: Tracks, rows: NDArray[np.intp], start: int) -> NDArray[np.bool_]:
    """Whether the best time of each row may be at an epoch, shape (epochs, rows)."""
    allowed = np.zeros((len(places.epochs), len(rows)), bool)
    allowed[start:] = len(places.epochs) - start >= LEVEL
    drawn = places.k[:, places.n_classes + np.maximum(rows, 1)]
    share = running_median(drawn / np.maximum(places.n[:, rows], 1), LEVEL)
    half = LEVEL // 2
    allowed[half:start] |= (share[half:start] <= MOST_DRAWN) & (rows > 0)
    return allowed


@dataclass(frozen=True, eq=False)
class _Track:
    """Wrong predictions of one place; every array has the shape (epochs,)."""

    epochs: NDArray[np.int64]
    k: Float
    n: Float
    theta: Float
    level: Float

    def fall(self, split: str, actual: int, best: int, start: int, tests: int) -> Fall | None:
        now = float(np.median(self.theta[-LEAST_SIDE:]))
        near = slice(max(0, best - JITTER // 2), best + JITTER // 2 + 1)
        root = np.sqrt(self.n)
        off = root * np.abs(self.theta - self.level)
        jitter = max(1.0, NORMAL * float(np.median(off[near])))
        strength = float(root[best]) * (now - float(self.level[best])) / jitter
        half = best + _parted(self.theta[best:] >= (now + float(self.level[best])) / 2)
        if strength < CORROBORATES or len(self.theta) - half < LEAST_SIDE:
            return None
        before = slice(max(start, best - LEVEL // 2), min(half, best + LEVEL // 2 + 1))
        end = slice(len(self.theta) - LEAST_SIDE, None)
        k_a, n_a, k_b, n_b = (float(x[s].mean()) for s in (before, end) for x in (self.k, self.n))
        if k_b / n_b - k_a / n_a < LEAST_CHANGE:
            return None
        # A long fall is no straight line, so only its beginning is fitted.
        sigma = jitter / float(root[best])
        clear = best + _parted(self.theta[best : half + 1] >= self.level[best] + STRONG * sigma)
        first, last = _bend(self.theta[before.start : min(clear, half) + 1], sigma)
        a, b = rounded_towards(k_a, n_a, k_b, n_b)
        intervals = []
        for level in (1 - ALPHA, 1 - ALPHA / tests):
            low, high = newcombe(k_a, n_a, k_b, n_b, level)
            intervals.append((-float(high), -float(low)))
        return Fall(
            split,
            actual,
            (int(self.epochs[before.start + first]), int(self.epochs[before.start + last])),
            int(self.epochs[half]),
            strength,
            1 - k_a / n_a,
            1 - k_b / n_b,
            (n_a, n_b),
            float(exact_p(a, round(n_a), b, round(n_b))),
            tests,
            *intervals,
        )


def _parted(is_high: NDArray[np.bool_]) -> int:
    """Position that parts low from high with the fewest exceptions; the earliest of several.

    Examples:
        >>> _parted(np.array([False, True, False, False, True, True, False, True]))
        4
    """
    high_before = np.concatenate(([0], np.cumsum(is_high)))
    low_after = np.concatenate((np.cumsum(~is_high[::-1])[::-1], [0]))
    return int(np.argmin(high_before + low_after))


def _bend(theta: Float, sigma: float) -> tuple[int, int]:
    """Positions at which a level line may begin to rise, the first and the last at 95 %.

    Fits a broken line, level up to a position and straight from there on, by least squares for each
    position, and keeps those whose likelihood is near that of the best one.

    Arguments:
        theta: Angles up to the middle of the rise, shape (epochs,).
        sigma: Standard deviation of an angle.

    Examples:
        >>> _bend(np.array([0.0, 0.02, -0.01, 0.0, 0.01, 1.0]), 0.05)
        (5, 5)
        >>> _bend(np.array([0.0, 0.02, -0.01, 0.04, 0.09, 0.17, 0.22]), 0.05)
        (1, 5)
    """
    epochs = np.arange(len(theta))
    left = []
    for bend in range(len(theta) - 1):
        line = np.maximum(0, epochs - bend)
        line = line - line.mean()
        rise = max(0.0, float(line @ theta) / float(line @ line))
        left.append(float(((theta - theta.mean() - rise * line) ** 2).sum()))
    if not left:
        return 0, 0
    kept = 1 + np.flatnonzero(np.array(left) <= min(left) + CHI_SQUARE * sigma**2)
    return int(kept[0]), int(kept[-1])
