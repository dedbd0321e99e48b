"""Leave out rows and columns of sums around a matrix."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from confusionflow.importers.helpers.rows import Row

# Their names in pandas, R and SAS, and those that people give them.
NAMES = ("all", "sum", "sums", "total", "totals", "margin", "margins", "row total", "column total")
# Two classes of equal size can look like a margin by chance.
LEAST_CLASSES = 3


def without_margins(
    header: Row, body: list[Row], read: Callable[[Row], Sequence[int]]
) -> tuple[Row, list[Row], tuple[str, ...]]:
    """Leave out a last row and a last column that hold the sums of the others.

    Arguments:
        header: The classes, after a first cell.
        body: The rows, each a name and then counts.
        read: Reads the counts of a row.

    Returns:
        The header, the rows, and the names of what was left out.

    Raises:
        ImportSourceError: the last row and column hold such sums, but their names do not say so.
    """
    width = len(header.cells) - 1
    if width < 2 or len(body) < 2:
        return header, body, ()
    column, row = header.cells[-1], body[-1].cells[0]
    has_column, has_row = _is_margin(column), _is_margin(row)
    could_be_both = width == len(body) > LEAST_CLASSES
    if not has_column and not has_row and not could_be_both:
        return header, body, ()
    counts = [list(read(one)) for one in body]
    sums_fit = {
        "column": all(one[-1] == sum(one[:-1]) for one in counts),
        "row": counts[-1] == [sum(one) for one in zip(*counts[:-1], strict=True)],
    }
    if has_column or has_row:
        has_column, has_row = has_column and sums_fit["column"], has_row and sums_fit["row"]
    elif all(sums_fit.values()) and any(map(any, counts)):
        raise body[-1].wrong(
            f"The last row, {row!r}, and the last column, {column!r}, hold the sums of the others. "
            "Remove them, or call them Sum and they are left out."
        )
    if has_column:
        header = _shorter(header)
        body = [_shorter(one) for one in body]
    if has_row:
        body = body[:-1]
    return header, body, tuple(dict.fromkeys([column] * has_column + [row] * has_row))


def _is_margin(name: str) -> bool:
    return name.lower() in NAMES


def _shorter(row: Row) -> Row:
    return Row(row.file, row.line, row.cells[:-1], row.shift)
