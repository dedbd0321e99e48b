"""A gap between two splits of a run that opens at an epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from confusionflow.analysis.evidence.course import course_of, middle_of_peak, sides
from confusionflow.analysis.evidence.followed import LEAST_CHANGE, LEAST_SIDE, STRONG
from confusionflow.analysis.evidence.tracks import Tracks, angle


@dataclass(frozen=True)
class Gap:
    """A step in the difference of two splits, away from each other.

    Attributes:
        actual: Actual class, -1 for accuracy.
        epoch: First epoch of the wider gap.
        strength: In units of the usual jitter of the difference.
        before: Difference of the error rates before, B - A.
        after: The same afterwards.
        n: Instances of both that tell as much as the difference does.
    """

    actual: int
    epoch: int
    strength: float
    before: float
    after: float
    n: float


def find_gaps(a: Tracks, b: Tracks, early: int) -> list[Gap]:
    """Find where accuracy or the recall of a class moves apart in two splits.

    Arguments:
        a: Tracks of one split.
        b: Tracks of another, of the same classes.
        early: Epochs before this one are early training.

    Returns:
        The strongest opening of each class and of accuracy, if there is one.
    """
    common, in_a, in_b = np.intersect1d(a.epochs, b.epochs, return_indices=True)
    rows = np.arange(1 + a.n_classes)
    n_a, n_b = a.n[in_a][:, rows], b.n[in_b][:, rows]
    k_a, k_b = a.k[in_a][:, rows], b.k[in_b][:, rows]
    both = (n_a > 0) & (n_b > 0)
    if not len(common):
        return []
    n = np.divide(n_a * n_b, n_a + n_b, out=np.zeros_like(n_a), where=both)
    rate = np.divide(k_b, n_b, out=np.zeros_like(n), where=both)
    rate -= np.divide(k_a, n_a, out=np.zeros_like(n), where=both)
    theta = angle(k_b, n_b) - angle(k_a, n_a)
    before, after = sides(theta)
    # The jitter is at least 1, so most rows cannot have a step.
    moves = np.nan_to_num(np.sqrt(n) * np.abs(after - before)).max(axis=0) >= STRONG
    rows, n, rate, theta = rows[moves], n[:, moves], rate[:, moves], theta[:, moves]
    followed = course_of(theta, n, rate)
    before, after = sides(rate)
    opens = (np.abs(after) >= np.abs(before) + LEAST_CHANGE) & (followed.step * after > 0)
    with np.errstate(invalid="ignore"):
        opens &= (np.abs(followed.step) >= STRONG) & (common >= early)[:, None]
    opens[:LEAST_SIDE] = False
    opens[max(0, len(opens) - LEAST_SIDE + 1) :] = False
    gaps = []
    for row in np.flatnonzero(opens.any(axis=0)).tolist():
        strengths = np.where(opens[:, row], np.abs(followed.step[:, row]), 0)
        at = middle_of_peak(strengths)
        gaps.append(
            Gap(
                int(a.actual[rows[row]]),
                int(common[at]),
                float(followed.step[at, row]),
                float(before[at, row]),
                float(after[at, row]),
                float(n[at, row]),
            )
        )
    return gaps
