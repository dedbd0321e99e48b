"""Instances that were learned and are wrong at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.course import course
from confusionflow.analysis.evidence.followed import LEAST_SIDE, settled
from confusionflow.analysis.evidence.window import LEAST
from confusionflow.analysis.scores import scores
from confusionflow.analysis.trajectories import NONE, Trajectories

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Share of wrong predictions before the window up to which an instance had been learned.
LEARNED = 0.5


@dataclass(frozen=True, eq=False)
class Forgotten:
    """Who was learned before some epoch and is wrong at all of the last ones.

    Attributes:
        epochs: The epochs from the end of early training on, shape (epochs,).
        n_before: Epochs of them before.
        n_wrong: Last epochs at which they are wrong.
        flagged: Who it is, shape (instances,).
        since: Epoch at which each was last forgotten.
        where: Conditions by which the list of instances has exactly these.
    """

    epochs: Ints
    n_before: int
    n_wrong: int
    flagged: Flags
    since: Ints
    where: tuple[str, ...]

    @classmethod
    def of(cls, seen: Trajectories, n_before: int, n_wrong: int) -> Forgotten:
        """Find who was right at half of the first epochs or more, and is wrong at the last ones.

        Arguments:
            seen: Predictions from the end of early training on.
            n_before: Epochs of them in which an instance has to be learned.
            n_wrong: Last epochs, at all of which it has to be wrong.
        """
        found, n = scores(seen), len(seen.epochs)
        # Half a prediction more, so that rounding takes nobody away.
        most = round((int(LEARNED * n_before) + n - n_before + 0.5) / n, 6)
        latest, end = int(seen.epochs[-n_wrong]), int(seen.epochs[-1])
        ends_wrong = (seen.predicted[-1] != NONE) & (seen.predicted[-1] != seen.actual)
        since = found.last_forgotten
        flagged = ends_wrong & (since >= 0) & (since <= latest) & (found.hard <= most)
        where = (f"last>={end}", f"last_forgotten<={latest}", f"hard<={most}")
        return cls(seen.epochs, n_before, n_wrong, flagged, since, where)


def forgotten_in(
    trajectories: Trajectories, window: int, falls: Iterable[int] = ()
) -> Iterator[Forgotten]:
    """Find who was forgotten before the window of the last epochs, and who in the falls of classes.

    Arguments:
        trajectories: Predictions at all epochs.
        window: Number of the last epochs.
        falls: Distinct epochs at which falls of classes began.
    """
    start, n_epochs = settled_at(trajectories), len(trajectories.epochs)
    if start >= n_epochs:
        return
    seen = trajectories.labels.between(int(trajectories.epochs[start]), None)
    n_before = n_epochs - window - start
    if n_before >= LEAST:
        yield Forgotten.of(seen, n_before, window)
    for began in falls:
        n_before = int(np.searchsorted(seen.epochs, began))
        if n_before >= LEAST_SIDE:
            yield Forgotten.of(seen, n_before, LEAST_SIDE)


def settled_at(trajectories: Trajectories) -> int:
    """Position of the first epoch at which accuracy has a running level, as events need one."""
    is_seen = trajectories.predicted != NONE
    wrong = is_seen & (trajectories.predicted != trajectories.actual)
    k, n = (each.sum(axis=1, dtype=np.float64)[:, None] for each in (wrong, is_seen))
    return settled(course(k, n).step[:, 0])
