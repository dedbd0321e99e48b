"""Tracks over time: the whole, rows, columns and cells of a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import metrics
from confusionflow.analysis.cube import Cube

Float = NDArray[np.float64]
Ints = NDArray[np.int64]
Place = Literal["whole", "row", "column", "cell"]


@dataclass(frozen=True, eq=False)
class Tracks:
    """Wrong, drawn or confused instances of each place at each epoch.

    First the whole (wrong predictions of all), then rows (wrong predictions of a class), columns
    (instances of other classes that a class draws), and some cells.

    Attributes:
        epochs: Epochs, shape (epochs,).
        n_classes: Number of classes.
        actual: Actual class, -1 for the whole and columns, shape (tracks,).
        predicted: Predicted class, -1 for the whole and rows.
        k: Counts, shape (epochs, tracks).
        n: Instances that could have been counted, shape (epochs, tracks).
    """

    epochs: Ints
    n_classes: int
    actual: Ints
    predicted: Ints
    k: Float
    n: Float

    def place(self, track: int) -> Place:
        """Return what kind of place a track follows."""
        if self.actual[track] < 0:
            return "whole" if self.predicted[track] < 0 else "column"
        return "row" if self.predicted[track] < 0 else "cell"

    def row(self, actual: int) -> int:
        """Return the track of a class's row."""
        return 1 + actual

    def column(self, predicted: int) -> int:
        """Return the track of a class's column."""
        return 1 + self.n_classes + predicted


def tracks(cube: Cube, cells: Ints) -> Tracks:
    """Lay out the tracks of a series.

    Arguments:
        cube: Its counts.
        cells: Cells to follow, actual * n_classes + predicted, sorted, shape (cells,).

    Examples:
        >>> found = tracks(Cube.from_dense([0], [[[8, 2], [1, 3]]]), np.array([1]))
        >>> found.k[0], found.n[0]
        (array([3., 2., 1., 1., 2., 2.]), array([14., 10.,  4.,  4., 10., 10.]))
    """
    n, c = len(cube.epochs), cube.n_classes
    support = metrics.support(cube)
    total = support.sum(axis=1, keepdims=True)
    wrong, drawn = metrics.false_negatives(cube), metrics.false_positives(cube)
    key = cube.actual.astype(np.int64) * c + cube.predicted
    counts = np.zeros((n, len(cells)))
    if len(cells):
        at = np.minimum(np.searchsorted(cells, key), len(cells) - 1)
        found = cells[at] == key
        counts[cube.epoch_index[found], at[found]] = cube.count[found]
    everywhere, classes = np.full(c, -1), np.arange(c)
    return Tracks(
        cube.epochs,
        c,
        np.concatenate(([-1], classes, everywhere, cells // max(c, 1))),
        np.concatenate(([-1], everywhere, classes, cells % max(c, 1))),
        np.concatenate((wrong.sum(axis=1, keepdims=True), wrong, drawn, counts), axis=1).astype(
            np.float64
        ),
        np.concatenate(
            (total, support, total - support, support[:, cells // max(c, 1)]), axis=1
        ).astype(np.float64),
    )


def angle(k: Float, n: Float) -> Float:
    """Turn counts into angles whose spread hardly depends on the rate (Anscombe 1948).

    2 asin √((k + 3/8) / (n + 3/4)), with standard deviation 1 / √n.

    Examples:
        >>> angle(np.array([5.0]), np.array([10.0])).round(3)
        array([1.571])
    """
    turned: Float = 2 * np.arcsin(np.sqrt(np.clip((k + 0.375) / (n + 0.75), 0, 1)))
    return turned


def moving_cells(cube: Cube, least: float) -> Ints:
    """Cells whose angle moves by at least `least` standard deviations from end to end.

    Only such a cell can have an event, and of a thousand classes few do.

    Arguments:
        cube: Counts of a series.
        least: In standard deviations of one epoch's angle.

    Returns:
        actual * n_classes + predicted, sorted, without the diagonal.
    """
    if not len(cube.count):
        return np.empty(0, np.int64)
    key = cube.actual.astype(np.int64) * cube.n_classes + cube.predicted
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    most, fewest = np.maximum.reduceat(cube.count, first), np.minimum.reduceat(cube.count, first)
    there = np.diff(np.append(first, len(key)))
    fewest = np.where(there < len(cube.epochs), 0, fewest)
    found = key[first]
    actual, predicted = found // cube.n_classes, found % cube.n_classes
    n = metrics.support(cube).max(axis=0)[actual].astype(np.float64)
    moved = np.sqrt(n) * (angle(most.astype(np.float64), n) - angle(fewest.astype(np.float64), n))
    return np.asarray(found[(moved >= least) & (actual != predicted)])


def column_counts(cube: Cube, predicted: int) -> tuple[Float, Float]:
    """Count the instances of each class that are predicted as one, and their supports.

    Returns:
        Both of shape (epochs, classes).
    """
    counts = np.zeros((len(cube.epochs), cube.n_classes))
    here = cube.predicted == predicted
    counts[cube.epoch_index[here], cube.actual[here]] = cube.count[here]
    return counts, metrics.support(cube).astype(np.float64)
