"""Write and read packed files: the contents of many data files of a split in one Parquet file.

A member keeps its name, its metadata and its rows, so that it counts for exactly what the file of
that name counted for: attempts, ranks and epochs logged again are told apart as before.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.errors import DamagedFileError
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.cells import Cells
from confusionflow.store.format.documents import check_version, decode_json
from confusionflow.store.format.file_names import DataFile, Kind, PackedFile
from confusionflow.store.format.limits import expand
from confusionflow.store.format.tables import (
    PREFIX,
    Metadata,
    decode_table,
    open_metadata,
    open_parquet,
    open_writer,
    read_rows,
)
from confusionflow.store.places.filesystem import FileSystem, join, read_proven
from confusionflow.store.split_folder import SplitFolder

T = TypeVar("T")

MEMBERS = PREFIX + b"members"
MOST_INDEX_BYTES = 16 << 20
# The most rows of members that share a row group.
GROUP_ROWS = 1 << 15


@dataclass(frozen=True)
class Member:
    """The content of a data file.

    Attributes:
        file: Its name.
        rows: Its rows.
        metadata: Its metadata.
    """

    file: DataFile
    rows: pa.Table
    metadata: Metadata


@dataclass(frozen=True)
class Index:
    """The content of a packed file.

    Attributes:
        files: Names of its members, in the order of their rows.
        sizes: Number of rows of each.
        columns: Columns that the members had.
        metadata: Key-value metadata of the members; a value that all share is there once.
        groups: Number of rows of each row group.
    """

    files: tuple[DataFile, ...]
    sizes: tuple[int, ...]
    columns: tuple[str, ...]
    metadata: Mapping[str, str | Sequence[str]]
    groups: tuple[int, ...] = ()

    @cached_property
    def position(self) -> dict[DataFile, int]:
        """Find the position of a file among the members."""
        return {file: position for position, file in enumerate(self.files)}

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(self.sizes)]

    @cached_property
    def _group_starts(self) -> list[int]:
        return [0, *accumulate(self.groups)]

    def rows_of(self, position: int) -> tuple[int, int]:
        """Find where the rows of a member begin, and how many there are."""
        return self._starts[position], self.sizes[position]

    def row_group_of(self, position: int) -> tuple[int, int] | None:
        """The row group of a member, and where its rows begin there; None if it has no rows."""
        if not self.sizes[position]:
            return None
        group = bisect_right(self._group_starts, self._starts[position]) - 1
        return group, self._starts[position] - self._group_starts[group]

    @property
    def has_whole_members(self) -> bool:
        """Whether no member is in two row groups."""
        return set(self._group_starts) <= set(self._starts)

    def metadata_of(self, position: int) -> Metadata:
        """The metadata of the member at a position."""
        return Metadata.parse(
            {
                key: each if isinstance(each, str) else each[position]
                for key, each in self.metadata.items()
            }
        )


def encode_packed(members: Sequence[Member], writer: str) -> tuple[PackedFile, memoryview]:
    """Write members of one kind and with the same columns as one file.

    All but counts have row groups of few members, so that one epoch is read without all others.

    Returns:
        The file's name and its bytes.
    """
    kind = members[0].file.kind
    tables = _row_groups(kind, [_with_epoch(member) for member in members])
    sink = pa.BufferOutputStream()
    with open_writer(sink, tables[0].schema, max(map(len, tables))) as out:
        for table in tables:
            if len(table):
                out.write_table(table, row_group_size=len(table))
        out.add_key_value_metadata({MEMBERS: _encode_index(members)})
    data = memoryview(sink.getvalue())
    epochs = [member.file.epoch for member in members]
    return PackedFile(kind, min(epochs), max(epochs), writer, ids.digest_of(data)), data


def _row_groups(kind: Kind, tables: Sequence[pa.Table]) -> list[pa.Table]:
    """Join tables that are read together; each of the others is a row group of its own.

    Features have tens of columns, and their epochs are mostly read together.
    """
    if kind == "counts":
        return [pa.concat_tables(tables)]
    if not kind.startswith("features-"):
        return list(tables)
    groups: list[list[pa.Table]] = [[]]
    for table in tables:
        if groups[-1] and sum(map(len, groups[-1])) + len(table) > GROUP_ROWS:
            groups.append([])
        groups[-1].append(table)
    return [pa.concat_tables(group) for group in groups]


def _with_epoch(member: Member) -> pa.Table:
    """Add each row's epoch, for readers that know nothing of members."""
    if "epoch" in member.rows.column_names:
        return member.rows
    return member.rows.append_column(
        "epoch", pa.array(np.full(len(member.rows), member.file.epoch))
    )


