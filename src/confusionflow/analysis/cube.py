"""The counts of a series by epoch, actual and predicted class, without the zeros."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from confusionflow.errors import EpochError, LabelError, ShapeError


@dataclass(frozen=True, eq=False)
class Cube:
    """Sparse counts of one series; cost follows the cells that are not zero.

    Rows are sorted by (actual, predicted, epoch_index), so that the history of a cell is one
    contiguous piece. No triple occurs twice and no count is zero. The constructor trusts its
    arguments; build cubes with `from_rows` and `from_dense`.

    Attributes:
        epochs: int64, shape (epochs,), strictly increasing; may have gaps.
        n_classes: Number of classes, seen or not.
        epoch_index: Position in `epochs`, shape (rows,).
        actual: Class index, shape (rows,).
        predicted: Class index, shape (rows,).
        count: int64 > 0, shape (rows,).

    Examples:
        >>> cube = Cube.from_dense([0, 5], [[[3, 1], [0, 2]], [[4, 0], [1, 1]]])
        >>> cube
        Cube(2 epochs 0 to 5, 2 classes, 6 counts)
        >>> cube.dense()[1]
        array([[4, 0],
               [1, 1]])
    """

    epochs: NDArray[np.int64]
    n_classes: int
    epoch_index: NDArray[np.integer]
    actual: NDArray[np.integer]
    predicted: NDArray[np.integer]
    count: NDArray[np.int64]

    @classmethod
    def from_rows(
        cls,
        epochs: ArrayLike,
        n_classes: int,
        epoch_index: ArrayLike,
        actual: ArrayLike,
        predicted: ArrayLike,
        count: ArrayLike,
    ) -> Cube:
        """Build a cube from rows in any order; rows of the same triple are added up.

        Arguments:
            epochs: Strictly increasing epochs, shape (epochs,).
            n_classes: Number of classes.
            epoch_index: Position in `epochs`, shape (rows,).
            actual: Class indices, shape (rows,).
            predicted: Class indices, shape (rows,).
            count: Counts ≥ 0, shape (rows,); zeros are dropped.

        Raises:
            EpochError: the epochs do not increase, or an epoch index has no epoch.
            LabelError: a class index lies outside 0 … n_classes - 1, a count is
                negative, or a value is not an integer.
            ShapeError: the rows differ in length.

        Examples:
            >>> Cube.from_rows([7], 2, [0, 0], [1, 1], [0, 0], [2, 3]).dense()
            array([[[0, 0],
                    [5, 0]]])
        """
        times = _epochs(epochs)
        index, rows, cells, counts = _integer_columns(epoch_index, actual, predicted, count)
        _check_ranges(index, rows, cells, counts, len(times), n_classes)
        # Ravelling keeps the sort to one key; E·C² stays far below 2^63 for any real series.
        # Cubes of millions of rows are built in as few arrays as can be.
        n_epochs = max(len(times), 1)
        key = rows.astype(np.int64)
        key *= n_classes
        key += cells
        key *= n_epochs
        key += index
        merged, counts = _merge(key, counts)
        if merged is key:  # sorted rows already have their columns
            key[:] = cells  # reuses its memory
            return cls(times, n_classes, index.astype(np.int64), rows.astype(np.int64), key, counts)
        key = merged
        index = key % n_epochs
        key //= n_epochs
        rows = key // max(n_classes, 1)
        key %= max(n_classes, 1)
        return cls(times, n_classes, index, rows, key, counts)

    @classmethod
    def from_dense(cls, epochs: ArrayLike, dense: ArrayLike) -> Cube:
        """Build a cube from a dense array.

        Arguments:
            epochs: Strictly increasing epochs, shape (epochs,).
            dense: Counts, shape (epochs, classes, classes); rows are actual.

        Raises:
            EpochError: the epochs do not increase.
            LabelError: a count is negative or not an integer.
            ShapeError: the array is not (epochs, classes, classes).

        Examples:
            >>> Cube.from_dense([3], [[[0, 2], [1, 0]]]).count
            array([2, 1])
        """
        times = _epochs(epochs)
        counts = np.asarray(dense)
        if counts.ndim != 3 or counts.shape[1] != counts.shape[2] or len(counts) != len(times):
            raise ShapeError(
                f"Got counts of shape {counts.shape} for {len(times)} epochs. Pass shape "
                "(epochs, classes, classes)."
            )
        index, rows, cells = np.nonzero(counts)
        return cls.from_rows(times, counts.shape[1], index, rows, cells, counts[index, rows, cells])

    def __repr__(self) -> str:
        epochs = _plural(len(self.epochs), "epoch")
        if len(self.epochs) == 1:
            epochs += f" {self.epochs[0]}"
        elif len(self.epochs) > 1:
            epochs += f" {self.epochs[0]} to {self.epochs[-1]}"
        classes, counts = _plural(self.n_classes, "class"), _plural(len(self.count), "count")
        return f"Cube({epochs}, {classes}, {counts})"

    def dense(self) -> NDArray[np.int64]:
        """Counts with their zeros, int64, shape (epochs, classes, classes); rows are actual."""
        counts = np.zeros((len(self.epochs), self.n_classes, self.n_classes), dtype=np.int64)
        counts[self.epoch_index, self.actual, self.predicted] = self.count
        return counts

    def between(self, first: int | None = None, last: int | None = None) -> Cube:
        """Keep the epochs from `first` to `last`, both included; None is open.

        Examples:
            >>> cube = Cube.from_dense([0, 5, 10], [[[1]], [[2]], [[3]]])
            >>> cube.between(4, 10).epochs
            array([ 5, 10])
        """
        start = 0 if first is None else int(np.searchsorted(self.epochs, first, side="left"))
        stop = len(self.epochs)
        if last is not None:
            stop = max(start, int(np.searchsorted(self.epochs, last, side="right")))
        if start == 0 and stop == len(self.epochs):
            return self
        kept = (self.epoch_index >= start) & (self.epoch_index < stop)
        return Cube(
            self.epochs[start:stop],
            self.n_classes,
            self.epoch_index[kept] - start,
            self.actual[kept],
            self.predicted[kept],
            self.count[kept],
        )

    def relabel(self, index_map: ArrayLike, n_classes: int) -> Cube:
        """Give classes new indices. Classes with the same new index are merged by adding counts.

        Arguments:
            index_map: The new index of each class, shape (classes,), as `align` returns it.
            n_classes: Number of classes afterwards.

        Raises:
            LabelError: a new index lies outside 0 … n_classes - 1.
            ShapeError: the map does not have one index for each class.

        Examples:
            >>> Cube.from_dense([0], [[[5, 1], [2, 3]]]).relabel([2, 0], 3).dense()[0]
            array([[3, 0, 2],
                   [0, 0, 0],
                   [1, 0, 5]])
        """
        new = np.asarray(index_map)
        if new.shape != (self.n_classes,):
            raise ShapeError(
                f"The index map has shape {new.shape}, but there are {self.n_classes} classes. "
                "Pass one new index for each class."
            )
        if np.array_equal(new, np.arange(n_classes)):
            return self
        return Cube.from_rows(
            self.epochs,
            n_classes,
            self.epoch_index,
            new[self.actual],
            new[self.predicted],
            self.count,
        )


def _merge(
    key: NDArray[np.int64], count: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sort by key, add up the counts of equal ones, and drop zeros."""
    if key.size and not bool(np.all(key[1:] > key[:-1])):
        order = np.argsort(key, kind="stable")
        key, count = key[order], count[order]
        del order
        is_first = np.concatenate(([True], key[1:] != key[:-1]))
        if not is_first.all():
            count = np.add.reduceat(count, np.flatnonzero(is_first), dtype=np.int64)
            key = key[is_first]
    if count.size and count.min() == 0:
        key, count = key[count > 0], count[count > 0]
    return key, count.astype(np.int64, copy=False)


