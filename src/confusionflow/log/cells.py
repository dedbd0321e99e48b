"""Count the cells of an epoch of which only counts are known."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import LabelError, ShapeError
from confusionflow.log.arrays import to_array, whole_numbers
from confusionflow.log.classes import ClassList
from confusionflow.log.columns import LabelColumn
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.format.cells import Cells

LARGEST_COUNT = 2**63 - 1


def count_cells(
    known: ClassList,
    actual: LabelColumn,
    predicted: LabelColumn,
    counts: NDArray[np.int64],
    left_out: int,
) -> EpochRows:
    """Add up the counts of each cell; memory follows the cells that were passed.

    Arguments:
        known: The classes.
        actual, predicted: Labels of the cells; a cell may occur several times.
        counts: How many instances each cell has, shape (cells,).
        left_out: Instances that are in no cell. Those of cells with a label that is not a class are
            added.

    Raises:
        LabelError: the counts add up to more than 64 bits hold.
    """
    if sum(counts.tolist()) + left_out > LARGEST_COUNT:
        raise LabelError(
            f"The counts of the epoch add up to more than {LARGEST_COUNT:,}, the most that can be "
            "kept."
        )
    n = len(known)
    rows, columns = known.indices(actual), known.indices(predicted)
    is_cell = (rows < n) & (columns < n)
    cells = rows[is_cell].astype(np.int64) * n + columns[is_cell]
    order = np.argsort(cells, kind="stable")
    cells, counted = cells[order], counts[is_cell][order]
    starts = np.flatnonzero(np.diff(cells, prepend=-1))
    summed = np.add.reduceat(counted, starts) if starts.size else counted
    some = summed > 0
    return EpochRows(
        Cells(*np.divmod(cells[starts][some], max(n, 1)), summed[some]),
        left_out=left_out + int(counts[~is_cell].sum()),
    )


def to_cell_counts(values: Any, size: int) -> NDArray[np.int64]:
    """Return how many instances each cell has, shape (size,).

    Raises:
        ShapeError: there are more or fewer than `size`.
        LabelError: a value is not a whole number from 0 on.
    """
    array = to_array(values, "count").ravel()
    if array.size != size:
        raise ShapeError(
            f"count has {array.size:,} values and actual has {size:,}. Pass one for each cell."
        )
    if array.dtype.kind not in "biuf":
        raise LabelError(f"count holds {array.dtype} values. Pass whole numbers.")
    counts, wrong = whole_numbers(array)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise LabelError(
            f"count holds {array[at]} at position {at:,}. Pass whole numbers from 0 on, not shares."
        )
    return counts


def check_lengths(actual: NDArray[Any], predicted: NDArray[Any]) -> None:
    """Refuse cells that lack an actual or a predicted class.

    Raises:
        ShapeError: there are more of one than of the other.
    """
    if actual.size != predicted.size:
        raise ShapeError(
            f"actual has {actual.size:,} labels and predicted has {predicted.size:,}. Pass one of "
            "each for every cell."
        )


def to_left_out(value: Any) -> int:
    """Return how many instances are in no cell.

    Raises:
        LabelError: it is not a whole number from 0 on.
    """
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0 or isinstance(value, bool):
        raise LabelError(f"left_out is {value!r:.60}. Pass a whole number from 0 on.")
    return number
