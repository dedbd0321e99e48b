"""Read full-size images from folders that are named when a log directory is served."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from confusionflow.errors import ImageNotServedError
from confusionflow.server.pictures import media_type_of
from confusionflow.store.format.ids import digest_of

MOST_BYTES = 64 << 20
# Folders of a path that are tried one after another.
MOST_FOLDERS = 64


def read_full_size(root: Path, path: str, digest: str) -> tuple[bytes, str]:
    """Read the image that had a path when it was logged. The path is tried as it is, then below the
    root with one more of its first folders removed each time, in case the data set was moved. A
    file is returned only if it is in the root, after links are followed, and has exactly the bytes
    that were logged.

    Arguments:
        root: The folder that images may be read from.
        path: The path as it was logged.
        digest: Digest of the file's bytes, as it was logged.

    Returns:
        The file's bytes and its media type.

    Raises:
        ImageNotServedError: there is no such file in the root, or it has changed.
    """
    try:
        inside = root.resolve(strict=True)
    except OSError:
        raise ImageNotServedError(f"The folder {root}, given by --samples, is missing.") from None
    for candidate in _candidates(inside, path):
        data = _read_inside(inside, candidate)
        if data is None or digest_of(data) != digest:
            continue
        media_type = media_type_of(data)
        if media_type is None:
            raise ImageNotServedError(
                "Browsers show only PNG, JPEG, WebP, GIF and AVIF images. This image has only its "
                "thumbnail."
            )
        return data, media_type
    raise ImageNotServedError(
        "The image that was logged is not in the folder of --samples, or has changed since. Pass "
        "the folder that the logged paths are in."
    )


def _candidates(root: Path, path: str) -> Iterator[Path]:
    parts = PurePosixPath(path).parts
    if "\0" in path or ".." in parts or not parts:
        return
    if parts[0] == "/":
        yield Path(path)
        parts = parts[1:]
    for at in range(max(0, len(parts) - MOST_FOLDERS), len(parts)):
        yield root.joinpath(*parts[at:])


def _read_inside(root: Path, candidate: Path) -> bytes | None:
    """Read a regular file that is in a folder; None for anything else."""
    try:
        real = candidate.resolve(strict=True)
        if not real.is_relative_to(root):
            return None
        # Without waiting: a pipe would never end. Without links: it must be the file that was
        # checked.
        descriptor = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links that form a circle
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 - of a descriptor
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
            return None
        return file.read(MOST_BYTES + 1)
