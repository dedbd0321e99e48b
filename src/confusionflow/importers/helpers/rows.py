"""Rows of a CSV file, each knowing where it is."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from confusionflow.errors import ImportSourceError


@dataclass(frozen=True)
class Row:
    """One row of a CSV file.

    Attributes:
        file: The file's path.
        line: Line in the file, counted from 1.
        cells: The row's cells without surrounding spaces.
    """

    file: Path
    line: int
    cells: list[str]

    def wrong(self, message: str, position: int | None = None) -> ImportSourceError:
        """An error at the cell at `position`, or at the whole row."""
        column = None if position is None else position + 1
        return ImportSourceError(message, file=str(self.file), line=self.line, column=column)


def read_rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a UTF-8 file that are not blank; a BOM and any line ends are fine.

    Raises:
        ImportSourceError: the file is not UTF-8 or not CSV.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise ImportSourceError(f"It can't be read: {reason}.", file=str(path)) from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Offsets count from behind a BOM, should there be one.
        start = error.start + len(data) - len(error.object)
        raise ImportSourceError(
            f"Byte 0x{data[start]:02x} is not UTF-8. Save the file as UTF-8.",
            file=str(path),
            line=data.count(b"\n", 0, start) + 1,
            column=data.count(b",", data.rfind(b"\n", 0, start) + 1, start) + 1,
        ) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            if cells:
                yield Row(path, reader.line_num, [cell.strip() for cell in cells])
    except csv.Error as error:
        raise ImportSourceError(
            f"This is not CSV: {error}. Export the file again.",
            file=str(path),
            line=reader.line_num,
        ) from None
