"""Read names of class ids from a file beside the matrices."""

from collections.abc import Sequence
from pathlib import Path

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.rows import Row, read_rows

ID_COLUMNS = ("class_id", "id")
NAME_COLUMNS = ("class_label", "name", "label")


def read_labels(path: Path) -> dict[str, str]:
    """Read class names by class id.

    Arguments:
        path: A CSV file with a column `class_id` (or `id`) and one `class_label` (or `name`,
            `label`); other columns are ignored.

    Raises:
        ImportSourceError: the file is not like that, or an id or a name is empty or occurs twice.
    """
    rows = read_rows(path)
    header = next(rows, None)
    if header is None:
        raise ImportSourceError(
            "The file is empty. Give it the header class_id,class_label or remove it.",
            file=str(path),
        )
    id_position, name_position = _position(header, ID_COLUMNS), _position(header, NAME_COLUMNS)
    names: dict[str, str] = {}
    ids: dict[str, str] = {}
    for row in rows:
        check_length(row, header)
        class_id, name = row.cells[id_position], row.cells[name_position]
        if not class_id:
            raise row.wrong("The class id is empty. Fill it in.", id_position)
        if not name:
            raise row.wrong(f"Class {class_id!r} has no name. Fill it in.", name_position)
        if class_id in names:
            raise row.wrong(f"Class id {class_id!r} occurs twice. Keep one.", id_position)
        if name in ids:
            raise row.wrong(
                f"Class name {name!r} occurs twice, for the ids {ids[name]!r} and {class_id!r}. "
                "Give each class another name.",
                name_position,
            )
        names[class_id], ids[name] = name, class_id
    return names


def check_length(row: Row, header: Row) -> None:
    """Refuse a row that has more or fewer cells than the header."""
    if len(row.cells) != len(header.cells):
        raise row.wrong(
            f"The row has {len(row.cells)} columns, the header has {len(header.cells)}. "
            "Give both the same.",
            min(len(row.cells), len(header.cells)),
        )


def _position(header: Row, known: Sequence[str]) -> int:
    """Find the first of the known columns."""
    cells = [cell.lower() for cell in header.cells]
    for name in known:
        if name in cells:
            return cells.index(name)
    raise header.wrong(
        f"The header has the columns {', '.join(map(repr, header.cells))}, but none of "
        f"{', '.join(map(repr, known))}. Rename one."
    )
