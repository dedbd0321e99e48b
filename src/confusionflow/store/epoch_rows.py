"""The rows of an epoch before they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import ShapeError
from confusionflow.store.format.cells import Cells
from confusionflow.store.format.limits import can_be_read


@dataclass(frozen=True)
class EpochRows:
    """The rows of one epoch of one split.

    Attributes:
        cells: The cells that are not zero.
        predictions: Columns of the predictions by name, or None if only counts are known.
        left_out: Instances that are not counted.
        instances: What the column `instance` of the predictions holds: "ids" or "positions".

    Raises:
        ShapeError: there are too many rows to read back.
    """

    cells: Cells
    predictions: Mapping[str, pa.Array | NDArray[np.generic]] | None = None
    left_out: int = 0
    instances: str = "ids"

    def __post_init__(self) -> None:
        size = len(self.cells)
        if not can_be_read(size, 4, 32 * size):  # as the widest integers
            raise ShapeError(
                f"An epoch has {size:,} cells that are not zero, too many to read back. Log "
                "groups of the classes."
            )
        columns = list((self.predictions or {}).values())
        rows = len(columns[0]) if columns else 0
        # Each row is written with its epoch.
        held = sum(column.nbytes for column in columns) + 8 * rows
        if not can_be_read(rows, len(columns) + 1, held):
            raise ShapeError(
                f"An epoch has {rows:,} instances in {len(columns)} columns, too many to read "
                "back. Log some of them, give them integers or shorter texts as ids, or log their "
                "counts with log_matrix()."
            )
