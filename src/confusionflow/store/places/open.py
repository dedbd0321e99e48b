"""Open the place that holds a log directory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from confusionflow.errors import ArgumentError, SchemeError
from confusionflow.store.places.filesystem import FileSystem
from confusionflow.store.places.local import LocalFileSystem
from confusionflow.store.places.object_store import SCHEMES, ObjectFileSystem
from confusionflow.store.places.several import SeveralFileSystems

# A log directory, or several to be read as one.
LogDirectories = str | os.PathLike[str] | FileSystem | Sequence[str | os.PathLike[str]]


def open_filesystem(log_dir: LogDirectories) -> FileSystem:
    """Open the files of a log directory, which need not exist yet.

    Arguments:
        log_dir: A folder, an address such as "s3://bucket/logs", a list of these to read as one, or
            a file system that was opened already.

    Raises:
        SchemeError: the scheme of the address is unknown.
        ArgumentError: the list is empty.
    """
    if isinstance(log_dir, FileSystem):
        return log_dir
    if not isinstance(log_dir, str | os.PathLike):
        places = {place.root: place for place in map(open_filesystem, log_dir)}
        if not places:
            raise ArgumentError("The list of log directories is empty. Pass at least one.")
        [first, *others] = places.values()
        return SeveralFileSystems([first, *others]) if others else first
    text = os.fspath(log_dir)
    if "://" not in text or isinstance(log_dir, Path):
        return LocalFileSystem(log_dir)
    scheme = urlsplit(text).scheme
    if scheme == "file":
        from urllib.request import url2pathname  # loads an HTTP client

        return LocalFileSystem(url2pathname(urlsplit(text).path))
    if scheme not in SCHEMES:
        raise SchemeError(text.partition("://")[0], (*SCHEMES, "file"))
    return ObjectFileSystem(text)
