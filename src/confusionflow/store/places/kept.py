"""Keeps small files in the user's cache folder for the next process.

A file is kept under a digest of what it was made from, so that it is never stale. Any of them may
be deleted at any time. One that is damaged counts as missing.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from confusionflow.store.format import file_names
from confusionflow.store.places.commit import TEMPORARY, commit
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.places.local import LocalFileSystem
from confusionflow.store.places.several import SeveralFileSystems


def cache_folder() -> Path:
    """The user's cache folder of this package, which may not be there yet."""
    from platformdirs import user_cache_path

    return user_cache_path("confusionflow", appauthor=False).resolve()


def folder_beside(kind: str, filesystem: FileSystem) -> Path | None:
    """The folder in the user's cache folder for what is kept of some kind.

    Arguments:
        kind: Name of the folder.
        filesystem: Holds the log directories.

    Returns:
        None if the cache folder is in a log directory, which readers do not write into.
    """
    try:
        folder = cache_folder() / kind
    except (OSError, RuntimeError):
        return None
    places = filesystem.places if isinstance(filesystem, SeveralFileSystems) else [filesystem]
    local = [os.path.realpath(place.root) for place in places if isinstance(place, LocalFileSystem)]
    return None if any(map(folder.is_relative_to, local)) else folder


class KeptFiles:
    """Files of one kind. Processes and threads may share them.

    Arguments:
        kind: Name of their folder.
        filesystem: Holds the log directories.
        most_bytes: What they take together, about; those that were not used for longest go.
    """

    def __init__(self, kind: str, filesystem: FileSystem, most_bytes: int) -> None:
        self._kind = kind
        self._filesystem = filesystem
        self._most_bytes = most_bytes

    def get(self, key: str) -> bytes | None:
        """The content kept under a key, or None."""
        if folder := folder_beside(self._kind, self._filesystem):
            with contextlib.suppress(OSError):
                path = folder / key
                digest, _, body = path.read_bytes().partition(b"\n")
                if digest == _digest(key, body):
                    os.utime(path)
                    return body
        return None

    def keep(self, key: str, content: bytes | memoryview) -> None:
        """Keep content under a key, if that is possible."""
        if folder := folder_beside(self._kind, self._filesystem):
            with contextlib.suppress(OSError):
                folder.mkdir(0o700, parents=True, exist_ok=True)
                body = bytes(content)
                data = _digest(key, body) + b"\n" + body
                commit(folder, {key: data}, file_names.new_writer_id())
                self._make_room(folder)

    def _make_room(self, folder: Path) -> None:
        with os.scandir(folder) as entries:
            files = [
                (status.st_mtime_ns, status.st_size, entry.path)
                for entry in entries
                if not entry.name.startswith(TEMPORARY) and (status := entry.stat())
            ]
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._most_bytes:
                break
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)  # noqa: PTH108
            total -= size


def _digest(key: str, body: bytes) -> bytes:
    return file_names.digest_of(key.encode() + b"\n" + body).encode()
