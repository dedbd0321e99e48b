"""Read a log directory, without ever writing to it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

from cachetools import LRUCache

from confusionflow.errors import AttemptNotFoundError, LogDirectoryError, RunNotFoundError
from confusionflow.store.cache import Cache
from confusionflow.store.format import file_names
from confusionflow.store.listing.overview import RunOverview, overview_of
from confusionflow.store.listing.overviews import Overviews
from confusionflow.store.places.filesystem import in_parallel
from confusionflow.store.places.kept import KeptFiles
from confusionflow.store.places.open import LogDirectories, open_filesystem
from confusionflow.store.problem import Problem
from confusionflow.store.run import StoredRun, read_run
from confusionflow.store.run_listing import RunListing, Tree, list_run, scan_run
from confusionflow.store.strays import find_strays

# How many runs that ended are kept in memory at most.
KEPT_RUNS = 64
# Limit of the joined counts of ranks in the user's cache folder.
MOST_JOINED_BYTES = 512 << 20


class Store:
    """The runs of a log directory, looked up at each call.

    Arguments:
        log_dir: The log directory, or a list of several.
    """

    def __init__(self, log_dir: LogDirectories) -> None:
        self.filesystem = open_filesystem(log_dir)
        self._cache = Cache(kept=KeptFiles("joined", self.filesystem, MOST_JOINED_BYTES))
        self._overviews = Overviews(self.filesystem, self._cache)
        self._older: dict[str, tuple[RunOverview, tuple[RunOverview, ...]]] = {}
        # Pages ask for all splits of a run at once, and ten thousand epochs take a while.
        self._runs: LRUCache[tuple[str, int | None], tuple[Tree, StoredRun]] = LRUCache(KEPT_RUNS)
        self._lock = threading.Lock()

    def check_exists(self) -> None:
        """Check that the log directory exists.

        Raises:
            LogDirectoryError: there is no such folder.
            ObjectStoreError: the object store refuses, or can't be reached.
        """
        self.run_ids()

    def runs(self) -> list[StoredRun]:
        """All runs, oldest first.

        Raises:
            LogDirectoryError: there is no such folder.
            ObjectStoreError: the object store refuses, or can't be reached.
        """
        now_s = time.time()

        def read(run_id: str) -> StoredRun | None:
            listing = self._list(run_id, scan_run(self.filesystem, run_id))
            if not (listing.attempts or listing.splits):
                return None
            return read_run(self.filesystem, run_id, listing, self._cache, now_s)

        runs = [run for run in in_parallel(self.filesystem, read, self.run_ids()) if run]
        return sorted(runs, key=lambda run: (run.created_at, run.id))

    def run(self, run_id: str, attempt: int | None = None) -> StoredRun:
        """Return the run with that id.

        Arguments:
            run_id: Id of the run.
            attempt: An earlier attempt, to see the run as it was before a later one began; None for
                the run as it is.

        Raises:
            RunNotFoundError: there is no such run.
            AttemptNotFoundError: it has no such attempt.
        """
        known = self.run_ids()
        if run_id not in known:
            raise RunNotFoundError(run_id, known)
        tree = scan_run(self.filesystem, run_id)
        with self._lock:
            kept_tree, kept = self._runs.get((run_id, attempt), (None, None))
        is_whole = kept and not (
            kept.problems or self._cache.damaged(file_names.run_folder(run_id))
        )
        if kept and is_whole and kept_tree == tree:
            return kept
        listing = self._list(run_id, tree)
        run = read_run(self.filesystem, run_id, listing, self._cache, time.time(), attempt)
        if attempt is not None and attempt not in run.attempts:
            raise AttemptNotFoundError(attempt, run.name, run.attempts)
        if run.state == "finished":
            with self._lock:
                self._runs[run_id, attempt] = tree, run
        return run

    @property
    def problems(self) -> list[Problem]:
        """Files of all runs that could not be read, and renamed folders, with the reason."""
        return [problem for run in self.runs() for problem in run.problems] + self.strays()

    def strays(self) -> list[Problem]:
        """Folders of runs that are not listed because they were renamed, and what to do.

        Raises:
            OSError: the log directory can't be listed.
        """
        return find_strays(self.filesystem, self._cache)

    def overviews(self) -> list[RunOverview]:
        """Describe each run, oldest first; with many runs this is much cheaper than `runs`.

        Raises:
            LogDirectoryError: there is no such folder.
            ObjectStoreError: the object store refuses, or can't be reached.
        """
        return self._overviews.of(self.run_ids())

    def overviews_of_attempts(self) -> list[RunOverview]:
        """Like `overviews`, with the older attempts of each resumed run before it."""
        found: list[RunOverview] = []
        for overview in self.overviews():
            known, shown = self._older.get(overview.id, (None, ()))
            if known is not overview:
                shown = self._attempts_of(overview)
                self._older[overview.id] = (overview, shown)
            found += shown
        return found

    def _attempts_of(self, overview: RunOverview) -> tuple[RunOverview, ...]:
        """Overviews of a run's older attempts, and of the run as it is."""
        try:
            older = [
                overview_of(self.run(overview.id, attempt)) for attempt in overview.attempts[:-1]
            ]
        except RunNotFoundError:  # it was removed a moment ago
            older = []
        except AttemptNotFoundError as error:
            # Its summary names an attempt that has no file.
            problem = Problem(file_names.run_folder(overview.id), str(error))
            return (replace(overview, problems=(*overview.problems, problem)),)
        return (*older, overview)

    def refresh(self) -> frozenset[str]:
        """Ids of runs that changed since the last call, as `Overviews.changed` finds them.

        Returns nothing while the log directory is missing or unreadable: it may come back.
        """
        self._cache.read_again()
        try:
            return self._overviews.changed(self.run_ids())
        except OSError:
            return frozenset()

    def run_ids(self) -> list[str]:
        """Ids of the folders that may hold a run, sorted."""
        try:
            names = self.filesystem.scan("").folders
        except LogDirectoryError:
            raise
        except NotADirectoryError:
            raise LogDirectoryError(self.filesystem.root, "This is not a folder:") from None
        except FileNotFoundError:
            raise LogDirectoryError(self.filesystem.root) from None
        return sorted(run_id for name in names if (run_id := file_names.parse_run_folder(name)))

    def _list(self, run_id: str, tree: Tree) -> RunListing:
        return list_run(self.filesystem, run_id, tree, self._cache)
