"""Writes and reads the Parquet tables of an epoch."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from typing import cast, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from confusionflow.errors import DamagedFileError
from confusionflow.store.format.documents import check_version
from confusionflow.store.format.file_names import FORMAT_VERSION, Kind
from confusionflow.store.format.limits import MOST_CLASSES, check_declared, expand, text_columns

PREFIX = b"confusionflow."

_DIGEST = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True)
class Metadata:
    """The metadata of a file.

    Attributes:
        predictions: Of a file of counts: digest of the file of predictions beside it; empty if only
            counts were logged.
        instances: Of a file of predictions: what its column `instance` holds, "ids" or "positions";
            empty if that was not recorded.
        layer: Of a file of features: name of the layer.
        beside: Of a file of features: the files that were written with it, as kinds and digests.
    """

    run_id: str
    split: str
    epoch: int
    attempt: int
    rank: int
    world_size: int
    classes: str
    left_out: int
    predictions: str = ""
    instances: str = ""
    layer: str = ""
    beside: str = ""

    @property
    def companions(self) -> list[tuple[Kind, str]]:
        """Kinds and digests of the files that `beside` names."""
        found = (each.partition(":") for each in self.beside.split())
        return [(cast(Kind, kind), digest) for kind, _, digest in found if kind in get_args(Kind)]

    def encode(self) -> dict[bytes, bytes]:
        """As key-value metadata of a Parquet file."""
        fields = {"format_version": FORMAT_VERSION, **vars(self)}
        return {PREFIX + key.encode(): str(value).encode() for key, value in fields.items()}

    @classmethod
    def decode(cls, metadata: Mapping[bytes, bytes] | None) -> Metadata:
        """From key-value metadata of a Parquet file.

        Raises:
            DamagedFileError: it is missing, or of a newer format.
        """
        try:
            text = {
                key.removeprefix(PREFIX).decode(): value.decode()
                for key, value in (metadata or {}).items()
                if key.startswith(PREFIX)
            }
        except ValueError as error:
            raise DamagedFileError(f"Its metadata is not valid: {error}.") from error
        return cls.parse(text)

    @classmethod
    def parse(cls, text: Mapping[str, str]) -> Metadata:
        """From the same fields as texts, without the prefix of their names.

        Raises:
            DamagedFileError: some are missing, or of a newer format.
        """
        try:
            version = int(text["format_version"])
            said = cls(
                run_id=text["run_id"],
                split=text["split"],
                epoch=int(text["epoch"]),
                attempt=int(text["attempt"]),
                rank=int(text["rank"]),
                world_size=int(text["world_size"]),
                classes=text["classes"],
                left_out=int(text["left_out"]),
                predictions=text.get("predictions", ""),
                instances=text.get("instances", ""),
                layer=text.get("layer", ""),
                beside=text.get("beside", ""),
            )
        except (KeyError, ValueError) as error:
            raise DamagedFileError(f"Its metadata is not valid: {error}.") from error
        if not _DIGEST.fullmatch(said.classes):
            raise DamagedFileError("Its metadata does not name a list of classes.")
        numbers = (said.epoch, said.attempt, said.rank, said.world_size, said.left_out)
        if not 0 <= min(numbers) <= max(numbers) < 2**63 or said.rank >= said.world_size:
            raise DamagedFileError("The numbers in its metadata can't be right.")
        check_version(version)
        return said


def narrow(array: NDArray[np.integer], largest: int) -> NDArray[np.integer]:
    """Store integers from 0 on in as few bytes as the largest one needs."""
    return array.astype(np.min_scalar_type(largest), copy=False)


def encode_table(
    columns: Mapping[str, pa.Array | NDArray[np.generic]], metadata: Metadata
) -> memoryview:
    """Write a table as the bytes of a Parquet file."""
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    sink = pa.BufferOutputStream()
    with open_writer(sink, table.schema, len(table)) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata(metadata.encode())
    return memoryview(sink.getvalue())


# Each page has a header to read and a compression of its own. Older Arrow limits only their bytes.
_PAGES = (
    {"max_rows_per_page": 1 << 20}
    if "max_rows_per_page" in signature(pq.ParquetWriter.__init__).parameters
    else {}
)

# With fewer rows, a dictionary of half-precision numbers is larger than the numbers.
FEW_ROWS = 1 << 15


def open_writer(
    sink: pa.NativeFile, schema: pa.Schema, rows: int, few: Sequence[str] = ()
) -> pq.ParquetWriter:
    """Open a Parquet file for writing, with the options that all files of epochs have.

    Columns with few distinct values become dictionaries of few bits; `instance` is kept as the
    differences of its values, which sorted rows make small. Dictionaries whose rows are sorted, or
    are few, are not compressed: that takes time and saves nothing.

    Arguments:
        sink: Where to write to.
        schema: The columns.
        rows: How many rows are written together, those of an epoch.
        few: More columns with few distinct values.
    """
    few = ["epoch", "actual", "predicted", *few]
    plain = ["epoch", "actual"]
    if "unit" in schema.names:
        few += ["unit", "count", "tried", "nearest"]
    elif "count" in schema.names:
        few += ["count"]
        plain += ["predicted", "count"]
    if rows >= FEW_ROWS:
        few += ["confidence", "margin"]
    has_numbers = "instance" in schema.names and pa.types.is_integer(schema.field("instance").type)
    return pq.ParquetWriter(
        sink,
        schema,
        compression={name: "none" if name in plain else "zstd" for name in schema.names},
        compression_level={name: 1 for name in schema.names if name not in plain},
        use_dictionary=[name for name in few if name in schema.names],
        column_encoding={"instance": "DELTA_BINARY_PACKED"} if has_numbers else None,
        write_statistics=False,
        write_page_checksum=True,
        store_schema=False,
        **_PAGES,
    )


def decode_table(data: bytes, columns: Sequence[str] | None = None) -> tuple[pa.Table, Metadata]:
    """Read a Parquet file's bytes.

    Arguments:
        data: The bytes.
        columns: Those of its columns that are wanted; None for all.

    Raises:
        DamagedFileError: they are not a Parquet file, or not a valid one.
    """
    file = open_parquet(data)
    names = [name for name in file.schema_arrow.names if columns is None or name in columns]
    return read_rows(file, columns=names), Metadata.decode(file.metadata.metadata)


def open_parquet(data: bytes, binary: Collection[str] = ()) -> pq.ParquetFile:
    """Open a Parquet file's bytes; its pages are checked against their checksums when read.

    Arguments:
        data: The bytes.
        binary: Columns that may hold bytes, as images are.

    Raises:
        DamagedFileError: they are not a Parquet file, or would take too much memory.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        check_declared(file, data, binary)
        texts = text_columns(file.schema_arrow)
        texts += [name for name in binary if name in file.schema_arrow.names]
        if not texts:
            return file
        # A dictionary with a single text may repeat it in every row.
        return pq.ParquetFile(
            pa.BufferReader(data), page_checksum_verification=True, read_dictionary=texts
        )
    except (pa.ArrowException, OSError, ValueError, LookupError) as error:
        raise DamagedFileError(f"It can't be read as a Parquet file: {error}") from error


