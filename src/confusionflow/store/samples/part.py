"""Write and read a file of samples: rows of ids, thumbnails, texts and other columns."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.documents import check_version
from confusionflow.store.format.file_names import FORMAT_VERSION
from confusionflow.store.format.tables import PREFIX, open_parquet, read_rows

IMAGE = "image"
# Columns with a fixed meaning; all others were passed by the user as columns.
OWN_COLUMNS = ("instance", IMAGE, "width", "height", "text", "group", "path", "file")
# Rows that are read together to show one of their images.
GROUP_ROWS = 512


def _is_text(kind: pa.DataType) -> bool:
    """Whether a column is read as text: dictionaries of texts are."""
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind.value_type if pa.types.is_dictionary(kind) else kind))


_KINDS = {
    "instance": lambda kind: pa.types.is_integer(kind) or _is_text(kind),
    IMAGE: _is_binary,
    "width": pa.types.is_integer,
    "height": pa.types.is_integer,
    **dict.fromkeys(("text", "group", "path", "file"), _is_text),
}


def encode_part(columns: Mapping[str, pa.Array]) -> memoryview:
    """Write rows of samples as the bytes of a Parquet file.

    Thumbnails are already compressed, so their column is not.
    """
    table = pa.table(dict(columns))
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression={name: "none" if name == IMAGE else "zstd" for name in table.column_names},
        use_dictionary=[name for name in table.column_names if name not in ("instance", IMAGE)],
        write_statistics=False,
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        writer.write_table(table, row_group_size=GROUP_ROWS)
        writer.add_key_value_metadata({PREFIX + b"format_version": str(FORMAT_VERSION).encode()})
    return memoryview(sink.getvalue())


class PartReader:
    """An open file of samples. Threads may share it.

    Arguments:
        data: Its bytes, proven to be those that were written.

    Raises:
        DamagedFileError: they are not samples, or would take too much memory.
    """

    def __init__(self, data: bytes) -> None:
        self._file = open_parquet(data, binary=(IMAGE,))
        # Two threads that read from a file of Arrow at once free each other's buffers.
        self._lock = threading.Lock()
        metadata = self._file.metadata.metadata or {}
        try:
            version = int(metadata[PREFIX + b"format_version"])
        except (KeyError, ValueError) as error:
            raise DamagedFileError("Its metadata does not name a format version.") from error
        check_version(version)
        schema = self._file.schema_arrow
        if "instance" not in schema.names:
            raise DamagedFileError("It has no column 'instance'.")
        for name, is_right in _KINDS.items():
            if name in schema.names and not is_right(schema.field(name).type):
                kind = schema.field(name).type
                raise DamagedFileError(f"Its column {name!r} has the type {kind}.")
        groups = range(self._file.metadata.num_row_groups)
        self._sizes = [self._file.metadata.row_group(group).num_rows for group in groups]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(self._sizes)

    def table(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Its rows, without the images unless these are asked for by name.

        Raises:
            DamagedFileError: they can't be read.
        """
        there = self._file.schema_arrow.names
        names = [name for name in there if name != IMAGE] if columns is None else list(columns)
        with self._lock:
            return read_rows(self._file, columns=names)

    def images(self) -> pa.ChunkedArray:
        """The thumbnails of all rows, null for none.

        Raises:
            DamagedFileError: they can't be read.
        """
        if IMAGE not in self._file.schema_arrow.names:
            return pa.chunked_array([pa.nulls(self.rows, pa.binary())])
        return self.table([IMAGE]).column(IMAGE)

    def image(self, row: int) -> bytes | None:
        """The thumbnail of a row; None if it has none.

        Raises:
            DamagedFileError: it can't be read.
        """
        if IMAGE not in self._file.schema_arrow.names:
            return None
        for group, size in enumerate(self._sizes):
            if row < size:
                with self._lock:
                    found = read_rows(self._file, row_group=group, columns=[IMAGE])
                value: bytes | None = found.column(IMAGE)[row].as_py()
                return value
            row -= size
        return None
