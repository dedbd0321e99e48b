"""Find the instances that activate a unit most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EXEMPLARS = 9

# Single-precision numbers in a line of a processor's cache.
LINE = 16


class Exemplars:
    """Keeps the instances that activate each unit most, from batch to batch.

    Attributes:
        rows: Numbers of the instances, the most activating first, shape (exemplars, units).
        values: How much they activate the unit, in the same shape.
    """

    def __init__(self) -> None:
        self.rows = np.zeros((0, 0), np.int64)
        self.values = np.zeros((0, 0), np.float32)

    def add(self, features: NDArray[np.float32], rows: NDArray[np.int64]) -> None:
        """Add instances; in a tie the earlier one is kept.

        Arguments:
            features: Shape (instances, units).
            rows: A number for each, shape (instances,).
        """
        units = np.arange(features.shape[1])
        known = len(self.rows)
        if not known:
            self.values = np.zeros((0, len(units)), np.float32)
            self.rows = np.zeros((0, len(units)), np.int64)
        # With instances along the last axis, their maximum is found several times faster.
        candidates = np.empty((len(units), known + len(features)), np.float32)
        candidates[:, :known] = self.values.T
        for start in range(0, len(features), LINE):  # to fill whole lines of the cache
            part = features[start : start + LINE]
            candidates[:, known + start : known + start + len(part)] = part.T
        size = min(EXEMPLARS, candidates.shape[1])
        places = np.empty((size, len(units)), np.int64)
        values = np.empty((size, len(units)), np.float32)
        for rank in range(size):
            places[rank] = candidates.argmax(axis=1)
            values[rank] = candidates[units, places[rank]]
            candidates[units, places[rank]] = -np.inf
        found = rows[np.maximum(places - known, 0)]
        if known:
            kept = self.rows[np.minimum(places, known - 1), units]
            found = np.where(places < known, kept, found)
        self.rows, self.values = found, values
