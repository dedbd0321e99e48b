"""The counts of an epoch that several ranks evaluated, each instance counted once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError
from confusionflow.store.epoch import EpochCounts, read_predictions
from confusionflow.store.first_rows import MOST_IDS, FirstRows, numbered, plain_ids
from confusionflow.store.format.cells import LARGE_COUNT, Cells
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.format.tables import narrow
from confusionflow.store.split_folder import SplitFolder

COLUMNS = ("instance", "actual", "predicted")

# Cells that are added up in an array with a place for each pair of classes.
MOST_PLACES = 1 << 22


class TimeIsUpError(Exception):
    """The time for joining ran out."""


@dataclass(frozen=True)
class JoinedRanks:
    """The counts of several ranks.

    Attributes:
        parts: One for each rank, in the order of ranks. The counts of ranks with the same list of
            classes are added up, and stand in the first of these parts.
        problems: What does not fit, and in which file.
        is_whole: Whether the predictions of all ranks were there and could be read.
    """

    parts: tuple[EpochCounts, ...]
    problems: tuple[tuple[DataFile, str], ...]
    is_whole: bool = True


def join_ranks(
    folder: SplitFolder,
    parts: Sequence[EpochCounts],
    predictions: Sequence[DataFile | None],
    is_over: Callable[[], bool] = lambda: False,
) -> JoinedRanks:
    """Join the counts of ranks, counting an instance once even if several ranks had it.

    The predictions of one rank after another are read, so that memory holds those of one, and for
    each instance its row and its actual class. Ids that are texts, or numbers without an upper
    limit, are read for all ranks first.

    Arguments:
        folder: The split's folder.
        parts: Counts of each rank, in the order of ranks.
        predictions: The file of predictions of each; None if only counts were logged, which
            are taken as they are.
        is_over: Asked before each rank.

    Raises:
        TimeIsUpError: `is_over` says so.
    """

    def read(file: DataFile) -> pa.Table:
        if is_over():
            raise TimeIsUpError
        return read_predictions(folder, file, COLUMNS)[0]

    damaged: dict[DataFile, DamagedFileError] = {}
    ids: dict[DataFile, NDArray[np.integer]] | None = None
    rows = min(sum(rows_of(part) for part in parts), MOST_IDS)
    while True:
        joining = _Joining(rows)
        for part, file in zip(parts, predictions, strict=True):
            if file is None:
                joining.add_counts(part)
            elif file not in damaged:
                try:
                    table = read(file)
                except DamagedFileError as error:
                    damaged[file] = error
                    continue
                found = ids[file] if ids else plain_ids(table["instance"])
                if found is None or not joining.first.takes(found):
                    break
                joining.add(part, table, found)
        else:
            break
        ids = _numbered([file for file in predictions if file], read, damaged)
        rows = sum(map(len, ids.values()))
    for file, damage in damaged.items():
        again = partial(_is_whole, folder, file)
        folder.cache.note(folder.path_of(file.name), damage, again)
    problems = [(file, str(damage)) for file, damage in damaged.items()]
    has_all = all(
        file or not part.metadata.predictions for part, file in zip(parts, predictions, strict=True)
    )
    is_whole = has_all and not damaged
    return JoinedRanks(_summed(joining.parts), (*problems, *joining.problems()), is_whole)


def rows_of(part: EpochCounts) -> int:
    """How many predictions a part has, including those that it leaves out."""
    return int(part.cells.count.sum(dtype=np.float64)) + part.metadata.left_out


def _numbered(
    files: Sequence[DataFile],
    read: Callable[[DataFile], pa.Table],
    damaged: dict[DataFile, DamagedFileError],
) -> dict[DataFile, NDArray[np.integer]]:
    """Replace the ids of each readable file by small numbers."""
    columns: dict[DataFile, pa.ChunkedArray] = {}
    for file in files:
        if file not in damaged:
            try:
                columns[file] = read(file)["instance"]
            except DamagedFileError as error:
                damaged[file] = error
    return dict(zip(columns, numbered(list(columns.values())), strict=True)) if columns else {}


def _is_whole(folder: SplitFolder, file: DataFile) -> bool:
    """Check that predictions can be read, without keeping them."""
    read_predictions(folder, file)
    return True


class _Joining:
    """Joins ranks, one after another.

    Arguments:
        rows: About how many predictions there will be.
    """

    def __init__(self, rows: int) -> None:
        self.first = FirstRows(rows)
        self.parts: list[EpochCounts] = []
        self._actual: list[NDArray[np.integer]] = []
        self._ends: list[int] = [0]
        self._differing = 0
        self._example: tuple[DataFile, object] | None = None

    def add_counts(self, part: EpochCounts) -> None:
        """Add a rank without predictions."""
        self.parts.append(part)

    def add(self, part: EpochCounts, table: pa.Table, ids: NDArray[np.integer]) -> None:
        """Add a rank with its predictions."""
        begin = self.first.rows
        same_as = self.first.add(ids)
        actual = _indices(table["actual"])
        self._actual.append(narrow(actual + 1, int(actual.max(initial=-1)) + 1))
        self._ends.append(self.first.rows)
        is_first = same_as == np.arange(begin, self.first.rows)
        if is_first.all():
            self.parts.append(part)
            return
        again = np.flatnonzero(~is_first)
        differing = again[self._actual_of(same_as[again]) != actual[again] + 1]
        if differing.size and not self._example:
            self._example = part.file, table["instance"][int(differing[0])].as_py()
        self._differing += differing.size
        predicted = _indices(table["predicted"])
        self.parts.append(_count(part, actual[is_first], predicted[is_first]))

    def _actual_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The actual classes of earlier rows, plus 1."""
        found = np.empty(len(rows), np.int64)
        rank = np.searchsorted(self._ends, rows, "right") - 1
        for at in np.unique(rank):
            of_rank = rank == at
            found[of_rank] = self._actual[at][rows[of_rank] - self._ends[at]]
        return found

    def problems(self) -> list[tuple[DataFile, str]]:
        """Report instances that have several actual classes."""
        if not self._example:
            return []
        file, instance = self._example
        return [
            (
                file,
                f"Instance {instance!r:.60} has another actual class here than in the file before "
                f"it, as {self._differing:,} instances have, so they were counted once. Pass ids "
                "that are the same for an instance in every rank and differ between instances, "
                "such as its index in the data set.",
            )
        ]


