"""Overviews of runs for lists, and the summary files that keep those of finished runs.

To list ten thousand runs, one small file of each is read: `summary-….json`, written when a run is
closed or compacted. It is valid only while the run's folders hold the names that it was made from.
So it is never wrong, only useless at worst, and nothing depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from confusionflow.errors import DamagedFileError
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.file_names import AttemptFile
from confusionflow.store.places.filesystem import FileSystem, Folder, join, read_json
from confusionflow.store.problem import Problem
from confusionflow.store.run import StoredRun
from confusionflow.store.run_state import State
from confusionflow.store.split import StoredSplit

NOT_A_SUMMARY = (
    "Its content contradicts itself. Delete it; `confusionflow compact` writes it again."
)


@dataclass(frozen=True)
class SplitOverview:
    """One split of a run.

    Attributes:
        last_total, last_correct: Instances in the last epoch's counts, and those predicted right; 0
            if joining its ranks would take long.
        class_count: Classes of the newest list.
        version: Changes if and only if the split's content does.
    """

    id: str
    name: str
    epoch_count: int
    first_epoch: int
    last_epoch: int
    last_total: int
    last_correct: int
    class_count: int
    version: str

    @property
    def last_accuracy(self) -> float | None:
        """Accuracy of the last epoch; None if it has no counts, or these are not known."""
        return self.last_correct / self.last_total if self.last_total else None

    def described(self) -> dict[str, Any]:
        """Describe the split for the HTTP API, in values of JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "epoch_count": self.epoch_count,
            "first_epoch": self.first_epoch,
            "last_epoch": self.last_epoch,
            "last_accuracy": self.last_accuracy,
            "class_count": self.class_count,
            "version": self.version,
        }


