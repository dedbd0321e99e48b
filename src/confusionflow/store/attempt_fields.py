"""Take what a run's files say about its attempts; values that can't be right are ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from confusionflow.store.format.limits import MOST_CLASSES
from confusionflow.store.split import StoredSplit


def dropped_in(
    lost: Iterable[Mapping[str, Any]], splits: Mapping[str, StoredSplit]
) -> dict[str, tuple[int, ...]]:
    """Epochs that were reported as dropped and have not been logged since."""
    epochs: dict[str, set[int]] = {}
    for fields in lost:
        by_split = fields.get("dropped")
        for split, numbers in by_split.items() if isinstance(by_split, dict) else ():
            if isinstance(numbers, list):
                epochs.setdefault(split, set()).update(filter(_is_epoch, numbers))
    for name, split in splits.items():
        if name in epochs:
            epochs[name] -= set(split.listed_epochs)
    return {split: tuple(sorted(numbers)) for split, numbers in epochs.items() if numbers}


def _is_epoch(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 2**53


def classes_in(declared: object) -> tuple[str | int, ...] | None:
    """Classes declared for a whole run: distinct names or whole numbers."""
    if not isinstance(declared, list) or {type(value) for value in declared} not in ({str}, {int}):
        return None
    return tuple(declared) if len(set(declared)) == len(declared) <= MOST_CLASSES else None


def groups_in(fields: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Groups of the declared classes, and parents; values of other types are ignored."""
    groups, parents = fields.get("groups"), fields.get("parents")
    if not isinstance(groups, list) or not isinstance(parents, list):
        return (), ()
    if {type(name) for name in groups} != {str} or {type(index) for index in parents} != {int}:
        return (), ()
    return tuple(groups), tuple(parents)


def created_at_in(begun: dict[str, Any], run_id: str) -> datetime:
    """When the run began, UTC: as its first attempt says, or by its id."""
    for text, form in ((str(begun.get("created_at")), None), (run_id[:15], "%Y%m%dT%H%M%S")):
        try:
            at = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            continue
    return datetime.fromtimestamp(0, UTC)
