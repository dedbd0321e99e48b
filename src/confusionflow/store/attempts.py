"""Decide which files of a resumed run count, and which attempt comes next.

Attempts are compared by number, never by time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from confusionflow.store.format.file_names import AttemptFile, DataFile


def shown(splits: Mapping[str, Iterable[DataFile]]) -> dict[str, list[DataFile]]:
    """Find the files that no later attempt hides.

    An attempt hides the epochs of earlier attempts from its own first epoch on, in all splits:
    what was trained again replaces what came before.

    Arguments:
        splits: All files of a run by split id.
    """
    first = first_epochs(splits)
    attempts = {file.attempt for files in splits.values() for file in files}
    limits = {attempt: hidden_from(first, attempt) for attempt in attempts}

    def is_shown(file: DataFile) -> bool:
        limit = limits.get(file.attempt)
        return limit is None or file.epoch < limit

    return {split: [file for file in files if is_shown(file)] for split, files in splits.items()}


def hidden_from(first: Mapping[int, int], attempt: int) -> int | None:
    """Find the epoch from which later attempts hide one; None if none does.

    Arguments:
        first: What `first_epochs` gives.
        attempt: The attempt.

    Examples:
        >>> hidden_from({0: 0, 1: 7, 2: 5}, 0), hidden_from({0: 0, 1: 7, 2: 5}, 2)
        (5, None)
    """
    return min((epoch for later, epoch in first.items() if later > attempt), default=None)


def first_epochs(splits: Mapping[str, Iterable[DataFile]]) -> dict[int, int]:
    """Find the epoch from which each attempt replaces the earlier ones.

    It is the smallest epoch that the attempt logged in a split that an earlier attempt also
    logged. An attempt that only adds splits, such as another test set, replaces nothing and is
    left out.

    Arguments:
        splits: All files of a run by split id.
    """
    first: dict[int, int] = {}
    for files in splits.values():
        in_split: dict[int, int] = {}
        for file in files:
            if file.kind == "counts":
                in_split[file.attempt] = min(in_split.get(file.attempt, file.epoch), file.epoch)
        for attempt, epoch in in_split.items():
            if attempt > min(in_split):
                first[attempt] = min(first.get(attempt, epoch), epoch)
    return first


def up_to(attempt: int, splits: Mapping[str, Iterable[DataFile]]) -> dict[str, list[DataFile]]:
    """Find the files that existed before any attempt after the given one began."""
    return {
        split: [file for file in files if file.attempt <= attempt]
        for split, files in splits.items()
    }


def next_attempt(begun: Iterable[AttemptFile], rank: int, world_size: int) -> int:
    """Find the attempt that a rank joins when it starts.

    When a training is resumed, the first rank to look finds itself in the newest attempt and begins
    the next one. The other ranks find that attempt without themselves and join it. A training with
    a different number of ranks begins its own attempt.

    Arguments:
        begun: Files that say how attempts began.
        rank: This process, from 0.
        world_size: Processes that train together.

    Examples:
        >>> next_attempt([], 0, 2)
        0
        >>> first = [AttemptFile("attempt", 0, rank, 2, "0badcafe", "") for rank in (0, 1)]
        >>> next_attempt(first, 1, 2)
        1
        >>> next_attempt([*first, AttemptFile("attempt", 1, 0, 2, "0badcafe", "")], 1, 2)
        1
    """
    files = [file for file in begun if file.kind == "attempt"]
    if not files:
        return 0
    newest = max(file.attempt for file in files)
    members = [file for file in files if file.attempt == newest]
    is_member = any(file.rank == rank for file in members)
    is_alike = all(file.world_size == world_size for file in members)
    return newest + 1 if is_member or not is_alike else newest
