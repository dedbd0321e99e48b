"""Predictions of instances, and their groups, if a series has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.shares import Shares, shares
from confusionflow.errors import InstancesError, NoPredictionsError
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.predictions import Predictions

Ints = NDArray[np.int64]
Groups = Mapping[Any, Any]


@dataclass(frozen=True, eq=False)
class Behaviour:
    """What instances were predicted as over some epochs, in a common class list.

    Attributes:
        ids: Ids of the instances, shape (instances,).
        actual: Their actual classes; -1 if outside of the classes.
        predicted: Predicted classes, shape (epochs, instances); -1 for no prediction.
        n_classes: Number of classes.
        group: What each instance belongs to, shape (instances,); None without groups.
    """

    ids: NDArray[Any]
    actual: Ints
    predicted: Ints
    n_classes: int
    group: NDArray[Any] | None = None

    def take(self, index: Ints) -> Behaviour:
        """Keep some instances."""
        group = None if self.group is None else self.group[index]
        return Behaviour(
            self.ids[index], self.actual[index], self.predicted[:, index], self.n_classes, group
        )

    def shares(self) -> Shares:
        """Count in which share of the epochs each was predicted as what."""
        group = None if self.group is None else numbered(self.group.tolist())
        return shares(self.actual, self.predicted, self.n_classes, group)


def numbered(keys: Sequence[Any]) -> Ints:
    """Give each distinct key a number.

    Examples:
        >>> numbered(["a", "b", "a"])
        array([0, 1, 0])
    """
    known: dict[Any, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)


class Reader:
    """Reads the predictions of each series once.

    Arguments:
        groups: Group (patient, video) of each instance id; None for the groups of the samples that
            were logged, if there are any.
    """

    def __init__(self, groups: Groups | None = None) -> None:
        self._given = groups
        self._read: list[tuple[Split, Predictions | None]] = []
        self._groups: list[tuple[Split, NDArray[Any] | None]] = []

    @property
    def has_logged_groups(self) -> bool:
        """Whether groups are those of the samples that were logged."""
        return self._given is None

    def behaviour(
        self, series: Split, epochs: Ints, index_map: Ints, n_classes: int
    ) -> Behaviour | None:
        """Take the predictions of a series at some epochs.

        Arguments:
            series: A series.
            epochs: Epochs that it has.
            index_map: Common index of each of its classes, as `align` gives it.
            n_classes: Number of common classes.

        Returns:
            None if an epoch was logged as a matrix, or if instances have no ids and changed.
        """
        predictions = self.predictions(series)
        if predictions is None or not len(epochs):
            return None
        rows = np.flatnonzero(np.isin(predictions.epochs, epochs))
        if len(rows) < len(epochs):
            return None
        common = np.append(index_map, -1)  # -1, not a class, stays -1
        return Behaviour(
            predictions.ids,
            common[predictions.actual],
            common[predictions.predicted[rows]],
            n_classes,
            self.groups(series),
        )

    def predictions(self, series: Split) -> Predictions | None:
        """Read the predictions of a series; None if its instances cannot be followed."""
        for known, predictions in self._read:
            if known is series:
                return predictions
        try:
            predictions = series.predictions()
        except (NoPredictionsError, InstancesError):
            predictions = None
        self._read.append((series, predictions))
        return predictions

    def groups(self, series: Split) -> NDArray[Any] | None:
        """Return the group of each instance of `predictions`; None if each stands alone.

        An instance without a group is a group of its own.
        """
        for known, groups in self._groups:
            if known is series:
                return groups
        predictions = self.predictions(series)
        groups = None if predictions is None else self._groups_of(series, predictions.ids)
        if groups is not None and len(set(groups.tolist())) == len(groups):
            groups = None
        self._groups.append((series, groups))
        return groups

    def _groups_of(self, series: Split, ids: NDArray[Any]) -> NDArray[Any] | None:
        if self._given is not None:
            keys = [self._given.get(i, (i,)) for i in ids.tolist()]
        else:
            logged = series.sample_groups(ids)
            if logged is None:
                return None
            pairs = zip(logged.tolist(), ids.tolist(), strict=True)
            keys = [(i,) if group is None else group for group, i in pairs]
        groups = np.empty(len(keys), object)  # keys may be tuples
        groups[:] = keys
        return groups


def matched(a: Behaviour, b: Behaviour) -> tuple[Behaviour, Behaviour] | None:
    """Keep the instances that both have; None if they are not the same data set.

    They are the same if both sides have most ids in common, each with one actual class.
    """
    if a.ids.dtype.kind != b.ids.dtype.kind:
        return None
    common, in_a, in_b = np.intersect1d(a.ids, b.ids, return_indices=True)
    if 2 * len(common) < max(len(a.ids), len(b.ids)):
        return None
    one, other = a.take(in_a), b.take(in_b)
    if not np.array_equal(one.actual, other.actual):
        return None
    # Samples of either run say what belongs together.
    group = other.group if one.group is None else one.group
    return replace(one, group=group), replace(other, group=group)
