"""Tell which points lie in a polygon."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def inside(points: NDArray[np.floating], polygon: NDArray[np.floating]) -> NDArray[np.bool_]:
    """Tell which points lie in a polygon, by the even-odd rule.

    Arguments:
        points: Shape (points, 2); NaN lies outside.
        polygon: Its corners, shape (corners, 2).

    Examples:
        >>> square = np.array([[0, 0], [4, 0], [4, 4], [0, 4]])
        >>> inside(np.array([[1, 1], [5, 1], [np.nan, 1]]), square)
        array([ True, False, False])
    """
    x, y = points[:, :1], points[:, 1:]
    (x1, y1), (x2, y2) = polygon.T, np.roll(polygon, 1, axis=0).T
    with np.errstate(divide="ignore", invalid="ignore"):
        crosses = ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    found: NDArray[np.bool_] = crosses.sum(axis=1) % 2 == 1
    return found
