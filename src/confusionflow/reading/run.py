"""One run: its splits, and every number of every epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import averages, metrics
from confusionflow.analysis.averages import Average, ClassMetric
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.normalize import Normalization
from confusionflow.analysis.normalize import normalize as _normalize
from confusionflow.analysis.tree import Tree, given_tree
from confusionflow.errors import (
    AttemptNotFoundError,
    DamagedFileError,
    NoSamplesError,
    SplitNotFoundError,
)
from confusionflow.log.notebook import InNotebook, Shown
from confusionflow.reading.by_name import ByName, listed
from confusionflow.reading.features import Features
from confusionflow.reading.findings.finding import Findings
from confusionflow.reading.findings.of_run import findings_of_run, findings_of_series
from confusionflow.reading.frames import Backend, counts_frame, native
from confusionflow.reading.instances import (
    Instances,
    Only,
    Passing,
    cells_of,
    label_errors_table,
    scores_table,
)
from confusionflow.reading.measured import Measured, measured, minus
from confusionflow.reading.predictions import Predictions, collect
from confusionflow.reading.samples import samples_of
from confusionflow.store import Problem, StoredRun, StoredSplit
from confusionflow.store.format.file_names import run_folder
from confusionflow.store.scalars import Scalar


class LoggedRun(InNotebook, ByName["Series"]):
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
    def background(self) -> str | None:
        """Name of the class that means "no object" in a detector's matrices, or None."""
        return self.stored.background

    @property
    def scalars(self) -> dict[str, Scalar]:
        """Numbers beside the epochs by name: each has `epochs` and `values`."""
        return self.stored.read_scalars()

    @property
    def directory(self) -> str:
        """The log directory that holds the run."""
        files = self.stored.filesystem
        return files.directory_of(run_folder(self.stored.id)) or files.root

    @property
    def created_at(self) -> datetime:
        """When the run began, UTC."""
        return self.stored.created_at

    @property
    def tree(self) -> Tree | None:
        """The groups in which the run's classes were declared; None if there are none."""
        return given_tree(self.stored.classes, self.stored.groups, self.stored.parents)

    @property
    def dropped(self) -> dict[str, tuple[int, ...]]:
        """Epochs that the training logged but that could not be written, by split, increasing."""
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
        """The run as it was before a later attempt began to hide its epochs.

        Arguments:
            number: One of `attempts`.

        Raises:
            ConfusionFlowError: there is no such attempt.
        """
        if number not in self.attempts or self.stored.read_attempt is None:
            raise AttemptNotFoundError(number, self.name, self.attempts)
        return LoggedRun(self.stored.read_attempt(number))

    def findings(
        self,
        *,
        baseline: LoggedRun | None = None,
        epochs: tuple[int, int] | None = None,
        groups: Mapping[Any, Any] | None = None,
        exploratory: bool = False,
    ) -> Findings:
        """Find what the run shows: between its splits, over time, in its data.

        While the run continues, no finding is above "likely".

        Arguments:
            baseline: Another run, whose splits of the same names are compared with this run's.
            epochs: First and last epoch of comparisons; None for the last quarter of the shared
                epochs, ten at least.
            groups: Group (patient, video) of each instance id, to keep groups whole; None for those
                of the samples that were logged, if there are any. Pass {} for none.
            exploratory: Mark findings as of epochs that were picked by eye. It changes no level.

        Examples:
            >>> import tempfile, confusionflow as cf
            >>> log_dir = tempfile.mkdtemp()
            >>> with cf.Run(log_dir, name="demo", classes=["cat", "dog"]) as run:
            ...     run.log_matrix(0, "test", [[95, 5], [10, 90]])
            ...     run.log_matrix(0, "new", [[60, 40], [10, 90]])
            >>> found = cf.open_logs(log_dir)["demo"].findings()
            >>> print(found[0].headline)
            Class cat is recognised less often in new than in test: recall 95.0 % → 60.0 %.
            >>> found.to_frame()["level"].tolist()[0]
            'certain'
        """
        return findings_of_run(
            self, baseline=baseline, epochs=epochs, groups=groups, exploratory=exploratory
        )

    def __getitem__(self, split: str) -> Series:
        if split not in self.stored.splits:
            raise SplitNotFoundError(split, self)
        return Series(self.stored.splits[split], self)

    def __iter__(self) -> Iterator[str]:
        return iter(self.stored.splits)

    def __len__(self) -> int:
        return len(self.stored.splits)

    def _shown(self) -> Shown:
        return Shown(self.stored.filesystem, f"run={self.stored.api_id}")

    def __repr__(self) -> str:
        return f"LoggedRun({self.name!r}, {self.state}, splits {listed(self)})"


