"""Read tables of true and false positives and negatives, a row for each epoch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.columns import USUAL
from confusionflow.importers.helpers.labels import check_length
from confusionflow.importers.helpers.rows import Row
from confusionflow.importers.helpers.values import LARGEST_EPOCH, whole_number

# Row and column of each in the matrix; the negative class comes first.
CELLS = {"tn": (0, 0), "fp": (0, 1), "fn": (1, 0), "tp": (1, 1)}
COLUMN = re.compile(
    r"(?:(?P<split>.+?)[ _/.-])?(?P<cell>tn|fp|fn|tp|(?:true|false)[ _](?:posi|nega)tives?)"
    r"(?:_[0-9]+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class BinaryEpochs:
    """The matrices of a table.

    Attributes:
        matrices: By split, None for columns that name none, and by epoch: counts of shape (2, 2).
        has_epochs: Whether a column holds the epochs; if not, rows were counted.
    """

    matrices: dict[str | None, dict[int, NDArray[np.int64]]]
    has_epochs: bool


def binary_columns(header: Row) -> dict[str | None, dict[str, int]] | None:
    """Find the columns of TN, FP, FN and TP by the split in their names; None for another table.

    Examples:
        >>> binary_columns(Row(Path("log.csv"), 1, ["epoch", "tn", "fp", "fn", "tp", "loss"]))
        {None: {'tn': 1, 'fp': 2, 'fn': 3, 'tp': 4}}
    """
    found: dict[str | None, dict[str, int]] = {}
    for position, name in enumerate(header.cells):
        match = COLUMN.fullmatch(name)
        if match is not None:
            words = match["cell"].lower().replace(" ", "_").rstrip("s").split("_")
            cell = words[0] if len(words) == 1 else words[0][0] + words[1][0]
            found.setdefault(match["split"], {})[cell] = position
    whole = {split: cells for split, cells in found.items() if cells.keys() == CELLS.keys()}
    return whole or None


def read_binary(rows: Sequence[Row], epoch: int | None) -> BinaryEpochs:
    """Read the matrices of a table that has columns of TN, FP, FN and TP.

    Arguments:
        rows: The header and the rows.
        epoch: The epoch that the file's name says, for a table of one row.

    Raises:
        ImportSourceError: a value is not a count or an epoch, or an epoch occurs twice; names the
            cell.
    """
    header, *body = rows
    columns = binary_columns(header) or {}
    lower = [name.lower() for name in header.cells]
    at = next((lower.index(name) for name in USUAL["epoch"] if name in lower), None)
    matrices: dict[str | None, dict[int, NDArray[np.int64]]] = {split: {} for split in columns}
    if not body:
        raise header.wrong("The table has no rows. There is nothing to import.")
    for number, row in enumerate(body):
        check_length(row, header)
        own = epoch if len(body) == 1 and epoch is not None else number
        of_row = own if at is None else _whole(row, at, "epoch", LARGEST_EPOCH)
        for split, cells in columns.items():
            if of_row in matrices[split]:
                raise row.wrong(f"Epoch {of_row} occurs twice. Keep one of them.", at)
            counts = np.zeros((2, 2), np.int64)
            for cell, position in cells.items():
                counts[CELLS[cell]] = _whole(row, position, "count", 2**62)
            matrices[split][of_row] = counts
    return BinaryEpochs(matrices, at is not None or len(body) == 1)


def _whole(row: Row, position: int, what: str, largest: int) -> int:
    number = whole_number(row.cells[position])
    if number is None or not 0 <= number <= largest:
        raise row.wrong(
            f"The {what} is {row.cells[position]!r:.40}. {what.capitalize()}s are whole numbers "
            "from 0 on.",
            position,
        )
    return number


def check_source(file: Path, names: Sequence[str]) -> None:
    """Refuse class names unless there are two.

    Raises:
        ImportSourceError: there are more or fewer.
    """
    if len(names) != 2:
        raise ImportSourceError(
            f"TN, FP, FN and TP have 2 classes, and {len(names)} were named. Name the negative "
            "class, then the positive one: --classes no,yes.",
            file=str(file),
        )
