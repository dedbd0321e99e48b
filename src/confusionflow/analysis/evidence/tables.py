"""Mean counts of A and B side by side: one 2 x 2 table for each row or cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.exact import (
    ROUNDING,
    exact_p,
    least_p,
    mantel_haenszel_odds,
    rounded_towards,
)
from confusionflow.analysis.evidence.window import Window, on_common_cells

Float = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Tables:
    """The counts of A and B in the same rows or cells; every array has the shape (tables,).

    Attributes:
        actual: Actual class.
        predicted: Predicted class; -1 for a row, whose count is of all wrong predictions.
        k_a: Mean count of A.
        n_a: Its support, a whole number.
        k_b: Mean count of B.
        n_b: Its support, a whole number.
    """

    actual: Ints
    predicted: Ints
    k_a: Float
    n_a: Float
    k_b: Float
    n_b: Float

    def __len__(self) -> int:
        return len(self.actual)

    def take(self, index: NDArray[np.bool_] | Ints) -> Tables:
        """Keep some of the tables."""
        return Tables(
            self.actual[index],
            self.predicted[index],
            self.k_a[index],
            self.n_a[index],
            self.k_b[index],
            self.n_b[index],
        )

    def p(self) -> Float:
        """Fisher's exact test on counts rounded towards each other, shape (tables,)."""
        a, b = rounded_towards(self.k_a, self.n_a, self.k_b, self.n_b)
        return exact_p(a, self.n_a, b, self.n_b)

    def least_p(self) -> Float:
        """Least p that a table could reach with its sum of counts, shape (tables,)."""
        total = np.ceil(self.k_a - ROUNDING) + np.ceil(self.k_b - ROUNDING)
        return least_p(np.minimum(total, self.n_a + self.n_b), self.n_a, self.n_b)

    def beyond_p(self) -> Float:
        """Test whether a table's odds ratio is that of all others, shape (tables,).

        Fisher's noncentral hypergeometric distribution with their Mantel-Haenszel odds ratio is the
        null hypothesis. Counts are rounded towards it. NaN where there is no such ratio.
        """
        odds = mantel_haenszel_odds(self.k_a, self.n_a, self.k_b, self.n_b)
        known = np.isfinite(odds)
        odds = np.where(known, odds, 1.0)
        more = self.k_b * (self.n_a - self.k_a) > odds * self.k_a * (self.n_b - self.k_b)
        up_a, down_a = np.ceil(self.k_a - ROUNDING), np.floor(self.k_a + ROUNDING)
        up_b, down_b = np.ceil(self.k_b - ROUNDING), np.floor(self.k_b + ROUNDING)
        a, b = np.where(more, up_a, down_a), np.where(more, down_b, up_b)
        passed = (b * (self.n_a - a) > odds * a * (self.n_b - b)) != more
        p = np.where(passed, 1.0, exact_p(a, self.n_a, b, self.n_b, odds))
        return np.where(known, p, np.nan)


def row_tables(a: Window, b: Window) -> Tables:
    """Wrong predictions of each class that both windows have."""
    n_a, n_b = np.rint(a.support), np.rint(b.support)
    rows = np.flatnonzero((n_a > 0) & (n_b > 0))
    return Tables(
        rows,
        np.full(len(rows), -1),
        np.minimum(a.wrong, n_a)[rows],
        n_a[rows],
        np.minimum(b.wrong, n_b)[rows],
        n_b[rows],
    )


def cell_tables(a: Window, b: Window) -> Tables:
    """Confused cells that either window has, of the classes that both have."""
    n_a, n_b = np.rint(a.support), np.rint(b.support)
    actual, predicted, k_a, k_b = on_common_cells(a, b)
    tables = Tables(
        actual,
        predicted,
        np.minimum(k_a, n_a[actual]),
        n_a[actual],
        np.minimum(k_b, n_b[actual]),
        n_b[actual],
    )
    return tables.take((tables.n_a > 0) & (tables.n_b > 0))