class Series(InNotebook):
    """One split of one run: every number of every epoch.

    A series does not change: it holds what was logged when it was looked up. Look it up again to
    follow a training. Arrays have epochs first and rows are actual; 0/0 is NaN.
    """

    def __init__(self, stored: StoredSplit, run: LoggedRun) -> None:
        self.stored = stored
        self.run = run

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
        """Ranks whose part of an epoch is here, shape (epochs,)."""
        return self.stored.rank_count()

    @property
    def world_size(self) -> NDArray[np.int64]:
        """Ranks that should have logged an epoch, shape (epochs,); 1 for a single process."""
        return self.stored.world_size()

    @property
    def coverage(self) -> NDArray[np.float64]:
        """Ranks whose part of an epoch is here, as a share of all, shape (epochs,)."""
        return self.rank_count / self.world_size

    @property
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

    def predictions(self) -> Predictions:
        """The predictions of every instance at every epoch, exactly those that are counted.

        Raises:
            NoPredictionsError: the split was logged as matrices.
            InstancesError: it was logged without ids, and instances changed.
        """
        return collect(self.name, self.classes, self.stored.instances())

    def instances(
        self,
        actual: str | Iterable[str] | None = None,
        predicted: str | Iterable[str] | None = None,
        epochs: tuple[int, int] | None = None,
        *,
        only: Only = "all",
        passing: Passing = "ever",
        samples: bool = False,
        backend: Backend = "pandas",
    ) -> Any:
        """A table of the instances that are in some cells, those that are there longest first.

        Its columns: `instance`, `actual`, `share` of the epochs in which they are in the cells,
        `first` and `last` epoch of these, `passage` (they "came", "stayed", "left", or "passed"
        through), and the scores over the range.

        Arguments:
            actual, predicted: A class or several; None for all.
            epochs: First and last epoch, both included; None for all.
            only: "wrong" for instances of cells off the diagonal, "right" for those on it.
            passing: "ever" in the cells, "half" of the epochs, "came", "stayed", "left", "passed".
            samples: Add text, group and columns of each, as `samples` has them.
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            ArgumentError: there is no such class or word.
            NoSamplesError: samples are asked for, and none were logged.
            NoPredictionsError: the split was logged as matrices.
            InstancesError: it was logged without ids, and instances changed.
        """
        cells = cells_of(self.classes, actual, predicted, epochs, only, passing)
        found = Instances(self.predictions(), cells, passing).table()
        by_share = [("share", "descending"), ("instance", "ascending")]
        return self._native(found.sort_by(by_share), backend, samples=samples)

    def samples(self, *, images: bool = False, backend: Backend = "pandas") -> Any:
        """A table of what instances look like: `instance`, `text`, `group` and further columns.

        Instances whose predictions were never logged are in it as well.

        Arguments:
            images: Add the column `image`: the bytes of a WebP or PNG file, a thumbnail.
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            NoSamplesError: none were logged, or the run was copied without them.
        """
        return native(samples_of(self.stored).frame(images=images), backend)

    def sample_groups(self, ids: NDArray[Any]) -> NDArray[Any] | None:
        """The group of some instances, as `Run.log_samples` kept it; None if there are no groups.

        Arguments:
            ids: What identifies them, shape (instances,).

        Returns:
            Text as objects, shape (instances,); None for an instance without a group.
        """
        try:
            samples = samples_of(self.stored)
        except (NoSamplesError, DamagedFileError):
            return None
        if "group" not in samples.table.column_names:
            return None
        return samples.values("group", samples.find(ids))

    def _native(self, table: Any, backend: Backend, *, samples: bool) -> Any:
        return native(samples_of(self.stored).beside(table) if samples else table, backend)

    def features(self, layer: str | None = None) -> Features:
        """What a layer of the model says of the instances: `Run.log_features` keeps it.

        Arguments:
            layer: Name of the layer; None for the one that was logged first.

        Raises:
            NoFeaturesError: there are no features, or none of that layer.

        Examples:
            >>> import tempfile, confusionflow as cf, numpy as np
            >>> logs = tempfile.mkdtemp()
            >>> actual = np.arange(60) % 2
            >>> features = np.stack([actual * 4.0, np.arange(60) % 7], axis=1)
            >>> with cf.Run(logs, name="demo", classes=["cat", "dog"]) as run:
            ...     for epoch in range(2):
            ...         run.log(epoch, "test", y_true=actual, y_pred=actual ^ (np.arange(60) < 12))
            ...         run.log_features(epoch, "test", features * (1 + epoch), layer="pool")
            >>> pool = cf.open_logs(logs)["demo"]["test"].features()
            >>> pool
            Features('pool', 2 epochs)
            >>> pool.separation("cat", "dog").round(1), pool.nearest()
            (array([2., 2.]), array([1., 1.]))
            >>> pool.change().before.round(3)
            array([nan,  1.])
            >>> pool.plane("cat", "dog").points.shape
            (2, 60, 2)
            >>> [row.predicted for row in pool.units(1, [("cat", "dog")]).rows]
            ['dog']
        """
        return Features(self.stored, layer)

    def scores(
        self,
        epochs: tuple[int, int] | None = None,
        *,
        samples: bool = False,
        backend: Backend = "pandas",
    ) -> Any:
        """A table of all instances and how they behaved: `instance`, `actual` and the scores.

        Arguments:
            epochs: First and last epoch, both included; None for all.
            samples: Add text, group and columns of each, as `samples` has them.
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            NoPredictionsError: the split was logged as matrices.
            NoSamplesError: samples are asked for, and none were logged.
            InstancesError: it was logged without ids, and instances changed.
        """
        return self._native(scores_table(self.predictions(), epochs), backend, samples=samples)

    def possible_label_errors(
        self,
        most: int | None = None,
        *,
        by: str = "suspicious_label",
        epochs: tuple[int, int] | None = None,
        samples: bool = False,
        backend: Backend = "pandas",
    ) -> Any:
        """A table of instances whose label may be wrong, the likeliest first.

        Its columns: `instance`, `actual`, `suggested` (the class that it is mostly taken for) and
        `score`. Of data that the model was trained on it finds less: the model has seen them.

        Arguments:
            most: How many at most; None for all that were ever taken for another class.
            by: "suspicious_label", "hard", "outlier", "aum", or cleanlab's "self_confidence" or
                "normalized_margin", whose mean over the epochs is taken.
            epochs: First and last epoch, both included; None for all.
            samples: Add text, group and columns of each, as `samples` has them.
            backend: Which library's table to return: "pandas", "polars" or "pyarrow".

        Raises:
            NoSamplesError: samples are asked for, and none were logged.
            ArgumentError: there is no such score, or it needs what was not logged.
            NoPredictionsError: the split was logged as matrices.
            InstancesError: it was logged without ids, and instances changed.
        """
        found = label_errors_table(self.predictions(), by, epochs, most)
        return self._native(found, backend, samples=samples)

    def support(self) -> NDArray[np.int64]:
        """Instances of each actual class, shape (epochs, classes)."""
        return metrics.support(self._cube)

    def precision(self, average: Average | None = None) -> NDArray[np.float64]:
        """TP / (TP + FP), shape (epochs, classes).

        Arguments:
            average: "macro" or "weighted" for their average, shape (epochs,), as scikit-learn's:
                over classes that are there or predicted, where what is undefined counts as 0.
        """
        return self._averaged(metrics.precision, average)

    def recall(self, average: Average | None = None) -> NDArray[np.float64]:
        """TP / (TP + FN), shape (epochs, classes); or their `average`, as for precision."""
        return self._averaged(metrics.recall, average)

    def f1(self, average: Average | None = None) -> NDArray[np.float64]:
        """2TP / (2TP + FP + FN), shape (epochs, classes); or their `average`, as for precision."""
        return self._averaged(metrics.f1, average)

    def balanced_accuracy(self) -> NDArray[np.float64]:
        """Mean recall of the classes that are there, shape (epochs,)."""
        return averages.balanced_accuracy(self._cube)

    def matthews(self) -> NDArray[np.float64]:
        """Matthews' correlation coefficient, from -1 to 1, shape (epochs,)."""
        return averages.matthews(self._cube)

    def kappa(self) -> NDArray[np.float64]:
        """Cohen's kappa, shape (epochs,): 0 for what chance gives, 1 if all are right."""
        return averages.kappa(self._cube)

    def _averaged(self, metric: ClassMetric, average: Average | None) -> NDArray[np.float64]:
        if average is None:
            return metric(self._cube)
        return averages.average(self._cube, metric, average)

    def accuracy(self) -> NDArray[np.float64]:
        """Correct share of all instances, shape (epochs,)."""
        return metrics.accuracy(self._cube)

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

    def findings(
        self,
        other: Series | None = None,
        *,
        epochs: tuple[int, int] | None = None,
        other_epochs: tuple[int, int] | None = None,
        groups: Mapping[Any, Any] | None = None,
        exploratory: bool = False,
    ) -> Findings:
        """Find what the series shows over time and in its data, or what another has more or less.

        Arguments:
            other: Another series, such as another split of the run: effects are other - this.
            epochs: First and last epoch of the comparison; None for the last quarter of the shared
                epochs, ten at least.
            other_epochs: Another range for `other`, to compare two windows.
            groups: Group (patient, video) of each instance id, to keep groups whole; None for those
                of the samples that were logged, if there are any. Pass {} for none.
            exploratory: Mark findings as of epochs that were picked by eye. It changes no level.

        Raises:
            EpochError: the two share no epoch in the range.
        """
        return findings_of_series(
            self,
            other,
            epochs=epochs,
            other_epochs=other_epochs,
            groups=groups,
            exploratory=exploratory,
        )

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

    def _line(self, measure: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
        return self.epochs, measured(self._cube, measure)

    def _shown(self) -> Shown:
        run = self.run.stored
        return Shown(run.filesystem, f"series={run.api_id}.{self.id}.0")

    def __repr__(self) -> str:
        epochs = f"{len(self.epochs)} epochs"
        if len(self.epochs) > 0:
            epochs += f" {self.epochs[0]} to {self.epochs[-1]}"
        return f"Series({self.run.name!r} {self.name!r}, {epochs}, {len(self.classes)} classes)"
