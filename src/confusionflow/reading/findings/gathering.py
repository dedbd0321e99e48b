"""Flagged instances that gather in one cell, class or group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.gathering import gathering_p
from confusionflow.analysis.evidence.multiplicity import benjamini_hochberg, benjamini_yekutieli

# Instances below which nothing gathers.
FEWEST = 3


@dataclass(frozen=True)
class Gathering:
    """A cell, class or group that holds more flagged instances than chance explains.

    Attributes:
        key: Number of the cell, class or group.
        k: Flagged instances in it.
        size: All instances in it.
        p: Probability of at least k by chance.
        q: q value of Benjamini and Yekutieli.
        q_bh: q value of Benjamini and Hochberg.
        family_size: Tests that were corrected together.
    """

    key: int
    k: int
    size: int
    p: float
    q: float
    q_bh: float
    family_size: int


def gatherings(
    flagged: NDArray[np.bool_], keys: NDArray[np.int64], times: int = 1
) -> list[Gathering]:
    """Find the cells, classes or groups that hold more flagged instances than chance explains.

    Arguments:
        flagged: Which instances are flagged, shape (instances,).
        keys: Number of the cell, class or group of each, shape (instances,).
        times: How often the same keys are tested, each time with other flagged instances.
    """
    distinct, inverse, sizes = np.unique(keys, return_inverse=True, return_counts=True)
    if not len(distinct):
        return []
    k = np.bincount(inverse, flagged).astype(np.int64)
    p = gathering_p(k, sizes, int(flagged.sum()), len(flagged))
    family_size = len(p) * times
    q, q_bh = benjamini_yekutieli(p, family_size), benjamini_hochberg(p, family_size)
    kept = np.flatnonzero((q_bh <= ALPHA) & (k >= FEWEST))
    return [
        Gathering(
            int(distinct[i]),
            int(k[i]),
            int(sizes[i]),
            float(p[i]),
            float(q[i]),
            float(q_bh[i]),
            family_size,
        )
        for i in kept.tolist()
    ]
