"""One split of one run: every number of every epoch."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from confusionflow.analysis import metrics
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.normalize import Normalization
from confusionflow.analysis.normalize import normalize as _normalize
from confusionflow.errors import ArgumentError, ConfusionFlowError
from confusionflow.log.notebook import InNotebook, Shown
from confusionflow.reading.folded import FoldedSeries, minus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from confusionflow.reading.logs import LoggedRun
    from confusionflow.store import Problem, StoredSplit

Backend = Literal["pandas", "polars", "pyarrow"]


class Series(InNotebook):
    """One split of one run: every number of every epoch.

    A series stands still: it is what was logged when it was looked up. Look it up again to
    follow a training. Arrays have epochs first and rows are actual; 0/0 is NaN.
    """

    def __init__(self, stored: StoredSplit, run: LoggedRun) -> None:
        self._stored = stored
        self.run = run

    @property
    def id(self) -> str:
        """Id of the split, the same in every run that has a split of this name."""
        return self._stored.id

    @property
    def name(self) -> str:
        """Name of the split."""
        return self._stored.name

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of rows and columns."""
        return self._stored.classes

    @property
    def epochs(self) -> NDArray[np.int64]:
        """Logged epochs in increasing order, int64, shape (epochs,); there may be gaps."""
        return self._stored.epochs

    @property
    def version(self) -> str:
        """Changes if and only if what was logged does."""
        return self._stored.version

    @property
    def problems(self) -> list[Problem]:
        """Files of this series that could not be read, and why."""
        return list(self._stored.problems)

    @property
    def left_out(self) -> NDArray[np.int64]:
        """Instances that are in no count (a label outside the classes, …), shape (epochs,)."""
        return self._stored.left_out()

    @property
    def times_logged(self) -> NDArray[np.int64]:
        """How often each epoch was logged in its attempt, shape (epochs,); the last counts."""
        return self._stored.times_logged()

    @property
    def rank_count(self) -> NDArray[np.int64]:
        """Ranks whose part of an epoch is here, shape (epochs,)."""
        return self._stored.rank_count()

    @property
    def world_size(self) -> NDArray[np.int64]:
        """Ranks that were to log an epoch, shape (epochs,); 1 where it was one process."""
        return self._stored.world_size()

    @property
    def coverage(self) -> NDArray[np.float64]:
        """Ranks whose part of an epoch is here, as a share of all, shape (epochs,)."""
        return self.rank_count / self.world_size

    @property
    def partial(self) -> NDArray[np.bool_]:
        """Epochs of which a rank's part is not here, or not yet, shape (epochs,)."""
        return self.coverage < 1

    def cube(self) -> Cube:
        """The counts without their zeros."""
        return self._cube

    @cached_property
    def _cube(self) -> Cube:
        rows = self._stored.counts()
        return Cube.from_rows(
            rows.epochs,
            len(self.classes),
            rows.epoch_index,
            rows.actual,
            rows.predicted,
            rows.count,
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

    def precision(self) -> NDArray[np.float64]:
        """TP / (TP + FP), shape (epochs, classes)."""
        return metrics.precision(self._cube)

    def recall(self) -> NDArray[np.float64]:
        """TP / (TP + FN), shape (epochs, classes)."""
        return metrics.recall(self._cube)

    def f1(self) -> NDArray[np.float64]:
        """2TP / (2TP + FP + FN), shape (epochs, classes)."""
        return metrics.f1(self._cube)

    def accuracy(self) -> NDArray[np.float64]:
        """Correct share of all instances, shape (epochs,)."""
        return metrics.accuracy(self._cube)

    def minus(
        self, baseline: Series | FoldedSeries, measure: str
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """A measure less that of a baseline, at the epochs that both have.

        Arguments:
            baseline: Another series; classes are matched by name.
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
        if backend not in get_args(Backend):
            known = ", ".join(map(repr, get_args(Backend)))
            raise ArgumentError(f"No backend {backend!r}. Pass one of {known}.")
        # Neither is needed for anything else, and a training script should start at once.
        import narwhals as nw
        import pyarrow as pa

        cube = self._cube
        order = np.lexsort((cube.predicted, cube.actual, cube.epoch_index))
        names = pa.array(self.classes, pa.string())

        def named(indices: NDArray[np.integer]) -> pa.DictionaryArray:
            return pa.DictionaryArray.from_arrays(indices[order].astype(np.int32), names)

        table = pa.table(
            {
                "epoch": cube.epochs[cube.epoch_index[order]],
                "actual": named(cube.actual),
                "predicted": named(cube.predicted),
                "count": cube.count[order],
            }
        )
        try:
            return nw.from_arrow(table, backend=backend).to_native()
        except ImportError:
            raise ConfusionFlowError(
                f"{backend} is not installed. Install it, or pass backend='pyarrow'."
            ) from None

    def _shown(self) -> Shown:
        run = self.run.stored
        return Shown(run.filesystem, f"series={run.address}.{self.id}.0")

    def __repr__(self) -> str:
        epochs = f"{len(self.epochs)} epochs"
        if len(self.epochs) > 0:
            epochs += f" {self.epochs[0]} to {self.epochs[-1]}"
        return f"Series({self.run.name!r} {self.name!r}, {epochs}, {len(self.classes)} classes)"
