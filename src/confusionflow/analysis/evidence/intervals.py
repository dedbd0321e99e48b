"""Confidence intervals of rates, and of differences of rates."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]


def normal_quantile(level: float) -> float:
    """Normal quantile z of a two-sided interval of this level.

    Examples:
        >>> round(normal_quantile(0.95), 3)
        1.96
    """
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[Float, Float]:
    """Wilson's interval of the rate k / n; NaN where n is 0.

    Arguments:
        k: Counts, which may be means over epochs, shape (…).
        n: Supports.
        level: Of the two-sided interval.

    Examples:
        >>> low, high = wilson([5], [10])
        >>> low.round(3), high.round(3)
        (array([0.237]), array([0.763]))
    """
    k, n = np.asarray(k, np.float64), np.asarray(n, np.float64)
    z = normal_quantile(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.where(n > 0, k / n, np.nan)
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(np.maximum(p * (1 - p), 0) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    # Of none or all, the end is the rate itself; rounding must not pass it.
    low = np.where(p <= 0, 0.0, np.minimum(centre - half, p))
    high = np.where(p >= 1, 1.0, np.maximum(centre + half, p))
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def newcombe(
    k_a: ArrayLike, n_a: ArrayLike, k_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[Float, Float]:
    """Interval of the difference k_b / n_b - k_a / n_a (Newcombe 1998, method 10).

    Arguments:
        k_a: Counts of A, which may be means over epochs, shape (…).
        n_a: Their supports.
        k_b: Counts of B.
        n_b: Their supports.
        level: Of the two-sided interval.

    Examples:
        >>> low, high = newcombe([24.12], [1000], [26.18], [200])
        >>> low.round(4), high.round(4)
        (array([0.0653]), array([0.1611]))
    """
    k_a, n_a, k_b, n_b = (np.asarray(x, np.float64) for x in (k_a, n_a, k_b, n_b))
    with np.errstate(divide="ignore", invalid="ignore"):
        a, b = np.where(n_a > 0, k_a / n_a, np.nan), np.where(n_b > 0, k_b / n_b, np.nan)
    (low_a, high_a), (low_b, high_b) = wilson(k_a, n_a, level), wilson(k_b, n_b, level)
    return (
        b - a - np.hypot(b - low_b, high_a - a),
        b - a + np.hypot(high_b - b, a - low_a),
    )


def paired_mover(
    more: ArrayLike, less: ArrayLike, n: ArrayLike, level: float = 0.95
) -> tuple[Float, Float]:
    """Interval of a mean difference of the same instances, by MOVER (Zou and Donner 2008).

    `more` is the mean of max(d, 0), `less` that of max(-d, 0). Both have Wilson's interval.
    They are as correlated as the shares of a multinomial distribution, -√(odds · odds).

    Arguments:
        more: Mean rise, 0 … 1, shape (…).
        less: Mean fall, 0 … 1.
        n: Instances.
        level: Of the two-sided interval.

    Examples:
        >>> low, high = paired_mover([0.1], [0.02], [200])
        >>> low.round(3), high.round(3)
        (array([0.033]), array([0.131]))
    """
    more, less, n = (np.asarray(x, np.float64) for x in (more, less, n))
    (low_m, high_m), (low_l, high_l) = wilson(more * n, n, level), wilson(less * n, n, level)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = -np.sqrt(np.minimum(1.0, more * less / ((1 - more) * (1 - less))))
    r = np.nan_to_num(r)

    def reach(one: Float, other: Float) -> Float:
        return np.sqrt(np.maximum(0, one**2 + other**2 - 2 * r * one * other))

    d = more - less
    low = d - reach(more - low_m, high_l - less)
    high = d + reach(high_m - more, less - low_l)
    return np.maximum(low, -1.0), np.minimum(high, 1.0)
