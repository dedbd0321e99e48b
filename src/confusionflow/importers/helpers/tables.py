"""Tables of predictions in files: CSV, Parquet and Arrow, read piece by piece."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from confusionflow.errors import ImportSourceError

KINDS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}

DELIMITERS = {"csv": ",", "tsv": "\t"}


@dataclass(frozen=True)
class Piece:
    """Some rows of a table.

    Attributes:
        rows: The rows.
        source: What the table is called in errors: its file.
        first_row: Number of the first of these rows, counted from 1, a header not counted.
    """

    rows: pa.RecordBatch
    source: str
    first_row: int

    def wrong(self, message: str, index: int) -> ImportSourceError:
        """An error at one of the rows."""
        return ImportSourceError(message, file=f"{self.source}, row {self.first_row + index:,}")


def read_pieces(path: str | os.PathLike[str]) -> Iterator[Piece]:
    """Yield the rows of a file; no more than a piece of it is held.

    CSV cells are text, so that `007` stays what it is; compressed CSV (`.csv.gz`) is fine.

    Raises:
        ImportSourceError: the file is of another kind, missing, or damaged.
    """
    file = Path(path)
    suffixes = [suffix.lower() for suffix in file.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".bz2", ".zst"):
        suffixes.pop()
    kind = KINDS.get(suffixes[-1] if suffixes else "")
    if kind is None:
        known = ", ".join(KINDS)
        raise ImportSourceError(
            f"This is no table that is known by its name: {known}.", file=str(path)
        )
    if os.fsencode(file).decode(errors="replace") != str(file):
        raise ImportSourceError(
            "The file's name is not UTF-8. Rename it.", file=ascii(str(file)).strip("'")
        )
    row = 1
    try:
        for batch in _batches(file, kind):
            yield Piece(batch, str(path), row)
            row += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError, csv.Error) as error:
        place = _place_of_wrong_length(file, DELIMITERS[kind]) if kind in DELIMITERS else None
        raise ImportSourceError(f"It can't be read: {error}", file=str(path), line=place) from error


def _batches(file: Path, kind: str) -> Iterator[pa.RecordBatch]:
    if kind == "parquet":
        with pa.parquet.ParquetFile(file) as parquet:
            yield from parquet.iter_batches()
    elif kind == "arrow":
        with pa.memory_map(str(file)) as source:
            try:
                reader = pa.ipc.open_file(source)
                yield from (reader.get_batch(i) for i in range(reader.num_record_batches))
            except pa.ArrowInvalid:
                yield from pa.ipc.open_stream(source)
    else:
        with closing(_open_csv(file, DELIMITERS[kind])) as reader:
            yield from reader


def _open_csv(file: Path, delimiter: str) -> pa.csv.CSVStreamingReader:
    """Open a CSV file with all its cells as text."""
    with _text(file) as text:
        header = next(csv.reader(text, delimiter=delimiter), [])
    return pa.csv.open_csv(
        pa.input_stream(str(file)),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
    )


def _place_of_wrong_length(file: Path, delimiter: str) -> int | None:
    """Line of the first row that is longer or shorter than the header: Arrow does not say."""
    try:
        with _text(file) as text:
            rows = csv.reader(text, delimiter=delimiter)
            length = len(next(rows, []))
            return next((rows.line_num for row in rows if row and len(row) != length), None)
    except (OSError, UnicodeDecodeError, csv.Error):
        return None


def _text(file: Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(pa.input_stream(str(file)), encoding="utf-8-sig", newline="")
