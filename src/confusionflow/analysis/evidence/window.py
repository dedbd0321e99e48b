"""Mean counts of a series over a range of epochs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube

Float = NDArray[np.float64]

# A window is the last quarter of the epochs, but at least this many.
LEAST = 10


@dataclass(frozen=True, eq=False)
class Window:
    """Mean counts over some epochs, without the cells that are zero at all of them.

    Attributes:
        epochs: The epochs averaged over, shape (epochs,).
        support: Mean support of each class, shape (classes,).
        right: Mean count of right predictions of each class, shape (classes,).
        actual: Actual class of each confused cell, sorted, shape (cells,).
        predicted: Its predicted class.
        count: Its mean count.
    """

    epochs: NDArray[np.int64]
    support: Float
    right: Float
    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    count: Float

    @property
    def n_classes(self) -> int:
        """Number of classes, seen or not."""
        return len(self.support)

    @property
    def wrong(self) -> Float:
        """Mean count of wrong predictions of each class, shape (classes,)."""
        return np.asarray(self.support - self.right)


def default_window(epochs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the last quarter of some epochs, rounded up, but at least ten.

    Examples:
        >>> default_window(np.arange(100))[[0, -1]]
        array([75, 99])
        >>> default_window(np.arange(20))[[0, -1]]
        array([10, 19])
    """
    return epochs[-max(LEAST, -(-len(epochs) // 4)) :]


def window(cube: Cube, epochs: NDArray[np.int64]) -> Window:
    """Average counts over some epochs of a cube.

    Arguments:
        cube: Counts of one series.
        epochs: Epochs that the cube has, at least one, shape (epochs,).

    Examples:
        >>> cube = Cube.from_dense([1, 2], [[[3, 1], [0, 2]], [[1, 3], [0, 2]]])
        >>> averaged = window(cube, np.array([1, 2]))
        >>> averaged.support, averaged.right, averaged.count
        (array([4., 2.]), array([2., 2.]), array([2.]))
    """
    wanted = np.isin(cube.epochs, epochs)
    rows = wanted[cube.epoch_index]
    n, times = cube.n_classes, int(wanted.sum())
    key = cube.actual[rows].astype(np.int64) * n + cube.predicted[rows]
    # A cube is sorted by cell, and so are the kept rows.
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))) if len(key) else key
    sums = np.add.reduceat(cube.count[rows], first) if len(key) else key
    actual, predicted = key[first] // max(n, 1), key[first] % max(n, 1)
    mean = sums / times
    support: Float = np.bincount(actual, mean, n).astype(np.float64)
    is_right = actual == predicted
    right: Float = np.bincount(actual[is_right], mean[is_right], n).astype(np.float64)
    wrong = ~is_right
    return Window(cube.epochs[wanted], support, right, actual[wrong], predicted[wrong], mean[wrong])


def on_common_cells(
    a: Window, b: Window
) -> tuple[NDArray[np.int64], NDArray[np.int64], Float, Float]:
    """Match the cells of two windows of the same classes.

    Returns:
        Actual and predicted class of each cell that either has, sorted, and both mean counts.
    """
    n = a.n_classes
    keys_a, keys_b = a.actual * n + a.predicted, b.actual * n + b.predicted
    keys = np.union1d(keys_a, keys_b)
    counts_a, counts_b = np.zeros(len(keys)), np.zeros(len(keys))
    counts_a[np.searchsorted(keys, keys_a)] = a.count
    counts_b[np.searchsorted(keys, keys_b)] = b.count
    return keys // max(n, 1), keys % max(n, 1), counts_a, counts_b
