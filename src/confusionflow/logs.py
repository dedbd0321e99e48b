"""Reading logs: runs, their splits, and every number of a series."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import numpy as np

from confusionflow.analysis import metrics
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.normalize import Normalization
from confusionflow.analysis.normalize import normalize as _normalize
from confusionflow.analysis.tree import Tree, given_tree
from confusionflow.errors import (
    AttemptNotFoundError,
    ConfusionFlowError,
    RunNotFoundError,
    SplitNotFoundError,
)
from confusionflow.folded import FoldedSeries, fold_series, minus
from confusionflow.notebook import InNotebook
from confusionflow.store import Store
from confusionflow.store.layout import given_run_id

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from confusionflow.store import Problem, StoredRun, StoredSplit
    from confusionflow.widget import Widget

V = TypeVar("V")
Backend = Literal["pandas", "polars", "pyarrow"]


def open_logs(log_dir: str | os.PathLike[str]) -> Logs:
    """Open a log directory for reading; nothing in it is ever written.

    Arguments:
        log_dir: The folder that runs were logged into, or an address such as "s3://bucket/logs".

    Raises:
        ConfusionFlowError: there is no such folder, or the object store refuses.

    Examples:
        >>> import tempfile, confusionflow as cf
        >>> log_dir = tempfile.mkdtemp()
        >>> with cf.Run(log_dir, name="demo", classes=["cat", "dog"]) as run:
        ...     run.log(0, "test", y_true=["cat", "cat", "dog"], y_pred=["cat", "dog", "dog"])
        >>> test = open_logs(log_dir)["demo"]["test"]
        >>> test.confusion()
        array([[[1, 1],
                [0, 1]]])
        >>> test.recall()
        array([[0.5, 1. ]])
    """
    store = Store(log_dir)
    store.check()  # a missing folder is to be named here, not at some later line
    return Logs(store)


class _Names(Mapping[str, V]):
    """A mapping whose errors help where KeyError would only repeat the key."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or `default` where there is none."""
        try:
            return self[key]
        except LookupError:
            return default

    def __contains__(self, key: object) -> bool:
        return any(key == name for name in self)


def _ids(key: object) -> tuple[object, ...]:
    """Ids that a run may have whose user calls it so."""
    return (key, given_run_id(key)) if isinstance(key, str) else (key,)