def _integer_columns(*columns: ArrayLike) -> list[NDArray[np.integer]]:
    """Turn epoch indices, actual and predicted classes and counts into integers of one length.

    Raises:
        ShapeError: they differ in length.
        LabelError: a value is not an integer.
    """
    arrays = [np.asarray(column) for column in columns]
    if len({array.shape for array in arrays}) > 1 or arrays[0].ndim != 1:
        shapes = ", ".join(str(array.shape) for array in arrays)
        raise ShapeError(
            f"epoch_index, actual, predicted and count have the shapes {shapes}. "
            "Pass four arrays of one length."
        )
    odd = {str(array.dtype) for array in arrays if array.size and array.dtype.kind not in "iu"}
    if odd:
        raise LabelError(f"Got {', '.join(sorted(odd))} values. Indices and counts are integers.")
    # Not uint64, which can't be added to int64.
    return [array.astype(np.int64) if array.dtype == np.uint64 else array for array in arrays]


def _check_ranges(
    index: NDArray[np.integer],
    actual: NDArray[np.integer],
    predicted: NDArray[np.integer],
    counts: NDArray[np.integer],
    n_epochs: int,
    n_classes: int,
) -> None:
    """Check that each row has an epoch and classes, and no negative count.

    Raises:
        EpochError: an epoch index has no epoch.
        LabelError: a class index has no class, or a count is negative.
    """
    if index.size and not (index.min() >= 0 and index.max() < n_epochs):
        raise EpochError(
            f"Epoch indices run from {index.min()} to {index.max()}, but there are "
            f"{n_epochs} epochs."
        )
    for which, labels in (("actual", actual), ("predicted", predicted)):
        if labels.size and not (labels.min() >= 0 and labels.max() < n_classes):
            raise LabelError(
                f"{which} holds class indices from {labels.min()} to {labels.max()}, but "
                f"there are {n_classes} classes. Class indices run from 0 to {n_classes - 1}."
            )
    if counts.size and counts.min() < 0:
        raise LabelError(f"A count is {counts.min()}. Counts are 0 or more.")


def _epochs(epochs: ArrayLike) -> NDArray[np.int64]:
    """Check that epochs increase, shape (epochs,)."""
    array = np.asarray(epochs)
    if array.ndim != 1:
        raise ShapeError(f"Epochs have shape {array.shape}. Pass shape (epochs,).")
    array = array.astype(np.int64, copy=False)
    falls = np.flatnonzero(array[1:] <= array[:-1])
    if falls.size:
        position = int(falls[0])
        raise EpochError(
            f"Epoch {array[position + 1]} follows epoch {array[position]}. "
            "Pass each epoch once, in increasing order."
        )
    return array


def _plural(number: int, noun: str) -> str:
    ending = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{ending}"
