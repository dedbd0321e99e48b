"""One run, as it stood when the log directory was looked at."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal

from confusionflow.errors import DamagedFileError
from confusionflow.store import layout
from confusionflow.store.cache import Cache
from confusionflow.store.filesystem import FileSystem, join, read_proven
from confusionflow.store.layout import AttemptFile, DataFile, MergedFile
from confusionflow.store.merged import read_index
from confusionflow.store.split import Problem, StoredSplit

State = Literal["running", "finished", "stopped"]

# A run on another machine whose files are older than this is taken for stopped.
SILENCE_S = 900.0


@dataclass(frozen=True)
class RunListing:
    """The names in a run's folder.

    Attributes:
        attempts: Files that say how attempts began and ended.
        splits: Names of data files by split id, those within merged files of counts included.
        merged: Merged files of predictions by split id.
        problems: Merged files that could not be read.
        newest_s: Modification time of the newest folder, seconds since 1970.
    """

    attempts: tuple[AttemptFile, ...]
    splits: dict[str, tuple[DataFile, ...]]
    newest_s: float
    merged: dict[str, tuple[MergedFile, ...]] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


@dataclass
class StoredRun:
    """A run: its attempts' metadata and its splits."""

    id: str
    name: str
    config: dict[str, Any]
    time_unit: str
    created_at: datetime
    state: State
    splits: dict[str, StoredSplit]
    problems: list[Problem] = field(default_factory=list)


def read_run(
    filesystem: FileSystem, run_id: str, listing: RunListing, cache: Cache, now_s: float
) -> StoredRun:
    """Put a run together from the names in its folder and the few files that this needs."""
    folder = layout.run_folder(run_id)
    problems = list(listing.problems)
    begun: dict[str, Any] = {}
    newest: AttemptFile | None = None
    for file in sorted(listing.attempts, key=lambda a: a.attempt):
        if file.kind != "attempt":
            continue
        path = join(folder, file.name)
        try:
            begun = cache.get(path, partial(_read_json, filesystem, path, file.digest))
            newest = file
        except DamagedFileError as error:
            problems.append(Problem(path, str(error)))
    splits = _splits(filesystem, folder, listing, cache, problems)
    return StoredRun(
        run_id,
        str(begun.get("name", run_id)),
        dict(begun.get("config", {})),
        str(begun.get("time_unit", "epoch")),
        _created_at(begun, run_id),
        _state(begun, newest, listing, now_s),
        splits,
        problems,
    )


def _splits(
    filesystem: FileSystem,
    folder: str,
    listing: RunListing,
    cache: Cache,
    problems: list[Problem],
) -> dict[str, StoredSplit]:
    hidden_from = _first_epochs(listing)
    splits = []
    for split_id, files in listing.splits.items():
        shown = [
            file
            for file in files
            if all(file.epoch < first for a, first in hidden_from.items() if a > file.attempt)
        ]
        counts = [file for file in shown if file.kind == "counts"]
        if not counts:
            continue
        path = join(folder, layout.split_folder(split_id))
        predictions = partial(
            _predictions,
            filesystem,
            path,
            [file for file in shown if file.kind == "predictions"],
            listing.merged.get(split_id, ()),
            cache,
            problems,
        )
        splits.append(StoredSplit(filesystem, path, counts, predictions, cache, problems.append))
    by_name: dict[str, StoredSplit] = {}
    for split in sorted(splits, key=lambda s: s.order):
        by_name.setdefault(split.name, split)
    return by_name


def _predictions(
    filesystem: FileSystem,
    folder: str,
    files: list[DataFile],
    merged: tuple[MergedFile, ...],
    cache: Cache,
    problems: list[Problem],
) -> list[DataFile]:
    """All files of predictions. Merged ones are large, so they are opened when someone asks."""
    members: list[DataFile] = []
    for holder in merged:
        try:
            members += read_index(filesystem, folder, holder, cache).files
        except DamagedFileError as error:
            problems.append(Problem(join(folder, holder.name), str(error)))
    return list(dict.fromkeys([*files, *members]))


def _first_epochs(listing: RunListing) -> dict[int, int]:
    """The first epoch of each attempt: from there on it hides those before it."""
    first: dict[int, int] = {}
    for files in listing.splits.values():
        for file in files:
            if file.kind == "counts":
                first[file.attempt] = min(first.get(file.attempt, file.epoch), file.epoch)
    return first


def _read_json(filesystem: FileSystem, path: str, digest: str) -> dict[str, Any]:
    try:
        content = json.loads(read_proven(filesystem, path, digest))
    except ValueError as error:
        raise DamagedFileError(f"It is no JSON: {error}.") from error
    if not isinstance(content, dict):
        raise DamagedFileError("It holds no JSON object.")
    return content


def _created_at(begun: dict[str, Any], run_id: str) -> datetime:
    for text, form in ((str(begun.get("created_at")), None), (run_id[:15], "%Y%m%dT%H%M%S")):
        try:
            at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
        except ValueError:
            continue
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return datetime.fromtimestamp(0, UTC)


def _state(
    begun: dict[str, Any], newest: AttemptFile | None, listing: RunListing, now_s: float
) -> State:
    finished = {(a.attempt, a.writer) for a in listing.attempts if a.kind == "finished"}
    if newest is None or (newest.attempt, newest.writer) in finished:
        return "finished" if newest else "stopped"
    if begun.get("host") == socket.gethostname():
        return "running" if _is_alive(begun.get("pid")) else "stopped"
    return "running" if now_s - listing.newest_s < SILENCE_S else "stopped"


def _is_alive(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, and another user's
    return True
