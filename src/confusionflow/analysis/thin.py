"""Thins the points of a line without losing its extremes."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def thin(values: ArrayLike, count: int) -> NDArray[np.intp]:
    """Choose points of a line so that no extreme is lost.

    The line is cut into stretches of equal length. The smallest and the largest value of each are
    kept, and so are the first and the last point of the line.

    Arguments:
        values: The line, shape (points,); NaN where there is no number.
        count: The most points to choose, 4 or more.

    Returns:
        Indices of the chosen points, increasing.

    Examples:
        >>> thin([0, 1, 0, 9, 0, 1, 0, 1], 6)
        array([0, 3, 4, 5, 7])
        >>> thin([1, 2, 3], 6)
        array([0, 1, 2])
    """
    line = np.asarray(values, float)
    if len(line) <= count:
        return np.arange(len(line))
    chosen = {0, len(line) - 1}
    for part in np.array_split(np.arange(len(line)), (count - 2) // 2):
        known = part[~np.isnan(line[part])]
        if len(known):
            chosen |= {int(known[line[known].argmin()]), int(known[line[known].argmax()])}
    return np.array(sorted(chosen), np.intp)
