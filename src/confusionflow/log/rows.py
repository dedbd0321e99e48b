"""The rows of an epoch: predictions in their order on disk, and their counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.analysis.confusion import confusion
from confusionflow.log.classes import ClassList
from confusionflow.log.columns import LabelColumn, plain_label
from confusionflow.log.probabilities import to_half
from confusionflow.log.spelling import is_whole_number, spelled
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.format.cells import Cells
from confusionflow.store.format.text import storable

# No matrix is made that has more cells than this, and many more cells than instances.
DENSE_CELLS = 1 << 22

Ids: TypeAlias = NDArray[np.integer] | pa.Array


@dataclass(frozen=True)
class RowOrder:
    """The order of an epoch's rows, which the next epoch usually has too.

    Attributes:
        rows: Index of each actual class, in the order of the call; `n_classes` for none.
        ids: What identifies the instances, likewise; None for their positions.
        n_classes: Number of classes.
        order: Sorts by actual class; None if they are sorted.
        actual, instance: These columns, sorted.
    """

    rows: NDArray[np.integer]
    ids: Ids | None
    n_classes: int
    order: NDArray[np.intp] | None
    actual: pa.Array
    instance: pa.Array

    @classmethod
    def find(
        cls, rows: NDArray[np.integer], ids: Ids | None, n_classes: int, last: RowOrder | None
    ) -> RowOrder:
        """Find the order of some rows: `last` if it fits, so that nothing is sorted again."""
        if last and last._fits(rows, ids, n_classes):
            return last
        is_sorted = bool((rows[1:] >= rows[:-1]).all())
        # A stable sort of narrow integers is a radix sort. The index of no class comes last.
        order = None if is_sorted else np.argsort(rows, kind="stable")
        if ids is None:
            instance = pa.array(np.arange(len(rows)) if order is None else order.astype(np.int64))
        elif isinstance(ids, pa.Array):
            instance = ids if order is None else ids.take(pa.array(order))
        else:
            ids = ids.copy()  # the caller may fill its array with other ids
            instance = _integers(ids if order is None else ids[order])
        actual = _classes(rows if order is None else rows[order], n_classes)
        return cls(rows.copy(), ids, n_classes, order, actual, instance)

    def sorted(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values of the instances in the order of the rows."""
        return values if self.order is None else values[self.order]

    def _fits(self, rows: NDArray[np.integer], ids: Ids | None, n_classes: int) -> bool:
        is_same = n_classes == self.n_classes and np.array_equal(rows, self.rows)
        return is_same and are_same_ids(ids, self.ids)


def are_same_ids(one: Ids | None, other: Ids | None) -> bool:
    """Whether two calls have the same ids in the same order, or both have none.

    Examples:
        >>> are_same_ids(np.array([1, 2]), np.array([1, 2])), are_same_ids(np.array([1]), None)
        (True, False)
    """
    if one is None or other is None:
        return one is other
    if isinstance(one, pa.Array) or isinstance(other, pa.Array):
        return isinstance(one, pa.Array) and isinstance(other, pa.Array) and one.equals(other)
    return one.dtype == other.dtype and np.array_equal(one, other)


def count_rows(
    known: ClassList,
    actual: LabelColumn,
    predicted: LabelColumn,
    order: RowOrder,
    numbers: dict[str, NDArray[np.float32]],
) -> EpochRows:
    """Count the predictions of an epoch, and put them in an order that compresses well.

    Arguments:
        known: The classes.
        actual, predicted: Labels of all instances.
        order: The order of the rows.
        numbers: Further columns by name, each shape (instances,); NaN is kept as null.
    """
    n = len(known)
    rows, columns = order.rows, known.indices(predicted)
    predictions: dict[str, pa.Array | NDArray[np.generic]] = {
        "instance": order.instance,
        "actual": order.actual,
        "predicted": _classes(order.sorted(columns), n),
    }
    for name, values in numbers.items():
        half = order.sorted(to_half(values))
        is_missing = np.isnan(half)
        predictions[name] = pa.array(half, mask=is_missing if is_missing.any() else None)
    left_out = 0
    if rows.max(initial=0) == n or columns.max(initial=0) == n:
        predictions["actual_other"] = _other(order.sorted(actual.array), order.sorted(rows), n)
        predictions["predicted_other"] = _other(
            order.sorted(predicted.array), order.sorted(columns), n
        )
        counted = (rows < n) & (columns < n)
        rows, columns = rows[counted], columns[counted]
        left_out = int(counted.size - rows.size)
    cells, counts = _count(rows, columns, n)
    kind = "positions" if order.ids is None else "ids"
    return EpochRows(Cells(*np.divmod(cells, n), counts), predictions, left_out, kind)


def _count(
    rows: NDArray[np.integer], columns: NDArray[np.integer], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells that are not zero, as actual * n + predicted, and their counts."""
    if n * n <= max(DENSE_CELLS, 4 * rows.size):
        counts = confusion(rows, columns, n).ravel()
        cells = np.flatnonzero(counts)
        return cells, counts[cells]
    # A matrix of 40,000 classes would take gigabytes.
    return np.unique(rows.astype(np.int64) * n + columns, return_counts=True)


def class_rows(
    known: ClassList, actual: LabelColumn, ignored: NDArray[np.bool_] | None
) -> NDArray[np.integer]:
    """Index of each actual class; the number of classes for any other label, or an ignored one."""
    rows = known.indices(actual)
    if ignored is not None and ignored.any():
        rows = rows.copy()
        rows[ignored] = len(known)
    return rows


def _classes(indices: NDArray[np.integer], n: int) -> pa.Array:
    """Class indices; null if there is no class."""
    other = indices == n
    wide = indices.astype(np.int32)
    return pa.array(wide, mask=other) if other.any() else pa.array(wide)


def _integers(ids: NDArray[np.integer]) -> pa.Array:
    """Ids as integers of one width; larger ones stay as they are."""
    fits = ids.dtype != np.uint64 or int(ids.max(initial=0)) < 2**63
    return pa.array(ids.astype(np.int64) if fits else ids)


def _other(labels: NDArray[Any], indices: NDArray[np.integer], n: int) -> pa.Array:
    """Labels that are not classes, as text, in their own spelling; null elsewhere."""
    texts = [
        None if index < n else "nan" if plain_label(label) is None else storable(str(label))
        for label, index in zip(labels.tolist(), indices.tolist(), strict=True)
    ]
    return pa.array(texts, pa.string())


def ignored_labels(labels: LabelColumn, ignored: frozenset[int | str]) -> NDArray[np.bool_] | None:
    """Find the labels to ignore, however they are spelled; None if there are none."""
    if not ignored:
        return None
    keys = {spelled(label) for label in ignored}
    if labels.array.dtype.kind in "iu":
        return np.isin(labels.array, [int(key) for key in keys if is_whole_number(key)])
    return labels.where({v for v in labels.distinct if v is not None and spelled(v) in keys})
