"""Comparison of a log with what a test expects of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from confusionflow.reading.logs import open_logs
from confusionflow.testing.confusion import Expected, count, read_confusion


def assert_log_matches(
    log_dir: str | os.PathLike[str],
    run: str,
    split: str,
    expected: Mapping[int, Expected | None],
    *,
    classes: Sequence[str] | None = None,
    left_out: int = 0,
) -> None:
    """Check that a split has exactly the epochs and counts that are expected, and no damage.

    Arguments:
        log_dir: The log directory that the code under test wrote.
        run: Name or id of the run.
        split: Name of the split.
        expected: For each epoch its counts, shape (classes, classes) with a row for each actual
            class, or a tuple (y_true, y_pred) of class indices or names, shape (instances,) each.
            None for an epoch of which only its presence is known, as after a real training.
        classes: Class names in order. None: they are not checked.
        left_out: Instances of each epoch that are expected in no count, such as padding.

    Raises:
        AssertionError: the log differs; says in which epoch and cell.
        RunNotFoundError, SplitNotFoundError: nothing of that name was logged.

    Examples:
        >>> import confusionflow as cf, tempfile
        >>> log_dir = tempfile.mkdtemp()
        >>> with cf.Run(log_dir, "mine", classes=["cat", "dog"]) as run:
        ...     run.log(0, "test", y_true=[0, 0, 1], y_pred=[0, 1, 1])
        >>> assert_log_matches(log_dir, "mine", "test", {0: [[1, 1], [0, 1]]})
        >>> assert_log_matches(log_dir, "mine", "test", {0: ([0, 0, 1], [0, 1, 0])})
        Traceback (most recent call last):
        AssertionError: Split 'test' of run 'mine', epoch 0: actual 'dog', predicted 'cat' is
        logged 0 times, expected 1 times. 2 of 4 cells differ.
    """
    series = open_logs(log_dir)[run][split]
    where = f"Split {split!r} of run {run!r}"
    if series.problems:
        problem = series.problems[0]
        raise AssertionError(f"{where}: {problem.file} cannot be read: {problem.reason}")
    if classes is not None and list(series.classes) != list(classes):
        raise AssertionError(f"{where} has classes {series.classes}, expected {tuple(classes)}.")
    logged = read_confusion(log_dir, run, split)
    if list(logged) != sorted(expected):
        raise AssertionError(f"{where} has epochs {list(logged)}, expected {sorted(expected)}.")
    for epoch, partial, n_left_out in zip(logged, series.partial, series.left_out, strict=True):
        if partial:
            raise AssertionError(f"{where}, epoch {epoch}: the part of a rank is missing.")
        if n_left_out != left_out:
            raise AssertionError(
                f"{where}, epoch {epoch}: {n_left_out} instances are in no count, expected "
                f"{left_out}. Their labels or predictions are outside of the classes."
            )
        known = expected[epoch]
        if known is not None:
            counts = count(known, series.classes)
            _compare(logged[epoch], counts, series.classes, f"{where}, epoch {epoch}")


def _compare(
    logged: NDArray[np.int64], expected: NDArray[np.int64], classes: Sequence[str], where: str
) -> None:
    cells = np.argwhere(logged != expected)
    if not len(cells):
        return
    actual, predicted = cells[0]
    swapped = " Rows and columns are swapped." if np.array_equal(logged, expected.T) else ""
    raise AssertionError(
        f"{where}: actual {classes[actual]!r}, predicted {classes[predicted]!r} is logged "
        f"{logged[actual, predicted]} times, expected {expected[actual, predicted]} times. "
        f"{len(cells)} of {logged.size} cells differ.{swapped}"
    )
