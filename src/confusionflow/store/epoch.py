"""The counts of one epoch, from one file or from those of several ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.format.limits import MOST_CLASSES
from confusionflow.store.format.tables import Metadata
from confusionflow.store.packed import LastOpened, read_count_columns, read_data
from confusionflow.store.split_folder import SplitFolder


@dataclass(frozen=True)
class EpochCounts:
    """The content of one counts file, or the part of it that counts.

    Attributes:
        actual, predicted: Indices into the class list that `metadata` names, each shape (cells,).
        count: Shape (cells,).
    """

    file: DataFile
    metadata: Metadata
    actual: NDArray[np.integer]
    predicted: NDArray[np.integer]
    count: NDArray[np.integer]

    @cached_property
    def most_index(self) -> int:
        """The largest index of a class; 0 where there is no row."""
        return max(int(self.actual.max(initial=0)), int(self.predicted.max(initial=0)))


@dataclass(frozen=True)
class StoredEpoch:
    """One epoch: the newest whole file of each rank, and how many files it had.

    Attributes:
        epoch: The epoch.
        parts: The counts of each rank.
        times_logged: How often it was logged; the last time counts.
    """

    epoch: int
    parts: tuple[EpochCounts, ...]
    times_logged: int

    @property
    def rank_count(self) -> int:
        """Ranks that are here."""
        return len({part.file.rank for part in self.parts})

    @property
    def world_size(self) -> int:
        """Ranks that were to log."""
        return max(part.metadata.world_size for part in self.parts)


@dataclass(frozen=True)
class JoinedRanks:
    """The counts of several ranks.

    Attributes:
        parts: Those of each rank, without the instances that a rank before it counted.
        problems: Files that can't be used, and why.
    """

    parts: tuple[EpochCounts, ...]
    problems: tuple[tuple[DataFile, str], ...]


def read_counts(folder: SplitFolder, file: DataFile) -> EpochCounts:
    """Read a counts file.

    Raises:
        DamagedFileError: the file is not what was written.
    """
    columns, metadata = read_count_columns(folder, file)
    if (metadata.epoch, metadata.attempt, metadata.rank) != (file.epoch, file.attempt, file.rank):
        raise DamagedFileError("Its epoch, attempt or rank does not match its name.")
    return EpochCounts(file, metadata, columns.actual, columns.predicted, columns.count)


def join_ranks(
    folder: SplitFolder,
    parts: Sequence[EpochCounts],
    predictions: Sequence[DataFile | None],
) -> JoinedRanks:
    """Count every instance once, even if a sampler gave it to several ranks.

    Arguments:
        folder: The split's folder.
        parts: Counts of each rank, in the order of ranks.
        predictions: The file of predictions of each; None where only counts were logged, which
            are taken as they are.
    """
    problems: list[tuple[DataFile, str]] = []
    tables: list[tuple[EpochCounts, pa.Table]] = []
    kept: list[EpochCounts] = []
    for part, file in zip(parts, predictions, strict=True):
        if file is None:
            kept.append(part)
            continue
        try:
            tables.append((part, read_predictions(folder, file)[0]))
        except DamagedFileError as error:
            problems.append((file, str(error)))
            again = partial(_is_whole, folder, file)
            folder.cache.note(folder.path_of(file.name), error, again)
    if not tables:
        return JoinedRanks(tuple(kept), tuple(problems))
    sizes = [table.num_rows for _, table in tables]
    is_first, same_as = first_rows([table.column("instance") for _, table in tables])
    labels = [_indices(table.column("actual")) for _, table in tables]
    differing = np.flatnonzero((joined := np.concatenate(labels)) != joined[same_as])
    ends = np.cumsum([0, *sizes])
    if differing.size:
        rank = int(np.searchsorted(ends, differing[0], "right")) - 1
        part, table = tables[rank]
        at = int(differing[0] - ends[rank])
        problems.append(
            (
                part.file,
                f"Instance {table.column('instance')[at].as_py()!r:.60} has another actual class "
                f"here than in the file before it, as {differing.size:,} instances have, so they "
                "were counted once. Pass ids that are the same for an instance in every rank and "
                "differ between instances, such as its index in the data set.",
            )
        )
    for (part, table), (begin, end), actual in zip(tables, pairwise(ends), labels, strict=True):
        kept.append(_count(part, actual, _indices(table.column("predicted")), is_first[begin:end]))
    return JoinedRanks(tuple(sorted(kept, key=lambda part: part.file.rank)), tuple(problems))


def first_rows(
    instances: Sequence[pa.ChunkedArray],
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Find the rows that count: an instance counts for the lowest rank and its first row.

    Arguments:
        instances: What identifies the instances of each rank.

    Returns:
        Whether each row of all ranks, one after the other, counts, and the row that does.
    """
    keys = _instances(instances)
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    is_first = np.zeros(len(keys), bool)
    is_first[first] = True
    return is_first, first[place]


