"""Read sets of samples."""

from __future__ import annotations

import threading

import pyarrow as pa
from cachetools import LRUCache

from confusionflow.store.format.sample_names import SAMPLES_FOLDER, SamplePart
from confusionflow.store.places.filesystem import FileSystem, join, read_proven
from confusionflow.store.samples.document import NamedSamples, is_whole
from confusionflow.store.samples.part import PartReader

# Memory of open parts.
MOST_OPEN_BYTES = 256 << 20


def find_sets(filesystem: FileSystem, content: str | None = None) -> list[NamedSamples]:
    """Find the sets of samples in a log directory that have all their parts, by file name.

    Arguments:
        filesystem: Holds the log directory.
        content: Digest of the set to find; None for all.
    """
    by_content: dict[tuple[str, int], dict[int, SamplePart]] = {}
    for part in sorted(list_parts(filesystem)):
        if content in (None, part.content):
            by_content.setdefault((part.content, part.total), {})[part.number] = part
    sets = []
    for (digest, _), found in by_content.items():
        parts = tuple(found[number] for number in sorted(found))
        if is_whole(digest, parts):
            sets.append(NamedSamples(digest, parts))
    return sets


def list_parts(filesystem: FileSystem) -> list[SamplePart]:
    """List all files of samples in a log directory."""
    try:
        names = filesystem.scan(SAMPLES_FOLDER).files
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [part for name in names if (part := SamplePart.parse(name))]


class SampleReader:
    """Reads samples, and keeps recently used parts open. Threads may share it.

    Arguments:
        filesystem: Holds the log directory.
    """

    def __init__(self, filesystem: FileSystem) -> None:
        self.filesystem = filesystem
        self._open: LRUCache[str, tuple[PartReader, int]]
        self._open = LRUCache(MOST_OPEN_BYTES, getsizeof=lambda opened: opened[1])
        self._lock = threading.Lock()

    def table(self, part: SamplePart) -> pa.Table:
        """All rows of a part without the images.

        Raises:
            DamagedFileError: the part is not what was written.
        """
        return self._part(part).table()

    def images(self, part: SamplePart) -> pa.ChunkedArray:
        """The thumbnails of all rows of a part, null for none.

        Raises:
            DamagedFileError: the part is not what was written.
        """
        return self._part(part).images()

    def image(self, part: SamplePart, row: int) -> bytes | None:
        """The thumbnail of a row of a part; None if it has none.

        Raises:
            DamagedFileError: the part is not what was written.
        """
        return self._part(part).image(row)

    def _part(self, part: SamplePart) -> PartReader:
        with self._lock:
            if known := self._open.get(part.name):
                return known[0]
        data = read_proven(self.filesystem, join(SAMPLES_FOLDER, part.name), part.digest)
        reader = PartReader(data)
        with self._lock:
            if len(data) <= MOST_OPEN_BYTES:
                self._open[part.name] = reader, len(data)
        return reader
