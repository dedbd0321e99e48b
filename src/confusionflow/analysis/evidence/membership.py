"""Better p values of a shift, from instances that change sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.permutation import (
    DRAWS,
    ENOUGH_HITS,
    group_hits,
    membership_hits,
    normal_p,
)
from confusionflow.analysis.evidence.shares import Shares
from confusionflow.analysis.evidence.shift import COUNTS, Refine
from confusionflow.analysis.evidence.tables import Tables

Float = NDArray[np.float64]

PERMUTED = f"permutation of instances, {DRAWS:,} draws"
GROUPS_PERMUTED = f"permutation of whole groups, {DRAWS:,} draws"
# Only a p below this is worth drawing for.
WORTH = 0.1


def by_membership(a: Shares, b: Shares, seed: int = 0) -> Refine:
    """Make the function that refines p of `shift` by permuting instances of a class.

    With fewer than 20 hits the draws say too little, and p from counts stays, which is never too
    small. Drawing ends when p can't be .05 or less. Groups permute whole; counts know nothing of
    groups, so there the draws always decide.

    Arguments:
        a: Shares of the instances of A.
        b: Those of B; both have groups, or neither.
        seed: The same seed gives the same p.
    """

    def refine(tables: Tables, p: Float) -> tuple[Float, tuple[str, ...]]:
        p, test = p.copy(), [COUNTS] * len(tables)
        for i, (actual, predicted) in enumerate(
            zip(tables.actual.tolist(), tables.predicted.tolist(), strict=True)
        ):
            of_a, q_a = a.of(actual, predicted)
            of_b, q_b = b.of(actual, predicted)
            if not len(q_a) or not len(q_b):
                continue
            if a.group is not None and b.group is not None:
                hits = group_hits(*_totals(a.group[of_a], q_a), *_totals(b.group[of_b], q_b), seed)
                p[i], test[i] = (1 + hits) / (1 + DRAWS), GROUPS_PERMUTED
            elif min(p[i], normal_p(q_a, q_b)) < WORTH:
                hits, drawn = membership_hits(q_a, q_b, seed, most=ALPHA * (1 + DRAWS))
                if hits >= ENOUGH_HITS:
                    p[i], test[i] = (1 + hits) / (1 + drawn), PERMUTED
        return p, tuple(test)

    return refine


def _totals(group: NDArray[np.int64], q: Float) -> tuple[Float, Float]:
    """Sum and number of instances of each group."""
    _, inverse = np.unique(group, return_inverse=True)
    totals: Float = np.bincount(inverse, q).astype(np.float64)
    sizes: Float = np.bincount(inverse).astype(np.float64)
    return totals, sizes
