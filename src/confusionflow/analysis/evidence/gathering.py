"""Tests whether flagged instances gather in one place more than by chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def gathering_p(
    flagged: ArrayLike, sizes: ArrayLike, n_flagged: int, n: int
) -> NDArray[np.float64]:
    """Compute the probability of at least this many flagged instances in each place.

    If n_flagged of n instances are flagged at random, those in a place of some size follow the
    hypergeometric distribution.

    Arguments:
        flagged: Flagged instances of each place (a cell, class or group), shape (places,).
        sizes: Its instances.
        n_flagged: Flagged instances of all places.
        n: Instances of all places.

    Examples:
        >>> gathering_p([5, 0], [10, 90], 5, 100).round(6)
        array([3.e-06, 1.e+00])
    """
    from scipy.special import gammaln  # scipy.stats takes a second to load

    k, sizes = (np.atleast_1d(np.asarray(x, np.int64)) for x in (flagged, sizes))
    p = np.ones(len(k))
    some = np.flatnonzero(k)
    if not len(some):
        return p
    widths = np.minimum(sizes[some], n_flagged) - k[some] + 1
    first = np.concatenate(([0], np.cumsum(widths)[:-1]))
    x = np.arange(widths.sum()) + np.repeat(k[some] - first, widths)
    size = np.repeat(sizes[some], widths)

    def log_ways(of: ArrayLike, chosen: ArrayLike) -> NDArray[np.float64]:
        of, chosen = np.asarray(of), np.asarray(chosen)
        return np.asarray(gammaln(of + 1) - gammaln(chosen + 1) - gammaln(of - chosen + 1))

    logs = log_ways(size, x) + log_ways(n - size, n_flagged - x) - log_ways(n, n_flagged)
    p[some] = np.minimum(1.0, np.add.reduceat(np.exp(logs), first))
    return p
