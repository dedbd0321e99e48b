"""Know the folder of a split, and what was read from it."""

from __future__ import annotations

from dataclasses import dataclass

from confusionflow.store.cache import Cache
from confusionflow.store.places.filesystem import FileSystem, join


@dataclass(frozen=True, eq=False)
class SplitFolder:
    """The place of the files of one split.

    Attributes:
        filesystem: Holds the log directory.
        path: Path of the folder.
        cache: Keeps what was read, and notes what is damaged; files never change.
    """

    filesystem: FileSystem
    path: str
    cache: Cache

    def path_of(self, name: str) -> str:
        """Path of a file in the folder."""
        return join(self.path, name)
