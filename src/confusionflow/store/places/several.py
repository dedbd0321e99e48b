"""Read several log directories as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from os.path import realpath
from typing import Never

from confusionflow.errors import LogDirectoryError
from confusionflow.store.format import file_names, ids
from confusionflow.store.places.filesystem import FileSystem, Folder, join
from confusionflow.store.places.local import LocalFileSystem

# The longest run id that leaves room for the directory's digest before it.
MOST_ID = 55


class SeveralFileSystems:
    """The runs of several log directories side by side. It is only read.

    A run's folder keeps its name as long as no other directory has one of that name. Folders with
    one name get the digest of their directory before the run's id, so that links and caches tell
    them apart, in whatever order the directories are passed.

    Arguments:
        places: The log directories; at least one.
    """

    def __init__(self, places: Sequence[FileSystem]) -> None:
        self.places = places
        self._tops: list[Folder] = []
        self._top = Folder((), (), 0)
        # The directory of each folder at the top, and its name there.
        self._folders: dict[str, tuple[FileSystem, str]] = {}

    @property
    def root(self) -> str:
        """The log directories as they were given."""
        return ", ".join(place.root for place in self.places)

    @property
    def parallel_requests(self) -> int:
        """How many requests to make in parallel."""
        return max(place.parallel_requests for place in self.places)

    @property
    def look_every_s(self) -> float:
        """The shortest time between two checks for changes, if a check is slow or costs money."""
        return max(place.look_every_s for place in self.places)

    def directory_of(self, folder: str) -> str | None:
        """The log directory that a run's folder is in."""
        found = self._folders.get(folder)
        return found[0].root if found else None

    def scan(self, folder: str) -> Folder:
        """List a folder; the top lists the folders of all directories."""
        if folder:
            place, path = self._inside(folder)
            return place.scan(path)
        tops = [_top(place) for place in self.places]
        if tops != self._tops:
            names = Counter(name for top in tops for name in top.folders)
            folders = {
                _own_name(name, place) if names[name] > 1 else name: (place, name)
                for place, top in zip(self.places, tops, strict=True)
                for name in top.folders
            }
            self._folders = folders
            files = dict.fromkeys(name for top in tops for name in top.files)
            changed_ns = max(top.changed_ns for top in tops)
            self._tops, self._top = tops, Folder(tuple(files), tuple(folders), changed_ns)
        return self._top

    def scan_tree(self, folder: str) -> dict[str, Folder]:
        """List a folder, under "", and the folders in it, under their names."""
        place, path = self._inside(folder)
        return place.scan_tree(path)

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""
        place, path = self._inside(path)
        return place.exists(path)

    def size(self, path: str) -> int:
        """Size of a file, bytes."""
        place, path = self._inside(path)
        return place.size(path)

    def read(self, path: str) -> bytes:
        """The bytes of a file."""
        place, path = self._inside(path)
        return place.read(path)

    def prefetch(self, paths: Iterable[str]) -> None:
        """Begin to read files that will be needed soon, if that is faster."""
        by_place: dict[int, tuple[FileSystem, list[str]]] = {}
        for wanted in paths:
            place, path = self._inside(wanted)
            by_place.setdefault(id(place), (place, []))[1].append(path)
        for place, inside in by_place.values():
            place.prefetch(inside)

    def make_folder(self, folder: str) -> None:
        """Refuse: this is only read."""
        self._refuse()

    def commit(self, folder: str, files: Mapping[str, bytes | memoryview], writer: str) -> None:
        """Refuse: this is only read."""
        self._refuse()

    def remove(self, path: str) -> None:
        """Refuse: this is only read."""
        self._refuse()

    def remove_folder(self, folder: str) -> None:
        """Refuse: this is only read."""
        self._refuse()

    def _inside(self, path: str) -> tuple[FileSystem, str]:
        """Find the directory that holds a path, and the path in it."""
        folder, _, rest = path.partition("/")
        if folder not in self._folders:
            raise FileNotFoundError(f"There is no folder {folder} in {self.root}.")
        place, name = self._folders[folder]
        return place, join(name, rest) if rest else name

    def _refuse(self) -> Never:
        raise PermissionError(f"There are several log directories: {self.root}. Pass one to write.")


def _top(place: FileSystem) -> Folder:
    """List a log directory.

    Raises:
        LogDirectoryError: there is no such folder.
    """
    try:
        return place.scan("")
    except NotADirectoryError:
        raise LogDirectoryError(place.root, "This is not a folder:") from None
    except FileNotFoundError:
        raise LogDirectoryError(place.root) from None


def _own_name(name: str, place: FileSystem) -> str:
    """Name a folder so that folders of other log directories have other names."""
    where = realpath(place.root) if isinstance(place, LocalFileSystem) else place.root
    digest = ids.digest_of(where.encode(errors="surrogateescape"))[:8]
    run_id = file_names.parse_run_folder(name)
    if run_id is None:
        return f"{name} ({place.root})".replace("/", "_")
    if len(run_id) > MOST_ID:
        run_id = ids.digest_of(run_id.encode())
    return file_names.run_folder(f"{digest}-{run_id}")
