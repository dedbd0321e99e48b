"""Read one confusion matrix from one CSV file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.importers.helpers.labels import check_length
from confusionflow.importers.helpers.margins import without_margins
from confusionflow.importers.helpers.rows import Row
from confusionflow.importers.helpers.values import LARGEST_COUNT, whole_number

LONGEST_COUNT = len(str(LARGEST_COUNT))
# Words in the cell above the row names, which tell what the rows are.
CORNER = re.compile(r"(pred)|(actual|true|truth|target|reference|expected)", re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """What a user said about all matrices.

    Attributes:
        rows: "actual" or "predicted"; None: as the corner of each file tells, or actual.
        has_header: Whether the classes are in the first row.
        classes: Class names in order, if a file has none.
        encoding: Encoding of the files; None: found from their first bytes, or UTF-8.
    """

    rows: str | None = None
    has_header: bool = True
    classes: Sequence[str] | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Matrix:
    """The counts of one file without zeros, because a source may hold thousands of files.

    Attributes:
        classes: Class names in the order of rows and columns.
        header: The file's first row.
        cell: actual · classes + predicted of each count, int64, shape (counts,).
        count: int64 > 0, shape (counts,).
        rows_are_said: Whether the user or the file tells what the rows are.
        margins: The names of a row and a column of sums that were left out.
    """

    classes: tuple[str, ...]
    header: Row
    cell: NDArray[np.int64]
    count: NDArray[np.int64]
    rows_are_said: bool = False
    margins: tuple[str, ...] = ()

    def dense(self) -> NDArray[np.int64]:
        """Return the counts with their zeros, shape (classes, classes); rows are actual."""
        size = len(self.classes)
        counts = np.zeros(size * size, dtype=np.int64)
        counts[self.cell] = self.count
        return counts.reshape(size, size)

    def sums(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return how many instances each class has, and how often it was predicted."""
        size = len(self.classes)
        supports, predictions = np.zeros((2, size), np.int64)
        np.add.at(supports, self.cell // size, self.count)
        np.add.at(predictions, self.cell % size, self.count)
        return supports, predictions


def matrix_of(
    counts: NDArray[np.int64],
    classes: tuple[str, ...],
    header: Row,
    form: Form,
    margins: tuple[str, ...] = (),
) -> Matrix:
    """Decide what the rows are: what the user or the corner says, or else actual classes."""
    said = form.rows or rows_by_corner(header.cells[0])
    if said == "predicted":
        counts = counts.T
    flat = counts.ravel()
    cell = np.flatnonzero(flat)
    return Matrix(classes, header, cell, flat[cell], said is not None, margins)


def rows_by_corner(corner: str) -> str | None:
    r"""Tell what the rows are from the text above their names: what it names first.

    Examples:
        >>> rows_by_corner("Predicted"), rows_by_corner("True \\ Pred"), rows_by_corner("class")
        ('predicted', 'actual', None)
    """
    found = CORNER.search(corner)
    return None if found is None else "predicted" if found[1] else "actual"


def read_matrix(rows: list[Row], names: dict[str, str] | None, form: Form) -> Matrix:
    """Read a matrix whose first row and column are class ids or names, in the same order.

    The row names may be missing. A last row and column of sums are left out.

    Arguments:
        rows: The rows of the file, at least one. They are actual classes, unless the first cell or
            the user says otherwise.
        names: Class names by id, if `labels.csv` gives them.
        form: What the user said about all matrices.

    Raises:
        ImportSourceError: anything but a square matrix of counts from 0 to 2^63 - 1 with
            matching, distinct classes; a class that `names` lacks.
    """
    header, body = _with_header(rows, names, form)
    for row in body:
        check_length(row, header)
    header, body, margins = without_margins(header, body, _counts)
    labels = header.cells[1:]
    classes = _classes(header, names)
    counts = np.zeros((len(labels), len(labels)), np.int64)
    total = 0
    for actual, row in enumerate(body):
        if actual == len(labels):
            raise row.wrong(
                f"The header has {len(labels)} classes, but this is one row more. "
                "Give rows and columns the same classes."
            )
        if row.cells[0] != labels[actual]:
            raise row.wrong(
                f"The row is for class {row.cells[0]!r}, but column {actual + 2} of the header is "
                f"of class {labels[actual]!r}. Give rows and columns the same order.",
                0,
            )
        values = _counts(row)
        total += sum(values)
        if total > LARGEST_COUNT:
            raise row.wrong(f"The counts add up to more than {LARGEST_COUNT:,} from here on.")
        counts[actual] = values
    if len(body) < len(labels):
        raise (body[-1] if body else header).wrong(
            f"The header has {len(labels)} classes, but the file ends after {len(body)} rows of "
            "counts. Give rows and columns the same classes."
        )
    return matrix_of(counts, classes, header, form, margins)


def _with_header(
    rows: list[Row], names: dict[str, str] | None, form: Form
) -> tuple[Row, list[Row]]:
    """Separate the header from the rows of counts; the first cell of each is not a count.

    Raises:
        ImportSourceError: there is no header, and the user did not say so.
    """
    first = rows[0]
    width = len(first.cells)
    all_numbers = all(_is_number(cell) for row in rows for cell in row.cells)
    is_square = len(rows) == width > 1
    if not form.has_header:
        classes = list(form.classes or (names or {}).values())[:width] or list(
            map(str, range(width))
        )
        if len(classes) != width:
            raise first.wrong(
                f"The matrix has {width} columns, and {len(classes)} classes were named. Name one "
                "for each."
            )
        return _named(first, classes), _rows_named(rows, classes)
    if is_square and all_numbers:
        raise first.wrong(
            "There is no header: all cells are numbers. Pass --no-header and the names of the "
            "classes, --classes A,B,C; or add a first row and a first column of class names."
        )
    body = rows[1:]
    lacks_names = len(body) == width and all(len(row.cells) == width for row in body)
    if lacks_names and all(map(_is_number, (cell for row in body for cell in row.cells))):
        return _named(first, first.cells), _rows_named(body, first.cells)
    if len(body) == width and [row.cells[0] for row in body] == first.cells:
        return _named(first, first.cells), body  # R's write.table has no corner
    return first, body


def _named(row: Row, classes: Sequence[str]) -> Row:
    return Row(row.file, row.line, ["", *classes])


def _rows_named(rows: Sequence[Row], classes: Sequence[str]) -> list[Row]:
    """Put the names of the classes before rows; errors count columns as the file does."""
    named = [*classes, *[""] * (len(rows) - len(classes))]
    return [
        Row(row.file, row.line, [name, *row.cells], shift=1)
        for name, row in zip(named, rows, strict=True)
    ]


def _classes(header: Row, names: dict[str, str] | None) -> tuple[str, ...]:
    """Read the names of the classes in a header."""
    if len(header.cells) < 2:
        raise header.wrong(
            f"The header {', '.join(map(repr, header.cells))} has no classes. Separate columns by "
            "commas. The first row has one cell with any text or none, then the classes.",
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
            raise header.wrong(f"Class {name!r} occurs twice. Keep one.", position)
        classes.append(name)
    return tuple(classes)


def _counts(row: Row) -> list[int]:
    """The counts of a row."""
    cells = row.cells[1:]
    joined = "".join(cells)
    # Try the whole row at once; go cell by cell only if something is unusual.
    fine = joined.isascii() and joined.isdigit() and all(cells)
    if not fine or max(map(len, cells)) >= LONGEST_COUNT:
        return [_count(row, position, cell) for position, cell in enumerate(cells, start=1)]
    return [int(cell) for cell in cells]


def _count(row: Row, position: int, cell: str) -> int:
    """Read the count in one cell, or raise an error that says what is wrong with it."""
    if not cell:
        raise row.wrong("The count is missing. Write 0 if there are no instances.", position)
    if not (cell.isascii() and cell.isdigit()):
        count = whole_number(cell)
        if count is not None and 0 <= count <= LARGEST_COUNT:
            return count
        shown = repr(cell if len(cell) <= 40 else cell[:40] + "…")
        hint = "Counts are whole numbers from 0 on."
        if _is_number(cell):
            hint += " Export counts, not rates." if "." in cell else ""
            raise row.wrong(f"The count is {shown}. {hint}", position)
        raise row.wrong(f"The count is the text {shown}. {hint}", position)
    digits = cell.lstrip("0") or "0"
    # Python refuses to read thousands of digits, so their number is checked first.
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
