"""Keep files of chunks in the user's cache folder: written once, then only mapped."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.store.format import ids
from confusionflow.store.places.commit import TEMPORARY
from confusionflow.store.places.kept import evict, read_sealed, write_sealed

ALIGNED = 64
LARGEST_HEADER = 4096

Shapes = Mapping[str, tuple[tuple[int, ...], str]]


class ChunkFile:
    """Mapped arrays of one file. No process evicts the file as long as this object exists.

    Attributes:
        arrays: The arrays by name.
    """

    def __init__(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        os.utime(path)
        header = os.read(descriptor, LARGEST_HEADER)
        shapes = json.loads(header.rstrip(b"\0"))
        self.arrays: dict[str, NDArray[Any]] = {
            name: np.memmap(path, np.dtype(kind), "r", at, tuple(shape))
            for name, (shape, kind), at in _offsets(shapes)
        }


def _offsets(shapes: Shapes) -> Iterator[tuple[str, tuple[tuple[int, ...], str], int]]:
    """Yield the name of each array, its shape and type, and where it begins in the file."""
    at = LARGEST_HEADER
    for name, (shape, kind) in shapes.items():
        yield name, (tuple(shape), kind), at
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        at += -(-size // ALIGNED) * ALIGNED


class ChunkFolder:
    """The chunks of all series, in one folder.

    Arguments:
        folder: The folder, which may not exist yet.
        most_bytes: What all files may take together; the least recently used go first.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        self._folder = folder
        self._most_bytes = most_bytes

    def open(self, name: str) -> ChunkFile | None:
        """Open the chunk with a name; None if there is none."""
        try:
            return ChunkFile(self._folder / name)
        except (OSError, ValueError, TypeError):
            return None

    def read(self, name: str) -> bytes | None:
        """Read a small file; None if it is missing or damaged."""
        return read_sealed(self._folder / name)

    def write(self, name: str, body: bytes) -> None:
        """Write a small file, or replace it.

        Raises:
            OSError: that is not possible.
        """
        write_sealed(self._folder / name, body)

    @contextlib.contextmanager
    def writing(self, name: str, shapes: Shapes) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield arrays to fill, which then become the chunk with a name.

        Raises:
            OSError: there is no room, or files can't be written.
        """
        path = self._folder / name
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        offsets = list(_offsets(shapes))
        _, (shape, kind), at = offsets[-1]
        size = at + int(np.prod(shape)) * np.dtype(kind).itemsize
        self._make_room(size)
        temporary = path.with_name(f"{TEMPORARY}{ids.new_writer_id()}-{path.name}")
        try:
            with temporary.open("w+b") as file:
                fcntl.flock(file, fcntl.LOCK_SH)  # so that no process evicts it
                file.write(json.dumps(dict(shapes)).encode().ljust(LARGEST_HEADER, b"\0"))
                file.flush()
                # Take all the space now: writing to a map when the disk is full would end the
                # process.
                os.posix_fallocate(file.fileno(), 0, size)
                arrays: dict[str, NDArray[Any]] = {
                    name: np.memmap(temporary, np.dtype(kind), "r+", at, shape)
                    for name, (shape, kind), at in offsets
                }
                yield arrays
                for array in arrays.values():
                    if isinstance(array, np.memmap):
                        array.flush()
                os.fsync(file.fileno())
                os.rename(temporary, path)  # noqa: PTH104
        finally:
            temporary.unlink(missing_ok=True)

    def _make_room(self, size: int) -> None:
        """Evict the least recently used files that no process has open.

        Raises:
            OSError: there is still not enough room.
        """
        left = self._most_bytes - size
        if evict(self._folder.rglob("*"), left, _evicted) > left:
            raise OSError(f"{size:,} bytes do not fit into {self._most_bytes:,}.")


def _evicted(path: Path) -> bool:
    """Remove a file unless a process has it open, and return whether it is gone."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except BlockingIOError:
        return False
    except FileNotFoundError:
        return True
    return True
