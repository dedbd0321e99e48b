"""Hold what importers read of a run, and write it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ClassesError, ImportSourceError, NameTextError
from confusionflow.log import Run
from confusionflow.log.arguments import parse_name
from confusionflow.log.classes import ClassList

Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """A split: class names, and counts by epoch, each shape (classes, classes)."""

    classes: tuple[str, ...]
    epochs: dict[int, Counts]


@dataclass(frozen=True)
class ImportedRun:
    """A run that was read: its splits by name, its config, and what its epochs are."""

    splits: dict[str, Split]
    config: Mapping[str, Any] = field(default_factory=dict)
    time_unit: str = "epoch"


def write_runs(
    runs: Mapping[str, ImportedRun], log_dir: str | os.PathLike[str], step: Callable[[], None]
) -> list[str]:
    """Write runs under their names, call `step` after each, and return their ids."""
    ids = []
    for name, read in runs.items():
        with Run(
            log_dir, name=name, config=read.config, time_unit=read.time_unit, strict=True
        ) as run:
            for split, taken in read.splits.items():
                for epoch, counts in sorted(taken.epochs.items()):
                    run.log_matrix(epoch, split, counts, classes=taken.classes)
            ids.append(run.id)
        step()
    return ids


def check_name(name: str, source: str | os.PathLike[str]) -> None:
    """Refuse a name that a run or split can't have.

    Raises:
        ImportSourceError: names the file that it came from.
    """
    try:
        parse_name(name, "A name")
    except NameTextError as error:
        raise ImportSourceError(str(error), file=os.fspath(source)) from None


def check_classes(names: Sequence[str], source: str | os.PathLike[str]) -> None:
    """Refuse class names that are empty or occur twice.

    Raises:
        ImportSourceError: names the file that they came from.
    """
    try:
        ClassList.declare(names)
    except ClassesError as error:
        raise ImportSourceError(str(error), file=os.fspath(source)) from None
