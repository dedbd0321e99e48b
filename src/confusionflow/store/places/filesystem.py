"""The operations that the store needs from the place that holds a log directory."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from confusionflow.errors import DamagedFileError, UnreadableFileError
from confusionflow.store.format.documents import decode_json
from confusionflow.store.format.ids import digest_of

T = TypeVar("T")
R = TypeVar("R")

# Not caused by the file, and over once others need less.
EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)


@dataclass(frozen=True)
class Folder:
    """The content of a folder when it was listed.

    Attributes:
        files: Names of its files.
        folders: Names of its folders.
        changed_ns: When something in it last changed, nanoseconds since 1970.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...]
    changed_ns: int


@runtime_checkable
class FileSystem(Protocol):
    """A log directory's files. Threads may share it.

    Paths are relative to the log directory, with "/" between names; "" is the log directory.
    Failures raise OSError: FileNotFoundError if there is no such file or folder.
    """

    @property
    def root(self) -> str:
        """The log directory as a user would write it, for messages."""

    @property
    def parallel_requests(self) -> int:
        """How many requests to make in parallel."""

    @property
    def look_every_s(self) -> float:
        """The shortest time between two checks for changes, if a check is slow or costs money."""

    def directory_of(self, folder: str) -> str | None:
        """The log directory that holds a run's folder, if there are several; None for one."""

    def scan(self, folder: str) -> Folder:
        """List a folder. The same object is returned as long as nothing changed."""

    def scan_tree(self, folder: str) -> dict[str, Folder]:
        """List a folder, under "", and the folders in it, under their names."""

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""

    def size(self, path: str) -> int:
        """Size of a file, bytes."""

    def read(self, path: str) -> bytes:
        """The bytes of a file."""

    def prefetch(self, paths: Iterable[str]) -> None:
        """Begin to read files that will be needed soon, if that is faster."""

    def make_folder(self, folder: str) -> None:
        """Make a folder and its parents durably. An existing folder is fine."""

    def commit(self, folder: str, files: Mapping[str, bytes | memoryview], writer: str) -> None:
        """Write files of one folder so that they survive a crash once this returns.

        They appear under their names in the given order, each one complete.

        Arguments:
            folder: An existing folder.
            files: Contents by name.
            writer: Id of the only writer of these files.
        """

    def remove(self, path: str) -> None:
        """Remove a file. A missing file is fine."""

    def remove_folder(self, folder: str) -> None:
        """Remove a folder with all that is in it; of a link, only the link."""


def in_parallel(filesystem: FileSystem, read: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Read several things, in parallel if that is faster on the file system."""
    wanted = list(items)
    threads = min(filesystem.parallel_requests, len(wanted))
    if threads < 2:
        return [read(item) for item in wanted]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(read, wanted))


def join(folder: str, name: str) -> str:
    """Join the names of folders and a file into a path.

    Examples:
        >>> join("", "run-1"), join("run-1", "split-2")
        ('run-1', 'run-1/split-2')
    """
    return f"{folder}/{name}" if folder else name


def read_proven(filesystem: FileSystem, path: str, digest: str) -> bytes:
    """Read a file whose name holds the digest of its bytes.

    Raises:
        DamagedFileError: the file is not what was written, or can't be read.
    """
    try:
        data = filesystem.read(path)
    except OSError as error:
        raise UnreadableFileError(f"It can't be read: {error.strerror or error}.") from error
    if digest_of(data) != digest:
        raise DamagedFileError(
            f"It has changed since it was written ({len(data):,} bytes, digest differs). "
            "Restore it from a copy, or delete it."
        )
    return data


def read_json(filesystem: FileSystem, path: str, digest: str) -> dict[str, Any]:
    """Read a JSON object from a file whose name holds the digest of its bytes.

    Raises:
        DamagedFileError: the file is not what was written, can't be read, or is not such JSON.
    """
    return decode_json(read_proven(filesystem, path, digest))
