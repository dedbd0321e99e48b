"""Write local files atomically: each exists completely or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import os
from collections.abc import Mapping
from pathlib import Path

TEMPORARY = ".tmp-"

# Errors of file systems that can't sync a folder, such as some network file systems.
CANNOT_SYNC_FOLDERS = (errno.EINVAL, errno.ENOTSUP)

# On macOS, fsync leaves data in the drive's own cache.
_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)

_tries = itertools.count()


def commit(folder: Path, files: Mapping[str, bytes | memoryview], writer: str) -> None:
    """Write files of one folder so that they survive a crash once this returns.

    They appear under their names in the given order, each one complete. After a crash the last one
    exists only if all do. A failed commit can't be continued: after a failed fsync the kernel may
    consider lost pages clean, so a later fsync of the same file could succeed without meaning
    anything. Another attempt writes new files.

    Arguments:
        folder: An existing folder.
        files: Contents by name.
        writer: Id of the only writer of these files, part of the temporary names.

    Raises:
        OSError: the files are not durable; what was not renamed is removed.
    """
    base = os.fspath(folder)
    tag = f"{TEMPORARY}{writer}-{next(_tries)}"
    temporary = {name: f"{base}/{tag}-{name}" for name in files}
    try:
        for name, data in files.items():
            _write(temporary[name], data)
        *first, last = files
        for name in first:
            os.rename(temporary[name], f"{base}/{name}")  # noqa: PTH104
        if first:
            # Renames may reach the disk in any order, and the last one makes all visible.
            sync_folder(folder)
        os.rename(temporary[last], f"{base}/{last}")  # noqa: PTH104
    except BaseException:
        for path in temporary.values():
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108
        raise
    sync_folder(folder)


def _write(path: str, data: bytes | memoryview) -> None:
    """Write a new file. Its content is durable, its name is not yet."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            written = os.write(descriptor, rest)
            if written == 0:
                raise OSError(errno.EIO, "nothing was written", path)
            rest = rest[written:]
        _sync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make a folder and its parents durably. An existing folder is fine."""
    try:
        os.mkdir(folder)  # noqa: PTH102
    except FileNotFoundError:
        make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)  # noqa: PTH102
    except FileExistsError:
        if not folder.is_dir():
            raise
        # Another process may have made it a moment ago and not have synced it yet. If this process
        # may not open the folder above, it did not need to be made.
        with contextlib.suppress(PermissionError):
            sync_folder(folder.parent)
        return
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """A rename is atomic but not durable until its folder is synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _sync(descriptor)
    except OSError as error:
        if error.errno not in CANNOT_SYNC_FOLDERS:
            raise
    finally:
        os.close(descriptor)


def _sync(descriptor: int) -> None:
    if _FULL_SYNC is not None:
        try:
            fcntl.fcntl(descriptor, _FULL_SYNC)
            return
        except OSError as error:
            if error.errno not in CANNOT_SYNC_FOLDERS:
                raise
    os.fsync(descriptor)
