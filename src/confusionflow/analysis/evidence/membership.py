"""Better p values of a shift, from instances that change sides."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.permutation import (
    DRAWS,
    ENOUGH_HITS,
    membership_hits,
    normal_p,
)
from confusionflow.analysis.evidence.shares import Shares
from confusionflow.analysis.evidence.shift import COUNTS, Refine
from confusionflow.analysis.evidence.tables import Tables

Float = NDArray[np.float64]

PERMUTED = f"permutation of instances, {DRAWS:,} draws"
# Only a p below this is worth drawing for.
WORTH = 0.1


def by_membership(a: Shares, b: Shares, seed: int = 0) -> Refine:
    """Make the function that refines p of `shift` by permuting instances of a class.

    With fewer than 20 hits the draws say too little, so p from counts stays; it is never too small.
    Drawing ends when p can't be .05 or less.

    Arguments:
        a: Shares of the instances of A.
        b: Those of B.
        seed: The same seed gives the same p.
    """

    def refine(tables: Tables, p: Float) -> tuple[Float, tuple[str, ...]]:
        p, test = p.copy(), [COUNTS] * len(tables)
        for i, (actual, predicted) in enumerate(
            zip(tables.actual.tolist(), tables.predicted.tolist(), strict=True)
        ):
            q_a = a.of(actual, predicted)
            q_b = b.of(actual, predicted)
            if not len(q_a) or not len(q_b):
                continue
            if min(p[i], normal_p(q_a, q_b)) < WORTH:
                hits, drawn = membership_hits(q_a, q_b, seed, most=ALPHA * (1 + DRAWS))
                if hits >= ENOUGH_HITS:
                    p[i], test[i] = (1 + hits) / (1 + drawn), PERMUTED
        return p, tuple(test)

    return refine
