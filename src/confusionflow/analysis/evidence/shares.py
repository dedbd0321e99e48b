"""Behaviour of instances over a window: the share of its epochs in each predicted class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

# Counts are held densely up to this many instances x classes.
DENSE = 20_000_000


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of epochs that are not zero, sorted by instance and predicted class.

    Attributes:
        actual: Actual class of each instance, shape (instances,).
        n_classes: Number of classes.
        instance: Position of the instance, shape (shares,).
        predicted: Predicted class.
        share: Share of the window's epochs, in (0, 1].
        unit: What all shares are multiples of; 0 if instances were not in the same epochs.
        group: Group of each instance, or None; shape (instances,).
    """

    actual: Ints
    n_classes: int
    instance: Ints
    predicted: Ints
    share: Float
    unit: float
    group: Ints | None = None

    def of(self, actual: int, predicted: int) -> Float:
        """Return the share of epochs in which each instance of a class was in a cell.

        Arguments:
            actual: The actual class.
            predicted: The predicted class; -1 for any wrong one.
        """
        instances = np.flatnonzero(self.actual == actual)
        column = actual if predicted < 0 else predicted
        share = np.zeros(len(self.actual))
        here = self.predicted == column
        share[self.instance[here]] = self.share[here]
        return 1 - share[instances] if predicted < 0 else share[instances]


def shares(
    actual: Ints, predicted: NDArray[np.integer], n_classes: int, group: Ints | None = None
) -> Shares:
    """Compute the share of a window's epochs in which each instance was predicted as each class.

    Arguments:
        actual: Actual classes, shape (instances,); instances outside 0 … n_classes - 1 are left
            out.
        predicted: Predicted classes, shape (epochs, instances); one outside of the classes is no
            prediction, and the epoch does not count for that instance.
        n_classes: Number of classes.
        group: Groups that are permuted as a whole (patients, videos), shape (instances,).

    Examples:
        >>> found = shares(np.array([0, 1]), np.array([[0, 1], [1, 1]]), 2)
        >>> found.instance, found.predicted, found.share
        (array([0, 0, 1]), array([0, 1, 1]), array([0.5, 0.5, 1. ]))
    """
    valid = (predicted >= 0) & (predicted < n_classes)
    times = valid.sum(axis=0)
    kept = np.flatnonzero((actual >= 0) & (actual < n_classes) & (times > 0))
    actual, predicted, valid, times = actual[kept], predicted[:, kept], valid[:, kept], times[kept]
    group = None if group is None else group[kept]
    key = (np.arange(len(kept)) * n_classes + predicted)[valid]
    if len(kept) * n_classes <= DENSE:
        count = np.bincount(key, minlength=len(kept) * n_classes)
        found = np.flatnonzero(count)
        count = count[found]
    else:
        found, count = np.unique(key, return_counts=True)
    instance = found // max(n_classes, 1)
    same = len(times) > 0 and bool((times == times[0]).all())
    return Shares(
        actual.astype(np.int64),
        n_classes,
        instance,
        found % max(n_classes, 1),
        count / times[instance],
        1 / int(times[0]) if same else 0.0,
        group,
    )
