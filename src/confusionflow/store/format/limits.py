"""Check the sizes that a file declares before any memory is allocated.

A file of a few bytes can claim a billion rows, or pages that grow a thousandfold when they are
decompressed. Its digest proves that it has not changed, not that its author meant well.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.footers import read_struct

# Size of one file, before it is read.
MOST_FILE_BYTES = 288 << 20

# Memory for the rows of one file, and for its decompressed pages.
MOST_BYTES = 384 << 20
# Memory of a table that is written, so that neither its file nor its pages are too large to read.
MOST_WRITTEN_BYTES = 272 << 20
MOST_CLASSES = 65_536
MOST_COUNT = 2**63 - 1  # of an epoch, together

_FIXED = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null)


def check_size(size: int) -> None:
    """Refuse a file that is too large to be read.

    Raises:
        DamagedFileError: it is too large.
    """
    if size > MOST_FILE_BYTES:
        raise DamagedFileError(f"It has {size:,} bytes; the limit is {MOST_FILE_BYTES:,}.")


def check_declared(file: pq.ParquetFile, data: bytes, binary: Collection[str] = ()) -> None:
    """Refuse a file whose rows or pages would take too much memory.

    Arguments:
        file: The open file.
        data: Its bytes.
        binary: Columns that may hold bytes, as images are.

    Raises:
        DamagedFileError: it would take too much, or has columns that no log has.
    """
    for field in file.schema_arrow:
        is_known = any(is_fixed(field.type) for is_fixed in _FIXED) or _is_text(field.type)
        if not (is_known or (field.name in binary and pa.types.is_binary(field.type))):
            raise DamagedFileError(f"Its column {field.name!r:.60} has the type {field.type}.")
    if _declared(file.metadata.num_rows, len(file.schema_arrow)) > MOST_BYTES:
        raise DamagedFileError(
            f"It declares {file.metadata.num_rows:,} rows, which is too many to read."
        )
    _check_chunks(file, data)
    size = sum(
        _decompressed(data, file.metadata.row_group(group).column(column))
        for group in range(file.metadata.num_row_groups)
        for column in range(file.metadata.num_columns)
    )
    if size > MOST_BYTES:
        raise DamagedFileError(f"Its pages would grow to {size:,} bytes, too many to read.")


def can_be_read(rows: int, columns: int, size: int) -> bool:
    """Whether a table can be read back once it is written.

    Arguments:
        rows, columns: How many it has.
        size: Bytes that it takes in memory.
    """
    return _declared(rows, columns) <= MOST_BYTES and size <= MOST_WRITTEN_BYTES


def expand(rows: pa.Table) -> pa.Table:
    """Turn dictionaries of texts into texts, unless they would grow too large.

    Raises:
        DamagedFileError: they would.
    """
    import pyarrow.compute as pc  # takes longer to load than a small log to read

    size = 0
    columns = {}
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            for chunk in column.chunks:
                lengths = pc.binary_length(chunk.dictionary).take(chunk.indices)
                size += pc.sum(lengths).as_py() or 0
            if size > MOST_BYTES:
                raise DamagedFileError(f"Its texts would grow to {size:,} bytes, too many to read.")
            column = column.cast(column.type.value_type)
        columns[name] = column
    return pa.table(columns)


def text_columns(schema: pa.Schema) -> list[str]:
    """Columns of text, which are read as dictionaries first."""
    return [field.name for field in schema if _is_text(field.type)]


def _declared(rows: int, columns: int) -> int:
    """Count the bytes that a file's rows may take in memory, by their number alone."""
    return rows * columns * 8


def _is_text(kind: pa.DataType) -> bool:
    """Whether it is text, or bytes, which have the same limits."""
    types = pa.types
    return any(
        is_kind(kind) for is_kind in (types.is_string, types.is_large_string, types.is_binary)
    )


def _check_chunks(file: pq.ParquetFile, data: bytes) -> None:
    """Refuse files for which Arrow aborts the process when asked about a column.

    In Parquet's footer, field 4 holds the row groups; of these, field 1 the columns; of these,
    field 8 says how they are encrypted, and field 3, its field 16, how large their values are.

    Raises:
        DamagedFileError: there are such columns, or the footer can't be read.
    """
    try:
        footer, _ = read_struct(data, len(data) - 8 - int.from_bytes(data[-8:-4], "little"))
        chunks = [enumerate(group[1]) for group in footer[4]]
        columns = [(at, column) for group in chunks for at, column in group]
        is_encrypted = any(8 in column for _, column in columns)
        fits = all(
            _fits(file.schema.column(at), column[3][16])
            for at, column in columns
            if 16 in column[3]
        )
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise DamagedFileError("Its footer can't be read.") from error
    if is_encrypted:
        raise DamagedFileError("Its columns are encrypted. Those of a log never are.")
    if not fits:
        raise DamagedFileError("Its size statistics do not match its columns.")


def _fits(column: pq.ColumnSchema, sizes: dict[int, Any]) -> bool:
    """Whether statistics of sizes fit a column: field 1 texts, 2 and 3 a number for each level."""
    of_levels = {2: column.max_repetition_level, 3: column.max_definition_level}
    return (column.physical_type == "BYTE_ARRAY" or 1 not in sizes) and all(
        len(sizes.get(field) or ()) in (0, most + 1) for field, most in of_levels.items()
    )


def _decompressed(data: bytes, chunk: pq.ColumnChunkMetaData) -> int:
    """Count the bytes of a column's decompressed pages by their headers: Arrow allocates them."""
    at = chunk.data_page_offset
    if not chunk.num_values and chunk.total_compressed_size < 1024:
        return 0  # such a chunk has no page, or an empty one
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        at = min(at, chunk.dictionary_page_offset)
    end = at + chunk.total_compressed_size
    if not 0 <= at <= end <= len(data):
        raise DamagedFileError("Its pages lie outside the file.")
    size = 0
    try:
        while at < end:
            header, at = read_struct(data, at)
            # Their decompressed size, and their size in the file.
            if header[2] < 0 or header[3] < 0:
                raise DamagedFileError("A page has a negative size.")
            size += header[2]
            at += header[3]
    except (IndexError, KeyError, TypeError) as error:
        raise DamagedFileError("The header of a page can't be read.") from error
    return size
