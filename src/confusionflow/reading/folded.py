"""Repeated runs, such as the seeds of one configuration, as one series."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.align import align
from confusionflow.analysis.fold import Folded, Spread, fold
from confusionflow.errors import ArgumentError, ConfusionFlowWarning, SplitNotFoundError
from confusionflow.reading.measured import Measured, by_classes, measured, minus
from confusionflow.reading.run import LoggedRun, Series


class FoldedSeries:
    """The series of a split in several runs, folded into one: their configs differ only in some
    keys.

    Attributes:
        config: The part that the runs' configs have in common.
        members: The series, in the order of their runs.
        over: The keys of the configs in which they may differ.
        classes: Names of all classes that a member has.
    """

    def __init__(
        self, config: Mapping[str, Any], members: Sequence[Series], over: Sequence[str]
    ) -> None:
        self.config = dict(config)
        self.members = tuple(members)
        self.over = tuple(over)
        self.classes = align([one.classes for one in members]).classes

    @property
    def runs(self) -> list[LoggedRun]:
        """The runs that are folded."""
        return [one.run for one in self.members]

    def of(self, measure: str, spread: Spread = "range") -> Folded:
        """Compute mean and band of a measure at every epoch that a member has.

        The mean is that of the members' own numbers, so for rates each run has the same weight,
        however many instances it has. A member that lacks an epoch or a class is left out there;
        `count` says how many are in.

        Arguments:
            measure: "accuracy", "balanced_accuracy", "matthews", "kappa", "macro_" or "weighted_"
                and "precision", "recall" or "f1", of shape (epochs,); "precision", "recall", "f1",
                "support", "false_negatives", "false_positives", "false_negative_rate" or
                "false_discovery_rate", (epochs, classes); "counts" or "rates", (epochs, actual,
                predicted).
            spread: "range" for a band from the least to the greatest member, "deviation" for the
                mean ± one standard deviation (of a sample, so of at least two members).

        Raises:
            ArgumentError: there is no such measure or spread.
        """
        values = [
            by_classes(measured(one.cube(), measure), one.classes, self.classes)
            for one in self.members
        ]
        return fold([one.epochs for one in self.members], values, spread)

    def minus(
        self, baseline: Measured, measure: str
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Subtract the mean of a baseline: see `Series.minus`."""
        return minus(self, baseline, measure)

    def _line(self, measure: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
        folded = self.of(measure)
        return folded.epochs, folded.mean

    def __repr__(self) -> str:
        return f"FoldedSeries({self.config}, {len(self.members)} runs)"


def alike(
    configs: Sequence[Mapping[str, Any]], over: Sequence[str]
) -> list[tuple[dict[str, Any], list[int]]]:
    """Group runs whose configs differ only in some keys.

    Arguments:
        configs: The config of each run.
        over: Keys that may differ within a group.

    Returns:
        For each group, in the order of its first run, the common part of the configs and the
        positions of its runs.

    Examples:
        >>> configs = [{"lr": 0.1, "seed": 0}, {"lr": 0.2, "seed": 0}, {"lr": 0.1, "seed": 1}]
        >>> alike(configs, ["seed"])
        [({'lr': 0.1}, [0, 2]), ({'lr': 0.2}, [1])]
    """
    groups: dict[str, tuple[dict[str, Any], list[int]]] = {}
    for position, config in enumerate(configs):
        common = {key: value for key, value in config.items() if key not in over}
        key = json.dumps(_plain(common), sort_keys=True, default=str)
        groups.setdefault(key, (common, []))[1].append(position)
    return list(groups.values())


def _plain(value: Any) -> Any:
    """Turn whole numbers of a config into integers, since 1 and 1.0 are the same number."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def fold_series(runs: Sequence[LoggedRun], split: str, over: Sequence[str]) -> list[FoldedSeries]:
    """Fold a split of those runs that have it, over keys of their configs.

    Raises:
        ArgumentError: no run has the split, or `over` is not a list.
    """
    if isinstance(over, str):
        raise ArgumentError(f"over is {over!r}. Pass a list of keys: over=[{over!r}].")
    having = [run for run in runs if split in run]
    if runs and not having:
        raise SplitNotFoundError(split, dict.fromkeys(name for run in runs for name in run))
    groups = alike([run.config for run in having], over)
    for _, group in groups:
        names = [having[at].name for at in group]
        # Names that differ only in a number, such as the seed, belong to repetitions.
        distinct = {re.sub(r"\d+", "", name): name for name in reversed(names)}
        if len(distinct) > 1:
            listed = ", ".join(map(repr, reversed(distinct.values())))
            warnings.warn(
                f"Runs of different names are folded into one, because their configs differ only "
                f"in {', '.join(over)}: {listed}. If they are not repetitions, put what tells them "
                "apart into their configs.",
                ConfusionFlowWarning,
                stacklevel=3,
            )
    return [
        FoldedSeries(config, [having[at][split] for at in group], over) for config, group in groups
    ]
