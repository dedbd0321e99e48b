"""Metrics of a whole epoch that weigh the classes differently from accuracy.

They are those of scikit-learn (tests compare them): macro and weighted averages with
`zero_division=0`, `balanced_accuracy_score`, `matthews_corrcoef`, `cohen_kappa_score`.
n, s, t, TP are those of `metrics`; N = Σn.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import metrics
from confusionflow.analysis.cube import Cube
from confusionflow.errors import ArgumentError

Average = Literal["macro", "weighted"]

ClassMetric = Callable[[Cube], NDArray[np.float64]]


def average(cube: Cube, metric: ClassMetric, how: Average) -> NDArray[np.float64]:
    """Average precision, recall or F1 over the classes of each epoch, shape (epochs,).

    "macro" gives equal weight to all classes that occur or are predicted in the epoch, "weighted"
    weighs them by support. A class that is never predicted has no precision, and a class that never
    occurs has no recall: these count as 0. NaN for an epoch without instances.

    Arguments:
        cube: The counts.
        metric: One of `metrics.precision`, `metrics.recall`, `metrics.f1`.
        how: Which average.

    Raises:
        ArgumentError: there is no such average.

    Examples:
        >>> cube = Cube.from_dense([0], [[[8, 2, 0], [1, 3, 0], [0, 0, 0]]])
        >>> [average(cube, metrics.recall, how).round(3) for how in ("macro", "weighted")]
        [array([0.775]), array([0.786])]
    """
    if how not in get_args(Average):
        known = ", ".join(map(repr, get_args(Average)))
        raise ArgumentError(f"No average {how!r:.60}. Pass one of {known}, or None for each class.")
    support = metrics.support(cube)
    weights = support
    if how == "macro":
        weights = ((support > 0) | (metrics.predicted_total(cube) > 0)).astype(np.int64)
    values = np.nan_to_num(metric(cube), nan=0.0)
    return _share((values * weights).sum(axis=1), weights.sum(axis=1))


def balanced_accuracy(cube: Cube) -> NDArray[np.float64]:
    """The mean recall of the classes that occur, shape (epochs,).

    Examples:
        >>> balanced_accuracy(Cube.from_dense([0], [[[98, 0], [2, 0]]]))
        array([0.5])
    """
    support = metrics.support(cube)
    recalls = np.nan_to_num(metrics.recall(cube), nan=0.0)
    return _share(recalls.sum(axis=1), (support > 0).sum(axis=1))


def matthews(cube: Cube) -> NDArray[np.float64]:
    """Matthews' correlation coefficient, shape (epochs,); from -1 to 1.

    (N ΣTP - Σ s t) / √((N² - Σ s²)(N² - Σ t²)), for any number of classes (Gorodkin 2004). 0 if all
    instances are of one class, or all are predicted as one.

    Examples:
        >>> matthews(Cube.from_dense([0, 1], [[[8, 2], [1, 3]], [[8, 0], [4, 0]]])).round(3)
        array([0.519, 0.   ])
    """
    total, correct, support, predicted = _totals(cube)
    covariance = total * correct - (support * predicted).sum(axis=1)
    spreads = [total**2 - (side**2).sum(axis=1) for side in (support, predicted)]
    denominator = np.sqrt(spreads[0] * spreads[1])
    value = np.zeros(len(total))
    np.divide(covariance, denominator, out=value, where=denominator > 0)
    return np.where(total > 0, value, np.nan)


def kappa(cube: Cube) -> NDArray[np.float64]:
    """Cohen's kappa, shape (epochs,): 0 for as many right predictions as by chance, 1 for all.

    (ΣTP / N - c) / (1 - c) with c = Σ s t / N². NaN if only one class occurs and is predicted.

    Examples:
        >>> kappa(Cube.from_dense([0, 1], [[[8, 2], [1, 3]], [[8, 0], [0, 0]]])).round(3)
        array([0.512,   nan])
    """
    total, correct, support, predicted = _totals(cube)
    chance = (support * predicted).sum(axis=1)
    return _share(total * correct - chance, total**2 - chance)


AVERAGES: dict[str, Callable[[Cube], NDArray[np.float64]]] = {
    "balanced_accuracy": balanced_accuracy,
    "macro_precision": lambda cube: average(cube, metrics.precision, "macro"),
    "macro_recall": lambda cube: average(cube, metrics.recall, "macro"),
    "macro_f1": lambda cube: average(cube, metrics.f1, "macro"),
    "weighted_precision": lambda cube: average(cube, metrics.precision, "weighted"),
    "weighted_recall": lambda cube: average(cube, metrics.recall, "weighted"),
    "weighted_f1": lambda cube: average(cube, metrics.f1, "weighted"),
    "matthews": matthews,
    "kappa": kappa,
}


def _totals(cube: Cube) -> tuple[NDArray[np.float64], ...]:
    """Return N, ΣTP, s and t as floats, because their squares are large."""
    parts = (
        metrics.total(cube),
        metrics.true_positives(cube).sum(axis=1),
        metrics.support(cube),
        metrics.predicted_total(cube),
    )
    return tuple(part.astype(np.float64) for part in parts)


def _share(numerator: NDArray[np.float64], denominator: NDArray[np.number]) -> NDArray[np.float64]:
    result = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result