@dataclass(frozen=True)
class RunOverview:
    """One run and its splits, in the order in which they were first logged.

    Attributes:
        attempt: The older attempt that this describes, or None for the run as it is.
        given_id: What the training called this one run, if `id` was made from it.
    """

    id: str
    name: str
    config: Mapping[str, Any]
    state: State
    time_unit: str
    created_at: datetime
    attempts: tuple[int, ...]
    splits: tuple[SplitOverview, ...]
    dropped: Mapping[str, tuple[int, ...]]
    problems: tuple[Problem, ...]
    attempt: int | None = None
    given_id: str | None = None

    def described(self) -> dict[str, Any]:
        """Describe the run for the HTTP API, in values of JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "config": dict(self.config),
            "state": self.state,
            "time_unit": self.time_unit,
            "created_at": self.created_at.isoformat(),
            "attempt": self.attempt,
            "splits": [split.described() for split in self.splits],
            "dropped": [{"split": s, "epochs": list(lost)} for s, lost in self.dropped.items()],
            "problems": [vars(problem) for problem in self.problems],
        }


def overview_of(run: StoredRun) -> RunOverview:
    """Describe a run, reading only the newest epoch of each split."""
    splits = tuple(_split(split) for split in run.splits.values())
    return RunOverview(
        run.api_id,
        run.name,
        run.config,
        run.state,
        run.time_unit,
        run.created_at,
        run.attempts,
        splits,
        run.dropped,
        tuple(run.problems),
        run.attempt,
        run.given_id,
    )


def _split(split: StoredSplit) -> SplitOverview:
    parts = [part.cells for part in split.last.parts] if split.last else []
    return SplitOverview(
        id=split.id,
        name=split.name,
        epoch_count=len(split.listed_epochs),
        first_epoch=split.listed_epochs[0],
        last_epoch=split.listed_epochs[-1],
        last_total=sum(int(part.count.sum()) for part in parts),
        last_correct=sum(int(part.count[part.actual == part.predicted].sum()) for part in parts),
        class_count=len(split.newest_classes),
        version=split.version,
    )


def write_summary(filesystem: FileSystem, run: StoredRun, writer: str) -> None:
    """Keep the overview of a finished and undamaged run, for lists of runs.

    Raises:
        OSError: it could not be written; nothing else is lost.
    """
    if run.state != "finished" or run.problems:
        return
    if not all(split.last for split in run.splits.values()):
        return  # their ranks were not joined in time
    folder = file_names.run_folder(run.id)
    tree = filesystem.scan_tree(folder)
    if read_summary(filesystem, run.id, tree)[0]:
        return
    old = [name for name in tree[""].files if file_names.parse_summary_file(name)]
    content = asdict(overview_of(run)) | {
        "format_version": file_names.FORMAT_VERSION,
        "files": _digest(tree),
        "created_at": run.created_at.isoformat(),
    }
    del content["problems"]
    data = json.dumps(content, ensure_ascii=False).encode(errors="backslashreplace")
    name = file_names.summary_file(writer, ids.digest_of(data))
    filesystem.commit(folder, {name: data}, writer)
    for superseded in old:
        filesystem.remove(join(folder, superseded))


def read_summary(
    filesystem: FileSystem, run_id: str, tree: Mapping[str, Folder]
) -> tuple[RunOverview | None, list[Problem]]:
    """Read the kept overview of a run.

    Arguments:
        filesystem: Holds the log directory.
        run_id: Id of the run.
        tree: What is in the run's folder and in those of its splits.

    Returns:
        The overview, or None if no valid one was kept; and the summaries that are damaged or
        contradict themselves.
    """
    problems = []
    for name in tree[""].files:
        digest = file_names.parse_summary_file(name)
        if digest is None:
            continue
        path = join(file_names.run_folder(run_id), name)
        try:
            content = read_json(filesystem, path, digest)
            if content.pop("files") != _digest(tree) or content["id"] != run_id:
                continue
            if content.pop("format_version") > file_names.FORMAT_VERSION:
                continue
            return _checked(content, tree), []
        except DamagedFileError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                problems.append(Problem(path, str(error)))
        except (ValueError, TypeError, KeyError, AttributeError):
            problems.append(Problem(path, NOT_A_SUMMARY))
    return None, problems


def overview_from(content: Mapping[str, Any]) -> RunOverview:
    """Make the overview of a run without problems from JSON."""
    plain: dict[str, Any] = {
        "splits": tuple(SplitOverview(**split) for split in content["splits"]),
        "created_at": datetime.fromisoformat(content["created_at"]),
        "attempts": tuple(content["attempts"]),
        "dropped": {name: tuple(lost) for name, lost in content["dropped"].items()},
        "problems": (),
    }
    return RunOverview(**{**content, **plain})


def _checked(content: Mapping[str, Any], tree: Mapping[str, Folder]) -> RunOverview:
    """The overview that a summary holds.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: `write_summary` did not write it.
    """
    run = overview_from(content)
    texts = [run.name, run.time_unit, *(t for s in run.splits for t in (s.id, s.name, s.version))]
    numbers = [n for split in run.splits for n in vars(split).values() if not isinstance(n, str)]
    numbers += [*run.attempts, *(epoch for lost in run.dropped.values() for epoch in lost)]
    if not (
        all(isinstance(text, str) for text in texts)
        and all(type(number) is int and 0 <= number < 2**63 for number in numbers)
        and isinstance(run.config, dict)
        and (run.state, run.attempt) == ("finished", None)
        and run.given_id == ids.proven_given_id(run.given_id, run.id)
        and run.created_at.tzinfo is not None
        and run.attempts
        and _is_increasing(run.attempts)
        and set(run.attempts) >= _begun(tree)
        and all(map(_can_be, run.splits))
        and len({split.id for split in run.splits}) == len(run.splits)
    ):
        raise ValueError
    return run


def _is_increasing(numbers: Sequence[int]) -> bool:
    return all(one < next_one for one, next_one in pairwise(numbers))


def _begun(tree: Mapping[str, Folder]) -> set[int]:
    """Attempts whose beginning is in the run's folder."""
    files = (AttemptFile.parse(name) for name in tree[""].files)
    return {file.attempt for file in files if file and file.kind == "attempt"}


def _can_be(split: SplitOverview) -> bool:
    return (
        1 <= split.epoch_count <= split.last_epoch - split.first_epoch + 1
        and split.last_correct <= split.last_total
        and file_names.parse_split_folder(file_names.split_folder(split.id)) is not None
    )


_MADE_FROM = ("attempt-", "finished-", "dropped-", "name-", "classes-", "counts-", "predictions-")


def _digest(tree: Mapping[str, Folder]) -> str:
    """A digest of the names that an overview depends on."""
    names = [
        join(folder, name)
        for folder, found in tree.items()
        for name in found.files
        if name.startswith(_MADE_FROM)
    ]
    return ids.digest_of("\n".join(sorted(names)).encode())
