"""The labels of all instances, and the distinct ones among them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.store.format.text import storable


class LabelColumn:
    """One label for each instance.

    Arguments:
        array: Integers, text, or objects with None for a missing label, shape (instances,).
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array

    def __len__(self) -> int:
        return len(self.array)

    @property
    def distinct(self) -> list[str | int | None]:
        """The labels that occur, each once; None for missing ones."""
        return self._found[0]

    @property
    def positions(self) -> NDArray[np.intp]:
        """Position of each label among the distinct ones, shape (instances,)."""
        return self._found[1]

    def where(self, labels: set[str | int | None]) -> NDArray[np.bool_]:
        """Which instances have one of these labels."""
        return np.array([value in labels for value in self.distinct], np.bool_)[self.positions]

    @cached_property
    def _found(self) -> tuple[list[str | int | None], NDArray[np.intp]]:
        if self.array.dtype.kind != "O":
            values, inverse = np.unique(self.array, return_inverse=True)
            return [plain_label(value) for value in values.tolist()], inverse.ravel()
        position: dict[str | int | None, int] = {}
        inverse = np.empty(self.array.size, np.intp)
        for i, value in enumerate(self.array.flat):
            inverse[i] = position.setdefault(plain_label(value), len(position))
        return list(position), inverse


def plain_label(value: Any) -> str | int | None:
    """A label as text or as a whole number; None if it is missing."""
    if isinstance(value, (str, np.str_)):
        return storable(value)
    if isinstance(value, (int, np.integer, np.bool_)):
        return int(value)
    if isinstance(value, (float, np.floating)) and not np.isnan(value):
        return int(value)  # whole, as was checked
    return None
