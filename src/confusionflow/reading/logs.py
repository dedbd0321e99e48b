"""Reads logs: a log directory's runs, and their splits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from confusionflow.errors import RunNotFoundError
from confusionflow.log.notebook import InNotebook, Shown
from confusionflow.reading.by_name import ByName, listed
from confusionflow.reading.folded import FoldedSeries, fold_series
from confusionflow.reading.run import LoggedRun
from confusionflow.store import Problem, Store
from confusionflow.store.format.ids import given_run_id


def open_logs(log_dir: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> Logs:
    """Open a log directory for reading; it is never written to.

    Arguments:
        log_dir: The folder that runs were logged into, or an address such as "s3://bucket/logs"; or
            a list of these, whose runs are then shown together.

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
    store.check_exists()  # so that a missing folder is named here, and not at some later line
    return Logs(store)


def _ids(key: object) -> tuple[object, ...]:
    """Return the ids that a run may have if its user gave it this id."""
    return (key, given_run_id(key)) if isinstance(key, str) else (key,)


class Logs(InNotebook, ByName[LoggedRun]):
    """The runs of a log directory, by name (the newest of that name) or by id.

    Runs and epochs that are logged later appear at the next lookup. Iterating gives each name
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
        # Overviews are cheap among thousands of runs; then only one run is read.
        overviews = self._store.overviews()
        named = [run.id for run in overviews if run.name == key]
        for run_id in named[-1:] or [run.id for run in overviews if run.id in _ids(key)]:
            return LoggedRun(self._store.run(run_id))
        raise RunNotFoundError(key, self)

    def __contains__(self, key: object) -> bool:
        ids = _ids(key)
        return any(key == run.name or run.id in ids for run in self._store.overviews())

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(run.name for run in self._store.overviews()))

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
            ConfusionFlowError: no run has the split, or `over` is not a list.

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
        return f"Logs({listed(self)})"
