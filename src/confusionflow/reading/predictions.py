"""Predictions of a series, instance by instance and epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.instances import Layout
from confusionflow.analysis.trajectories import NONE, Trajectories
from confusionflow.errors import InstancesError, NoPredictionsError
from confusionflow.reading.instance_ids import IdCodes, MixedIdsError
from confusionflow.store.predictions import EpochPredictions


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions of a series, exactly those that its counts include.

    Instances are in class order. An id that was logged with several actual classes, or several
    times in one epoch, has that many positions.

    Attributes:
        classes: Class names.
        epochs: Epochs that were logged with predictions, int64, shape (epochs,).
        ids: What identifies the instances: their ids, or their positions in the arrays that were
            logged; int64 or text, shape (instances,).
        actual: Index of the actual class, int32, shape (instances,).
        predicted: Index of the predicted class, shape (epochs, instances); -1 for no prediction.
        confidence: Probability of the predicted class, float32, shape (epochs, instances), NaN
            for unknown; None if none was logged.
        margin: log p(actual) - log of the largest other probability, likewise.
    """

    classes: tuple[str, ...]
    epochs: NDArray[np.int64]
    ids: NDArray[Any]
    actual: NDArray[np.int32]
    predicted: NDArray[np.signedinteger]
    confidence: NDArray[np.float32] | None = None
    margin: NDArray[np.float32] | None = None

    @cached_property
    def trajectories(self) -> Trajectories:
        """The predictions without names and ids, as `confusionflow.analysis` takes them."""
        return Trajectories(
            self.epochs,
            len(self.classes),
            self.actual,
            self.predicted,
            self.confidence,
            self.margin,
        )

    def __repr__(self) -> str:
        n, e = len(self.ids), len(self.epochs)
        return f"Predictions({n:,} instances, {e:,} epochs, {len(self.classes):,} classes)"


@dataclass(frozen=True, eq=False)
class CodedPredictions:
    """The predictions of one epoch, with numbers in place of ids.

    Attributes:
        epoch: The epoch.
        code: The numbers of the ids, shape (instances,).
        actual, predicted: Class indices, -1 for none, each shape (instances,).
        confidence, margin: Floats, or None.
    """

    epoch: int
    code: NDArray[np.int64]
    actual: NDArray[np.int32]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32] | None
    margin: NDArray[np.float32] | None


def collect(
    name: str, classes: tuple[str, ...], read: Iterable[tuple[int, EpochPredictions]]
) -> Predictions:
    """Put the predictions of all epochs together.

    Arguments:
        name: Name of the split, for messages.
        classes: Class names.
        read: The predictions of each epoch, increasing; iterated over once.

    Raises:
        NoPredictionsError: there are none.
        InstancesError: positions are used as ids, but instances changed.
    """
    epochs = list(read)
    try:
        codes = IdCodes()
        rows = list(match(name, epochs, codes))
    except MixedIdsError:
        codes = IdCodes(as_text=True)
        rows = list(match(name, epochs, codes))
    del epochs
    if not rows:
        raise NoPredictionsError(name)
    layout = Layout.empty()
    for each in rows:
        layout = layout.joined(each.actual, each.code)
    n = len(layout)
    kind = np.int16 if len(classes) < 2**15 else np.int32
    predicted = np.full((len(rows), n), NONE, kind)
    confidence, margin = (
        np.full((len(rows), n), np.nan, np.float32)
        if any(getattr(each, column) is not None for each in rows)
        else None
        for column in ("confidence", "margin")
    )
    for e, each in enumerate(rows):
        positions = layout.positions(each.actual, each.code)
        predicted[e, positions] = each.predicted
        for values, target in ((each.confidence, confidence), (each.margin, margin)):
            if values is not None and target is not None:
                target[e, positions] = values
    ids = codes.ids(layout.code)
    numbers = np.array([each.epoch for each in rows], np.int64)
    return Predictions(classes, numbers, ids, layout.actual, predicted, confidence, margin)


def match(
    name: str,
    read: Iterable[tuple[int, EpochPredictions]],
    codes: IdCodes,
    first: tuple[int, EpochPredictions] | None = None,
) -> Iterator[CodedPredictions]:
    """Number the ids of each epoch, and leave out predictions that no cell counts.

    Arguments:
        name: Name of the split, for messages.
        read: The predictions of each epoch, increasing.
        codes: The numbers of the ids; new ones are added.
        first: The first epoch of all and its predictions; None if it is the first of these.

    Raises:
        InstancesError: positions are used as ids, but instances changed.
        MixedIdsError: ids of some epochs are integers, and those of others are text.
    """
    for epoch, found in read:
        first = first or (epoch, found)
        _check_positions(name, first, epoch, found)
        code = codes.of(found.ids)
        counted = (found.actual >= 0) & (found.predicted >= 0)
        if counted.all():
            yield CodedPredictions(
                epoch, code, found.actual, found.predicted, found.confidence, found.margin
            )
        else:
            yield CodedPredictions(
                epoch,
                code[counted],
                found.actual[counted],
                found.predicted[counted],
                None if found.confidence is None else found.confidence[counted],
                None if found.margin is None else found.margin[counted],
            )


def _check_positions(
    name: str, first: tuple[int, EpochPredictions], epoch: int, found: EpochPredictions
) -> None:
    """Check that positions used as ids mean the same instances at every epoch."""
    begin, before = first
    if not (found.are_positions or before.are_positions) or found is before:
        return
    if found.are_positions != before.are_positions:
        with_ids, without = (begin, epoch) if found.are_positions else (epoch, begin)
        changed = f"epoch {with_ids} was logged with ids and epoch {without} without"
    elif len(found.ids) != len(before.ids):
        changed = (
            f"epoch {begin} has {len(before.ids):,} instances and epoch {epoch} {len(found.ids):,}"
        )
    elif found.ids.equals(before.ids) and np.array_equal(found.actual, before.actual):
        return
    else:
        labels = [
            each.actual[np.argsort(each.ids.to_numpy(zero_copy_only=False))]
            for each in (before, found)
        ]
        other = np.flatnonzero(labels[0] != labels[1])
        if not other.size:
            return
        changed = (
            f"the instance at position {other[0]} has another actual class at epoch {epoch} than "
            f"at epoch {begin}"
        )
    raise InstancesError(
        f"Instances of split {name!r} can't be followed over the epochs: {changed}. Pass ids=, "
        "which identify the instances, to run.log()."
    )
