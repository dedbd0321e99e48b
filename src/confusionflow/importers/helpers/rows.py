"""Read the rows of a CSV file. Each knows its place in the file."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.tables import encoding_by_mark

NUMBERS = re.compile(r"\s*[-+.0-9eE]+([ ]+[-+.0-9eE]+)+\s*")


@dataclass(frozen=True)
class Row:
    """One row of a CSV file.

    Attributes:
        file: The file's path.
        line: Line in the file, counted from 1.
        cells: The row's cells without surrounding spaces.
        shift: How many of the first cells are not in the file.
    """

    file: Path
    line: int
    cells: list[str]
    shift: int = 0

    def wrong(self, message: str, position: int | None = None) -> ImportSourceError:
        """Return an error at the cell at `position`, or at the whole row."""
        column = None if position is None else position + 1 - self.shift
        return ImportSourceError(message, file=str(self.file), line=self.line, column=column)


def read_rows(path: Path, encoding: str | None = None) -> Iterator[Row]:
    """Yield the rows of a file that are not blank; a BOM and any line ends are fine.

    Cells are separated by commas; by semicolons, tabs or spaces between numbers if the first line
    has no commas.

    Arguments:
        path: The file.
        encoding: Its encoding; None: found from its first bytes, or UTF-8.

    Raises:
        ImportSourceError: the file has another encoding, or is not CSV.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise ImportSourceError(f"It can't be read: {reason}.", file=str(path)) from error
    text = _decoded(path, data, encoding or encoding_by_mark(data[:4]))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for cells in reader:
            kept = [cell.strip() for cell in cells]
            if reader.dialect.delimiter == " ":
                kept = [cell for cell in kept if cell]
            if kept:
                yield Row(path, reader.line_num, kept)
    except csv.Error as error:
        raise ImportSourceError(
            f"This is not CSV: {error}. Export the file again.",
            file=str(path),
            line=reader.line_num,
        ) from None


def _decoded(path: Path, data: bytes, encoding: str) -> str:
    try:
        # UTF-8 may begin with a mark that does not belong to the first cell.
        known = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        return data.decode(known)
    except LookupError:
        raise ImportSourceError(
            f"There is no encoding {encoding!r}. Pass one such as utf-8, latin-1 or cp1252.",
            file=str(path),
        ) from None
    except UnicodeDecodeError as error:
        # Offsets begin after a BOM, if there is one.
        start = error.start + len(data) - len(error.object)
        raise ImportSourceError(
            f"Byte 0x{data[start]:02x} is not {encoding.upper()}. Say how the file is written, "
            "such as --encoding latin-1 or --encoding cp1252, or save it as UTF-8.",
            file=str(path),
            line=data.count(b"\n", 0, start) + 1,
            column=data.count(b",", data.rfind(b"\n", 0, start) + 1, start) + 1,
        ) from None


def _delimiter(text: str) -> str:
    """Find the separator of cells from the first line, if only one is possible."""
    line = text.lstrip("\r\n").split("\n", 1)[0].split("\r", 1)[0]
    if NUMBERS.fullmatch(line):
        return " "
    return next((mark for mark in ",;\t" if mark in line), ",")