def _encode_index(members: Sequence[Member]) -> bytes:
    each = [member.metadata.encode() for member in members]
    metadata: dict[str, str | list[str]] = {}
    for key in each[0]:
        values = [fields[key].decode() for fields in each]
        name = key.removeprefix(PREFIX).decode()
        metadata[name] = values[0] if len(set(values)) == 1 else values
    index = {
        "format_version": file_names.FORMAT_VERSION,
        "names": [member.file.name for member in members],
        "rows": [len(member.rows) for member in members],
        "columns": members[0].rows.column_names,
        "metadata": metadata,
    }
    return json.dumps(index, ensure_ascii=False, separators=(",", ":")).encode()


def packed_files(filesystem: FileSystem, folder: str) -> list[PackedFile]:
    """The packed files in a folder."""
    found = (PackedFile.parse(name) for name in filesystem.scan(folder).files)
    return sorted(packed for packed in found if packed)


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
        return _index(open_metadata(read_proven(folder.filesystem, path, packed.digest)), packed)

    return folder.cache.get(path, read)


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
        index, parquet = last.get(path, lambda: _open(folder.filesystem, path, packed))
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


def read_members(filesystem: FileSystem, folder: str, packed: PackedFile) -> list[Member]:
    """All members of a packed file, with their rows.

    Raises:
        DamagedFileError: the file is not what was written, or can't be read.
    """
    index, parquet = _open(filesystem, join(folder, packed.name), packed)
    rows = read_rows(parquet, columns=index.columns)
    return [
        Member(file, rows.slice(*index.rows_of(position)), index.metadata_of(position))
        for position, file in enumerate(index.files)
    ]


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
        index, parquet = _open(folder.filesystem, path, packed)

        def column(name: str) -> pa.ChunkedArray:
            return read_rows(parquet, columns=[name]).column(name)

        columns = Cells.read(column)
        # Decoding takes several times the memory of the result, which Arrow would not give back by
        # itself.
        pa.default_memory_pool().release_unused()
        return index, columns

    return folder.cache.get(path, read)


def _open(filesystem: FileSystem, path: str, packed: PackedFile) -> tuple[Index, pq.ParquetFile]:
    parquet = open_parquet(read_proven(filesystem, path, packed.digest))
    return _index(parquet.metadata, packed), parquet


def _index(metadata: pq.FileMetaData, packed: PackedFile) -> Index:
    index = _decode_index((metadata.metadata or {}).get(MEMBERS, b""), packed)
    if sum(index.sizes) != metadata.num_rows:
        raise DamagedFileError("Its rows do not match its members.")
    groups = (metadata.row_group(at).num_rows for at in range(metadata.num_row_groups))
    index = replace(index, groups=tuple(groups))
    if not index.has_whole_members:
        raise DamagedFileError("Its row groups do not match its members.")
    return index


def _decode_index(text: bytes, packed: PackedFile) -> Index:
    try:
        content = decode_json(text, MOST_INDEX_BYTES)
        files = [DataFile.parse(name) for name in content["names"]]
        sizes = [int(size) for size in content["rows"]]
        columns = tuple(str(name) for name in content["columns"])
        metadata = dict(content["metadata"])
        version = int(content["format_version"])
    except (ValueError, KeyError, TypeError, OverflowError) as error:
        raise DamagedFileError(f"Its index is not valid: {error}.") from error
    check_version(version)
    members = [replace(file, within=packed) for file in files if file and file.kind == packed.kind]
    lists = [each for each in metadata.values() if not isinstance(each, str)]
    if not all(isinstance(each, list) and {*map(type, each)} <= {str} for each in lists):
        raise DamagedFileError("Its index is not valid: its metadata is not text.")
    lengths = {len(each) for each in lists}
    if (
        len(members) != len(files)
        or lengths | {len(sizes)} != {len(files)}
        or min(sizes, default=-1) < 0
    ):
        raise DamagedFileError("Its index is not valid: its lists do not match.")
    return Index(tuple(members), tuple(sizes), columns, metadata)
