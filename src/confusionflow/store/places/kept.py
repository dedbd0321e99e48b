"""Keep small files in the user's cache folder for the next process.

A file is kept under a digest of what it was made from, so it is never stale. Any of them may
be deleted at any time. One that is damaged counts as missing.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from confusionflow.store.format import ids
from confusionflow.store.places.commit import TEMPORARY, commit
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.places.local import LocalFileSystem
from confusionflow.store.places.several import SeveralFileSystems


def cache_folder() -> Path:
    """Find this package's folder in the user's cache folder; it may not exist yet."""
    from platformdirs import user_cache_path

    return user_cache_path("confusionflow", appauthor=False).resolve()


def folder_beside(kind: str, filesystem: FileSystem) -> Path | None:
    """Find the folder in the user's cache folder for one kind of files.

    Arguments:
        kind: Name of the folder.
        filesystem: Holds the log directories.

    Returns:
        The folder; None if it would be in a log directory, into which readers do not write.
    """
    try:
        folder = cache_folder() / kind
    except (OSError, RuntimeError):
        return None
    places = filesystem.places if isinstance(filesystem, SeveralFileSystems) else [filesystem]
    local = [os.path.realpath(place.root) for place in places if isinstance(place, LocalFileSystem)]
    return None if any(map(folder.is_relative_to, local)) else folder


def read_sealed(path: Path, of: bytes = b"") -> bytes | None:
    """Read a file that `write_sealed` wrote; None if it is missing or damaged.

    Arguments:
        path: The file.
        of: What the content was made from; content made from anything else counts as missing.
    """
    try:
        digest, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return body if digest == _digest(of, body) else None


def write_sealed(path: Path, body: bytes, of: bytes = b"") -> None:
    """Write or replace a file, with a digest before its content. Only its user may read it.

    Raises:
        OSError: that is not possible.
    """
    path.parent.mkdir(0o700, parents=True, exist_ok=True)
    data = _digest(of, body) + b"\n" + body
    commit(path.parent, {path.name: data}, ids.new_writer_id())


def _digest(of: bytes, body: bytes) -> bytes:
    return ids.digest_of(of + body).encode()


def evict(files: Iterable[Path], most_bytes: int, remove: Callable[[Path], bool]) -> int:
    """Remove files until they fit, beginning with those that were not used for longest.

    Arguments:
        files: The files; folders among them are ignored.
        most_bytes: What they may take together.
        remove: Removes a file if it may go, and returns whether it is gone.

    Returns:
        The bytes that the others take.
    """
    found = []
    for path in files:
        with contextlib.suppress(FileNotFoundError):
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                found.append((status.st_mtime_ns, status.st_size, path))
    total = sum(size for _, size, _ in found)
    for _, size, path in sorted(found):
        if total <= most_bytes:
            break
        if remove(path):
            total -= size
    return total


class KeptFiles:
    """Files of one kind. Processes and threads may share them.

    Arguments:
        kind: Name of their folder.
        filesystem: Holds the log directories.
        most_bytes: About what they take together; the least recently used go first.
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
                body = read_sealed(path, _of(key))
                if body is not None:
                    os.utime(path)
                return body
        return None

    def keep(self, key: str, content: bytes | memoryview) -> None:
        """Keep content under a key, if that is possible."""
        if folder := folder_beside(self._kind, self._filesystem):
            with contextlib.suppress(OSError):
                write_sealed(folder / key, bytes(content), _of(key))
                whole = (p for p in folder.iterdir() if not p.name.startswith(TEMPORARY))
                evict(whole, self._most_bytes, _removed)


def _of(key: str) -> bytes:
    return key.encode() + b"\n"


def _removed(path: Path) -> bool:
    path.unlink(missing_ok=True)
    return True
