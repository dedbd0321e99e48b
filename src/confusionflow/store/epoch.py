"""Read the counts of one epoch, from one file or from those of several ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from confusionflow.errors import DamagedFileError
from confusionflow.store.data_files import LastOpened, read_cells, read_data
from confusionflow.store.format.cells import Cells
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.format.limits import MOST_CLASSES
from confusionflow.store.format.tables import Metadata
from confusionflow.store.split_folder import SplitFolder


@dataclass(frozen=True)
class EpochCounts:
    """The content of one counts file, or the part of it that counts.

    Attributes:
        file: The file.
        metadata: Its metadata.
        cells: Its cells; their indices are into the class list that `metadata` names.
    """

    file: DataFile
    metadata: Metadata
    cells: Cells


@dataclass(frozen=True)
class StoredEpoch:
    """One epoch: the newest undamaged file of each rank, and how many files it had.

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
        """Ranks that should have logged."""
        return max(part.metadata.world_size for part in self.parts)


def read_counts(folder: SplitFolder, file: DataFile) -> EpochCounts:
    """Read a counts file.

    Raises:
        DamagedFileError: the file is not what was written.
    """
    cells, metadata = read_cells(folder, file)
    if (metadata.epoch, metadata.attempt, metadata.rank) != (file.epoch, file.attempt, file.rank):
        raise DamagedFileError("Its epoch, attempt or rank does not match its name.")
    return EpochCounts(file, metadata, cells)


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
