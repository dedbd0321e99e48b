"""Packed files: the contents of many data files of a split in one Parquet file.

A member keeps the name, the metadata and the rows of its file, so readers treat it exactly like
that file: attempts, ranks and epochs logged again are told apart as before.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.errors import DamagedFileError
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.documents import check_version, decode_json
from confusionflow.store.format.file_names import DataFile, Kind, PackedFile
from confusionflow.store.format.tables import (
    PREFIX,
    Metadata,
    open_parquet,
    open_writer,
    read_rows,
)
from confusionflow.store.places.filesystem import FileSystem, join, read_proven

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


def read_members(filesystem: FileSystem, folder: str, packed: PackedFile) -> list[Member]:
    """All members of a packed file, with their rows.

    Raises:
        DamagedFileError: the file is not what was written, or can't be read.
    """
    index, parquet = open_packed(filesystem, join(folder, packed.name), packed)
    rows = read_rows(parquet, columns=index.columns)
    return [
        Member(file, rows.slice(*index.rows_of(position)), index.metadata_of(position))
        for position, file in enumerate(index.files)
    ]


def open_packed(
    filesystem: FileSystem, path: str, packed: PackedFile
) -> tuple[Index, pq.ParquetFile]:
    """Open a packed file.

    Raises:
        DamagedFileError: the file is not what was written, or can't be read.
    """
    parquet = open_parquet(read_proven(filesystem, path, packed.digest))
    return index_of(parquet.metadata, packed), parquet


def index_of(metadata: pq.FileMetaData, packed: PackedFile) -> Index:
    """Read the index of a packed file from its metadata.

    Raises:
        DamagedFileError: there is none, or it does not fit the file.
    """
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
