"""A log directory in a local folder or on a network file system."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.limits import check_size
from confusionflow.store.places import commit as _files
from confusionflow.store.places.filesystem import EXHAUSTED, Folder, join

# A folder's time shows a change, but not a second one within a tick of the file system's clock.
SETTLED_NS = 2_000_000_000


class LocalFileSystem:
    """Files below a folder.

    Arguments:
        root: The log directory.
    """

    parallel_requests = 1
    look_every_s = 0.0

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self._root = Path(root)
        self._base = str(self._root)
        self._scanned: dict[str, tuple[Folder, bool]] = {}

    @property
    def root(self) -> str:
        """The folder as it was given."""
        return str(self._root)

    def directory_of(self, folder: str) -> str | None:
        """Return None: there is one log directory."""

    def scan(self, folder: str) -> Folder:
        """List a folder, and list it again only if it changed."""
        # Ten thousand runs have forty thousand folders: a Path would double the time.
        path = f"{self._base}/{folder}" if folder else self._base
        changed_ns = os.stat(path).st_mtime_ns  # noqa: PTH116
        known, is_settled = self._scanned.get(folder, (None, False))
        if known and known.changed_ns == changed_ns and is_settled:
            return known
        is_settled = time.time_ns() - changed_ns > SETTLED_NS
        names = self._list(path)
        # If files are packed while a folder is being listed, the list may hold neither the old ones
        # nor the new one. So a changing folder is listed until two lists agree.
        while not (is_settled and os.stat(path).st_mtime_ns == changed_ns):  # noqa: PTH116
            again = self._list(path)
            if again == names:
                break
            names = again
        found = Folder(*names, changed_ns)
        if known == found:
            found = known
        self._scanned[folder] = (found, is_settled)
        return found

    def _list(self, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the files and of the folders in a folder."""
        files: list[str] = []
        folders: list[str] = []
        with os.scandir(path) as entries:
            for entry in entries:
                (folders if entry.is_dir() else files).append(entry.name)
        return tuple(files), tuple(folders)

    def scan_tree(self, folder: str) -> dict[str, Folder]:
        """List a folder, under "", and the folders in it, under their names."""
        top = self.scan(folder)
        found = {"": top}
        for name in top.folders:
            try:
                found[name] = self.scan(join(folder, name))
            except OSError as error:
                if error.errno in EXHAUSTED:
                    raise
                continue  # another process removed it, or denies access
        return found

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""
        return (self._root / path).exists()

    def size(self, path: str) -> int:
        """Size of a file, bytes."""
        return (self._root / path).stat().st_size

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        # Without waiting: a pipe with the name of a file would never end.
        descriptor = os.open(self._root / path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise DamagedFileError("It is not a regular file.")
            check_size(status.st_size)
            with open(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)

    def prefetch(self, paths: Iterable[str]) -> None:
        """Do nothing: local files need no fetching."""

    def make_folder(self, folder: str) -> None:
        """Make a folder and its parents durably. An existing folder is fine."""
        _files.make_folder(self._root / folder)

    def commit(self, folder: str, files: Mapping[str, bytes | memoryview], writer: str) -> None:
        """Write files of one folder so that they survive a crash once this returns."""
        _files.commit(self._root / folder, files, writer)

    def remove(self, path: str) -> None:
        """Remove a file. A missing file is fine."""
        (self._root / path).unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        """Remove a folder and all that is in it; if it is a link, only the link."""
        path = self._root / folder
        if path.is_symlink():
            path.unlink()
            return
        # Readers see it complete or not at all.
        hidden = path.with_name(f"{_files.TEMPORARY}removed-{path.name}")
        path.rename(hidden)
        shutil.rmtree(hidden)
