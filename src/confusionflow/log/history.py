"""What a run logged before the training that continues it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from confusionflow.analysis.tree import Tree, given_tree
from confusionflow.errors import ConfusionFlowError
from confusionflow.store import Store


@dataclass(frozen=True)
class History:
    """What a run already has.

    Attributes:
        declared: The classes that were declared for the whole run, or None.
        tree: The groups that these were declared in, or None.
        classes: Class names by split.
        config: The hyperparameters of its newest attempt.
        background: Name of the class that means "no object", or None.
        attempt: The number of its newest attempt; None for a new run.
        epochs: The epochs that it shows, by split.
    """

    declared: tuple[str | int, ...] | None = None
    tree: Tree | None = None
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    background: str | None = None
    attempt: int | None = None
    epochs: dict[str, tuple[int, ...]] = field(default_factory=dict)


def read_history(log_dir: str | os.PathLike[str], run_id: str) -> History:
    """Look up what a run logged; nothing if it is new."""
    try:
        run = Store(log_dir).run(run_id)
    except ConfusionFlowError:
        return History()
    return History(
        run.classes,
        given_tree(run.classes, run.groups, run.parents),
        {name: split.last_classes for name, split in run.splits.items()},
        run.config,
        run.background,
        run.attempts[-1] if run.attempts else None,
        {name: tuple(split.listed_epochs) for name, split in run.splits.items()},
    )


class Hiding:
    """Tells how many epochs of earlier attempts a new attempt hides.

    Arguments:
        epochs: The epochs that earlier attempts show, by split.
    """

    def __init__(self, epochs: Mapping[str, Sequence[int]]) -> None:
        self._shown = {split: set(found) for split, found in epochs.items()}

    @property
    def last_epoch(self) -> int:
        """The last epoch that is not hidden; -1 if there is none."""
        return max((epoch for found in self._shown.values() for epoch in found), default=-1)

    def note(self, split: str, epoch: int) -> str | None:
        """Say what this epoch hides once it is logged; None if it hides nothing more.

        Examples:
            >>> hiding = Hiding({"train": range(10), "val": range(10)})
            >>> hiding.note("test", 3)
            >>> hiding.note("train", 8)
            "epoch 8 of split 'train' hides 4 epochs of earlier attempts: 2 of 'train', 2 of 'val'"
            >>> hiding.note("val", 8)
        """
        if split not in self._shown:
            return None
        hidden = {name: {at for at in found if at >= epoch} for name, found in self._shown.items()}
        for name, found in hidden.items():
            self._shown[name] -= found
        total = sum(map(len, hidden.values()))
        if not total:
            return None
        listed = ", ".join(f"{len(found)} of {name!r}" for name, found in hidden.items() if found)
        return (
            f"epoch {epoch} of split {split!r} hides {total:,} epoch{'s' * (total > 1)} of earlier "
            f"attempts: {listed}"
        )
