"""Counts from label arrays."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from confusionflow.errors import LabelError, ShapeError

CHUNK = 1 << 16  # instances; few enough for labels and cells to stay in a core's own cache


def confusion(actual: ArrayLike, predicted: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    """Count how often each actual class was predicted as each class.

    Arguments:
        actual: Class indices, shape (instances,), integers of any width.
        predicted: Class indices aligned with `actual`, shape (instances,).
        n_classes: Number of classes, so that unseen ones keep row and column.

    Returns:
        int64 counts, shape (n_classes, n_classes); rows are actual.

    Raises:
        LabelError: an index is not an integer or lies outside 0 … n_classes - 1.
        ShapeError: the arrays are not one-dimensional or differ in length.

    Examples:
        >>> confusion([0, 0, 1], [0, 1, 1], 2)
        array([[1, 1],
               [0, 1]])
    """
    rows, columns = _labels(actual, "actual"), _labels(predicted, "predicted")
    if len(rows) != len(columns):
        raise ShapeError(
            f"actual has {len(rows):,} instances, predicted has {len(columns):,}. "
            "Pass one prediction for each instance."
        )
    # Half the memory traffic of int64, which is what counting costs at 1,000 classes.
    narrow = np.int32 if len(rows) <= np.iinfo(np.int32).max else np.int64
    counts = np.zeros(n_classes * n_classes, dtype=narrow)
    # Its result is small then, and cheap to add to the others.
    by_bincount = len(counts) <= CHUNK // 4
    # Half the traffic again; but a place to add at is best given as numpy's own index.
    index_type: type[np.signedinteger] = np.int32 if by_bincount else np.intp
    for start in range(0, len(rows), CHUNK):
        row, column = rows[start : start + CHUNK], columns[start : start + CHUNK]
        _check(row, n_classes, "actual", start)
        _check(column, n_classes, "predicted", start)
        cells: NDArray[np.signedinteger] = row.astype(index_type)
        cells *= index_type(n_classes)
        cells += column.astype(index_type, copy=False)
        if by_bincount:
            found = np.bincount(cells, minlength=len(counts))
            np.add(counts, found, out=counts, casting="unsafe")
        else:
            np.add.at(counts, cells, narrow(1))
    return counts.astype(np.int64, copy=False).reshape(n_classes, n_classes)


def _labels(labels: ArrayLike, which: str) -> NDArray[np.integer]:
    """The labels as integers in native byte order, shape (instances,)."""
    array = np.asarray(labels)
    if array.ndim != 1:
        raise ShapeError(
            f"{which} has shape {array.shape}. Pass one class index for each instance, "
            "shape (instances,)."
        )
    if array.size == 0:
        return np.empty(0, dtype=np.intp)
    if array.dtype.kind not in "iub":
        raise LabelError(
            f"{which} holds {array.dtype} values. Pass class indices, integers from 0 on."
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _check(labels: NDArray[np.integer], n_classes: int, which: str, start: int) -> None:
    """Refuse labels outside the classes; they begin at instance `start`."""
    # Seen as unsigned, a negative index is a huge one: one pass finds both kinds.
    unsigned = labels.view(np.dtype(f"u{labels.dtype.itemsize}"))
    if int(unsigned.max()) >= n_classes:
        position = int(np.argmax(unsigned >= n_classes))
        raise LabelError(
            f"{which}[{start + position}] is {int(labels[position])}, but there are {n_classes} "
            f"classes. Class indices run from 0 to {n_classes - 1}."
        )
