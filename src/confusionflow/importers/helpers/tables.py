"""Read tables of predictions piece by piece from CSV, Parquet and Arrow files."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.file_names import read_file_name

KINDS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}

TEXTS = ("csv", "tsv")
# Marks of encodings at the start of text files. UTF-32 is first because it begins like UTF-16.
MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class Piece:
    """Some rows of a table.

    Attributes:
        rows: The rows.
        source: The table's name in errors: its file.
        first_row: Number of the first of these rows, counted from 1 without a header; 0 if they are
            cells of the table and not its rows.
        epoch, time_unit, split: What the file's name tells of all rows, or None.
    """

    rows: pa.RecordBatch
    source: str
    first_row: int
    epoch: int | None = None
    time_unit: str = "epoch"
    split: str | None = None

    def wrong(self, message: str, index: int) -> ImportSourceError:
        """Make an error about one of the rows."""
        row = f", row {self.first_row + index:,}" if self.first_row else ""
        return ImportSourceError(message, file=f"{self.source}{row}")


def read_pieces(path: str | os.PathLike[str], encoding: str | None = None) -> Iterator[Piece]:
    """Yield the rows of a file, of which only a piece is held at a time.

    Cells of CSV are text, so that `007` stays as it is. Compressed CSV (`.csv.gz`) is fine, and so
    are semicolons and tabs between the cells, if the header has no commas.

    Arguments:
        path: The file.
        encoding: Encoding of a text file, by Python's name for it: "latin-1". None: found from its
            first bytes, or UTF-8.

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
        raise ImportSourceError(f"Its name does not end like a table's: {known}.", file=str(path))
    if os.fsencode(file).decode(errors="replace") != str(file):
        raise ImportSourceError(
            "The file's name is not UTF-8. Rename it.", file=ascii(str(file)).strip("'")
        )
    said = read_file_name(file.name)
    row = 1
    written = encoding or "utf-8"
    try:
        if kind in TEXTS:
            written = encoding or _encoding_of(file)
            codecs.lookup(written)
        for batch in _batches(file, kind, written):
            yield Piece(batch, str(path), row, said.epoch, said.time_unit, said.split)
            row += batch.num_rows
    except LookupError:
        raise ImportSourceError(
            f"There is no encoding {written!r}. Pass one such as utf-8, latin-1 or cp1252.",
            file=str(path),
        ) from None
    except (pa.ArrowException, OSError, ValueError, RecursionError, csv.Error) as error:
        if isinstance(error, ImportSourceError):
            raise
        if kind in TEXTS and (place := _not_text(file, written)):
            line, byte = place
            raise ImportSourceError(
                f"Byte 0x{byte:02x} is not {written.upper()}. Say how the file is written, such as "
                "--encoding latin-1 or --encoding cp1252, or save it as UTF-8.",
                file=str(path),
                line=line,
            ) from error
        line_of = _place_of_wrong_length(file, kind, written) if kind in TEXTS else None
        raise ImportSourceError(
            f"It can't be read: {error}", file=str(path), line=line_of
        ) from error


def _batches(file: Path, kind: str, encoding: str) -> Iterator[pa.RecordBatch]:
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
    elif kind == "json":
        yield from _objects(file).to_batches()
    elif kind == "jsonl":
        with pa.json.open_json(pa.input_stream(str(file))) as reader:
            yield from reader
    else:
        with closing(_open_csv(file, kind, encoding)) as reader:
            yield from reader


def _objects(file: Path) -> pa.Table:
    """Read a JSON array of objects, as `cf.export` writes it."""
    with pa.input_stream(str(file)) as stream:
        data = json.loads(stream.read())
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise ValueError('it does not hold a list of objects, such as [{"epoch": 0, …}, …]')
    return pa.Table.from_pylist(data)


def _open_csv(file: Path, kind: str, encoding: str) -> pa.csv.CSVStreamingReader:
    """Open a CSV file, with all cells as text."""
    delimiter = _delimiter_of(file, kind, encoding)
    with _text(file, encoding) as text:
        header = next(csv.reader(text, delimiter=delimiter), [])
    return pa.csv.open_csv(
        pa.input_stream(str(file)),
        read_options=pa.csv.ReadOptions(encoding=encoding),
        parse_options=pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string())),
    )


def encoding_by_mark(start: bytes) -> str:
    """Find the encoding of a text file from its first four bytes; UTF-8 if they don't tell.

    Examples:
        >>> encoding_by_mark("id,x".encode("utf-16")), encoding_by_mark("id".encode("utf-16-be"))
        ('utf-16', 'utf-16-be')
    """
    for mark, name in MARKS.items():
        if start.startswith(mark):
            return name
    # Without a mark, letters of ASCII have a byte of 0 before or after them.
    nulls = "".join("-0"[byte == 0] for byte in start[:4])
    return {"-0-0": "utf-16-le", "0-0-": "utf-16-be"}.get(nulls, "utf-8")


def _encoding_of(file: Path) -> str:
    with pa.input_stream(str(file)) as stream:
        return encoding_by_mark(stream.read(4))


def _delimiter_of(file: Path, kind: str, encoding: str) -> str:
    """Find the separator of cells from the header, if only one is possible."""
    if kind == "tsv":
        return "\t"
    with _text(file, encoding) as text:
        header = text.readline()
    return next((mark for mark in ",;\t" if mark in header), ",")


def _not_text(file: Path, encoding: str) -> tuple[int, int] | None:
    """Find line and value of the first byte that the encoding does not allow, or None."""
    line = 1
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with pa.input_stream(str(file)) as stream:
            while data := stream.read(1 << 20):
                try:
                    line += decoder.decode(data).count("\n")
                except UnicodeDecodeError as error:
                    before = error.object[: error.start].decode(encoding, "replace")
                    return line + before.count("\n"), error.object[error.start]
    except (OSError, pa.ArrowException):
        pass  # the error that is being handled says more
    return None


def _place_of_wrong_length(file: Path, kind: str, encoding: str) -> int | None:
    """Find the first row that is not as long as the header; Arrow does not say which it is."""
    try:
        delimiter = _delimiter_of(file, kind, encoding)
        with _text(file, encoding) as text:
            rows = csv.reader(text, delimiter=delimiter)
            length = len(next(rows, []))
            return next((rows.line_num for row in rows if row and len(row) != length), None)
    except (OSError, UnicodeError, csv.Error, pa.ArrowException):
        return None


def _text(file: Path, encoding: str) -> io.TextIOWrapper:
    # UTF-8 may begin with a mark that does not belong to the first name.
    known = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    return io.TextIOWrapper(pa.input_stream(str(file)), encoding=known, newline="")
