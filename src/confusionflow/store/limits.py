"""Sizes that a file declares, compared with what may be held, before any memory is taken.

A file of some bytes can claim a billion rows, or pages that grow a thousandfold as they are
decompressed. Its digest proves that it is what was written, not that its author meant well.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.errors import DamagedFileError

# Of one file: its own size, before it is read.
MOST_FILE_BYTES = 128 << 20

# Of one file: what its rows may take in memory, and its pages once decompressed.
MOST_BYTES = 256 << 20
# Of a table that is written, in memory: then neither its file nor its pages are too large to read.
MOST_WRITTEN_BYTES = 120 << 20
MOST_CLASSES = 65_536
MOST_COUNT = 2**63 - 1  # of an epoch, together

_FIXED = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_null)


def check_size(size: int) -> None:
    """Refuse a file that is too large to be read.

    Raises:
        DamagedFileError: it is.
    """
    if size > MOST_FILE_BYTES:
        raise DamagedFileError(
            f"It has {size:,} bytes; files of at most {MOST_FILE_BYTES:,} are read."
        )


def check_declared(file: pq.ParquetFile, data: bytes) -> None:
    """Refuse a file whose rows or pages would take too much memory.

    Raises:
        DamagedFileError: it would, or has columns that no log has.
    """
    for field in file.schema_arrow:
        if not (any(is_fixed(field.type) for is_fixed in _FIXED) or _is_text(field.type)):
            raise DamagedFileError(f"Its column {field.name!r:.60} has the type {field.type}.")
    if _declared(file.metadata.num_rows, len(file.schema_arrow)) > MOST_BYTES:
        raise DamagedFileError(
            f"It declares {file.metadata.num_rows:,} rows, more than are read at once."
        )
    size = sum(
        _decompressed(data, file.metadata.row_group(group).column(column))
        for group in range(file.metadata.num_row_groups)
        for column in range(file.metadata.num_columns)
    )
    if size > MOST_BYTES:
        raise DamagedFileError(f"Its pages would grow to {size:,} bytes, more than are read.")


def can_be_read(rows: int, columns: int, size: int) -> bool:
    """Whether a table will be read once it is written.

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
                raise DamagedFileError(f"Its texts would grow to {size:,} bytes.")
            column = column.cast(column.type.value_type)
        columns[name] = column
    return pa.table(columns)


def text_columns(schema: pa.Schema) -> list[str]:
    """Columns of texts, which are to be read as dictionaries first."""
    return [field.name for field in schema if _is_text(field.type)]


def _declared(rows: int, columns: int) -> int:
    """Bytes that a file's rows may take in memory, by their number alone."""
    return rows * columns * 8


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _decompressed(data: bytes, chunk: pq.ColumnChunkMetaData) -> int:
    """Bytes of a column's pages once decompressed, as their headers say: Arrow allocates those."""
    at = chunk.data_page_offset
    if not chunk.num_values and chunk.total_compressed_size < 1024:
        return 0  # such a chunk has no page, or an empty one
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        at = min(at, chunk.dictionary_page_offset)
    end = at + chunk.total_compressed_size
    if not 0 <= at <= end <= len(data):
        raise DamagedFileError("Its pages lie outside of the file.")
    size = 0
    try:
        while at < end:
            header, at = _read_struct(data, at)
            if header[2] < 0 or header[3] < 0:
                raise DamagedFileError("A page has a negative size.")
            size += header[2]
            at += header[3]
    except (IndexError, KeyError) as error:
        raise DamagedFileError("A page has no header that can be read.") from error
    return size


def _read_struct(data: bytes, at: int, depth: int = 0) -> tuple[dict[int, int], int]:
    """The integers of a Thrift struct (compact protocol) by field, and where it ends.

    Of a page's header, field 2 is its size once decompressed, field 3 as it is in the file.
    """
    if depth > 8:
        raise KeyError(depth)
    found: dict[int, int] = {}
    field = 0
    while data[at]:
        kind, delta = data[at] & 15, data[at] >> 4
        at += 1
        if delta:
            field += delta
        else:
            field, at = _integer(data, at)
        if kind in (4, 5, 6):
            found[field], at = _integer(data, at)
        else:
            at = _skip(data, at, kind, depth)
    return found, at + 1


def _skip(data: bytes, at: int, kind: int, depth: int) -> int:
    """Where a value of the compact protocol ends."""
    if kind in (1, 2):  # true, false
        return at
    if kind == 3:  # byte
        return at + 1
    if kind in (4, 5, 6):
        return _integer(data, at)[1]
    if kind == 7:  # double
        return at + 8
    if kind == 8:  # bytes
        length, at = _varint(data, at)
        return at + length
    if kind == 12:
        return _read_struct(data, at, depth + 1)[1]
    raise KeyError(kind)  # no list, set or map is in a page's header


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise KeyError(shift)
    return value | data[at] << shift, at + 1


def _integer(data: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at
