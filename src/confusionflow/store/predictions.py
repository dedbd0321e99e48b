"""Read the predictions of one epoch, exactly those that its counts include."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError
from confusionflow.store.data_files import LastOpened
from confusionflow.store.epoch import read_predictions
from confusionflow.store.first_rows import first_rows
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.format.tables import Metadata
from confusionflow.store.split_folder import SplitFolder

COLUMNS = ("instance", "actual", "predicted", "confidence", "margin")


@dataclass(frozen=True, eq=False)
class EpochPredictions:
    """The predictions of one epoch, of all ranks together; each instance occurs once.

    Attributes:
        ids: What identifies the instances, an integer type or text, shape (instances,).
        are_positions: Whether these are positions in the arrays that were logged.
        actual, predicted: Indices into the split's classes, int32, shape (instances,); -1 for
            anything that is not a class.
        confidence, margin: float32, shape (instances,), NaN for unknown; None if the epoch has
            none.
    """

    ids: pa.Array
    are_positions: bool
    actual: NDArray[np.int32]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32] | None
    margin: NDArray[np.float32] | None


def read_epoch(
    folder: SplitFolder,
    files: Sequence[DataFile],
    index_map_of: Callable[[Metadata], NDArray[np.integer] | int],
    last: LastOpened,
    *,
    has_ranks: bool,
) -> EpochPredictions:
    """Read the predictions of one epoch.

    Arguments:
        folder: The split's folder.
        files: Those of each rank, in the order of ranks.
        index_map_of: Finds the index in the split's classes of each index that a file has; or
            how many there are, if they are the same.
        last: Keeps a packed file open for the next epoch.
        has_ranks: Whether several processes evaluated together, so that instances count once.

    Raises:
        DamagedFileError: a file can't be read, or holds values that are not predictions.
    """
    read = [read_predictions(folder, file, COLUMNS, last) for file in files]
    tables = [table for table, _ in read]
    actual = _joined([_reindexed(table["actual"], index_map_of(said)) for table, said in read])
    predicted = _joined(
        [_reindexed(table["predicted"], index_map_of(said)) for table, said in read]
    )
    ids = _ids([table["instance"] for table in tables])
    confidence, margin = (_numbers(tables, name) for name in ("confidence", "margin"))
    said = {metadata.instances for _, metadata in read}
    are_positions = said == {"positions"} or (said == {""} and _are_counted_up(ids))
    if has_ranks:
        kept = first_rows([table["instance"] for table in tables])
        if not kept.all():
            ids, actual, predicted = ids.filter(pa.array(kept)), actual[kept], predicted[kept]
            confidence = None if confidence is None else confidence[kept]
            margin = None if margin is None else margin[kept]
    return EpochPredictions(ids, are_positions, actual, predicted, confidence, margin)


def _reindexed(column: pa.ChunkedArray, index_map: NDArray[np.integer] | int) -> NDArray[np.int32]:
    """Map to indices into the split's classes; -1 for anything that is not a class."""
    has_nulls = column.null_count > 0
    plain = column.cast(pa.int32())
    indices: NDArray[np.int32] = (plain.fill_null(-1) if has_nulls else plain).to_numpy()
    size = index_map if isinstance(index_map, int) else len(index_map)
    largest = int(indices.max(initial=-1))
    if largest >= size:
        raise DamagedFileError(f"It predicts class {largest}, but there are {size} classes.")
    if isinstance(index_map, int):
        return indices
    found = index_map.astype(np.int32)[indices]
    return np.where(indices < 0, np.int32(-1), found) if has_nulls else found


def _joined(parts: Sequence[NDArray[np.int32]]) -> NDArray[np.int32]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _ids(columns: Sequence[pa.ChunkedArray]) -> pa.Array:
    """Join the ids of all ranks; they become text if those of any rank are text."""
    kinds = {column.type for column in columns}
    if len(kinds) > 1 or not pa.types.is_integer(columns[0].type):
        has_text = any(pa.types.is_string(kind) for kind in kinds) or pa.uint64() in kinds
        columns = [column.cast(pa.string() if has_text else pa.int64()) for column in columns]
    elif columns[0].type != pa.uint64():
        columns = [column.cast(pa.int64()) for column in columns]
    chunks = [chunk for column in columns for chunk in column.chunks]
    joined = pa.chunked_array(chunks, columns[0].type)
    return joined.chunk(0) if joined.num_chunks == 1 else joined.combine_chunks()


def _numbers(tables: Sequence[pa.Table], name: str) -> NDArray[np.float32] | None:
    """A column of numbers, NaN for null; None if no rank has it."""
    if not any(name in table.column_names for table in tables):
        return None
    parts: list[NDArray[np.float32]] = []
    for table in tables:
        if name not in table.column_names:
            parts.append(np.full(len(table), np.nan, np.float32))
        elif not (pa.types.is_floating(kind := table[name].type) or pa.types.is_null(kind)):
            raise DamagedFileError(f"Its column {name!r} does not hold numbers.")
        else:
            parts.append(table[name].cast(pa.float32()).to_numpy())
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _are_counted_up(ids: pa.Array) -> bool:
    """Whether these are 0 … n - 1 in any order, as in old logs without ids."""
    if not pa.types.is_integer(ids.type):
        return False
    values = ids.to_numpy(zero_copy_only=False)
    if not len(values) or values.min() != 0 or values.max() != len(values) - 1:
        return False
    return bool((np.bincount(values.astype(np.int64), minlength=len(values)) == 1).all())
