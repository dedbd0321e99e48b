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
    folder = file_names.run_folder(run_id)
    problems = list(listing.problems)
    attempts = _attempts(listing)
    files: Mapping[str, Sequence[DataFile]] = listing.splits
    begun = [file for file in listing.attempts if file.kind == "attempt"]
    if attempt is not None:
        begun = [file for file in begun if file.attempt <= attempt]
        files = up_to(attempt, files)

    def read_first(candidates: Iterable[J]) -> tuple[J | None, dict[str, Any]]:
        for file in candidates:
            path = join(folder, file.name)
            try:
                return file, cache.get(path, partial(read_json, filesystem, path, file.digest))
            except DamagedFileError as error:
                add_problem(problems, Problem(path, str(error)))
        return None, {}

    by_age = sorted(begun, key=lambda file: (file.attempt, -file.rank, file.writer))
    newest, fields = read_first(reversed(by_age))
    _, first_fields = read_first(by_age)
    members = [read_first([f]) for f in begun if newest and f.attempt == newest.attempt]
    state: State = state_of(members, listing, now_s)
    if attempt is not None and state == "running":
        state = "stopped"
    # Damage that was found while more of the run was read than is read here.
    if damaged := cache.damaged(folder):
        there = {file.name for listed in listing.splits.values() for file in listed}
        there |= {file.name for file in listing.attempts}
        for path, error in damaged.items():
            name = path.rpartition("/")[2]
            if name in there or name.startswith("classes-"):
                add_problem(problems, Problem(path, str(error)))
    config = fields.get("config")
    renamed, given_name = read_first(listing.names)
    if reason := renamed_folder(run_id, fields.get("run_id")):
        add_problem(problems, Problem(folder, reason))
    named = {
        split: [file for file in listed if attempt is None or file.attempt <= attempt]
        for split, listed in listing.samples.items()
    }
    report = partial(add_problem, problems)
    features = partial(
        StoredFeatures,
        first_epochs=first_epochs(files),
        attempt=attempt,
        report=report,
    )
    splits = _splits(
        listing,
        shown(files),
        filesystem=filesystem,
        folder=folder,
        samples=named,
        cache=cache,
        problems=problems,
        renamed=renamed.name if renamed else None,
        features=features,
    )
    lost = [
        read_first([file])[1]
        for file in listing.attempts
        if file.kind == "dropped" and (attempt is None or file.attempt <= attempt)
    ]
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
        attempts=attempts,
        attempt=attempt,
        classes=classes_in(fields.get("classes")),
        read_attempt=partial(read_run, filesystem, run_id, listing, cache, now_s),
        groups=groups,
        parents=parents,
        problems=problems,
        dropped=dropped_in(lost, splits),
        given_id=ids.proven_given_id(fields.get("given_id"), run_id),
        background=background if isinstance(background, str) else None,
        read_scalars=partial(
            read_scalars, filesystem, run_id, first_epochs(files), attempt, cache, report
        ),
    )


def _attempts(listing: RunListing) -> tuple[int, ...]:
    numbers = {file.attempt for file in listing.attempts if file.kind == "attempt"}
    numbers |= {file.attempt for files in listing.splits.values() for file in files}
    return tuple(sorted(numbers))


def _splits(
    listing: RunListing,
    files_by_split: Mapping[str, Sequence[DataFile]],
    *,
    filesystem: FileSystem,
    folder: str,
    samples: Mapping[str, Sequence[SamplesFile]],
    cache: Cache,
    problems: list[Problem],
    renamed: str | None,
    features: Callable[..., StoredFeatures],
) -> dict[str, StoredSplit]:
    def packed_of(split_id: str, kind: str) -> tuple[PackedFile, ...]:
        found = listing.packed.get(split_id, ())
        return tuple(file for file in found if file.kind.startswith(kind))

    splits = []
    for split_id, files in files_by_split.items():
        counts = [file for file in files if file.kind == "counts"]
        if not counts:
            continue
        path = join(folder, file_names.split_folder(split_id))
        split_folder = SplitFolder(filesystem, path, cache)
        predictions = [file for file in files if file.kind == "predictions"]
        packed = partial(_packed, split_folder, packed_of(split_id, "predictions"), problems)
        report = partial(add_problem, problems)
        named = samples.get(split_id, ())
        joined = listing.joined.get(split_id, ())
        found = SplitFiles(
            split_folder,
            counts,
            predictions,
            packed,
            report,
            joined=joined,
            renamed=renamed,
            samples=named,
        )
        of_layers = features(
            split_folder,
            [file for file in listing.splits[split_id] if are_features(file.kind)],
            packed_of(split_id, "features"),
        )
        splits.append(StoredSplit(found, of_layers))
    by_name: dict[str, StoredSplit] = {}
    for split in sorted(splits, key=lambda s: s.order):
        by_name.setdefault(split.name, split)
    return by_name


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
