"""Which cells of a difference are more than noise."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.intervals import newcombe
from confusionflow.analysis.evidence.multiplicity import adjusted_level, benjamini_hochberg
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.pair import Epochs, pair

# A difference of this size is one that a cell should be able to tell.
MARGIN = 0.05


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks of the cells that a difference shows.

    Attributes:
        classes: Names of the shown classes, in the order of `a`.
        different: Whether q_bh ≤ .05 over the shown cells, shape (classes, classes).
        untold: Whether the cell could not tell a difference of 5 points from none: it has too few
            instances. Shape (classes, classes).
    """

    classes: tuple[str, ...]
    different: NDArray[np.bool_]
    untold: NDArray[np.bool_]


def marks(
    a: Split, b: Split, epochs: Epochs | None = None, shown: Collection[str] | None = None
) -> Marks:
    """Mark the cells in which `b` differs from `a`.

    Arguments:
        a: The baseline.
        b: The series that is compared with it.
        epochs: First and last epoch; None for the last quarter of the shared epochs.
        shown: Classes that are shown; None for all.
    """
    compared = pair(a, b, epochs)
    kept = [i for i, name in enumerate(compared.classes) if shown is None or name in shown]
    position = np.full(len(compared.classes), -1)
    position[kept] = np.arange(len(kept))
    n = len(kept)
    family = compared.families["cells"]
    here = (position[family.actual] >= 0) & (position[family.predicted] >= 0)
    rows, columns = position[family.actual[here]], position[family.predicted[here]]
    n_a, n_b = (w.support[kept] for w in (compared.window_a, compared.window_b))
    there = (n_a > 0) & (n_b > 0)
    size = int(there.sum()) * (n - 1)
    q_bh = benjamini_hochberg(family.p[here], size)
    level = adjusted_level(q_bh, size)
    different = np.zeros((n, n), np.bool_)
    different[rows, columns] = q_bh <= ALPHA
    low, high = newcombe(np.zeros(n), n_a, np.zeros(n), n_b, level)
    reach = np.where(there, np.maximum(-low, high), np.inf)
    reaches = np.repeat(np.nan_to_num(reach, nan=np.inf)[:, None], n, axis=1)
    low, high = family.interval(level)
    reaches[rows, columns] = np.maximum(-low, high)[here]
    untold = ~different & (reaches > MARGIN)
    untold[range(n), range(n)] = False
    return Marks(tuple(compared.classes[i] for i in kept), different, untold)
