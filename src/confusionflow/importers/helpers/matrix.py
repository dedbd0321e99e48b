"""One confusion matrix in one CSV file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.labels import check_length
from confusionflow.importers.helpers.rows import Row, read_rows

LARGEST_COUNT = 2**63 - 1
LONGEST_COUNT = len(str(LARGEST_COUNT))


@dataclass(frozen=True)
class Matrix:
    """The counts of one file without the zeros, since a source may hold thousands of files.

    Attributes:
        classes: Class names in the order of rows and columns.
        header: The file's first row.
        cell: actual · classes + predicted of each count, int64, shape (counts,).
        count: int64 > 0, shape (counts,).
    """

    classes: tuple[str, ...]
    header: Row
    cell: NDArray[np.int64]
    count: NDArray[np.int64]

    def dense(self) -> NDArray[np.int64]:
        """The counts with their zeros, shape (classes, classes); rows are actual."""
        size = len(self.classes)
        counts = np.zeros(size * size, dtype=np.int64)
        counts[self.cell] = self.count
        return counts.reshape(size, size)


def read_matrix(path: Path, names: dict[str, str] | None) -> Matrix:
    """Read a matrix whose first row and column are class ids or names, in the same order.

    Arguments:
        path: The CSV file; rows are actual.
        names: Class names by id, if `labels.csv` gives them.

    Raises:
        ImportSourceError: anything but a square matrix of counts from 0 to 2^63 - 1 with
            matching, distinct classes; a class that `names` lacks.
    """
    rows = read_rows(path)
    header = next(rows, None)
    if header is None:
        raise ImportSourceError(
            "The file is empty. Its first row must be the classes.", file=str(path)
        )
    labels = header.cells[1:]
    classes = _classes(header, names)
    cells: list[NDArray[np.intp]] = []
    counts: list[NDArray[np.int64]] = []
    total = 0
    last = header
    for actual, row in enumerate(rows):
        if actual == len(labels):
            raise row.wrong(
                f"The header has {len(labels)} classes, but this is one row more. "
                "Give rows and columns the same classes."
            )
        check_length(row, header)
        if row.cells[0] != labels[actual]:
            raise row.wrong(
                f"The row is of class {row.cells[0]!r}, but column {actual + 2} of the header is "
                f"of class {labels[actual]!r}. Give rows and columns the same order.",
                0,
            )
        values = _counts(row)
        total += sum(values)
        if total > LARGEST_COUNT:
            raise row.wrong(f"The counts add up to more than {LARGEST_COUNT:,} from here on.")
        array = np.array(values, dtype=np.int64)
        found = np.flatnonzero(array)
        cells.append(found + actual * len(labels))
        counts.append(array[found])
        last = row
    if len(counts) < len(labels):
        raise last.wrong(
            f"The header has {len(labels)} classes, but the file ends after {len(counts)} rows of "
            "counts. Give rows and columns the same classes."
        )
    return Matrix(classes, header, np.concatenate(cells), np.concatenate(counts))


def _classes(header: Row, names: dict[str, str] | None) -> tuple[str, ...]:
    """The names of the classes in a header."""
    if len(header.cells) < 2:
        raise header.wrong(
            f"The header is {', '.join(map(repr, header.cells))}: no classes. Separate columns by "
            "commas; the first row is an empty or any cell and then the classes.",
            0,
        )
    classes: list[str] = []
    known = set(names.values()) if names else set()
    for position, label in enumerate(header.cells[1:], start=1):
        name = label
        if names is not None and label not in known:
            if label not in names:
                raise header.wrong(
                    f"labels.csv has no class {label!r}. Add it there, or remove labels.csv to "
                    "use the classes as they are.",
                    position,
                )
            name = names[label]
        if not name:
            raise header.wrong("The class is empty. Fill it in, or remove the column.", position)
        if name in classes:
            raise header.wrong(f"Class {name!r} comes twice. Keep one.", position)
        classes.append(name)
    return tuple(classes)


def _counts(row: Row) -> list[int]:
    """The counts of a row."""
    cells = row.cells[1:]
    joined = "".join(cells)
    # One look at the whole row; cell by cell only where something is wrong.
    fine = joined.isascii() and joined.isdigit() and all(cells)
    if not fine or max(map(len, cells)) >= LONGEST_COUNT:
        return [_count(row, position, cell) for position, cell in enumerate(cells, start=1)]
    return [int(cell) for cell in cells]


def _count(row: Row, position: int, cell: str) -> int:
    """The count in one cell, or an error that says what is wrong with it."""
    if not cell:
        raise row.wrong("The count is missing. Write 0 where there is none.", position)
    if not (cell.isascii() and cell.isdigit()):
        shown = repr(cell if len(cell) <= 40 else cell[:40] + "…")
        hint = "Counts are whole numbers from 0 on."
        if _is_number(cell):
            hint += " Export counts, not rates." if "." in cell else ""
            raise row.wrong(f"The count is {shown}. {hint}", position)
        raise row.wrong(f"The count is the text {shown}. {hint}", position)
    digits = cell.lstrip("0") or "0"
    # Python refuses to read thousands of digits, so their number is looked at first.
    if len(digits) > LONGEST_COUNT or int(digits) > LARGEST_COUNT:
        raise row.wrong(
            f"The count has {len(digits)} digits and exceeds {LARGEST_COUNT:,}, the largest that "
            "can be kept.",
            position,
        )
    return int(digits)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
