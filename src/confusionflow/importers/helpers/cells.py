"""Tables of cells in JSON, as MLflow and Weights & Biases write tables.

    {"columns": ["Actual", "Predicted", "nPredictions"],
     "data": [["cat", "cat", 5], ["cat", "dog", 2], …]}

A row is a cell: how often an actual class was predicted as another. Further columns may say epoch
and split.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from confusionflow.errors import ImportSourceError, did_you_mean
from confusionflow.importers.helpers.columns import USUAL
from confusionflow.importers.helpers.splits import Split, check_classes, check_name

COLUMNS: Mapping[str, Sequence[str]] = {
    **{what: USUAL[what] for what in ("actual", "predicted", "epoch", "split")},
    "count": ("count", "npredictions", "n"),
}
NEEDED = ("actual", "predicted", "count")
# At most 15 digits, so that the epoch is below 2**53.
EPOCH = re.compile(r"(?:^|[/ _.-])(?:epoch|step)[/ _.-]?([0-9]{1,15})$", re.IGNORECASE)


@dataclass(frozen=True)
class Table:
    """A table that was read.

    Attributes:
        source: Its name in errors: its file.
        columns: Names.
        rows: Each as long as `columns`.
    """

    source: str
    columns: list[str]
    rows: list[list[Any]]

    @property
    def positions(self) -> dict[str, int]:
        """Find the position of each column that the table has of those of a table of cells."""
        lower = [name.lower() for name in self.columns]
        found = {}
        for what, usual in COLUMNS.items():
            name = next((name for name in usual if name in lower), None)
            if name is not None:
                found[what] = lower.index(name)
        return found

    @property
    def has_cells(self) -> bool:
        """Whether it has the columns of cells."""
        return self.positions.keys() >= set(NEEDED)


def read_table(file: Path, source: str | None = None) -> Table:
    """Read a table.

    Arguments:
        file: Where it is.
        source: Its name in errors. None: its path.

    Raises:
        ImportSourceError: the file is missing, is not JSON, or does not hold a table.
    """
    source = source or str(file)
    try:
        data = json.loads(file.read_bytes())
    except OSError as error:
        reason = error.strerror or error
        raise ImportSourceError(f"It can't be read: {reason}.", file=source) from error
    except (ValueError, RecursionError) as error:
        raise ImportSourceError(
            f"It is not JSON: {error}. Copy it again, or move it elsewhere.", file=source
        ) from error
    columns, rows = (
        (data.get("columns"), data.get("data")) if isinstance(data, dict) else (None, None)
    )
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise ImportSourceError(
            'It does not hold a table, such as {"columns": [...], "data": [[...], ...]}.',
            file=source,
        )
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(columns):
            raise ImportSourceError(
                f"Row {number:,} does not have a value for each of the {len(columns)} columns.",
                file=source,
            )
    return Table(source, [str(name) for name in columns], rows)


@dataclass
class Cells:
    """The cells of a run, from one table after the other."""

    # By split and epoch; and a table of each split, for errors.
    counts: dict[str, dict[int, dict[tuple[str, str], int]]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    def add(self, table: Table, split: str, epoch: int) -> None:
        """Add a table's cells; if it has columns of split and epoch, they count.

        Raises:
            ImportSourceError: a value can't be what it should, or a cell was there before; names
                file and row.
        """
        at = table.positions
        for number, row in enumerate(table.rows, 1):
            pair = (
                _label(table, number, row[at["actual"]]),
                _label(table, number, row[at["predicted"]]),
            )
            of_split = _label(table, number, row[at["split"]]) if "split" in at else split
            of_epoch = _whole(table, number, row[at["epoch"]], "Epochs") if "epoch" in at else epoch
            cells = self.counts.setdefault(of_split, {}).setdefault(of_epoch, {})
            if pair in cells:
                raise _wrong(
                    table,
                    number,
                    f"Actual {pair[0]!r}, predicted {pair[1]!r} occurs twice in epoch {of_epoch} "
                    f"of {of_split!r}. Tables of several epochs need a column 'epoch'",
                )
            cells[pair] = _whole(table, number, row[at["count"]], "Counts")
            self.sources.setdefault(of_split, table.source)

    def splits(self, classes: Sequence[str] | None) -> dict[str, Split]:
        """Make the splits; a cell without a row is 0.

        Arguments:
            classes: Class names in order. None: those of the rows, in the order of their first
                rows.

        Raises:
            ImportSourceError: a split's name, or the classes, can't be used.
        """
        return {split: self._split(split, epochs, classes) for split, epochs in self.counts.items()}

    def _split(
        self,
        split: str,
        epochs: dict[int, dict[tuple[str, str], int]],
        classes: Sequence[str] | None,
    ) -> Split:
        source = self.sources[split]
        check_name(split, source)
        known = dict.fromkeys(name for cells in epochs.values() for pair in cells for name in pair)
        names = tuple(classes or known)
        check_classes(names, source)
        for name in known:
            if name not in names:
                raise ImportSourceError(
                    f"No class {name!r} was named. {did_you_mean(name, names)}", file=source
                )
        index = {name: at for at, name in enumerate(names)}
        matrices = {}
        for epoch, cells in epochs.items():
            matrices[epoch] = np.zeros((len(names), len(names)), np.int64)
            for (actual, predicted), count in cells.items():
                matrices[epoch][index[actual], index[predicted]] = count
        return Split(names, matrices)


def place(path: str) -> tuple[str, int]:
    """Read split and epoch from a table's path, for tables without such columns.

    Examples:
        >>> place("confusion/epoch12.json"), place("val_epoch_3.json"), place("cifar-10.json")
        (('confusion', 12), ('val', 3), ('cifar-10', 0))
        >>> place("epoch7.json")
        ('confusion', 7)
    """
    stem = path.removesuffix(".json")
    found = EPOCH.search(stem)
    if found is None:
        return stem, 0
    return stem[: found.start()] or "confusion", int(found[1])


def is_whole(value: Any) -> bool:
    """Whether a number of JSON can be a count or an epoch: whole, from 0 on."""
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and 0 <= value < 2**53
        and value == int(value)
    )


def _whole(table: Table, number: int, value: Any, what: str) -> int:
    if not is_whole(value):
        hint = "; rates can't be imported" if what == "Counts" else ""
        raise _wrong(
            table, number, f"It holds {value!r:.40}. {what} are whole numbers from 0 on{hint}"
        )
    return int(value)


def _label(table: Table, number: int, value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, (int, float)) and value == value // 1:
        return str(value) if isinstance(value, bool) else str(int(value))
    raise _wrong(table, number, f"It holds {value!r:.40}. Names are text or whole numbers")


def _wrong(table: Table, number: int, message: str) -> ImportSourceError:
    return ImportSourceError(f"Row {number:,}: {message}.", file=table.source)