def _indices(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Class indices; -1 for anything that is not a class."""
    filled: NDArray[np.int64] = column.cast(pa.int64()).fill_null(-1).to_numpy()
    return filled


def _count(
    part: EpochCounts, actual: NDArray[np.int64], predicted: NDArray[np.int64]
) -> EpochCounts:
    """Count the instances of a rank that no earlier rank counted."""
    is_counted = (actual >= 0) & (predicted >= 0)
    metadata = replace(part.metadata, left_out=int(is_counted.size - is_counted.sum()))
    ones = np.ones(int(is_counted.sum()), np.int64)
    cells = _added_up([Cells(actual[is_counted], predicted[is_counted], ones)])
    return EpochCounts(part.file, metadata, cells)


def _summed(parts: Sequence[EpochCounts]) -> tuple[EpochCounts, ...]:
    """Add up the counts of parts with the same list of classes."""
    by_rank = sorted(parts, key=lambda part: part.file.rank)
    if len(parts) < 2 or any(part.cells.count.max(initial=0) > LARGE_COUNT for part in parts):
        return tuple(by_rank)
    none = Cells(*(np.empty(0, np.uint8) for _ in range(3)))
    totals = {
        classes: _added_up([p.cells for p in by_rank if p.metadata.classes == classes])
        for classes in {part.metadata.classes for part in parts}
    }
    return tuple(
        EpochCounts(part.file, part.metadata, totals.pop(part.metadata.classes, none))
        for part in by_rank
    )


def _added_up(parts: Sequence[Cells]) -> Cells:
    """Add up the counts of equal cells, and sort the cells."""
    largest = max(part.most_index for part in parts)
    width = largest + 1
    keys = [part.actual.astype(np.int64) * width + part.predicted for part in parts]
    if width * width <= MOST_PLACES:
        total = np.zeros(width * width, np.int64)
        for key, part in zip(keys, parts, strict=True):
            np.add.at(total, key, part.count)
        cells = np.flatnonzero(total)
        counts = total[cells]
    else:
        cells, place = np.unique(np.concatenate(keys), return_inverse=True)
        counts = np.zeros(len(cells), np.int64)
        np.add.at(counts, place, np.concatenate([part.count for part in parts]))
    most = int(counts.max(initial=0))
    return Cells(
        narrow(cells // width, largest),
        narrow(cells % width, largest),
        narrow(counts, most) if most < 2**32 else counts,
    )
