"""Writing files of this machine so that they are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

TEMPORARY = ".tmp-"


def commit(folder: Path, files: Mapping[str, bytes | memoryview], writer: str) -> None:
    """Write files of one folder so that they survive a crash once this returns.

    They appear under their names in the given order, each one whole.

    Arguments:
        folder: An existing folder.
        files: Contents by name.
        writer: Id of the only writer of these files, part of the temporary names.

    Raises:
        OSError: the files are not durable; what was not renamed is removed.
    """
    temporary = [folder / f"{TEMPORARY}{writer}-{name}" for name in files]
    try:
        descriptors = [
            _write(path, data) for path, data in zip(temporary, files.values(), strict=True)
        ]
        for descriptor in descriptors:
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        for path, name in zip(temporary, files, strict=True):
            path.rename(folder / name)
    except BaseException:
        for path in temporary:
            path.unlink(missing_ok=True)
        raise
    sync_folder(folder)


def _write(path: Path, data: bytes | memoryview) -> int:
    """Write a new file and return its descriptor, still open and not yet synced."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, durably. One that is there already is fine."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """A rename is atomic but not durable until its folder is synced."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
