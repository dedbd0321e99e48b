"""Keep the overviews of finished runs in the user's cache folder for the next process.

Listing ten thousand runs means reading ten thousand summaries. The modification times of a finished
run's folders show that nothing changed, so the next process checks only those. The index may be
deleted at any time. An index that is damaged, or of another version, is ignored.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from confusionflow.store.format import file_names, ids
from confusionflow.store.listing.overview import RunOverview, overview_from
from confusionflow.store.places.filesystem import FileSystem, join
from confusionflow.store.places.kept import cache_folder, read_sealed, write_sealed
from confusionflow.store.places.local import SETTLED_NS, LocalFileSystem

# To be raised when a row holds something else.
VERSION = 1

# This many runs are read in less time than a start takes.
FEW_RUNS = 64

# Of each folder of a run, "" the run's own: when it changed, when that was noted, and its number.
Stamps = dict[str, list[int]]
# Overviews by run, as JSON has them until they are asked for.
Rows = dict[str, tuple[Stamps, RunOverview | dict[str, Any]]]


class OverviewIndex:
    """The runs that an earlier process saw in a log directory. Threads may share it.

    Arguments:
        filesystem: Holds the log directory; only a local one has an index.
    """

    def __init__(self, filesystem: FileSystem) -> None:
        self._is_local = isinstance(filesystem, LocalFileSystem)
        self._root = os.path.realpath(filesystem.root) if self._is_local else ""
        self._rows: Rows | None = None
        self._lock = threading.Lock()

    def get(self, run_id: str) -> RunOverview | None:
        """Look up the overview of a run if its folders have not changed; None if unknown."""
        rows = self._read()
        if run_id not in rows:
            return None
        stamps, kept = rows[run_id]
        if self._stamps(run_id, stamps) != stamps:
            rows.pop(run_id, None)
            return None
        if not isinstance(kept, RunOverview):
            kept = overview_from(kept)
            rows[run_id] = stamps, kept
        return kept

    def keep(self, runs: Iterable[tuple[RunOverview, Iterable[str]]], seen_ns: int) -> None:
        """Add finished, undamaged runs to the index if many are missing from it.

        Arguments:
            runs: All overviews; and for each the names of the folders it depends on, "" the run's.
            seen_ns: When the first of these folders was looked into, nanoseconds since 1970.
        """
        rows: Rows = {}
        new = []
        known = self._read()
        for run, folders in runs:
            if run.id in known:
                rows[run.id] = known[run.id]
            elif run.state == "finished" and not run.problems:
                new.append((run, folders))
        if not self._is_local or len(new) < FEW_RUNS:
            return
        for run, folders in new:
            stamps = self._stamps(run.id, folders)
            # A change after the look, or within the same tick of the clock, could be missed.
            if stamps and all(ns < seen_ns - SETTLED_NS for _, ns, _ in stamps.values()):
                rows[run.id] = stamps, run
        if len(rows) > len(known):
            self._rows = rows
            self._write(json.dumps(rows, default=_plain).encode())

    def _stamps(self, run_id: str, folders: Iterable[str]) -> Stamps | None:
        """Values that show whether a run's folders changed; None if a folder is missing."""
        path = join(self._root, file_names.run_folder(run_id))
        found = {}
        try:
            for name in folders:
                status = os.stat(join(path, name) if name else path)  # noqa: PTH116
                found[name] = [status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
        except OSError:
            return None
        return found

    def _read(self) -> Rows:
        with self._lock:
            if self._rows is None:
                self._rows = {}
                with contextlib.suppress(OSError, ValueError):
                    if self._is_local:
                        body = read_sealed(self._path(), self._of)
                        self._rows = {} if body is None else json.loads(body)
            return self._rows

    def _write(self, body: bytes) -> None:
        path = self._path()
        if path.is_relative_to(self._root):
            return
        with contextlib.suppress(OSError):  # the next process reads the summaries again
            write_sealed(path, body, self._of)

    @property
    def _of(self) -> bytes:
        return b"%d %s\n" % (VERSION, os.fsencode(self._root))

    def _path(self) -> Path:
        name = f"overviews-{ids.digest_of(os.fsencode(self._root))}.json"
        return cache_folder() / name


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, datetime) else vars(value)
