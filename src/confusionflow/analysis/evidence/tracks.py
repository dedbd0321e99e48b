"""Tracks over time: the whole, rows, columns and cells of a series."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
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

    `tracks` begins with the whole (wrong predictions of all). Rows (wrong predictions of a class)
    follow, then columns (instances of other classes that a class draws), and some cells.

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
        return self._at[actual, -1]

    def column(self, predicted: int) -> int:
        """Return the track of a class's column."""
        return self._at[-1, predicted]

    @cached_property
    def _at(self) -> dict[tuple[int, int], int]:
        places = zip(self.actual.tolist(), self.predicted.tolist(), strict=True)
        return {place: track for track, place in enumerate(places)}

    def take(self, kept: Ints) -> Tracks:
        """Keep some tracks, in the order given."""
        return Tracks(
            self.epochs,
            self.n_classes,
            self.actual[kept],
            self.predicted[kept],
            self.k[:, kept],
            self.n[:, kept],
        )


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
    return with_cells(lines(cube), cube, cells)


def lines(cube: Cube) -> Tracks:
    """Lay out the tracks of a series that are not cells: the whole, rows and columns."""
    c = cube.n_classes
    support, right = metrics.support(cube), metrics.true_positives(cube)
    total = support.sum(axis=1, keepdims=True)
    wrong, drawn = support - right, metrics.predicted_total(cube) - right
    everywhere, classes = np.full(c, -1), np.arange(c)
    return Tracks(
        cube.epochs,
        c,
        np.concatenate(([-1], classes, everywhere)),
        np.concatenate(([-1], everywhere, classes)),
        np.concatenate((wrong.sum(axis=1, keepdims=True), wrong, drawn), axis=1).astype(float),
        np.concatenate((total, support, total - support), axis=1).astype(float),
    )


def with_cells(found: Tracks, cube: Cube, cells: Ints) -> Tracks:
    """Add the tracks of some cells to those of `lines`."""
    c = max(cube.n_classes, 1)
    # A cube is sorted by cell, so the rows of each cell are one piece.
    key = cube.actual.astype(np.int64) * c + cube.predicted
    start = np.searchsorted(key, cells, side="left")
    there = np.searchsorted(key, cells, side="right") - start
    cell = np.repeat(np.arange(len(cells)), there)
    rows = np.arange(len(cell)) + np.repeat(start - np.cumsum(there) + there, there)
    counts = np.zeros((len(cube.epochs), len(cells)))
    counts[cube.epoch_index[rows], cell] = cube.count[rows]
    actual, predicted = cells // c, cells % c
    return Tracks(
        found.epochs,
        found.n_classes,
        np.concatenate((found.actual, actual)),
        np.concatenate((found.predicted, predicted)),
        np.concatenate((found.k, counts), axis=1),
        np.concatenate((found.n, found.n[:, 1 + actual]), axis=1),
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


def moving_cells(cube: Cube, least: float, since: int = 0) -> Ints:
    """Cells whose angle moves by at least `least` standard deviations from end to end.

    Only such a cell can have an event; with a thousand classes, few do.

    Arguments:
        cube: Counts of a series.
        least: In standard deviations of one epoch's angle.
        since: Position of the first epoch that counts.

    Returns:
        actual * n_classes + predicted, sorted, without the diagonal.
    """
    kept = (cube.epoch_index >= since) & (cube.actual != cube.predicted)
    if not kept.any():
        return np.empty(0, np.int64)
    count = cube.count[kept]
    key = cube.actual[kept].astype(np.int64) * cube.n_classes + cube.predicted[kept]
    first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    most, fewest = np.maximum.reduceat(count, first), np.minimum.reduceat(count, first)
    there = np.diff(np.append(first, len(key)))
    fewest = np.where(there < len(cube.epochs) - since, 0, fewest)
    found = key[first]
    n = metrics.support(cube).max(axis=0)[found // cube.n_classes].astype(np.float64)
    moved = np.sqrt(n) * (angle(most.astype(np.float64), n) - angle(fewest.astype(np.float64), n))
    return np.asarray(found[moved >= least])


def column_counts(cube: Cube, predicted: int) -> tuple[Float, Float]:
    """Count the instances of each class that are predicted as one, and their supports.

    Returns:
        Both of shape (epochs, classes).
    """
    counts = np.zeros((len(cube.epochs), cube.n_classes))
    here = cube.predicted == predicted
    counts[cube.epoch_index[here], cube.actual[here]] = cube.count[here]
    return counts, metrics.support(cube).astype(np.float64)
