"""Which files count where a run was resumed, and which attempt comes next.

Numbers decide, never a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from confusionflow.store.format.file_names import AttemptFile, DataFile


def shown(splits: Mapping[str, Iterable[DataFile]]) -> dict[str, list[DataFile]]:
    """The files that no later attempt hides.

    From the first epoch of an attempt on, the epochs of those before it are hidden, in all splits:
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
    """The epoch from which on later attempts hide one; None if none do.

    Arguments:
        first: What `first_epochs` gives.
        attempt: The attempt.

    Examples:
        >>> hidden_from({0: 0, 1: 7, 2: 5}, 0), hidden_from({0: 0, 1: 7, 2: 5}, 2)
        (5, None)
    """
    return min((epoch for later, epoch in first.items() if later > attempt), default=None)


def first_epochs(splits: Mapping[str, Iterable[DataFile]]) -> dict[int, int]:
    """The epoch from which on each attempt replaces those before it.

    It is the smallest that an attempt logged in a split that an earlier attempt logged, too. An
    attempt that only adds splits, such as another test set, replaces nothing and is not there.

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
    """The files that were there before a later attempt than the given one began."""
    return {
        split: [file for file in files if file.attempt <= attempt]
        for split, files in splits.items()
    }


def next_attempt(begun: Iterable[AttemptFile], rank: int, world_size: int) -> int:
    """The attempt that a rank takes part in as it starts.

    The first rank of a resumed training to look finds itself in the newest attempt and begins the
    one after it; the others find that one without themselves and join it. A training of another
    number of ranks begins one of its own.

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
