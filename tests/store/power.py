"""What a power cut may leave of a folder, whose writes and names reach the disk late.

From the operations that a writer did, each moment and each way the disk may have been behind is a
state: writes that were not synced are there, missing, or torn; names that were not synced (of new
files, renamed ones, removed ones, and folders) are there or not, in any combination.
"""

from __future__ import annotations

import errno
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.store.operations import Operation

from confusionflow.store.places.filesystem import Folder

SECTOR = 512


@dataclass
class Inode:
    """A file, whatever it is called: what surely is on disk, and writes that may be."""

    durable: bytes = b""
    pending: list[bytes] = field(default_factory=list)

    def left(self, chance: random.Random) -> bytes:
        """What a power cut leaves of it."""
        data = self.durable
        for write in self.pending:
            fate = chance.choice(("kept", "dropped", "torn", "zeroed"))
            if fate == "dropped":
                break
            if fate == "torn":
                data += write[: chance.randrange(len(write))]
                break
            sectors = [write[at : at + SECTOR] for at in range(0, len(write), SECTOR)]
            if fate == "zeroed":  # blocks may be taken for the file before they are written
                zeroed = chance.randrange(len(sectors))
                sectors[zeroed] = bytes(len(sectors[zeroed]))
            data += b"".join(sectors)
        return data


@dataclass
class _Change:
    """A change of a folder's names that is not synced: new names and lost ones."""

    folder: str
    names: dict[str, Inode | None]


class Disk:
    """A folder as processes see it, and as much of it as surely is on the disk."""

    def __init__(self) -> None:
        self._files: dict[str, Inode] = {}  # as a process sees them
        self._durable: dict[str, Inode] = {}
        self._folders: set[str] = {""}
        self._durable_folders: set[str] = {""}
        self._pending: list[_Change] = []

    def do(self, operation: Operation) -> None:
        """Take part in an operation that succeeded."""
        name, path, to, data, creates = operation
        if name == "open" and creates:
            inode = self._files[path] = Inode()
            self._change(path, {path: inode})
        elif name == "write":
            self._files[path].pending.append(data)
        elif name == "fsync" and path in self._files:
            inode = self._files[path]
            inode.durable += b"".join(inode.pending)
            inode.pending = []
        elif name == "fsync":
            self._sync_folder(path)
        elif name == "rename":
            inode = self._files[to] = self._files.pop(path)
            self._change(path, {path: None, to: inode})
        elif name == "unlink":
            del self._files[path]
            self._change(path, {path: None})
        elif name == "mkdir":
            self._folders.add(path)
            self._change(path, {path + "/": None})

    def _change(self, path: str, names: Mapping[str, Inode | None]) -> None:
        self._pending.append(_Change(path.rpartition("/")[0], dict(names)))

    def _sync_folder(self, folder: str) -> None:
        for change in self._pending:
            if change.folder == folder:
                _apply(change, self._durable, self._durable_folders)
        self._pending = [change for change in self._pending if change.folder != folder]

    def states(self, chance: random.Random, count: int) -> Iterator[MemoryFileSystem]:
        """So many of the states that a power cut may leave now, each subset of names first."""
        for index in range(count):
            if index < 2 ** len(self._pending):
                kept = [change for i, change in enumerate(self._pending) if index >> i & 1]
            else:
                share = chance.random()
                kept = [change for change in self._pending if chance.random() < share]
            yield self._state(kept, chance)

    def _state(self, changes: Sequence[_Change], chance: random.Random) -> MemoryFileSystem:
        files, folders = dict(self._durable), set(self._durable_folders)
        for change in changes:
            _apply(change, files, folders)
        data = {id(inode): inode.left(chance) for inode in files.values()}
        left = {
            path: data[id(inode)] for path, inode in files.items() if _is_reached(path, folders)
        }
        return MemoryFileSystem(left, {f for f in folders if _is_reached(f, folders)})


def _apply(change: _Change, files: dict[str, Inode], folders: set[str]) -> None:
    for path, inode in change.names.items():
        if path.endswith("/"):
            folders.add(path[:-1])
        elif inode is None:
            files.pop(path, None)
        else:
            files[path] = inode


def _is_reached(path: str, folders: set[str]) -> bool:
    """Whether all folders above a path are there."""
    while path:
        path = path.rpartition("/")[0]
        if path not in folders:
            return False
    return True


class MemoryFileSystem:
    """What was left, for the reader. It is only read."""

    root = "after the power cut"
    parallel_requests = 1
    look_every_s = 0.0

    def __init__(self, files: Mapping[str, bytes], folders: set[str]) -> None:
        self.files = files
        self.folders = folders

    def scan(self, folder: str) -> Folder:
        """Look into a folder."""
        if folder not in self.folders:
            raise FileNotFoundError(errno.ENOENT, "no such folder", folder)
        inside = f"{folder}/" if folder else ""

        def names(paths: Iterator[str]) -> tuple[str, ...]:
            found = (path[len(inside) :] for path in paths if path.startswith(inside))
            return tuple(sorted(name for name in found if name and "/" not in name))

        return Folder(names(iter(self.files)), names(iter(self.folders)), 0)

    def scan_tree(self, folder: str) -> dict[str, Folder]:
        """Look into a folder and into those in it."""
        top = self.scan(folder)
        below = {name: self.scan(f"{folder}/{name}" if folder else name) for name in top.folders}
        return {"": top, **below}

    def exists(self, path: str) -> bool:
        """Whether there is a file."""
        return path in self.files

    def size(self, path: str) -> int:
        """Size of a file."""
        return len(self.read(path))

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, "no such file", path)
        return self.files[path]

    def prefetch(self, paths: Iterable[str]) -> None:
        """Nothing is faster than this."""

    def below(self, folder: str) -> MemoryFileSystem:
        """What is in a folder."""
        inside = f"{folder}/"
        files = {
            path[len(inside) :]: data
            for path, data in self.files.items()
            if path.startswith(inside)
        }
        folders = {path[len(inside) :] for path in self.folders if path.startswith(inside)}
        return MemoryFileSystem(files, folders | ({""} if folder in self.folders else set()))

    def make_folder(self, folder: str) -> None:
        """Not for readers."""
        raise AssertionError(f"a reader made {folder}")

    def commit(self, folder: str, files: Mapping[str, bytes | memoryview], writer: str) -> None:
        """Not for readers."""
        raise AssertionError(f"a reader wrote into {folder}")

    def directory_of(self, folder: str) -> str | None:
        return None

    def remove_folder(self, folder: str) -> None:
        raise NotImplementedError

    def remove(self, path: str) -> None:
        """Not for readers."""
        raise AssertionError(f"a reader removed {path}")
