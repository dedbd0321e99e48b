"""What a run had logged before the training that goes on with it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from confusionflow.analysis.tree import Tree, given_tree
from confusionflow.errors import ConfusionFlowError
from confusionflow.store import Store


@dataclass(frozen=True)
class History:
    """What there is of a run.

    Attributes:
        declared: The classes that were declared for the whole run, or None.
        tree: The groups that these were declared in, or None.
        classes: Class names by split.
        config: The hyperparameters of its newest attempt.
        background: Name of the class that stands for "no object", or None.
    """

    declared: tuple[str | int, ...] | None = None
    tree: Tree | None = None
    classes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    background: str | None = None


def newest_run_id(log_dir: str | os.PathLike[str], name: str) -> str | None:
    """The id of the newest run of that name, or None."""
    try:
        runs = Store(log_dir).runs()
    except ConfusionFlowError:  # there is no log directory yet
        return None
    return next((run.id for run in reversed(runs) if run.name == name), None)


def read_history(log_dir: str | os.PathLike[str], run_id: str) -> History:
    """Look up what a run logged; nothing where it is new."""
    try:
        run = Store(log_dir).run(run_id)
    except ConfusionFlowError:
        return History()
    classes = {name: split.classes for name, split in run.splits.items()}
    return History(
        run.classes,
        given_tree(run.classes, run.groups, run.parents),
        classes,
        run.config,
        run.background,
    )
