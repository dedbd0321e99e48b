"""Read the data files of a split, whether separate or packed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.cells import Cells
from confusionflow.store.format.file_names import DataFile, PackedFile
from confusionflow.store.format.limits import expand
from confusionflow.store.format.tables import (
    Metadata,
    decode_table,
    open_metadata,
    open_parquet,
    read_rows,
)
from confusionflow.store.packed import Index, index_of, open_packed, packed_files
from confusionflow.store.places.filesystem import read_proven
from confusionflow.store.split_folder import SplitFolder

T = TypeVar("T")


class LastOpened:
    """Keeps the last opened packed file and row group, to read one member after another."""

    def __init__(self) -> None:
        self._path = ""
        self._file: tuple[Index, pq.ParquetFile] | None = None
        self._group: tuple[int, list[str]] | None = None
        self._rows: pa.Table | None = None

    def get(
        self, path: str, open_file: Callable[[], tuple[Index, pq.ParquetFile]]
    ) -> tuple[Index, pq.ParquetFile]:
        """Open the file of a path, unless it is the one that was opened last."""
        if self._file is None or path != self._path:
            # They may be large, so they are dropped before the next ones are opened.
            self._file = self._group = self._rows = None
            self._file = open_file()
            self._path = path
        return self._file

    def rows(self, parquet: pq.ParquetFile, group: int, columns: list[str]) -> pa.Table:
        """Read a row group of that file, unless it is the one that was read last.

        Raises:
            DamagedFileError: it can't be read.
        """
        if self._rows is None or self._group != (group, columns):
            self._group = self._rows = None
            self._rows = read_rows(parquet, row_group=group, columns=columns)
            self._group = group, columns
        return self._rows


def read_index(folder: SplitFolder, packed: PackedFile) -> Index:
    """The content of a packed file.

    Raises:
        DamagedFileError: the file is not what was written, or can't be read.
    """
    if packed.kind == "counts":
        return _counts(folder, packed)[0]
    path = folder.path_of(packed.name)

    def read() -> Index:
        # Its columns are checked, which takes longer, when they are read.
        return index_of(open_metadata(read_proven(folder.filesystem, path, packed.digest)), packed)

    return folder.cache.get(path, read)


def read_data(
    folder: SplitFolder,
    file: DataFile,
    columns: Sequence[str] | None = None,
    last: LastOpened | None = None,
) -> tuple[pa.Table, Metadata]:
    """Read rows and metadata of a file, of all kinds but counts, whether separate or packed.

    Arguments:
        columns: Columns to read; None for all.
        last: Keeps a packed file open for the next call.

    Raises:
        DamagedFileError: the file is not what was written, or can't be read.
    """
    last = last or LastOpened()

    def member(packed: PackedFile) -> tuple[pa.Table, Metadata]:
        path = folder.path_of(packed.name)
        index, parquet = last.get(path, lambda: open_packed(folder.filesystem, path, packed))
        return _read_member(index, parquet, file, columns, last)

    def alone(data: bytes) -> tuple[pa.Table, Metadata]:
        return decode_table(data, columns)

    return _read(folder, file, alone, member)


def read_cells(folder: SplitFolder, file: DataFile) -> tuple[Cells, Metadata]:
    """Read counts and metadata of a file of counts, whether separate or packed.

    Raises:
        DamagedFileError: the file is not what was written, or can't be read.
    """

    def alone(data: bytes) -> tuple[Cells, Metadata]:
        table, metadata = decode_table(data)
        return Cells.from_table(table).part(0, len(table)), metadata

    def member(packed: PackedFile) -> tuple[Cells, Metadata]:
        index, columns = _counts(folder, packed)
        position = index.position[file]
        return columns.part(*index.rows_of(position)), index.metadata_of(position)

    return _read(folder, file, alone, member)


def read_metadata(folder: SplitFolder, file: DataFile) -> Metadata:
    """Read the metadata of a file, whether separate or packed, without its rows.

    Raises:
        DamagedFileError: the file is not what was written, or can't be read.
    """

    def alone(data: bytes) -> Metadata:
        return Metadata.decode(open_parquet(data).metadata.metadata)

    def member(packed: PackedFile) -> Metadata:
        index = read_index(folder, packed)
        return index.metadata_of(index.position[file])

    return _read(folder, file, alone, member)


def _read(
    folder: SplitFolder,
    file: DataFile,
    alone: Callable[[bytes], T],
    member: Callable[[PackedFile], T],
) -> T:
    """Read a file wherever it is now.

    If it is gone, it may have been packed since its name was seen, so packed files are searched.
    """
    path = folder.path_of(file.within.name if file.within else file.name)
    try:
        if file.within:
            return member(file.within)
        return alone(read_proven(folder.filesystem, path, file.digest))
    except DamagedFileError:
        if folder.filesystem.exists(path):
            raise
        for packed in packed_files(folder.filesystem, folder.path):
            may_hold = packed.kind == file.kind and packed.first <= file.epoch <= packed.last
            if may_hold and file in read_index(folder, packed).position:
                return member(packed)
        raise


def _read_member(
    index: Index,
    parquet: pq.ParquetFile,
    file: DataFile,
    columns: Sequence[str] | None,
    last: LastOpened,
) -> tuple[pa.Table, Metadata]:
    position = index.position[file]
    place = index.row_group_of(position)
    names = [name for name in index.columns if columns is None or name in columns]
    if place is None:
        empty = parquet.schema_arrow.empty_table().select(names)
        plain = empty.cast(pa.schema([field.remove_metadata() for field in empty.schema]))
        return expand(plain), index.metadata_of(position)
    group, begin = place
    rows = last.rows(parquet, group, names).slice(begin, index.sizes[position])
    return rows, index.metadata_of(position)


def _counts(folder: SplitFolder, packed: PackedFile) -> tuple[Index, Cells]:
    """Read all counts of a packed file: they are small and usually needed together."""
    path = folder.path_of(packed.name)

    def read() -> tuple[Index, Cells]:
        index, parquet = open_packed(folder.filesystem, path, packed)

        def column(name: str) -> pa.ChunkedArray:
            return read_rows(parquet, columns=[name]).column(name)

        columns = Cells.read(column)
        # Decoding takes several times the memory of the result, which Arrow would not give back by
        # itself.
        pa.default_memory_pool().release_unused()
        return index, columns

    return folder.cache.get(path, read)
