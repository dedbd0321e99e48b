"""How far subsets of the instances lie apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.features.moments import Moments

Floats = NDArray[np.floating]


def separation(classes: Moments, one: int, other: int) -> float:
    """Distance between the means of two classes, in units of the spread within them.

    The spread is the root of the pooled variance within both classes, summed over the units.

    Arguments:
        classes: Moments of all classes, by index.
        one, other: Indices of two of them.

    Examples:
        >>> classes = Moments(np.array([2, 2]), np.array([[0.0], [6.0]]), np.array([[2.0], [2.0]]))
        >>> round(separation(classes, 0, 1), 6)  # 6 / √((2 + 2) / (2 + 2 - 2))
        4.242641
    """
    n = int(classes.count[one] + classes.count[other]) - 2
    if n < 1 or not classes.count[one] or not classes.count[other]:
        return float("nan")
    distance = np.linalg.norm(classes.mean[one].astype(np.float64) - classes.mean[other])
    within = np.sqrt((classes.squares[one].sum() + classes.squares[other].sum()) / n)
    return float(distance / within) if within > 0 else float("nan")


def apart(subset: Floats, right: Floats, squares: Floats, count: int) -> Floats:
    """Compute how far each unit sets a subset apart from the right instances of a class.

    Arguments:
        subset: Mean of the subset, or activations of instances, shape (…, units).
        right: Mean of the class's right instances, shape (units,).
        squares, count: Sum of squared deviations of the class, shape (units,), and its instances.

    Returns:
        Differences in standard deviations of the class; NaN for a unit that does not vary.

    Examples:
        >>> apart(np.array([3.0, 1.0]), np.array([1.0, 1.0]), np.array([16.0, 0.0]), 4)
        array([ 1., nan])
    """
    spread = np.sqrt(squares / count)
    return (subset - right) / np.where(spread > 0, spread, np.nan)
