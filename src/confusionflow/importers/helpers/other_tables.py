"""Read cells that are not in a table: a matrix in JSON, or a scalar for each cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from confusionflow.importers.helpers.cells import Table

COLUMNS = ["split", "epoch", "actual", "predicted", "count"]
MATRIX_KEYS = ("confusion_matrix", "matrix", "cm", "confusion")
NAME_KEYS = ("labels", "classes", "class_names", "display_labels", "names")
# confusion/SPLIT/ACTUAL/PREDICTED; or SPLIT_cm_0_1, as loops over a matrix log.
TAG = re.compile(r"confusion/(?P<split>[^/]+)/(?P<actual>[^/]+)/(?P<predicted>[^/]+)")
LOOP = re.compile(
    r"(?:(?P<split>.+?)[/_.-])?(?:cm|conf(?:usion)?(?:[_-]?mat(?:rix)?)?)[/_.-]"
    r"(?P<actual>[0-9]{1,4})[/_.-](?P<predicted>[0-9]{1,4})",
    re.IGNORECASE,
)


def matrix_table(data: Any, source: str, path: str) -> Table | None:
    """Return the cells of a matrix in JSON; None for anything else.

    A list of rows is a matrix if the file's name says so; an object has it under a key such as
    "matrix", and class names under one such as "labels".

    Examples:
        >>> data = {"cm": [[5, 2], [1, 7]], "labels": ["cat", "dog"]}
        >>> matrix_table(data, "m.json", "m.json").rows
        [['cat', 'cat', 5], ['cat', 'dog', 2], ['dog', 'cat', 1], ['dog', 'dog', 7]]
    """
    rows: Any
    names: Any = None
    if isinstance(data, dict):
        rows = next((data[key] for key in MATRIX_KEYS if key in data), None)
        names = next((data[key] for key in NAME_KEYS if key in data), None)
    else:
        rows = data if re.search(r"conf|(^|[^a-z])cm([^a-z]|$)", path.lower()) else None
    if not _is_square(rows):
        return None
    if not isinstance(names, list) or len(names) != len(rows):
        names = list(range(len(rows)))
    cells = [
        [actual, predicted, count]
        for actual, row in zip(names, rows, strict=True)
        for predicted, count in zip(names, row, strict=True)
    ]
    return Table(source, ["actual", "predicted", "count"], cells)


def cell_of_scalar(name: str) -> tuple[str, str, str] | None:
    """Return split, actual and predicted class of a scalar; None if it does not belong to a cell.

    Examples:
        >>> cell_of_scalar("confusion/val/cat/dog"), cell_of_scalar("val_cm_0_1")
        (('val', 'cat', 'dog'), ('val', '0', '1'))
        >>> cell_of_scalar("val_accuracy")
    """
    found = TAG.fullmatch(name) or LOOP.fullmatch(name)
    if found is None:
        return None
    return found["split"] or "confusion", found["actual"], found["predicted"]


def scalar_table(
    histories: Mapping[tuple[str, str, str], Sequence[tuple[int, float]]], source: str
) -> Table | None:
    """Return the cells of scalars, one for each pair of classes; None if a pair is missing.

    Arguments:
        histories: Step and value of each scalar, by split, actual and predicted class.
        source: Their name in errors.

    Examples:
        >>> scalar_table({("val", "0", "0"): [(3, 5.0)]}, "run").rows
        [['val', 3, '0', '0', 5.0]]
    """
    rows = []
    for split in dict.fromkeys(key[0] for key in histories):
        pairs = {key[1:] for key in histories if key[0] == split}
        classes = {name for pair in pairs for name in pair}
        if len(pairs) != len(classes) ** 2:
            continue
        for (own, actual, predicted), history in histories.items():
            if own == split:
                # What was logged last for a step counts.
                rows += [[split, step, actual, predicted, v] for step, v in dict(history).items()]
    return Table(source, COLUMNS, rows) if rows else None


def _is_square(rows: Any) -> bool:
    if not isinstance(rows, list) or not rows:
        return False
    if not all(isinstance(row, list) and len(row) == len(rows) for row in rows):
        return False
    numbers = [number for row in rows for number in row]
    return all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in numbers)
