"""Predictions of instances, where a series has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.shares import Shares, shares
from confusionflow.errors import ConfusionFlowError
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
    """

    ids: NDArray[Any]
    actual: Ints
    predicted: Ints
    n_classes: int

    def take(self, index: Ints) -> Behaviour:
        """Keep some instances."""
        return Behaviour(
            self.ids[index], self.actual[index], self.predicted[:, index], self.n_classes
        )

    def shares(self, groups: Groups | None = None) -> Shares:
        """Count in which share of the epochs each was predicted as what.

        Arguments:
            groups: Group of each id; an id without one is a group of its own.
        """
        of = None if groups is None else numbered([groups.get(i, (i,)) for i in self.ids.tolist()])
        return shares(self.actual, self.predicted, self.n_classes, of)


def numbered(keys: Sequence[Any]) -> Ints:
    """Give each distinct key a number.

    Examples:
        >>> numbered(["a", "b", "a"])
        array([0, 1, 0])
    """
    known: dict[Any, int] = {}
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)


class Reader:
    """Reads the predictions of each series once."""

    def __init__(self) -> None:
        self._read: list[tuple[Split, Predictions | None]] = []

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
        predictions = self._predictions(series)
        if predictions is None or not len(epochs):
            return None
        rows = np.flatnonzero(np.isin(predictions.epochs, epochs))
        if len(rows) < len(epochs):
            return None
        common = np.append(index_map, -1)  # what is no class stays none
        return Behaviour(
            predictions.ids,
            common[predictions.actual],
            common[predictions.predicted[rows]],
            n_classes,
        )

    def _predictions(self, series: Split) -> Predictions | None:
        for known, predictions in self._read:
            if known is series:
                return predictions
        try:
            predictions = series.predictions()
        except ConfusionFlowError:
            predictions = None
        self._read.append((series, predictions))
        return predictions


def matched(a: Behaviour, b: Behaviour) -> tuple[Behaviour, Behaviour] | None:
    """Keep the instances that both have; None if they are not the same data set.

    Ids that most of both sides have in common, each with one actual class, are one data set.
    """
    if a.ids.dtype.kind != b.ids.dtype.kind:
        return None
    common, in_a, in_b = np.intersect1d(a.ids, b.ids, return_indices=True)
    if 2 * len(common) < max(len(a.ids), len(b.ids)):
        return None
    one, other = a.take(in_a), b.take(in_b)
    return (one, other) if np.array_equal(one.actual, other.actual) else None