def _is_whole(folder: SplitFolder, file: DataFile) -> bool:
    """Check that predictions can be read, without keeping them."""
    read_predictions(folder, file)
    return True


def read_predictions(
    folder: SplitFolder,
    file: DataFile,
    columns: Sequence[str] | None = None,
    last: LastOpened | None = None,
) -> tuple[pa.Table, Metadata]:
    """Read predictions, and check that instances can be matched and counted.

    Arguments:
        columns, last: As for `read_data`.

    Raises:
        DamagedFileError: they can't.
    """
    import pyarrow.compute as pc  # takes longer to load than a small log to read

    table, metadata = read_data(folder, file, columns, last)
    for name in ("instance", "actual", "predicted"):
        if name not in table.column_names:
            raise DamagedFileError(f"It has no column {name!r}.")
    for name in ("actual", "predicted"):
        column = table.column(name)
        if not pa.types.is_integer(column.type) and not pa.types.is_null(column.type):
            raise DamagedFileError(f"Its column {name!r} does not hold integers.")
        ends = pc.min_max(column)
        low, high = ends["min"].as_py(), ends["max"].as_py()
        if low is not None and not 0 <= low <= high < MOST_CLASSES:
            raise DamagedFileError(f"Its column {name!r} holds values from {low} to {high}.")
    kind = table.column("instance").type
    if not (pa.types.is_integer(kind) or pa.types.is_string(kind)) or table["instance"].null_count:
        raise DamagedFileError("Its column 'instance' does not identify the instances.")
    return table, metadata


def _count(
    part: EpochCounts,
    actual: NDArray[np.int64],
    predicted: NDArray[np.int64],
    is_first: NDArray[np.bool_],
) -> EpochCounts:
    """Count the instances of a rank that no earlier rank counted."""
    actual, predicted = actual[is_first], predicted[is_first]
    is_counted = (actual >= 0) & (predicted >= 0)
    width = int(predicted.max(initial=0)) + 1
    cells, count = np.unique(actual[is_counted] * width + predicted[is_counted], return_counts=True)
    left_out = int(is_counted.size - is_counted.sum())
    metadata = replace(part.metadata, left_out=left_out)
    return EpochCounts(part.file, metadata, cells // width, cells % width, count)


def _indices(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Class indices; -1 for anything that is not a class."""
    filled: NDArray[np.int64] = column.cast(pa.int64()).fill_null(-1).to_numpy()
    return filled


def _instances(columns: Sequence[pa.ChunkedArray]) -> NDArray[np.generic]:
    """Ids of the instances of all ranks, in comparable form."""
    if all(pa.types.is_integer(column.type) for column in columns):
        numbers: NDArray[np.generic] = np.concatenate([column.to_numpy() for column in columns])
        if numbers.dtype.kind in "iu":  # numpy makes floats of int64 and uint64 together
            return numbers
    texts = [chunk for column in columns for chunk in column.cast(pa.string()).chunks]
    codes: NDArray[np.generic] = (
        pa.chunked_array(texts, pa.string()).combine_chunks().dictionary_encode().indices.to_numpy()
    )
    return codes
