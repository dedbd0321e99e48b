"""Tests whether flagged instances gather in one place more than by chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def gathering_p(
    flagged: ArrayLike, sizes: ArrayLike, n_flagged: int, n: int
) -> NDArray[np.float64]:
    """Compute the probability of at least so many flagged instances in each place.

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
    from scipy.stats import hypergeom

    at_least = hypergeom.sf(np.asarray(flagged) - 1, n, n_flagged, np.asarray(sizes))
    return np.asarray(np.minimum(1.0, at_least))
