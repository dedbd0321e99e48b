"""Hold cells and their counts as arrays, checked once for all epochs in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.limits import MOST_CLASSES, MOST_COUNT
from confusionflow.store.format.tables import narrow

# The sum of counts is checked slowly and exactly only if they are as large as this.
LARGE_COUNT = 2**39


@dataclass(frozen=True)
class Cells:
    """Cells of a matrix and their counts, in as few bytes as their file has.

    Attributes:
        actual, predicted: Indices of classes, each shape (cells,).
        count: Shape (cells,).
    """

    actual: NDArray[np.integer]
    predicted: NDArray[np.integer]
    count: NDArray[np.integer]

    @classmethod
    def from_table(cls, table: pa.Table) -> Cells:
        """Take the columns of a table.

        Raises:
            DamagedFileError: one is missing, or holds invalid counts or classes.
        """

        def column(name: str) -> pa.ChunkedArray:
            if name not in table.column_names:
                raise DamagedFileError(f"It has no column {name!r}.")
            return table.column(name)

        return cls.read(column)

    @classmethod
    def read(cls, column: Callable[[str], pa.ChunkedArray]) -> Cells:
        """Take the columns that a function gives by name: only one at a time is held in full width.

        Raises:
            DamagedFileError: one holds invalid counts or classes.
        """
        return cls(
            _checked(column("actual"), "actual", MOST_CLASSES - 1),
            _checked(column("predicted"), "predicted", MOST_CLASSES - 1),
            _checked(column("count"), "count", MOST_COUNT),
        )

    def __len__(self) -> int:
        return len(self.count)

    @cached_property
    def most_index(self) -> int:
        """The largest index of a class; 0 if there are no cells."""
        return max(int(self.actual.max(initial=0)), int(self.predicted.max(initial=0)))

    def part(self, start: int, size: int) -> Cells:
        """Take consecutive rows.

        Raises:
            DamagedFileError: their counts add up to too much.
        """
        rows = slice(start, start + size)
        part = Cells(self.actual[rows], self.predicted[rows], self.count[rows])
        if self._has_large and sum(part.count.tolist()) > MOST_COUNT:
            raise DamagedFileError(f"Its counts add up to more than {MOST_COUNT:,}.")
        return part

    @cached_property
    def _has_large(self) -> bool:
        return bool(self.count.max(initial=0) > LARGE_COUNT)


def _checked(column: pa.ChunkedArray, name: str, limit: int) -> NDArray[np.integer]:
    if not pa.types.is_integer(column.type) or column.null_count:
        raise DamagedFileError(f"Its column {name!r} does not hold integers.")
    values: NDArray[np.integer] = column.to_numpy()
    largest = int(values.max()) if len(values) else 0
    if len(values) and not 0 <= values.min() <= largest <= limit:
        raise DamagedFileError(
            f"Its column {name!r} holds values from {values.min()} to {values.max()}."
        )
    # Not uint64, because numpy turns uint64 and int64 together into floats.
    return narrow(values, largest) if largest < 2**32 else values.astype(np.int64, copy=False)
