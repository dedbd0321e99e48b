"""List the files that a run has."""

from __future__ import annotations

from dataclasses import dataclass, field

from confusionflow.errors import DamagedFileError, ObjectStoreError
from confusionflow.store.cache import Cache
from confusionflow.store.data_files import read_index
from confusionflow.store.format import file_names
from confusionflow.store.format.file_names import (
    AttemptFile,
    DataFile,
    JoinedFile,
    PackedFile,
)
from confusionflow.store.format.sample_names import SamplesFile
from confusionflow.store.places.filesystem import EXHAUSTED, FileSystem, Folder, join
from confusionflow.store.problem import Problem
from confusionflow.store.rename import NameFile, name_files
from confusionflow.store.split_folder import SplitFolder

# A run's folders by their names within it; "" is the run's own.
Tree = dict[str, Folder]


@dataclass(frozen=True)
class RunListing:
    """The files of a run, by their names.

    Attributes:
        attempts: Files that say how attempts began and ended.
        splits: Names of data files by split id, including those within packed files of counts.
        packed: Packed files by split id, except those of counts.
        problems: Packed files that could not be read.
        newest_s: Modification time of the newest folder, seconds since 1970.
        names: Files with the names that the run was given since, the newest first.
        samples: Files that name samples, by split id.
        joined: Files of joined counts, by split id.
    """

    attempts: tuple[AttemptFile, ...]
    splits: dict[str, tuple[DataFile, ...]]
    newest_s: float
    packed: dict[str, tuple[PackedFile, ...]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    names: tuple[NameFile, ...] = ()
    samples: dict[str, tuple[SamplesFile, ...]] = field(default_factory=dict)
    joined: dict[str, tuple[JoinedFile, ...]] = field(default_factory=dict)


def scan_run(filesystem: FileSystem, run_id: str) -> Tree:
    """A run's folders; none if another process removed it or denies access to it."""
    try:
        return filesystem.scan_tree(file_names.run_folder(run_id))
    except ObjectStoreError:
        raise
    except OSError as error:
        if error.errno in EXHAUSTED:
            raise
        return {}


def list_run(filesystem: FileSystem, run_id: str, tree: Tree, cache: Cache) -> RunListing:
    """List a run's files.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        tree: The run's folders, as `scan_run` found them.
        cache: Keeps the content of packed files of counts, which are listed by their members.
    """
    if not tree:
        return RunListing((), {}, 0.0)
    path = file_names.run_folder(run_id)
    _prefetch(filesystem, path, tree, cache)
    attempts = (AttemptFile.parse(name) for name in tree[""].files)
    splits: dict[str, tuple[DataFile, ...]] = {}
    packed: dict[str, tuple[PackedFile, ...]] = {}
    samples: dict[str, tuple[SamplesFile, ...]] = {}
    joined: dict[str, tuple[JoinedFile, ...]] = {}
    problems: list[Problem] = []
    for name, folder in tree.items():
        if split := file_names.parse_split_folder(name):
            split_folder = SplitFolder(filesystem, join(path, name), cache)
            splits[split] = _data_files(split_folder, folder, problems)
            found = (PackedFile.parse(file) for file in folder.files)
            packed[split] = tuple(file for file in found if file and file.kind != "counts")
            named = (SamplesFile.parse(file) for file in folder.files)
            samples[split] = tuple(file for file in named if file)
            kept = (JoinedFile.parse(file) for file in folder.files)
            joined[split] = tuple(file for file in kept if file)
    newest_ns = max(folder.changed_ns for folder in tree.values())
    return RunListing(
        tuple(attempt for attempt in attempts if attempt),
        splits,
        newest_ns / 1e9,
        packed,
        tuple(problems),
        tuple(name_files(tree[""].files)),
        samples,
        joined,
    )


def _data_files(
    split_folder: SplitFolder, folder: Folder, problems: list[Problem]
) -> tuple[DataFile, ...]:
    """The data files of a split; a packed file that still exists is listed once."""
    files = [file for name in folder.files if (file := DataFile.parse(name))]
    for name in folder.files:
        packed = PackedFile.parse(name)
        if packed and packed.kind == "counts":
            try:
                files += read_index(split_folder, packed).files
            except DamagedFileError as error:
                filesystem = split_folder.filesystem
                if not filesystem.exists(split_folder.path_of(name)):
                    # It was packed into another one since the folder was listed.
                    return _data_files(split_folder, filesystem.scan(split_folder.path), problems)
                problems.append(Problem(split_folder.path_of(name), str(error)))
    return tuple(dict.fromkeys(files))


def _prefetch(filesystem: FileSystem, path: str, tree: Tree, cache: Cache) -> None:
    """Begin to read the few files that are needed whenever a run is read."""
    if filesystem.parallel_requests < 2:
        return
    wanted = [
        join(path, name)
        for name in tree[""].files
        if file_names.parse_classes_file(name) or name.startswith("attempt-")
    ]
    for name, folder in tree.items():
        if file_names.parse_split_folder(name):
            files = [data for file in folder.files if (data := DataFile.parse(file))]
            counts = [file for file in files if file.kind == "counts"]
            newest = sorted(counts, key=lambda file: (file.attempt, file.sequence))[-1:]
            packed = [held for file in folder.files if (held := PackedFile.parse(file))]
            names = [file.name for file in newest]
            names += [file.name for file in packed if file.kind == "counts"]
            wanted += [join(join(path, name), file) for file in names]
    filesystem.prefetch(cache.missing(wanted))
