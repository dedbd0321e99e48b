"""Reading a log directory. Nothing in it is ever written."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from confusionflow.errors import LogDirectoryError, RunNotFoundError
from confusionflow.store import layout
from confusionflow.store.cache import Cache
from confusionflow.store.layout import AttemptFile, DataFile
from confusionflow.store.run import RunListing, StoredRun, read_run
from confusionflow.store.split import Problem

# A folder's time tells that it changed, but not twice within one tick of the file system's clock.
SETTLED_NS = 2_000_000_000


@dataclass(frozen=True)
class _Folder:
    """The entries of a folder, and when it had last changed as they were read."""

    changed_ns: int
    read_ns: int
    entries: tuple[os.DirEntry[str], ...]

    @property
    def is_settled(self) -> bool:
        return self.read_ns - self.changed_ns > SETTLED_NS


class Store:
    """The runs of a log directory, looked up anew at each call.

    Arguments:
        root: The log directory.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self._cache = Cache()
        self._folders: dict[str, _Folder] = {}
        self._seen: dict[str, tuple[object, ...]] = {}
        self._lock = threading.Lock()

    def runs(self) -> list[StoredRun]:
        """All runs, oldest first.

        Raises:
            LogDirectoryError: there is no such folder.
        """
        if not self.root.is_dir():
            found = "This is no folder:" if self.root.exists() else "There is no folder"
            raise LogDirectoryError(self.root, found)
        now_s = time.time()
        runs = []
        for run_id in self._run_ids():
            listing = self._listing(run_id)
            if listing.attempts or listing.splits:
                runs.append(read_run(self.root, run_id, listing, self._cache, now_s))
        return sorted(runs, key=lambda run: (run.created_at, run.id))

    def run(self, run_id: str) -> StoredRun:
        """The run of that id.

        Raises:
            RunNotFoundError: there is none.
        """
        if run_id not in self._run_ids():
            raise RunNotFoundError(run_id, self._run_ids())
        return read_run(self.root, run_id, self._listing(run_id), self._cache, time.time())

    @property
    def problems(self) -> list[Problem]:
        """Files of all runs that could not be read, and why."""
        return [problem for run in self.runs() for problem in run.problems]

    def refresh(self) -> frozenset[str]:
        """Ids of runs that changed since the last call: new files, an end, or a death."""
        if not self.root.is_dir():
            return frozenset()
        now_s = time.time()
        seen: dict[str, tuple[object, ...]] = {}
        for run_id in self._run_ids():
            listing = self._listing(run_id)
            state = read_run(self.root, run_id, listing, self._cache, now_s).state
            files = sum(len(names) for names in listing.splits.values())
            newest = max((max(names) for names in listing.splits.values() if names), default=None)
            seen[run_id] = (state, len(listing.attempts), files, newest)
        with self._lock:
            changed = {run_id for run_id in seen if self._seen.get(run_id) != seen[run_id]}
            changed |= self._seen.keys() - seen.keys()
            self._seen = seen
        return frozenset(changed)

    def _run_ids(self) -> list[str]:
        names = (layout.parse_run_folder(entry.name) for entry in self._scan(self.root))
        return sorted(run_id for run_id in names if run_id)

    def _listing(self, run_id: str) -> RunListing:
        folder = self.root / layout.run_folder(run_id)
        attempts: list[AttemptFile] = []
        splits: dict[str, tuple[DataFile, ...]] = {}
        for entry in self._scan(folder):
            attempt = AttemptFile.parse(entry.name)
            split = layout.parse_split_folder(entry.name)
            if attempt:
                attempts.append(attempt)
            elif split:
                names = (DataFile.parse(file.name) for file in self._scan(folder / entry.name))
                splits[split] = tuple(file for file in names if file)
        folders = [folder, *(folder / layout.split_folder(split) for split in splits)]
        scanned = (self._folders.get(str(path)) for path in folders)
        newest_ns = max((known.changed_ns for known in scanned if known), default=0)
        return RunListing(tuple(attempts), splits, newest_ns / 1e9)

    def _scan(self, folder: Path) -> tuple[os.DirEntry[str], ...]:
        """The entries of a folder, read again only when it changed."""
        key = str(folder)
        try:
            changed_ns = folder.stat().st_mtime_ns
            known = self._folders.get(key)
            if known and known.changed_ns == changed_ns and known.is_settled:
                return known.entries
            now_ns = time.time_ns()
            with os.scandir(key) as entries:
                found = _Folder(changed_ns, now_ns, tuple(entries))
        except OSError:
            return ()
        self._folders[key] = found
        return found.entries
