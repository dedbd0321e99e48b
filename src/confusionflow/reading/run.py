"""One run and its series: its splits, with every number of every epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from confusionflow.analysis.tree import Tree, given_tree
from confusionflow.errors import AttemptNotFoundError, SplitNotFoundError
from confusionflow.log.notebook import InNotebook, Shown
from confusionflow.reading.by_name import ByName, listed
from confusionflow.reading.findings.finding import Findings
from confusionflow.reading.findings.of_run import findings_of_run, findings_of_series
from confusionflow.reading.split_instances import SplitInstances
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
        """Numbers of this run's trainings, from 0; each one after that resumed the run."""
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
                epochs, at least ten.
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


class Series(SplitInstances, InNotebook):
    """One split of one run: every number of every epoch.

    A series does not change: it holds what was logged when it was looked up. Look it up again to
    follow a training. Arrays have epochs first and rows are actual; 0/0 is NaN.
    """

    def __init__(self, stored: StoredSplit, run: LoggedRun) -> None:
        super().__init__(stored)
        self.run = run

    def findings(
        self,
        other: Series | None = None,
        *,
        epochs: tuple[int, int] | None = None,
        other_epochs: tuple[int, int] | None = None,
        groups: Mapping[Any, Any] | None = None,
        exploratory: bool = False,
    ) -> Findings:
        """Find what the series shows over time and in its data, or how another differs from it.

        Arguments:
            other: Another series, such as another split of the run: effects are other - this.
            epochs: First and last epoch of the comparison; None for the last quarter of the shared
                epochs, at least ten.
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

    def _shown(self) -> Shown:
        run = self.run.stored
        return Shown(run.filesystem, f"series={run.api_id}.{self.id}.0")

    def __repr__(self) -> str:
        epochs = f"{len(self.epochs)} epochs"
        if len(self.epochs) > 0:
            epochs += f" {self.epochs[0]} to {self.epochs[-1]}"
        return f"Series({self.run.name!r} {self.name!r}, {epochs}, {len(self.classes)} classes)"
