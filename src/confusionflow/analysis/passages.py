"""Instances that pass through cells: how long they stay, and how they enter and leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.trajectories import NONE, Trajectories

# What an instance did within a range of epochs, by whether it was in the cell at its first and at
# its last prediction.
PASSAGES = ("never", "passed", "left", "came", "stayed")


@dataclass(frozen=True, eq=False)
class Passages:
    """How instances passed through some cells in a range of epochs, each shape (instances,).

    Attributes:
        share: Share of the epochs with a prediction in which an instance is in the cells; NaN if
            it has no prediction.
        first, last: First and last epoch in which it is, -1 if there is none.
        passage: Index into `PASSAGES`. In the cells are both its first and its last prediction in
            the range ("stayed"), only the last one ("came"), only the first one ("left"), or
            neither, but one between them ("passed").
    """

    share: NDArray[np.float32]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    passage: NDArray[np.int8]


def passages(trajectories: Trajectories, is_inside: NDArray[np.bool_]) -> Passages:
    """Find how instances passed through the cells that their predictions are inside of.

    Arguments:
        trajectories: The range of epochs.
        is_inside: Whether a prediction is in the cells, shape (epochs, instances); False where
            there is no prediction.

    Examples:
        >>> predicted = np.array([[0, 1], [1, 1], [1, 0]])
        >>> t = Trajectories(np.array([0, 1, 4]), 2, np.array([0, 0]), predicted)
        >>> found = passages(t, inside(t, predicted=[1]))
        >>> found.share.round(2), found.first, found.last
        (array([0.67, 0.67], dtype=float32), array([1, 0]), array([4, 1]))
        >>> [PASSAGES[each] for each in found.passage]
        ['came', 'left']
    """
    n_epochs, n = is_inside.shape
    if not n_epochs:
        nothing = np.full(n, -1, np.int64)
        return Passages(np.full(n, np.nan, np.float32), nothing, nothing, np.zeros(n, np.int8))
    times = is_inside.sum(axis=0, dtype=np.int32)
    is_seen = trajectories.predicted != NONE
    seen = is_seen.sum(axis=0, dtype=np.int32)
    ever = times > 0
    first = np.where(ever, trajectories.epochs[is_inside.argmax(axis=0)], -1)
    last = np.where(ever, trajectories.epochs[n_epochs - 1 - is_inside[::-1].argmax(axis=0)], -1)
    place = np.arange(n)
    at_start = is_inside[is_seen.argmax(axis=0), place]
    at_end = is_inside[n_epochs - 1 - is_seen[::-1].argmax(axis=0), place]
    passage = np.where(ever, 1 + at_start + 2 * at_end, 0).astype(np.int8)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.divide(times, seen, dtype=np.float32)
    return Passages(share, first, last, passage)


def inside(
    trajectories: Trajectories,
    actual: list[int] | None = None,
    predicted: list[int] | None = None,
    *,
    only_wrong: bool = False,
    only_right: bool = False,
) -> NDArray[np.bool_]:
    """Find the predictions that are in some cells, shape (epochs, instances).

    Arguments:
        trajectories: The predictions.
        actual, predicted: Class indices of the cells' rows and columns; None for all.
        only_wrong, only_right: Without the diagonal, or the diagonal alone.
    """
    found: NDArray[np.bool_] = trajectories.predicted != NONE
    if actual is not None:
        found &= np.isin(trajectories.actual, actual)
    if predicted is not None:
        if len(predicted) == 1:
            found &= trajectories.predicted == predicted[0]
        else:
            found &= np.isin(trajectories.predicted, predicted)
    if only_wrong:
        found &= trajectories.predicted != trajectories.actual
    if only_right:
        found &= trajectories.predicted == trajectories.actual
    return found


@dataclass(frozen=True, eq=False)
class Flow:
    """Instances by their prediction, epoch by epoch: bands over time.

    Attributes:
        right: Instances that are right, int64, shape (epochs,).
        wrong: Wrong instances by predicted class, int64, shape (epochs, classes).
    """

    right: NDArray[np.int64]
    wrong: NDArray[np.int64]


def flow(trajectories: Trajectories) -> Flow:
    """Count the instances by predicted class, the right ones apart.

    Examples:
        >>> predicted = np.array([[0, -1], [2, 2]])
        >>> found = flow(Trajectories(np.arange(2), 3, np.array([0, 0]), predicted))
        >>> found.right, found.wrong.tolist()
        (array([1, 0]), [[0, 0, 0], [0, 0, 2]])
    """
    right = np.zeros(len(trajectories.epochs), np.int64)
    wrong = np.zeros((len(trajectories.epochs), trajectories.n_classes), np.int64)
    for e, predicted in enumerate(trajectories.predicted):
        is_wrong = (predicted != trajectories.actual) & (predicted != NONE)
        wrong[e] = np.bincount(predicted[is_wrong], minlength=trajectories.n_classes)
        right[e] = (predicted == trajectories.actual).sum()
    return Flow(right, wrong)
