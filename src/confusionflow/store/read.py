"""Reading a log directory. Nothing in it is ever written."""

from __future__ import annotations

import os
import threading
import time

from confusionflow.errors import (
    AttemptNotFoundError,
    DamagedFileError,
    LogDirectoryError,
    RunNotFoundError,
)
from confusionflow.store import layout
from confusionflow.store.cache import Cache
from confusionflow.store.filesystem import FileSystem, Folder, join, open_filesystem
from confusionflow.store.layout import AttemptFile, DataFile, MergedFile
from confusionflow.store.merged import read_index
from confusionflow.store.run import RunListing, StoredRun, read_run
from confusionflow.store.split import Problem


class Store:
    """The runs of a log directory, looked up anew at each call.

    Arguments:
        log_dir: The log directory.
    """

    def __init__(self, log_dir: str | os.PathLike[str] | FileSystem) -> None:
        self.filesystem = open_filesystem(log_dir)
        self._cache = Cache()
        self._seen: dict[str, tuple[object, ...]] = {}
        self._lock = threading.Lock()

    def check(self) -> None:
        """See that the log directory is there.

        Raises:
            LogDirectoryError: there is no such folder.
        """
        try:
            self.filesystem.scan("")
        except NotADirectoryError:
            raise LogDirectoryError(self.filesystem.root, "This is no folder:") from None
        except FileNotFoundError:
            raise LogDirectoryError(self.filesystem.root) from None

    def runs(self) -> list[StoredRun]:
        """All runs, oldest first.

        Raises:
            LogDirectoryError: there is no such folder.
        """
        self.check()
        now_s = time.time()
        runs = []
        for run_id in self.run_ids():
            listing = self._listing(run_id)
            if listing.attempts or listing.splits:
                runs.append(read_run(self.filesystem, run_id, listing, self._cache, now_s))
        return sorted(runs, key=lambda run: (run.created_at, run.id))

    def run(self, run_id: str, attempt: int | None = None) -> StoredRun:
        """The run of that id.

        Arguments:
            run_id: Id of the run.
            attempt: An earlier attempt, to see the run as it stood before a later one began;
                None: the run as it is.

        Raises:
            RunNotFoundError: there is none.
            AttemptNotFoundError: it has no such attempt.
        """
        if run_id not in self.run_ids():
            raise RunNotFoundError(run_id, self.run_ids())
        listing, now_s = self._listing(run_id), time.time()
        run = read_run(self.filesystem, run_id, listing, self._cache, now_s, attempt)
        if attempt is not None and attempt not in run.attempts:
            raise AttemptNotFoundError(attempt, run.name, run.attempts)
        return run

    @property
    def problems(self) -> list[Problem]:
        """Files of all runs that could not be read, and why."""
        return [problem for run in self.runs() for problem in run.problems]

    def refresh(self) -> frozenset[str]:
        """Ids of runs that changed since the last call: new files, an end, or a death."""
        now_s = time.time()
        seen: dict[str, tuple[object, ...]] = {}
        for run_id in self.run_ids():
            listing = self._listing(run_id)
            state = read_run(self.filesystem, run_id, listing, self._cache, now_s).state
            files = sum(len(names) for names in listing.splits.values())
            newest = max((max(names) for names in listing.splits.values() if names), default=None)
            seen[run_id] = (state, len(listing.attempts), files, newest)
        with self._lock:
            changed = {run_id for run_id in seen if self._seen.get(run_id) != seen[run_id]}
            changed |= self._seen.keys() - seen.keys()
            self._seen = seen
        return frozenset(changed)

    def run_ids(self) -> list[str]:
        """Ids of the folders that may hold a run, sorted."""
        try:
            names = self.filesystem.scan("").folders
        except OSError:
            return []
        return sorted(run_id for name in names if (run_id := layout.parse_run_folder(name)))

    def _listing(self, run_id: str) -> RunListing:
        path = layout.run_folder(run_id)
        try:
            folders = self.filesystem.scan_tree(path)
        except OSError:
            return RunListing((), {}, 0.0)
        attempts = (AttemptFile.parse(name) for name in folders[""].files)
        splits: dict[str, tuple[DataFile, ...]] = {}
        merged: dict[str, tuple[MergedFile, ...]] = {}
        problems: list[Problem] = []
        for name, folder in folders.items():
            if split := layout.parse_split_folder(name):
                splits[split] = self._data_files(join(path, name), folder, problems)
                found = (MergedFile.parse(file) for file in folder.files)
                merged[split] = tuple(m for m in found if m and m.kind == "predictions")
        newest_ns = max(folder.changed_ns for folder in folders.values())
        return RunListing(
            tuple(attempt for attempt in attempts if attempt),
            splits,
            newest_ns / 1e9,
            merged,
            tuple(problems),
        )

    def _data_files(
        self, path: str, folder: Folder, problems: list[Problem]
    ) -> tuple[DataFile, ...]:
        """The data files of a split; one that is merged and still there is listed once."""
        files = [file for name in folder.files if (file := DataFile.parse(name))]
        for name in folder.files:
            merged = MergedFile.parse(name)
            if merged and merged.kind == "counts":
                try:
                    files += read_index(self.filesystem, path, merged, self._cache).files
                except DamagedFileError as error:
                    if not self.filesystem.exists(join(path, name)):
                        # It was merged into another since the folder was looked into.
                        return self._data_files(path, self.filesystem.scan(path), problems)
                    problems.append(Problem(join(path, name), str(error)))
        return tuple(dict.fromkeys(files))
