"""Find the class whose mean is nearest to an instance: the decision of the features alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Instances that are compared at a time, so that they stay in a processor's cache.
BLOCK = 512


def nearest_mean(features: NDArray[np.floating], means: NDArray[np.floating]) -> NDArray[np.int64]:
    """Find the nearest mean of each instance, by Euclidean distance.

    Arguments:
        features: Shape (instances, units).
        means: Shape (classes, units); a class whose mean is NaN is never the nearest.

    Returns:
        Index of a class for each instance, shape (instances,).

    Examples:
        >>> nearest_mean(np.array([[0.0, 1.0], [5.0, 5.0]]), np.array([[0.0, 0.0], [4.0, 4.0]]))
        array([0, 1])
    """
    known = np.flatnonzero(~np.isnan(means).any(axis=1))
    origin = means[known].mean(axis=0)  # near the data, so that squares do not cancel
    centers = (means[known] - origin).astype(features.dtype)
    lengths = (centers**2).sum(axis=1)
    found = np.empty(len(features), np.int64)
    for start in range(0, len(features), BLOCK):
        part = features[start : start + BLOCK] - origin.astype(features.dtype)
        found[start : start + BLOCK] = known[(lengths - 2 * part @ centers.T).argmin(axis=1)]
    return found
