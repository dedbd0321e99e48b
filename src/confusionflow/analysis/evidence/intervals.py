"""Confidence intervals of rates and F1, of means of runs, and of differences."""

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
    # For rates of 0 and 1, the end is the rate itself; rounding must not pass it.
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


def f1(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike, level: float = 0.95) -> tuple[Float, Float]:
    """Interval of F1 = 2 TP / (2 TP + FP + FN); NaN where all three are 0.

    Of the TP + FP + FN instances that are of a class or predicted as it, TP is a binomial number.
    So their share F* = TP / (TP + FP + FN) has Wilson's interval, and F1 = 2 F* / (1 + F*) rises
    with F* (Hand, Christen and Kirielle 2021, doi:10.1007/s10994-021-05964-1).

    Arguments:
        tp: True positives, which may be means over epochs, shape (…).
        fp: False positives.
        fn: False negatives.
        level: Of the two-sided interval.

    Examples:
        >>> low, high = f1([40], [12], [7])
        >>> low.round(3), high.round(3)
        (array([0.711]), array([0.878]))
    """
    tp, fp, fn = (np.asarray(x, np.float64) for x in (tp, fp, fn))
    low, high = wilson(tp, tp + fp + fn, level)
    return 2 * low / (1 + low), 2 * high / (1 + high)


def mean_of_runs(runs: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Student's interval of the mean of a number over runs; NaN for fewer than two.

    Arguments:
        runs: The number in each run, shape (runs,).
        level: Of the two-sided interval.

    Examples:
        >>> low, high = mean_of_runs([0.11, 0.13, 0.17])
        >>> round(low, 3), round(high, 3)
        (0.061, 0.213)
    """
    from scipy.special import stdtrit

    x = np.asarray(runs, np.float64)
    if len(x) < 2:
        return np.nan, np.nan
    half = float(stdtrit(len(x) - 1, (1 + level) / 2) * x.std(ddof=1) / np.sqrt(len(x)))
    return float(x.mean()) - half, float(x.mean()) + half


def welch(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> tuple[Float, Float]:
    """Welch's interval of mean(b) - mean(a) of independent runs; NaN for fewer than two.

    Arguments:
        a: A number in each run of A, shape (runs of A, …).
        b: The same number in each run of B.
        level: Of the two-sided interval.

    Examples:
        >>> low, high = welch([0.11, 0.13, 0.17], [0.2, 0.25, 0.19])
        >>> round(float(low), 3), round(float(high), 3)
        (0.006, 0.148)
    """
    from scipy.special import stdtrit

    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    d = b.mean(axis=0) - a.mean(axis=0)
    if min(len(a), len(b)) < 2:
        return np.full_like(d, np.nan), np.full_like(d, np.nan)
    v_a, v_b = (x.var(axis=0, ddof=1) / len(x) for x in (a, b))
    v, spread = v_a + v_b, v_a**2 / (len(a) - 1) + v_b**2 / (len(b) - 1)
    freedom = np.divide(v**2, spread, out=np.ones_like(v), where=spread > 0)
    half = stdtrit(freedom, (1 + level) / 2) * np.sqrt(v)
    return np.asarray(d - half), np.asarray(d + half)


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
