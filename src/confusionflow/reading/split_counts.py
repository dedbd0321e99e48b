"""The epochs of a split, and every number that follows from their counts."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import averages, metrics
from confusionflow.analysis.averages import Average, ClassMetric
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.normalize import Normalization
from confusionflow.analysis.normalize import normalize as _normalize
from confusionflow.reading.frames import Backend, counts_frame
from confusionflow.reading.measured import Measured, measured, minus
from confusionflow.store import Problem, StoredSplit


class SplitCounts:
    """The epochs of a split, and every number that follows from their counts.

    Arrays have epochs first and rows are actual; 0/0 is NaN. `Series` is one.

    Arguments:
        stored: The split, as it was read.
    """

    def __init__(self, stored: StoredSplit) -> None:
        self.stored = stored

    @property
    def id(self) -> str:
        """Id of the split, the same in every run that has a split of this name."""
        return self.stored.id

    @property
    def name(self) -> str:
        """Name of the split."""
        return self.stored.name

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of rows and columns."""
        return self.stored.classes

    @property
    def epochs(self) -> NDArray[np.int64]:
        """Logged epochs in increasing order, int64, shape (epochs,); there may be gaps."""
        return self.stored.epochs

    @property
    def version(self) -> str:
        """Changes if and only if the logged content does."""
        return self.stored.version

    @property
    def problems(self) -> list[Problem]:
        """Files of this series that could not be read, and why."""
        return list(self.stored.problems)

    @property
    def left_out(self) -> NDArray[np.int64]:
        """Instances that no count includes (a label outside the classes, …), shape (epochs,)."""
        return self.stored.left_out()

    @property
    def times_logged(self) -> NDArray[np.int64]:
        """How often each epoch was logged in its attempt, shape (epochs,); the last counts."""
        return self.stored.times_logged()

    @property
    def resumed_at(self) -> tuple[int, ...]:
        """Epochs with which the training went on after it was resumed, increasing."""
        return self.stored.resumed_at()

    @property
    def rank_count(self) -> NDArray[np.int64]:
        """Ranks whose part of an epoch was logged, shape (epochs,)."""
        return self.stored.rank_count()

    @property
    def world_size(self) -> NDArray[np.int64]:
        """Ranks that should have logged an epoch, shape (epochs,); 1 for a single process."""
        return self.stored.world_size()

    @property
    def coverage(self) -> NDArray[np.float64]:
        """Ranks whose part of an epoch was logged, as a share of all, shape (epochs,)."""
        return self.rank_count / self.world_size

    @cached_property
    def partial(self) -> NDArray[np.bool_]:
        """Epochs that lack a rank's part, at least so far, shape (epochs,)."""
        return self.coverage < 1

    def cube(self) -> Cube:
        """The counts without their zeros."""
        return self._cube

    @cached_property
    def _cube(self) -> Cube:
        rows = self.stored.counts()
        return Cube.from_rows(
            rows.epochs,
            len(self.classes),
            rows.epoch_index,
            rows.cells.actual,
            rows.cells.predicted,
            rows.cells.count,
        )

    def confusion(self, normalize: Normalization | None = None) -> NDArray[np.int64 | np.float64]:
        """Confusion matrices, shape (epochs, classes, classes); rows are actual.

        Arguments:
            normalize: None for int64 counts; "actual", "predicted" or "all" for float64 shares
                of the row's class, of the column's class, or of the epoch's instances.
        """
        return _normalize(self._cube.dense(), normalize)

    def support(self) -> NDArray[np.int64]:
        """Instances of each actual class, shape (epochs, classes)."""
        return metrics.support(self._cube)

    def precision(self, average: Average | None = None) -> NDArray[np.float64]:
        """TP / (TP + FP), shape (epochs, classes).

        Arguments:
            average: "macro" or "weighted" for their average, shape (epochs,), as in scikit-learn:
                over classes that occur or are predicted; undefined values count as 0.
        """
        return self._averaged(metrics.precision, average)

    def recall(self, average: Average | None = None) -> NDArray[np.float64]:
        """TP / (TP + FN), shape (epochs, classes); or their `average`, as for precision."""
        return self._averaged(metrics.recall, average)

    def f1(self, average: Average | None = None) -> NDArray[np.float64]:
        """2TP / (2TP + FP + FN), shape (epochs, classes); or their `average`, as for precision."""
        return self._averaged(metrics.f1, average)

    def accuracy(self) -> NDArray[np.float64]:
        """Correct share of all instances, shape (epochs,)."""
        return metrics.accuracy(self._cube)

    def balanced_accuracy(self) -> NDArray[np.float64]:
        """Mean recall of the classes that occur, shape (epochs,)."""
        return averages.balanced_accuracy(self._cube)

    def matthews(self) -> NDArray[np.float64]:
        """Matthews' correlation coefficient, from -1 to 1, shape (epochs,)."""
        return averages.matthews(self._cube)

    def kappa(self) -> NDArray[np.float64]:
        """Cohen's kappa, shape (epochs,): 0 for agreement by chance, 1 if all are right."""
        return averages.kappa(self._cube)

    def minus(
        self, baseline: Measured, measure: str
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Subtract a measure of a baseline, at the epochs that both have.

        Arguments:
            baseline: Another series, or a folded one; classes are matched by name.
            measure: One of those of `FoldedSeries.of`.

        Returns:
            Those epochs, shape (common,), and the difference by the classes of this series, shape
            (common, …): NaN where either is undefined or lacks the class.

        Raises:
            ArgumentError: there is no such measure.
        """
        return minus(self, baseline, measure)

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """A long table with the columns epoch, actual, predicted, count.

        Class names are categories in the declared order. A cell that is zero in an epoch has no
        row. Rows are sorted by epoch, actual, predicted.

        Arguments:
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            ArgumentError: there is no such backend.
            ConfusionFlowError: it is not installed.
        """
        return counts_frame(self._cube, self.classes, backend)

    def _averaged(self, metric: ClassMetric, average: Average | None) -> NDArray[np.float64]:
        if average is None:
            return metric(self._cube)
        return averages.average(self._cube, metric, average)

    def _line(self, measure: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
        return self.epochs, measured(self._cube, measure)
