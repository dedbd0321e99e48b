"""An exact test of counts in strata, such as the classes of a column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.exact import ROUNDING, TIES, Float
from confusionflow.analysis.evidence.tables import Tables

Ints = NDArray[np.int64]

# Longer distributions lose the probabilities that are next to nothing.
LONG = 400

# The count of both, and the supports of A and of B, of a stratum.
Table = tuple[int, int, int]
# Probabilities of the count in B, and the least such count.
Distribution = tuple[Float, int]


def stratified_p(
    k_a: Float,
    n_a: Float,
    k_b: Float,
    n_b: Float,
) -> float:
    """Test two-sided whether A and B differ in any direction common to their strata.

    Given each stratum's k_a + k_b, the sum of k_b is a sum of independent hypergeometric counts.
    Its distribution is exact; p is the probability of all sums that are at most as likely as the
    observed one. Only differences *within* strata count, so a different class mix is not a
    difference. Mean counts are rounded once, in the sum, towards what the null hypothesis expects.

    Arguments:
        k_a: Mean counts of A, shape (strata,).
        n_a: Their supports.
        k_b: Mean counts of B.
        n_b: Their supports.

    Examples:
        >>> one = [np.array([x]) for x in (1.0, 10.0, 9.0, 11.0)]
        >>> round(stratified_p(*one), 5)
        0.00191
    """
    strata = Strata.of(k_a, n_a, k_b, n_b)
    known: dict[Table, Distribution] = {}
    add_distributions(known, strata.tables)
    return strata.p(known)


@dataclass(frozen=True)
class Strata:
    """Counts of strata, rounded once in their sum.

    Attributes:
        tables: The count of both, and the supports of A and of B, of each stratum.
        count_b: Count in B, of all strata together.
        is_level: Whether rounding leaves no difference.
    """

    tables: list[Table]
    count_b: int
    is_level: bool

    @classmethod
    def of(cls, k_a: Float, n_a: Float, k_b: Float, n_b: Float) -> Strata:
        """Round mean counts towards what the null hypothesis expects; `stratified_p` names them."""
        k_a, n_a, k_b, n_b = (np.asarray(x, np.float64) for x in (k_a, n_a, k_b, n_b))
        some = (n_a > 0) & (n_b > 0) & (k_a + k_b > ROUNDING)
        k_a, n_a, k_b, n_b = (x[some] for x in (k_a, n_a, k_b, n_b))
        expected = ((k_a + k_b) * n_b / (n_a + n_b)).sum()
        rises = bool(k_b.sum() > expected)
        a = apportioned(k_a, np.ceil if rises else np.floor)
        b = apportioned(k_b, np.floor if rises else np.ceil)
        k = a + b
        centre = float((k * n_b / (n_a + n_b)).sum())
        if (b.sum() > centre) != rises:
            return cls([], 0, is_level=True)
        supports = n_a.astype(int).tolist(), n_b.astype(int).tolist()
        return cls(list(zip(k.tolist(), *supports, strict=True)), int(b.sum()), is_level=False)

    def p(self, known: Mapping[Table, Distribution]) -> float:
        """The probability of all sums that are at most as likely as the observed one."""
        if self.is_level:
            return 1.0
        pmf, low = added(known[table] for table in self.tables)
        at = self.count_b - low
        if not 0 <= at < len(pmf):
            return 0.0
        return float(min(1.0, pmf[pmf <= pmf[at] * (1 + TIES)].sum() / pmf.sum()))


def added(distributions: Iterable[Distribution]) -> Distribution:
    """Distribution of the sum of independent counts.

    Examples:
        >>> coin = np.array([0.5, 0.5]), 0
        >>> added([coin, coin])
        (array([0.25, 0.5 , 0.25]), 0)
    """
    left = [(np.ones(1), 0), *distributions]
    while len(left) > 1:
        # Neighbours are added in pairs, so that few sums are long.
        pairs = [_convolved(*pair) for pair in zip(left[::2], left[1::2], strict=False)]
        left = pairs + left[2 * len(pairs) :]
    return left[0]


def _convolved(one: Distribution, other: Distribution) -> Distribution:
    pmf, low = np.convolve(one[0], other[0]), one[1] + other[1]
    if len(pmf) > LONG:
        kept = np.flatnonzero(pmf > pmf.max() * 1e-290)
        pmf, low = pmf[kept[0] : kept[-1] + 1], low + int(kept[0])
    return pmf, low


def rough_p(tables: Tables, place: Ints, places: int) -> Float:
    """Approximate p of `stratified_p` by a normal distribution, for many places at once.

    It only decides which places are worth the exact test: mean counts are not rounded, so it tends
    to be too small.

    Arguments:
        tables: Mean counts and supports; each is a stratum.
        place: Which place each stratum belongs to, shape (tables,).
        places: Number of places.

    Returns:
        Shape (places,); 1 for a place that can't vary.
    """
    from scipy.special import ndtr

    k, n = tables.k_a + tables.k_b, tables.n_a + tables.n_b
    distance = tables.k_b - k * tables.n_b / n
    variance = k * (n - k) * tables.n_a * tables.n_b / (n**2 * np.maximum(n - 1, 1))
    total = np.bincount(place, distance, places)
    spread = np.sqrt(np.bincount(place, variance, places))
    z = np.divide(np.abs(total), spread, out=np.zeros(places), where=spread > ROUNDING)
    return np.asarray(2 * ndtr(-z))


def apportioned(k: Float, to_integer: np.ufunc) -> NDArray[np.int64]:
    """Return integers that add up to the rounded sum of `k`, each next to its own value."""
    slack = -ROUNDING if to_integer is np.ceil else ROUNDING
    wanted = int(to_integer(k.sum() + slack))
    whole = np.floor(k + ROUNDING).astype(np.int64)
    up = np.argsort(-(k - whole), kind="stable")[: max(0, wanted - int(whole.sum()))]
    whole[up] += 1
    return whole


def add_distributions(known: dict[Table, Distribution], tables: Iterable[Table]) -> None:
    """Compute the hypergeometric distributions of all tables that are not known yet, at once.

    Each has the probabilities of the count in B, given the sum, and the least such count.
    """
    from scipy.special import gammaln

    new = list({table: None for table in tables if table not in known})
    if not new:
        return
    k, n_a, n_b = np.array(new, np.int64).T
    low = np.maximum(0, k - n_a)
    sizes = np.minimum(k, n_b) - low + 1
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    x = np.arange(sizes.sum()) - np.repeat(starts - low, sizes)
    k, n_a, n_b = (np.repeat(each, sizes) for each in (k, n_a, n_b))
    logs = -(gammaln(x + 1) + gammaln(n_b - x + 1) + gammaln(k - x + 1) + gammaln(n_a - k + x + 1))
    weight = np.exp(logs - np.repeat(np.maximum.reduceat(logs, starts), sizes))
    weight[weight <= 1e-290] = 0
    weight /= np.repeat(np.add.reduceat(weight, starts), sizes)
    for table, start, size, first in zip(
        new, starts.tolist(), sizes.tolist(), low.tolist(), strict=True
    ):
        own = weight[start : start + size]
        if not own.all():
            kept = np.flatnonzero(own)
            own, first = own[kept[0] : kept[-1] + 1], first + int(kept[0])
        known[table] = own, first
