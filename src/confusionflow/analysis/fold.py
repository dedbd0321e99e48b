"""Folds repeated runs (seeds, folds) into one, and subtracts series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError

# Of a number: what adding up in another order may change.
ROUNDING = 1e-12

Spread = Literal["range", "deviation"]


@dataclass(frozen=True, eq=False)
class Folded:
    """One number of several series, folded.

    Attributes:
        epochs: Every epoch that any of the series has, increasing, int64, shape (epochs,).
        mean: Mean of the series that have a number there, float64, shape (epochs, …); NaN if none
            has.
        low: The band's lower edge, of the same shape; NaN where there is no band.
        high: The band's upper edge.
        count: How many series have a number, int64, of the same shape.
    """

    epochs: NDArray[np.int64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    count: NDArray[np.int64]


def fold(
    epochs: Sequence[NDArray[np.integer]],
    values: Sequence[NDArray[Any]],
    spread: Spread = "range",
) -> Folded:
    """Fold a number of several series, epoch by epoch.

    With x_1 … x_n the numbers of an epoch that are not NaN: mean = Σx / n. The band is from the
    least to the greatest x ("range"), or mean ± √(Σ(x - mean)² / (n - 1)) ("deviation"), which one
    number alone does not have. The mean of rates gives every series the same weight; it is not the
    rate of all their instances together.

    Arguments:
        epochs: The epochs of each series, strictly increasing, shape (epochs of it,).
        values: Its numbers, shape (epochs of it, …), the same except for the epochs. spread: What
            the band is.

    Raises:
        ArgumentError: there is no series, or the spread is unknown.

    Examples:
        >>> epochs = [np.array([0, 1]), np.array([1, 2])]
        >>> folded = fold(epochs, [np.array([1, 2]), np.array([4, 5])])
        >>> folded.epochs, folded.mean
        (array([0, 1, 2]), array([1., 3., 5.]))
        >>> folded.low, folded.high, folded.count
        (array([1., 2., 5.]), array([1., 4., 5.]), array([1, 2, 1]))
    """
    if spread not in get_args(Spread):
        known = ", ".join(map(repr, get_args(Spread)))
        raise ArgumentError(f"No spread {spread!r}. Pass one of {known}.")
    if len(epochs) == 0 or len(epochs) != len(values):
        raise ArgumentError(
            f"Got epochs of {len(epochs)} series and numbers of {len(values)}. Pass both of each "
            "series, and at least one series."
        )
    common = np.unique(np.concatenate(epochs)).astype(np.int64)
    stacked = np.full((len(epochs), len(common), *values[0].shape[1:]), np.nan)
    for row, (own, numbers) in enumerate(zip(epochs, values, strict=True)):
        stacked[row, np.searchsorted(common, own)] = numbers
    there = ~np.isnan(stacked)
    count = there.sum(axis=0)
    some = count > 0
    mean = np.full(count.shape, np.nan)
    np.divide(np.where(there, stacked, 0).sum(axis=0), count, out=mean, where=some)
    if spread == "range":
        low = np.where(some, np.where(there, stacked, np.inf).min(axis=0), np.nan)
        high = np.where(some, np.where(there, stacked, -np.inf).max(axis=0), np.nan)
    else:
        squares = np.where(there, stacked - mean, 0) ** 2
        deviation = np.full(count.shape, np.nan)
        np.divide(squares.sum(axis=0), count - 1, out=deviation, where=count > 1)
        deviation = np.sqrt(deviation)
        low, high = mean - deviation, mean + deviation
    return Folded(common, mean, low, high, count)


def difference(
    epochs: NDArray[np.integer],
    values: NDArray[Any],
    baseline_epochs: NDArray[np.integer],
    baseline: NDArray[Any],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Subtract a baseline from a series, at the epochs that both have.

    Means of the same numbers may differ in their last bits, by the order in which they were added:
    what is less than 1e-12 of either is 0.

    Arguments:
        epochs: The series' epochs, strictly increasing, shape (epochs,).
        values: Its numbers, shape (epochs, …).
        baseline_epochs: The baseline's epochs, strictly increasing, shape (epochs of it,).
        baseline: Its numbers, shape (epochs of it, …), alike but for the epochs.

    Returns:
        The common epochs, int64, shape (common,), and values - baseline there, float64, shape
        (common, …): NaN where either is.

    Examples:
        >>> difference(np.array([0, 2, 4]), np.array([5, 6, 7]), np.array([0, 4]), np.array([1, 9]))
        (array([0, 4]), array([ 4., -2.]))
    """
    common, own, other = np.intersect1d(
        epochs, baseline_epochs, assume_unique=True, return_indices=True
    )
    ours, theirs = values[own].astype(np.float64), baseline[other].astype(np.float64)
    less = ours - theirs
    less[np.abs(less) < ROUNDING * np.maximum(np.abs(ours), np.abs(theirs))] = 0
    return common.astype(np.int64), less
