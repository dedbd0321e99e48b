"""Exact tests of 2 x 2 tables, many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]

# Terms of hypergeometric sums that are held at once.
CHUNK = 2_000_000
# scipy.stats.fisher_exact counts tables as likely as the observed one within this factor.
TIES = 1e-7
# Mean counts that differ from an integer by less than this came from rounding of a sum.
ROUNDING = 1e-9


def rounded_towards(
    k_a: ArrayLike, n_a: ArrayLike, k_b: ArrayLike, n_b: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Round two mean counts so that their rates come closer to each other, never further apart.

    Arguments:
        k_a: Mean counts of A, shape (…).
        n_a: Their supports.
        k_b: Mean counts of B.
        n_b: Their supports.

    Returns:
        Integer counts of A and B. Rates that would pass each other are a tie: both are rounded to
        the count next to the common rate.

    Examples:
        >>> rounded_towards([24.1], [1000], [26.2], [200])
        (array([25]), array([26]))
        >>> rounded_towards([961.2], [1000], [157.8], [200])
        (array([961]), array([158]))
    """
    k_a, n_a, k_b, n_b = np.broadcast_arrays(*(np.asarray(x, float) for x in (k_a, n_a, k_b, n_b)))
    rises = k_b * n_a > k_a * n_b
    up_a, down_a = np.ceil(k_a - ROUNDING), np.floor(k_a + ROUNDING)
    up_b, down_b = np.ceil(k_b - ROUNDING), np.floor(k_b + ROUNDING)
    a, b = np.where(rises, up_a, down_a), np.where(rises, down_b, up_b)
    passed = (b * n_a > a * n_b) != rises
    # Counts that passed each other show no difference: use the pooled rate for both.
    rate = np.divide(k_a + k_b, n_a + n_b, out=np.zeros_like(k_a), where=n_a + n_b > 0)
    a, b = np.where(passed, np.rint(rate * n_a), a), np.where(passed, np.rint(rate * n_b), b)
    return a.astype(np.int64), b.astype(np.int64)


def exact_p(
    k_a: ArrayLike, n_a: ArrayLike, k_b: ArrayLike, n_b: ArrayLike, odds: ArrayLike = 1.0
) -> Float:
    """Test two-sided whether k_a of n_a and k_b of n_b have the given odds ratio.

    Given k_a + k_b, k_b follows Fisher's noncentral hypergeometric distribution. p is the
    probability of all tables that are at most as likely as the observed one; with odds = 1 that is
    Fisher's exact test as `scipy.stats.fisher_exact` computes it.

    Arguments:
        k_a: Integer counts of A, shape (…).
        n_a: Their supports.
        k_b: Integer counts of B.
        n_b: Their supports.
        odds: Odds ratio of B to A under the null hypothesis.

    Examples:
        >>> exact_p([1, 0], [10, 5], [9, 0], [11, 5]).round(5)
        array([0.00191, 1.     ])
    """
    tables = np.broadcast_arrays(k_a, n_a, k_b, n_b, odds)
    shape = tables[0].shape
    flat = np.stack([np.asarray(t, np.float64).ravel() for t in tables], axis=1)
    if not len(flat):
        return np.ones(shape)
    first, inverse = _distinct(flat)
    unique = flat[first]
    return np.asarray(_exact_p(unique)[inverse.ravel()].reshape(shape))


def _distinct(tables: Float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the positions of distinct tables, and which of them each table equals."""
    if (tables[:, 4] != 1).any() or tables[:, :4].max() >= 2**15:
        return np.arange(len(tables)), np.arange(len(tables))
    key = np.zeros(len(tables), np.int64)
    for column in tables[:, :4].T:
        key = (key << 15) + column.astype(np.int64)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return first, inverse


def _exact_p(tables: Float) -> Float:
    from scipy.special import gammaln

    a, n_a, b, n_b, odds = tables.T
    a, n_a, b, n_b = (x.astype(np.int64) for x in (a, n_a, b, n_b))
    total = a + b
    low, high = np.maximum(0, total - n_a), np.minimum(total, n_b)
    width = high - low + 1
    p = np.ones(len(tables))
    log_factorial = gammaln(np.arange(int((n_a + n_b).max()) + 2, dtype=np.float64) + 1)
    with np.errstate(divide="ignore"):
        log_odds = np.log(odds)
    todo = np.flatnonzero((width > 1) & np.isfinite(log_odds))
    ends = np.cumsum(width[todo])
    start = 0
    while start < len(todo):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + CHUNK, side="right")))
        rows = todo[start:stop]
        widths = width[rows]
        first = np.concatenate(([0], np.cumsum(widths)[:-1]))
        of = np.repeat(np.arange(len(rows)), widths)
        x = np.arange(len(of)) - first[of] + low[rows][of]
        na, nb, k = n_a[rows][of], n_b[rows][of], total[rows][of]
        logs = -(
            log_factorial[x]
            + log_factorial[nb - x]
            + log_factorial[k - x]
            + log_factorial[na - k + x]
        )
        logs += x * log_odds[rows][of]
        logs -= np.maximum.reduceat(logs, first)[of]
        seen = logs[first + b[rows] - low[rows]]
        weight = np.exp(logs)
        kept = np.where(logs <= (seen + np.log1p(TIES))[of], weight, 0.0)
        p[rows] = np.add.reduceat(kept, first) / np.add.reduceat(weight, first)
        start = stop
    return np.asarray(np.minimum(p, 1.0))


def mantel_haenszel_odds(k_a: Float, n_a: Float, k_b: Float, n_b: Float) -> Float:
    """Common odds ratio of B to A of all *other* tables, for each of some tables.

    Σ b (n_A - a) / N over Σ a (n_B - b) / N (Mantel and Haenszel 1959), without the table itself.

    Arguments:
        k_a: Counts of A, which may be means, shape (tables,).
        n_a: Their supports.
        k_b: Counts of B.
        n_b: Their supports.

    Returns:
        Shape (tables,); NaN where the other tables do not have both counts.

    Examples:
        >>> k, n = np.array([1.0, 2.0, 2.0]), np.full(3, 10.0)
        >>> mantel_haenszel_odds(k, n, k, n)
        array([1., 1., 1.])
    """
    total = np.where(n_a + n_b > 0, n_a + n_b, 1)
    more, less = k_b * (n_a - k_a) / total, k_a * (n_b - k_b) / total
    above, below = more.sum() - more, less.sum() - less
    fine = (above > ROUNDING) & (below > ROUNDING)
    odds = np.full(len(more), np.nan)
    np.divide(above, below, out=odds, where=fine)
    return odds


def least_p(k: ArrayLike, n_a: ArrayLike, n_b: ArrayLike) -> Float:
    """Least p that Fisher's exact test could reach, given the sum of both counts (Tarone 1990).

    Arguments:
        k: Sum of the two counts, shape (…).
        n_a: Support of A.
        n_b: Support of B.

    Examples:
        >>> least_p([1, 3], [10, 10], [10, 10]).round(4)
        array([1.    , 0.2105])
    """
    k, n_a, n_b = (np.asarray(x, np.int64) for x in np.broadcast_arrays(k, n_a, n_b))
    low, high = np.maximum(0, k - n_a), np.minimum(k, n_b)
    return np.minimum(exact_p(k - low, n_a, low, n_b), exact_p(k - high, n_a, high, n_b))
