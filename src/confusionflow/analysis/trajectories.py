"""Trajectories: the predicted classes of instances, epoch by epoch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

# In `predicted`, an epoch in which an instance has no prediction.
NONE = -1


@dataclass(frozen=True, eq=False)
class Trajectories:
    """Predictions of the same instances over epochs.

    Attributes:
        epochs: int64, shape (epochs,), increasing.
        n_classes: Number of classes.
        actual: Class index of each instance, shape (instances,).
        predicted: Class indices, signed integers, shape (epochs, instances); -1 for no prediction.
        confidence: Probability of the predicted class, shape (epochs, instances); NaN where it is
            unknown. None if it was never logged.
        margin: log p(actual) - log of the largest other probability, likewise.

    Examples:
        >>> cats = Trajectories(np.array([0, 5]), 2, np.array([0, 1]), np.array([[0, 0], [0, 1]]))
        >>> cats.between(5, None).predicted
        array([[0, 1]])
    """

    epochs: NDArray[np.int64]
    n_classes: int
    actual: NDArray[np.integer]
    predicted: NDArray[np.signedinteger]
    confidence: NDArray[np.floating] | None = None
    margin: NDArray[np.floating] | None = None

    def between(self, first: int | None, last: int | None) -> Trajectories:
        """Keep the epochs from `first` to `last`, both included; None is open."""
        start = 0 if first is None else int(np.searchsorted(self.epochs, first, "left"))
        stop = len(self.epochs)
        if last is not None:
            stop = max(start, int(np.searchsorted(self.epochs, last, "right")))
        return self._taken(slice(start, stop), slice(None))

    @property
    def labels(self) -> Trajectories:
        """Return the trajectories without confidences and margins, so that these are not read."""
        return replace(self, confidence=None, margin=None)

    def of(self, instances: slice | NDArray[np.integer] | NDArray[np.bool_]) -> Trajectories:
        """Keep some instances, by their places or by a mask."""
        taken = self._taken(slice(None), instances)
        return replace(taken, actual=self.actual[instances])

    def _taken(
        self, epochs: slice, instances: slice | NDArray[np.integer] | NDArray[np.bool_]
    ) -> Trajectories:
        def part(values: NDArray[np.floating] | None) -> NDArray[np.floating] | None:
            return None if values is None else values[epochs, instances]

        return replace(
            self,
            epochs=self.epochs[epochs],
            predicted=self.predicted[epochs, instances],
            confidence=part(self.confidence),
            margin=part(self.margin),
        )
