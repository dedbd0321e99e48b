"""Permutation tests: instances change sides, or the signs of their changes flip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

# Draws of a permutation test, and the hits below which their p is too rough to be used.
DRAWS = 20_000
ENOUGH_HITS = 20
# Sign flips are counted exactly if that takes no more additions than this.
EXACT_WORK = 50_000_000
# Sums that differ by less are equal.
TIES = 1e-9
# Random memberships that are drawn at once; few enough to stay in a core's cache.
BATCH = 4_000
# Up to this many instances of one value, drawing each is quicker than drawing their number.
ONE_BY_ONE = 12


def membership_hits(
    a: Float, b: Float, seed: int = 0, draws: int = DRAWS, most: float = np.inf
) -> tuple[int, int]:
    """Count random memberships that separate the means of A and B at least as far as the real one.

    Shares of epochs have few distinct values, so what a side gets of each value is drawn from the
    multivariate hypergeometric distribution of their histogram.

    Arguments:
        a: A number of each instance of A, such as its share of epochs in a cell, shape (n_A,).
        b: The same for B, shape (n_B,).
        seed: The same seed gives the same count.
        draws: Number of random memberships.
        most: Hits after which no more are drawn.

    Returns:
        Hits of both signs, and the draws that were made: p = (1 + hits) / (1 + draws).

    Examples:
        >>> membership_hits(np.array([0, 1.0]), np.array([0, 1.0]), draws=100)
        (100, 100)
    """
    pooled = np.concatenate((a, b))
    values, histogram = np.unique(pooled, return_counts=True)
    side = a if len(a) < len(b) else b
    expected = len(side) * pooled.mean()
    distance = abs(side.sum() - expected) - TIES * len(pooled)
    rng = np.random.default_rng(seed)
    hits = drawn = 0
    while drawn < draws and hits <= most:
        size = min(BATCH, draws - drawn)
        sums = _sums_of_side(rng, values, histogram, len(side), size)
        hits += int((np.abs(sums - expected) >= distance).sum())
        drawn += size
    return hits, drawn


def _sums_of_side(
    rng: np.random.Generator, values: Float, histogram: Ints, n_side: int, draws: int
) -> Float:
    """Sum of a random side of `n_side` instances, for each draw, shape (draws,).

    Arguments:
        rng: Draws.
        values: Distinct values of all instances, shape (values,).
        histogram: How many instances have each.
        n_side: Instances of the side.
        draws: Number of sides.
    """
    # The side gets what is left of the commonest value, so that one needs no draw.
    order = np.argsort(histogram, kind="stable")
    free, undrawn = np.full(draws, n_side), int(histogram.sum())
    sums = np.zeros(draws)
    for at in order[:-1].tolist():
        count, before = int(histogram[at]), free
        if count <= ONE_BY_ONE:
            for _ in range(count):
                free = free - (rng.random(draws) * undrawn < free)
                undrawn -= 1
        else:
            free = free - rng.hypergeometric(free, undrawn - free, count)
            undrawn -= count
        sums += values[at] * (before - free)
    return np.asarray(sums + values[order[-1]] * free)


def normal_p(a: Float, b: Float) -> float:
    """Approximate p of `membership_hits`, only to decide whether drawing is worthwhile.

    Examples:
        >>> round(normal_p(np.array([0, 1.0]), np.array([0, 1.0])), 3)
        1.0
    """
    from scipy.special import ndtr

    pooled = np.concatenate((a, b))
    n = len(pooled)
    variance = pooled.var(ddof=1) * (1 / len(a) + 1 / len(b)) if n > 1 else 0.0
    if variance <= 0:
        return 1.0
    return float(2 * ndtr(-abs(b.mean() - a.mean()) / np.sqrt(variance)))


def sign_flip_p(d: Float, unit: float = 0.0, seed: int = 0, draws: int = DRAWS) -> float:
    """Test two-sided whether differences of the same instances are equally likely to have either
    sign.

    With differences of -1, 0 and 1 it is McNemar's exact test.

    Arguments:
        d: Difference of each instance, or its sum over each group, shape (n,).
        unit: What all differences are multiples of, if known: all signs are then counted, and p
            is exact. Otherwise, or if there are too many, signs are drawn.
        seed: The same seed gives the same draws.
        draws: Number of draws.

    Examples:
        >>> round(sign_flip_p(np.array([1, 1, 1, 1, 1, 0, 0, -1.0]), unit=1), 5)
        0.21875
    """
    size = np.abs(d[d != 0])
    if not len(size):
        return 1.0
    distance = abs(d.sum())
    if unit > 0:
        steps = np.rint(size / unit).astype(np.int64)
        if len(steps) * int(steps.sum()) <= EXACT_WORK:
            return _exact_flips(steps, round(distance / unit))
    values, histogram = np.unique(size, return_counts=True)
    rng = np.random.default_rng(seed)
    ups = rng.binomial(histogram, 0.5, size=(draws, len(values)))
    sums = (2 * ups - histogram) @ values
    return (1 + int((np.abs(sums) >= distance - TIES * len(d)).sum())) / (1 + draws)


def _exact_flips(steps: NDArray[np.int64], distance: int) -> float:
    """Probability of a sum at least `distance` from 0, if each step is up or down by chance."""
    # The sum of those that go up is (steps.sum() + sum) / 2.
    ways = np.zeros(int(steps.sum()) + 1)
    ways[0] = 1.0
    reached = 0
    for step in np.sort(steps).tolist():
        ways[step : reached + step + 1] = (
            ways[step : reached + step + 1] + ways[: reached + 1].copy()
        )
        ways[: reached + step + 1] /= 2
        reached += step
    sums = np.abs(2 * np.arange(len(ways)) - reached)
    return float(min(1.0, ways[sums >= distance].sum()))
