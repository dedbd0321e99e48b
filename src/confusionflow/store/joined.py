"""Join the counts of an epoch that several ranks evaluated, counting each instance once."""

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

MISMATCH = (
    "Its counts and its predictions do not match, so instances that another rank has too are "
    "counted again. Restore both files from a copy."
)

# The most cells that are added up in an array that has an item for each pair of classes.
MOST_DENSE = 1 << 22


class TimeIsUpError(Exception):
    """The time for joining ran out."""


@dataclass(frozen=True)
class JoinedRanks:
    """The counts of several ranks.

    Attributes:
        parts: One for each rank, in the order of ranks. The counts of ranks with the same list of
            classes are added up in the first of these parts.
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
    each instance its actual class. Ids that are texts, or numbers without an upper limit, are read
    for all ranks first; if a rank has an instance twice, all are read again.

    Arguments:
        folder: The split's folder.
        parts: Counts of each rank, in the order of ranks.
        predictions: The file of predictions of each; None if only counts were logged, which
            are taken as they are.
        is_over: Called before each rank.

    Raises:
        TimeIsUpError: `is_over` returned True.
    """

    def read(file: DataFile) -> pa.Table:
        if is_over():
            raise TimeIsUpError
        return read_predictions(folder, file, COLUMNS)[0]

    damaged: dict[DataFile, DamagedFileError] = {}
    ids: dict[DataFile, NDArray[np.integer]] | None = None
    rows = min(sum(rows_of(part) for part in parts), MOST_IDS)

    def join(*, is_exact: bool = False) -> _Joining | None:
        """Join the ranks; None if there are ids that must be numbered first."""
        joining = _Joining(rows, is_exact=is_exact)
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
                    return None
                joining.add(part, table, found)
        return joining

    joining = join()
    if joining is None:
        ids = _numbered([file for file in predictions if file], read, damaged)
        rows = sum(map(len, ids.values()))
        joining = join()
    if joining and joining.first.missed_some:
        joining = join(is_exact=True)
    assert joining, "numbers from 0 on are taken"
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
        is_exact: Also find instances that a rank has twice.
    """

    def __init__(self, rows: int, *, is_exact: bool) -> None:
        self.first = FirstRows(rows, is_exact=is_exact)
        self.parts: list[EpochCounts] = []
        self._differing = 0
        self._example: tuple[DataFile, object] | None = None
        self._problems: list[tuple[DataFile, str]] = []

    def add_counts(self, part: EpochCounts) -> None:
        """Add a rank without predictions."""
        self.parts.append(part)

    def add(self, part: EpochCounts, table: pa.Table, ids: NDArray[np.integer]) -> None:
        """Add a rank with its predictions."""
        actual = _indices(table["actual"])
        again, before = self.first.add(ids, actual)
        if not again.size:
            self.parts.append(part)
            return
        differing = again[before != actual[again]]
        if differing.size and not self._example:
            self._example = part.file, table["instance"][int(differing[0])].as_py()
        self._differing += differing.size
        predicted = _indices(table["predicted"].take(pa.array(again)))
        rest = _without(part, actual[again], predicted)
        if rest is None:
            self._problems.append((part.file, MISMATCH))
        self.parts.append(rest or part)

    def problems(self) -> list[tuple[DataFile, str]]:
        """What does not fit, and in which file, such as instances with several actual classes."""
        if not self._example:
            return self._problems
        file, instance = self._example
        return [
            *self._problems,
            (
                file,
                "Instances with another actual class here than in the file before it were counted "
                f"once: {self._differing:,}, such as {instance!r:.60}. Pass ids "
                "that are the same for an instance in every rank and differ between instances, "
                "such as its index in the data set.",
            ),
        ]


def _indices(column: pa.ChunkedArray) -> NDArray[np.int32]:
    """Class indices; -1 for anything that is not a class."""
    plain = column.cast(pa.int32())
    indices: NDArray[np.int32] = (plain.fill_null(-1) if plain.null_count else plain).to_numpy()
    return indices


def _without(
    part: EpochCounts, actual: NDArray[np.int32], predicted: NDArray[np.int32]
) -> EpochCounts | None:
    """Take predictions out of the counts of a rank; None if they are not in them."""
    is_counted = (actual >= 0) & (predicted >= 0)
    left_out = part.metadata.left_out - int(is_counted.size - is_counted.sum())
    gone = Cells(
        actual[is_counted], predicted[is_counted], np.full(int(is_counted.sum()), -1, np.int64)
    )
    if left_out < 0:
        return None
    try:
        cells = _added_up([part.cells, gone])
    except ValueError:
        return None
    return EpochCounts(part.file, replace(part.metadata, left_out=left_out), cells)


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
    """Add up the counts of equal cells, and sort the cells.

    Raises:
        ValueError: one is below 0.
    """
    largest = max(part.most_index for part in parts)
    width = largest + 1
    keys = [part.actual.astype(np.int64) * width + part.predicted for part in parts]
    if width * width <= MOST_DENSE:
        total = np.zeros(width * width, np.int64)
        for key, part in zip(keys, parts, strict=True):
            if (key[1:] > key[:-1]).all():  # each cell once, as in most files
                total[key] += part.count
            else:
                np.add.at(total, key, part.count)
        cells = np.flatnonzero(total)
        counts = total[cells]
    else:
        cells, inverse = np.unique(np.concatenate(keys), return_inverse=True)
        counts = np.zeros(len(cells), np.int64)
        np.add.at(counts, inverse, np.concatenate([part.count for part in parts]))
        cells, counts = cells[counts != 0], counts[counts != 0]
    if counts.min(initial=0) < 0:
        raise ValueError("a count is below 0")
    most = int(counts.max(initial=0))
    return Cells(
        narrow(cells // width, largest),
        narrow(cells % width, largest),
        narrow(counts, most) if most < 2**32 else counts,
    )
