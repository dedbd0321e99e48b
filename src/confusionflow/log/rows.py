"""The rows of an epoch: predictions in their order on disk, and the counts of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.analysis.confusion import confusion
from confusionflow.log.classes import ClassList
from confusionflow.log.columns import LabelColumn, plain_label
from confusionflow.log.spelling import is_whole_number, spelled
from confusionflow.store.format.text import storable
from confusionflow.store.write import EpochRows


def count_rows(
    known: ClassList,
    actual: LabelColumn,
    predicted: LabelColumn,
    instances: NDArray[Any] | pa.Array | None,
    confidence: NDArray[np.float32] | None,
    ignored: NDArray[np.bool_] | None,
) -> EpochRows:
    """Count the predictions of an epoch, and put them in an order that compresses well.

    Arguments:
        known: The classes.
        actual, predicted: Labels of all instances.
        instances: What identifies them; None for their positions.
        confidence: Probabilities of the predicted classes.
        ignored: Which instances have a label that is to be ignored; None for none.
    """
    n = len(known)
    rows, columns = known.indices(actual), known.indices(predicted)
    if ignored is not None and ignored.any():
        rows = rows.copy()
        rows[ignored] = n
    # A stable sort of narrow integers is a radix sort. The index n, of no class, comes last.
    order = np.argsort(rows, kind="stable")
    predictions: dict[str, pa.Array | NDArray[np.generic]] = {
        "instance": _taken(instances, order),
        "actual": _column(rows[order], n),
        "predicted": _column(columns[order], n),
    }
    if confidence is not None:
        predictions["confidence"] = confidence[order]
    left_out = 0
    if rows.max(initial=0) == n or columns.max(initial=0) == n:
        predictions["actual_other"] = _other(actual.array[order], rows[order], n)
        predictions["predicted_other"] = _other(predicted.array[order], columns[order], n)
        counted = (rows < n) & (columns < n)
        rows, columns = rows[counted], columns[counted]
        left_out = int(counted.size - rows.size)
    counts = confusion(rows, columns, n)
    cells = np.flatnonzero(counts)
    return EpochRows(*np.divmod(cells, n), counts.ravel()[cells], predictions, left_out)


def _column(indices: NDArray[np.integer], n: int) -> pa.Array | NDArray[np.integer]:
    """Class indices; null where there is no class."""
    other = indices == n
    if not other.any():
        return indices
    return pa.array(indices, mask=other)


def _other(labels: NDArray[Any], indices: NDArray[np.integer], n: int) -> pa.Array:
    """Labels that are no class, as text, as they came; null elsewhere."""
    texts = [
        None if index < n else "nan" if plain_label(label) is None else storable(str(label))
        for label, index in zip(labels.tolist(), indices.tolist(), strict=True)
    ]
    return pa.array(texts, pa.string())


def _taken(
    instances: NDArray[Any] | pa.Array | None, order: NDArray[np.intp]
) -> NDArray[Any] | pa.Array:
    """What identifies the instances, in another order."""
    if instances is None:
        return order.astype(np.int32 if order.size < 2**31 else np.int64)
    return instances.take(pa.array(order)) if isinstance(instances, pa.Array) else instances[order]


def ignored_labels(labels: LabelColumn, ignored: frozenset[int | str]) -> NDArray[np.bool_] | None:
    """Which labels are those to be ignored, however they are spelled; None for none."""
    if not ignored:
        return None
    keys = {spelled(label) for label in ignored}
    if labels.array.dtype.kind in "iu":
        return np.isin(labels.array, [int(key) for key in keys if is_whole_number(key)])
    return labels.where({v for v in labels.distinct if v is not None and spelled(v) in keys})
