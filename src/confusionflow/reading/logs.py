"""Reading logs: a log directory's runs, and their splits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from confusionflow.analysis.tree import Tree, given_tree
from confusionflow.errors import AttemptNotFoundError, RunNotFoundError, SplitNotFoundError
from confusionflow.log.notebook import InNotebook, Shown
from confusionflow.reading.folded import FoldedSeries, fold_series
from confusionflow.reading.series import Series
from confusionflow.store import Store
from confusionflow.store.format.file_names import given_run_id

if TYPE_CHECKING:
    from confusionflow.store import Problem, StoredRun

__all__ = ["LoggedRun", "Logs", "Series", "open_logs"]

V = TypeVar("V")


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

        Raises:
            ConfusionFlowError: no run has the split, or `over` is no list.

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

    def _shown(self) -> Shown:
        return Shown(self._store.filesystem)

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

    def _shown(self) -> Shown:
        return Shown(self.stored.filesystem, f"run={self.stored.address}")

    def __repr__(self) -> str:
        return f"LoggedRun({self.name!r}, {self.state}, splits {_listed(self)})"


def _listed(names: Mapping[str, object]) -> str:
    """Some names for a repr."""
    shown = [repr(name) for name in names]
    if len(shown) > 8:
        shown = [*shown[:6], "…", shown[-1]]
    return f"[{', '.join(shown)}]"
