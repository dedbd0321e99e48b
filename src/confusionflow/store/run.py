"""Read one run, as it was when the log directory was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from confusionflow.errors import DamagedFileError
from confusionflow.store.attempt_fields import classes_in, created_at_in, dropped_in, groups_in
from confusionflow.store.attempts import first_epochs, shown, up_to
from confusionflow.store.cache import Cache
from confusionflow.store.data_files import read_index
from confusionflow.store.features import StoredFeatures
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.file_names import (
    AttemptFile,
    DataFile,
    PackedFile,
    are_features,
)
from confusionflow.store.format.sample_names import SamplesFile
from confusionflow.store.places.filesystem import FileSystem, join, read_json
from confusionflow.store.problem import Problem, add_problem
from confusionflow.store.rename import NameFile
from confusionflow.store.run_listing import RunListing
from confusionflow.store.run_state import State, state_of
from confusionflow.store.scalars import Scalar, read_scalars
from confusionflow.store.split import StoredSplit
from confusionflow.store.split_files import SplitFiles
from confusionflow.store.split_folder import SplitFolder
from confusionflow.store.strays import renamed_folder

# A file of JSON, by its name.
J = TypeVar("J", AttemptFile, NameFile)


@dataclass
class StoredRun:
    """A run: its attempts' metadata and its splits.

    Attributes:
        attempts: Numbers of its attempts, increasing; the newest is what the run shows.
        attempt: The attempt that this shows, or None for the newest.
        filesystem: Holds the log directory.
        classes: The classes that were declared for the whole run, or None.
        groups: Names of the groups that these were declared in.
        parents: For each class, then each group, the index of the group it is in, or -1; as they
            are in the log, if `groups` is not empty.
        read_attempt: Reads the run as it stood before a later attempt than the given one began.
        dropped: Epochs that could not be written, by split, increasing.
        given_id: What the training called this one run, if `id` was made from it.
        background: Name of the class that means "no object", or None.
        read_scalars: Reads the numbers beside the epochs, by name.
    """

    id: str
    name: str
    config: dict[str, Any]
    time_unit: str
    created_at: datetime
    state: State
    splits: dict[str, StoredSplit]
    filesystem: FileSystem
    attempts: tuple[int, ...] = (0,)
    attempt: int | None = None
    classes: tuple[str | int, ...] | None = None
    read_attempt: Callable[[int], StoredRun] | None = None
    groups: tuple[str, ...] = ()
    parents: tuple[int, ...] = ()
    problems: list[Problem] = field(default_factory=list)
    dropped: dict[str, tuple[int, ...]] = field(default_factory=dict)
    given_id: str | None = None
    background: str | None = None
    read_scalars: Callable[[], dict[str, Scalar]] = dict

    @property
    def api_id(self) -> str:
        """The id in the API: that of the run, with the attempt if this shows an older one.

        Examples:
            "20261124T101500-5f3a9c1e", or "20261124T101500-5f3a9c1e~0" for its attempt 0.
        """
        return self.id if self.attempt is None else f"{self.id}~{self.attempt}"


def read_run(
    filesystem: FileSystem,
    run_id: str,
    listing: RunListing,
    cache: Cache,
    now_s: float,
    attempt: int | None = None,
) -> StoredRun:
    """Assemble a run from the names in its folder and the few files that this needs.

    Arguments:
        attempt: Show the run as it stood before a later attempt than this began; None: as it is.
    """
    reader = _RunReader(filesystem, run_id, listing, cache, attempt)
    begun = [file for file in listing.attempts if file.kind == "attempt" and reader.shows(file)]
    by_age = sorted(begun, key=lambda file: (file.attempt, -file.rank, file.writer))
    newest, fields = reader.first_of(reversed(by_age))
    _, first_fields = reader.first_of(by_age)
    members = [reader.first_of([f]) for f in begun if newest and f.attempt == newest.attempt]
    state: State = state_of(members, listing, now_s)
    if attempt is not None and state == "running":
        state = "stopped"
    reader.note_known_damage()
    config = fields.get("config")
    renamed, given_name = reader.first_of(listing.names)
    if reason := renamed_folder(run_id, fields.get("run_id")):
        reader.report(Problem(reader.folder, reason))
    splits = reader.splits(renamed.name if renamed else None)
    background = fields.get("background")
    groups, parents = groups_in(fields)
    return StoredRun(
        id=run_id,
        name=str(given_name.get("name", fields.get("name", run_id))),
        config=config if isinstance(config, dict) else {},
        time_unit=str(fields.get("time_unit", "epoch")),
        created_at=created_at_in(first_fields, run_id),
        state=state,
        splits=splits,
        filesystem=filesystem,
        attempts=_attempts(listing),
        attempt=attempt,
        classes=classes_in(fields.get("classes")),
        read_attempt=partial(read_run, filesystem, run_id, listing, cache, now_s),
        groups=groups,
        parents=parents,
        problems=reader.problems,
        dropped=dropped_in(reader.lost(), splits),
        given_id=ids.proven_given_id(fields.get("given_id"), run_id),
        background=background if isinstance(background, str) else None,
        read_scalars=partial(
            read_scalars,
            filesystem,
            run_id,
            first_epochs(reader.files),
            attempt,
            cache,
            reader.report,
        ),
    )


class _RunReader:
    """Reads the parts of one run.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        listing: The files of the run.
        cache: Keeps what was read.
        attempt: As for `read_run`.

    Attributes:
        folder: The run's folder.
        files: Data files by split id, without those of later attempts.
        problems: What could not be read. What is read later, on demand, is added to it.
        report: Adds a problem, once.
    """

    def __init__(
        self,
        filesystem: FileSystem,
        run_id: str,
        listing: RunListing,
        cache: Cache,
        attempt: int | None,
    ) -> None:
        self._filesystem = filesystem
        self._listing = listing
        self._cache = cache
        self._attempt = attempt
        self.folder = file_names.run_folder(run_id)
        files: Mapping[str, Sequence[DataFile]] = listing.splits
        self.files = files if attempt is None else up_to(attempt, files)
        self.problems = list(listing.problems)
        self.report = partial(add_problem, self.problems)

    def shows(self, file: AttemptFile | SamplesFile) -> bool:
        """Whether a file is not of a later attempt than the one that is shown."""
        return self._attempt is None or file.attempt <= self._attempt

    def first_of(self, candidates: Iterable[J]) -> tuple[J | None, dict[str, Any]]:
        """Read the first file that can be read, and report those before it."""
        for file in candidates:
            path = join(self.folder, file.name)
            read = partial(read_json, self._filesystem, path, file.digest)
            try:
                return file, self._cache.get(path, read)
            except DamagedFileError as error:
                self.report(Problem(path, str(error)))
        return None, {}

    def note_known_damage(self) -> None:
        """Report damage that was found while more of the run was read than is read here."""
        damaged = self._cache.damaged(self.folder)
        if not damaged:
            return
        there = {file.name for files in self._listing.splits.values() for file in files}
        there |= {file.name for file in self._listing.attempts}
        for path, error in damaged.items():
            name = path.rpartition("/")[2]
            if name in there or name.startswith("classes-"):
                self.report(Problem(path, str(error)))

    def lost(self) -> list[dict[str, Any]]:
        """What attempts say about epochs that could not be written."""
        dropped = (file for file in self._listing.attempts if file.kind == "dropped")
        return [self.first_of([file])[1] for file in dropped if self.shows(file)]

    def splits(self, renamed: str | None) -> dict[str, StoredSplit]:
        """Read the splits, by name, in the order in which they were first logged.

        Arguments:
            renamed: Name of the file with the name that the run was given since, or None.
        """
        features = partial(
            StoredFeatures,
            first_epochs=first_epochs(self.files),
            attempt=self._attempt,
            report=self.report,
        )
        splits = []
        for split_id, files in shown(self.files).items():
            counts = [file for file in files if file.kind == "counts"]
            if not counts:
                continue
            path = join(self.folder, file_names.split_folder(split_id))
            split_folder = SplitFolder(self._filesystem, path, self._cache)
            packed = self._packed_of(split_id, "predictions")
            samples = self._listing.samples.get(split_id, ())
            found = SplitFiles(
                split_folder,
                counts,
                [file for file in files if file.kind == "predictions"],
                partial(_packed, split_folder, packed, self.problems),
                self.report,
                joined=self._listing.joined.get(split_id, ()),
                renamed=renamed,
                samples=[file for file in samples if self.shows(file)],
            )
            of_layers = features(
                split_folder,
                [file for file in self._listing.splits[split_id] if are_features(file.kind)],
                self._packed_of(split_id, "features"),
            )
            splits.append(StoredSplit(found, of_layers))
        by_name: dict[str, StoredSplit] = {}
        for split in sorted(splits, key=lambda s: s.order):
            by_name.setdefault(split.name, split)
        return by_name

    def _packed_of(self, split_id: str, kind: str) -> tuple[PackedFile, ...]:
        found = self._listing.packed.get(split_id, ())
        return tuple(file for file in found if file.kind.startswith(kind))


def _attempts(listing: RunListing) -> tuple[int, ...]:
    numbers = {file.attempt for file in listing.attempts if file.kind == "attempt"}
    numbers |= {file.attempt for files in listing.splits.values() for file in files}
    return tuple(sorted(numbers))


def _packed(
    folder: SplitFolder,
    packed: tuple[PackedFile, ...],
    problems: list[Problem],
) -> list[DataFile]:
    """The members of packed files of predictions. These are large, so they are opened on demand."""
    members: list[DataFile] = []
    for holder in packed:
        try:
            members += read_index(folder, holder).files
        except DamagedFileError as error:
            problems.append(Problem(folder.path_of(holder.name), str(error)))
    return members
