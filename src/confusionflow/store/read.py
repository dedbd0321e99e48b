"""Reads a log directory, and never writes to it."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace

from cachetools import LRUCache

from confusionflow.errors import (
    AttemptNotFoundError,
    DamagedFileError,
    LogDirectoryError,
    ObjectStoreError,
    RunNotFoundError,
)
from confusionflow.store.cache import Cache
from confusionflow.store.format import file_names
from confusionflow.store.format.file_names import AttemptFile, DataFile, PackedFile
from confusionflow.store.listing.index import OverviewIndex
from confusionflow.store.listing.overview import RunOverview, overview_of, read_summary
from confusionflow.store.packed import read_index
from confusionflow.store.places.filesystem import (
    EXHAUSTED,
    FileSystem,
    Folder,
    in_parallel,
    join,
)
from confusionflow.store.places.open import open_filesystem
from confusionflow.store.rename import name_files
from confusionflow.store.run import RunListing, StoredRun, read_run
from confusionflow.store.split_files import Problem
from confusionflow.store.strays import find_strays

# How long, and for how many runs at least, each call of `refresh` looks at those that ended.
QUIET_S = 0.03
FEW_RUNS = 64
# Runs that ended and were asked for lately.
KEPT_RUNS = 64


class Store:
    """The runs of a log directory, looked up at each call.

    Arguments:
        log_dir: The log directory.
    """

    def __init__(self, log_dir: str | os.PathLike[str] | FileSystem) -> None:
        self.filesystem = open_filesystem(log_dir)
        self._cache = Cache()
        self._seen: dict[str, RunOverview | None] = {}
        self._next_quiet = 0
        self._overviews: dict[str, tuple[dict[str, Folder], tuple[str, ...], RunOverview]] = {}
        self._index = OverviewIndex(self.filesystem)
        self._older: dict[str, tuple[RunOverview, tuple[RunOverview, ...]]] = {}
        # Pages ask for all splits of a run at once, and of ten thousand epochs it takes a while.
        self._runs: LRUCache[tuple[str, int | None], tuple[dict[str, Folder], StoredRun]]
        self._runs = LRUCache(KEPT_RUNS)
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
        listings = self._listings()
        now_s = time.time()

        def read(run_id: str) -> StoredRun:
            return read_run(self.filesystem, run_id, listings[run_id], self._cache, now_s)

        shown = [run_id for run_id, found in listings.items() if found.attempts or found.splits]
        runs = in_parallel(self.filesystem, read, shown)
        return sorted(runs, key=lambda run: (run.created_at, run.id))

    def run(self, run_id: str, attempt: int | None = None) -> StoredRun:
        """Return the run with that id.

        Arguments:
            run_id: Id of the run.
            attempt: An earlier attempt, to see the run as it stood before a later one began;
                None: the run as it is.

        Raises:
            RunNotFoundError: there is no such run.
            AttemptNotFoundError: it has no such attempt.
        """
        known = self.run_ids()
        if run_id not in known:
            raise RunNotFoundError(run_id, known)
        tree = self._tree(run_id)
        with self._lock:
            kept_tree, kept = self._runs.get((run_id, attempt), (None, None))
        is_whole = kept and not (
            kept.problems or self._cache.damaged(file_names.run_folder(run_id))
        )
        if kept and is_whole and kept_tree == tree:
            return kept
        listing = self._listing_of(run_id, tree)
        run = read_run(self.filesystem, run_id, listing, self._cache, time.time(), attempt)
        if attempt is not None and attempt not in run.attempts:
            raise AttemptNotFoundError(attempt, run.name, run.attempts)
        if run.state == "finished":
            with self._lock:
                self._runs[run_id, attempt] = tree, run
        return run

    @property
    def problems(self) -> list[Problem]:
        """Files of all runs that could not be read, and folders that were renamed; and why."""
        return [problem for run in self.runs() for problem in run.problems] + self.strays()

    def strays(self) -> list[Problem]:
        """Folders of runs that are not listed because they were renamed, and what to do.

        Raises:
            OSError: the log directory can't be listed.
        """
        return find_strays(self.filesystem)

    def overviews(self) -> list[RunOverview]:
        """Describe each run, oldest first; with many runs this is much cheaper than `runs`.

        Raises:
            LogDirectoryError: there is no such folder.
            ObjectStoreError: the object store refuses, or can't be reached.
        """
        began_ns = time.time_ns()
        found = in_parallel(self.filesystem, self._overview, self.run_ids())
        shown = [overview for overview in found if overview]
        folders = {run_id: tree for run_id, (tree, _, _) in self._overviews.items()}
        self._index.keep(((run, folders.get(run.id, ())) for run in shown), began_ns)
        return sorted(shown, key=lambda run: (run.created_at, run.id))

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
            # Its summary names an attempt of which there is no file.
            problem = Problem(file_names.run_folder(overview.id), str(error))
            return (replace(overview, problems=(*overview.problems, problem)),)
        return (*older, overview)

    def refresh(self) -> frozenset[str]:
        """Ids of runs that changed since the last call: new files, an end, or a death.

        New and running runs are checked at every call. Finished runs seldom change: if there are
        very many, each call checks some of them, and a few calls check them all.

        Returns nothing while the log directory is missing or unreadable: it may come back.
        """
        self._cache.read_again()
        with self._lock:
            before = self._seen
        try:
            run_ids = self.run_ids()
            due = [run_id for run_id in run_ids if not _has_ended(before.get(run_id))]
            seen = dict(zip(due, in_parallel(self.filesystem, self._overview, due), strict=True))
            quiet = sorted(set(run_ids) - seen.keys())
            ends_s = time.monotonic() + QUIET_S
            first = self._next_quiet % len(quiet) if quiet else 0
            in_turn = quiet[first:] + quiet[:first]
            few = in_turn[:FEW_RUNS]
            seen |= zip(few, in_parallel(self.filesystem, self._overview, few), strict=True)
            for run_id in in_turn[FEW_RUNS:]:
                if time.monotonic() > ends_s:
                    break
                seen[run_id] = self._overview(run_id)
            self._next_quiet += len(seen) - len(due)
        except OSError:
            return frozenset()
        for run_id in quiet:
            seen.setdefault(run_id, before[run_id])
        with self._lock:
            changed = {run_id for run_id in seen if before.get(run_id) != seen[run_id]}
            changed |= before.keys() - seen.keys()
            self._seen = seen
        return frozenset(changed)

    def _overview(self, run_id: str) -> RunOverview | None:
        """The overview of a run, computed again if something in its folders changed."""
        damaged = tuple(self._cache.damaged(file_names.run_folder(run_id)))
        if run_id not in self._overviews and not damaged and (kept := self._index.get(run_id)):
            return kept
        try:
            tree = self.filesystem.scan_tree(file_names.run_folder(run_id))
        except ObjectStoreError:
            raise
        except OSError as error:
            if error.errno in EXHAUSTED and run_id in self._overviews:
                return self._overviews[run_id][2]
            return None
        known_tree, known_damaged, known = self._overviews.get(run_id, (None, (), None))
        is_same = known_tree == tree and known_damaged == damaged
        # A summary that is being copied may be whole at the next look.
        if known and known.state == "finished" and is_same and not _has_bad_summary(known):
            return known
        overview: RunOverview | None = None
        problems: list[Problem] = []
        if not damaged:
            overview, problems = read_summary(self.filesystem, run_id, tree)
        if overview is None:
            listing = self._listing_of(run_id, tree)
            if not (listing.attempts or listing.splits):
                return None
            run = read_run(self.filesystem, run_id, listing, self._cache, time.time())
            overview = overview_of(run)
            overview = replace(overview, problems=(*overview.problems, *problems))
            damaged = tuple(self._cache.damaged(file_names.run_folder(run_id)))
        if known == overview and known:
            overview = known
        self._overviews[run_id] = (tree, damaged, overview)
        return overview

    def run_ids(self) -> list[str]:
        """Ids of the folders that may hold a run, sorted."""
        try:
            names = self.filesystem.scan("").folders
        except NotADirectoryError:
            raise LogDirectoryError(self.filesystem.root, "This is not a folder:") from None
        except FileNotFoundError:
            raise LogDirectoryError(self.filesystem.root) from None
        return sorted(run_id for name in names if (run_id := file_names.parse_run_folder(name)))

    def _listings(self) -> dict[str, RunListing]:
        run_ids = self.run_ids()
        return dict(zip(run_ids, in_parallel(self.filesystem, self._listing, run_ids), strict=True))

    def _listing(self, run_id: str) -> RunListing:
        return self._listing_of(run_id, self._tree(run_id))

    def _tree(self, run_id: str) -> dict[str, Folder]:
        """A run's folders; none if another process removed it or denies access to it."""
        try:
            return self.filesystem.scan_tree(file_names.run_folder(run_id))
        except ObjectStoreError:
            raise
        except OSError as error:
            if error.errno in EXHAUSTED:
                raise
            return {}

    def _listing_of(self, run_id: str, folders: dict[str, Folder]) -> RunListing:
        if not folders:
            return RunListing((), {}, 0.0)
        path = file_names.run_folder(run_id)
        self._prefetch(path, folders)
        attempts = (AttemptFile.parse(name) for name in folders[""].files)
        splits: dict[str, tuple[DataFile, ...]] = {}
        packed: dict[str, tuple[PackedFile, ...]] = {}
        problems: list[Problem] = []
        for name, folder in folders.items():
            if split := file_names.parse_split_folder(name):
                splits[split] = self._data_files(join(path, name), folder, problems)
                found = (PackedFile.parse(file) for file in folder.files)
                packed[split] = tuple(m for m in found if m and m.kind == "predictions")
        newest_ns = max(folder.changed_ns for folder in folders.values())
        return RunListing(
            tuple(attempt for attempt in attempts if attempt),
            splits,
            newest_ns / 1e9,
            packed,
            tuple(problems),
            tuple(name_files(folders[""].files)),
        )

    def _data_files(
        self, path: str, folder: Folder, problems: list[Problem]
    ) -> tuple[DataFile, ...]:
        """The data files of a split; a packed file that still exists is listed once."""
        files = [file for name in folder.files if (file := DataFile.parse(name))]
        for name in folder.files:
            packed = PackedFile.parse(name)
            if packed and packed.kind == "counts":
                try:
                    files += read_index(self.filesystem, path, packed, self._cache).files
                except DamagedFileError as error:
                    if not self.filesystem.exists(join(path, name)):
                        # It was packed into another since the folder was looked into.
                        return self._data_files(path, self.filesystem.scan(path), problems)
                    problems.append(Problem(join(path, name), str(error)))
        return tuple(dict.fromkeys(files))

    def _prefetch(self, path: str, folders: dict[str, Folder]) -> None:
        """Begin to read the few files that are needed at every look at a run."""
        if self.filesystem.parallel_requests < 2:
            return
        wanted = [
            join(path, name)
            for name in folders[""].files
            if file_names.parse_classes_file(name) or name.startswith("attempt-")
        ]
        for name, folder in folders.items():
            if file_names.parse_split_folder(name):
                files = [f for file in folder.files if (f := DataFile.parse(file))]
                counts = [file for file in files if file.kind == "counts"]
                newest = sorted(counts, key=lambda file: (file.attempt, file.sequence))[-1:]
                packed = [m for file in folder.files if (m := PackedFile.parse(file))]
                names = [file.name for file in newest]
                names += [file.name for file in packed if file.kind == "counts"]
                wanted += [join(join(path, name), file) for file in names]
        self.filesystem.prefetch(self._cache.missing(wanted))


def _has_bad_summary(overview: RunOverview) -> bool:
    names = (problem.file.rpartition("/")[2] for problem in overview.problems)
    return any(file_names.parse_summary_file(name) for name in names)


def _has_ended(overview: RunOverview | None) -> bool:
    return overview is not None and overview.state != "running"
