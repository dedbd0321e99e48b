"""The counts in a log, and those that a test expects."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from confusionflow.analysis.confusion import confusion
from confusionflow.reading.logs import open_logs

# A confusion matrix, or the labels and the predictions that it counts.
Expected = ArrayLike | tuple[ArrayLike, ArrayLike]


def read_confusion(
    log_dir: str | os.PathLike[str], run: str, split: str
) -> dict[int, NDArray[np.int64]]:
    """Read the confusion matrix of each logged epoch.

    Arguments:
        log_dir: The log directory.
        run: Name or id of the run.
        split: Name of the split.

    Returns:
        Counts by epoch, shape (classes, classes) each; rows are actual classes.

    Raises:
        RunNotFoundError, SplitNotFoundError: nothing of that name was logged.
    """
    series = open_logs(log_dir)[run][split]
    counts = series.confusion().astype(np.int64)
    return dict(zip(series.epochs.tolist(), counts, strict=True))


def count(expected: Expected, classes: Sequence[str]) -> NDArray[np.int64]:
    """Count what is expected of an epoch.

    Arguments:
        expected: Counts, shape (classes, classes), or a pair of actual and predicted classes, shape
            (instances,) each, as indices or names.
        classes: Class names in the order of the log.

    Returns:
        Counts, shape (classes, classes); rows are actual classes.

    Raises:
        ValueError: it is neither of both, or of other classes.
    """
    if isinstance(expected, tuple) and len(expected) == 2 and np.ndim(expected[0]) == 1:
        actual, predicted = (_indices(labels, classes) for labels in expected)
        return confusion(actual, predicted, len(classes))
    matrix = np.asarray(expected)
    if matrix.shape != (len(classes), len(classes)):
        raise ValueError(
            f"Expected counts have shape {matrix.shape}; the log has {len(classes)} classes. Pass "
            "a matrix of that size, or a tuple (y_true, y_pred)."
        )
    return matrix.astype(np.int64)


def _indices(labels: ArrayLike, classes: Sequence[str]) -> NDArray[np.int64]:
    found = np.asarray(labels)
    if np.issubdtype(found.dtype, np.integer):
        return found.astype(np.int64)
    index_of = {name: index for index, name in enumerate(classes)}
    unknown = sorted({str(label) for label in found} - index_of.keys())
    if unknown:
        raise ValueError(
            f"{unknown[0]!r} is not a class of the log, which has {', '.join(classes)}."
        )
    return np.array([index_of[str(label)] for label in found], np.int64)