def open_metadata(data: bytes) -> pq.FileMetaData:
    """Read a Parquet file's metadata. Ask it for no column: those are not checked.

    Raises:
        DamagedFileError: the bytes are not a Parquet file.
    """
    try:
        return pq.read_metadata(pa.BufferReader(data))
    except (pa.ArrowException, OSError, ValueError, LookupError) as error:
        raise DamagedFileError(f"It can't be read as a Parquet file: {error}") from error


def read_rows(
    file: pq.ParquetFile, *, row_group: int | None = None, columns: Sequence[str] | None = None
) -> pa.Table:
    """Read rows of an open Parquet file: all, or those of one row group.

    Raises:
        DamagedFileError: they can't be read, or lack a column.
    """
    names = list(columns) if columns is not None else None
    missing = set(names or ()) - set(file.schema_arrow.names)
    if missing:
        raise DamagedFileError(f"It has no column {min(missing)!r}.")
    try:
        # Without threads: a process that ends while Arrow's begin is aborted, and files are small.
        if row_group is None:
            rows = file.read(columns=names, use_threads=False)
        else:
            rows = file.read_row_group(row_group, columns=names, use_threads=False)
        # A new table, because Parquet's metadata of fields would make the tables of two files
        # differ.
        return expand(rows)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise DamagedFileError(f"It can't be read as a Parquet file: {error}") from error


def encode_classes(classes: tuple[str, ...]) -> memoryview:
    """Write a list of classes as the bytes of a Parquet file: index, name."""
    sink = pa.BufferOutputStream()
    index = narrow(np.arange(len(classes)), max(1, len(classes)))
    table = pa.table({"index": index, "name": pa.array(classes, pa.string())})
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True, store_schema=False)
    return memoryview(sink.getvalue())


def decode_classes(data: bytes) -> tuple[str, ...]:
    """Read a list of classes.

    Raises:
        DamagedFileError: the bytes are not a list of classes.
    """
    table = read_rows(open_parquet(data), columns=["index", "name"])
    if len(table) > MOST_CLASSES:
        raise DamagedFileError(f"It holds {len(table):,} classes; the limit is {MOST_CLASSES:,}.")
    try:
        return tuple(str(name) for name in table.sort_by("index").column("name").to_pylist())
    except (pa.ArrowException, ValueError) as error:
        raise DamagedFileError(f"Its names can't be read: {error}.") from error