class Logs(InNotebook, _Names["LoggedRun"]):
    """The runs of a log directory, by name (the newest of that name) or by id.

    Runs and epochs that are logged later are there at the next look. Iterating gives each name
    once; `runs` has every run.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def runs(self) -> list[LoggedRun]:
        """All runs, oldest first."""
        return [LoggedRun(run) for run in self._store.runs()]

    @property
    def problems(self) -> list[Problem]:
        """Files of the log directory that could not be read, and why."""
        return list(self._store.problems)

    def __getitem__(self, key: str) -> LoggedRun:
        """The newest run named `key`, or the run whose id is `key`, as made or as given."""
        runs = self._store.runs()
        for run in reversed(runs):
            if run.name == key:
                return LoggedRun(run)
        for run in runs:
            if run.id in _ids(key):
                return LoggedRun(run)
        raise RunNotFoundError(key, self)

    def __contains__(self, key: object) -> bool:
        ids = _ids(key)
        return any(key == run.name or run.id in ids for run in self._store.runs())

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(run.name for run in self._store.runs()))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def fold(self, split: str, over: Sequence[str]) -> list[FoldedSeries]:
        """Fold a split of all runs that have it over keys of their configs, such as ["seed"].

        Arguments:
            split: Name of the split.
            over: Keys in which the runs of one folded series may differ.

        Returns:
            A folded series for each combination of all other keys, in the order of the first run.

        Examples:
            >>> import tempfile, confusionflow as cf
            >>> log_dir = tempfile.mkdtemp()
            >>> for seed, right in ((0, 8), (1, 6)):
            ...     config = {"lr": 0.1, "seed": seed}
            ...     with cf.Run(log_dir, "demo", config, classes=["cat", "dog"]) as run:
            ...         run.log_matrix(0, "test", [[right, 10 - right], [0, 10]])
            >>> [folded] = open_logs(log_dir).fold("test", over=["seed"])
            >>> folded.config, len(folded.runs), folded.of("recall").mean
            ({'lr': 0.1}, 2, array([[0.7, 1. ]]))
        """
        return fold_series(self.runs, split, over)

    def _make_widget(self) -> Widget:
        from confusionflow.widget import Widget

        return Widget(self._store.filesystem)

    def __repr__(self) -> str:
        return f"Logs({_listed(self)})"


class LoggedRun(InNotebook, _Names["Series"]):
    """One run: its splits by name, in the order in which they were first logged."""

    def __init__(self, stored: StoredRun) -> None:
        self.stored = stored

    @property
    def id(self) -> str:
        """Unique, and sortable by the time at which the run began."""
        return self.stored.id

    @property
    def name(self) -> str:
        """What the run was called; several runs may have one name."""
        return self.stored.name

    @property
    def config(self) -> dict[str, Any]:
        """Hyperparameters as they were logged."""
        return dict(self.stored.config)

    @property
    def state(self) -> str:
        """One of "running", "finished", and "stopped" for a run that died."""
        return self.stored.state

    @property
    def time_unit(self) -> str:
        """What the time axis counts: "epoch", "step", "round" or another word."""
        return self.stored.time_unit

    @property
    def created_at(self) -> datetime:
        """When the run began, UTC."""
        return self.stored.created_at

    @property
    def tree(self) -> Tree | None:
        """The groups that the run's classes were declared in; None where there are none."""
        return given_tree(self.stored.classes, self.stored.groups, self.stored.parents)

    @property
    def dropped(self) -> dict[str, tuple[int, ...]]:
        """Epochs that the training logged and that could not be written, by split, increasing."""
        return dict(self.stored.dropped)

    @property
    def problems(self) -> list[Problem]:
        """Files of this run that could not be read, and why."""
        return list(self.stored.problems)

    @property
    def attempts(self) -> tuple[int, ...]:
        """Numbers of the trainings of this run, from 0; it was resumed once for each beyond it."""
        return self.stored.attempts

    def attempt(self, number: int) -> LoggedRun:
        """The run as it stood before a later attempt than this began to hide its epochs.

        Arguments:
            number: One of `attempts`.

        Raises:
            ConfusionFlowError: there is no such attempt.
        """
        if number not in self.attempts or self.stored.read_attempt is None:
            raise AttemptNotFoundError(number, self.name, self.attempts)
        return LoggedRun(self.stored.read_attempt(number))

    def __getitem__(self, split: str) -> Series:
        if split not in self.stored.splits:
            raise SplitNotFoundError(split, self)
        return Series(self.stored.splits[split], self)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored.splits)

    def __len__(self) -> int:
        return len(self.stored.splits)

    def _make_widget(self) -> Widget:
        from confusionflow.widget import Widget

        return Widget(self.stored.filesystem, view=f"run={self.stored.address}")

    def __repr__(self) -> str:
        return f"LoggedRun({self.name!r}, {self.state}, splits {_listed(self)})"


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
            ConfusionFlowError: there is no such measure.
        """
        return minus(self, baseline, measure)

    def to_frame(self, backend: Backend = "pandas") -> Any:
        """A long table with the columns epoch, actual, predicted, count.

        Class names are categories in the declared order. A cell that is zero in an epoch has no
        row. Rows are sorted by epoch, actual, predicted.

        Arguments:
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            ConfusionFlowError: there is no such backend, or it is not installed.
        """
        if backend not in get_args(Backend):
            known = ", ".join(map(repr, get_args(Backend)))
            raise ConfusionFlowError(f"No backend {backend!r}. Pass one of {known}.")
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

    def export(self, path: str | os.PathLike[str], **options: Any) -> None:
        """Write the interactive page with this series into one HTML file.

        Arguments:
            path: The file to write.
            options: `title`, `epochs`, `classes`, `view`, as for
                `confusionflow.exporters.report.export_report`, which takes several series.
        """
        # The server's part in it takes time to load.
        from confusionflow.exporters.report import export_report

        export_report([self], path, **options)

    def _make_widget(self) -> Widget:
        from confusionflow.widget import Widget

        run = self.run.stored
        return Widget(run.filesystem, view=f"series={run.address}.{self.id}.0")

    def __repr__(self) -> str:
        epochs = f"{len(self.epochs)} epochs"
        if len(self.epochs) > 0:
            epochs += f" {self.epochs[0]} to {self.epochs[-1]}"
        return f"Series({self.run.name!r} {self.name!r}, {epochs}, {len(self.classes)} classes)"


def _listed(names: Mapping[str, object]) -> str:
    """Some names for a repr."""
    shown = [repr(name) for name in names]
    if len(shown) > 8:
        shown = [*shown[:6], "…", shown[-1]]
    return f"[{', '.join(shown)}]"
