"""Print the runs of a log directory as aligned text, or as JSON, for `confusionflow list`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len as wide_cell_len
from rich.cells import set_cell_size

from confusionflow.cli.printable import printable
from confusionflow.store.listing.overview import RunOverview

COLUMNS = ("run", "id", "started", "config", "state", "split", "epochs", "classes", "accuracy")
NUMBERS = ("classes", "accuracy")
# Columns that are shortened on a narrow screen; ids stay whole, so that they can be copied.
SHORTENED = ("config", "run", "split")
CONFIG = COLUMNS.index("config")
LEAST_WIDTH = 8
GAP = "  "

Row = tuple[str, ...]


def run_table(overviews: Iterable[RunOverview], width: int | None = None) -> Iterator[str]:
    """Yield the lines of the table: a head, then one for each split, or for a run without splits.

    The column `config` shows what differs between the runs; it is left out if nothing does.

    Formatted by hand, because a table of Rich takes minutes for ten thousand runs.

    Arguments:
        overviews: The runs.
        width: Columns of the screen to fit into by shortening names; None to keep all whole.
    """
    overviews = list(overviews)
    rows = [COLUMNS, *_rows(overviews, differing_keys(overviews))]
    if not any(row[CONFIG] for row in rows[1:]):
        rows = _without(rows, "config")
    widths, excess = _widths(rows, width)
    if excess > 0:
        # The start of an id.
        rows = _without(rows, "started")
        widths, _ = _widths(rows, width)
    for row in rows:
        cells = [
            _fit(cell, width, name in NUMBERS)
            for name, cell, width in zip(rows[0], row, widths, strict=True)
        ]
        yield GAP.join(cells)


def _without(rows: list[Row], column: str) -> list[Row]:
    at = rows[0].index(column)
    return [(*row[:at], *row[at + 1 :]) for row in rows]


def _widths(rows: list[Row], width: int | None) -> tuple[list[int], int]:
    """Find the widths of the columns, and by how much they exceed the screen."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width if width else 0
    for name in SHORTENED:
        if excess > 0 and name in rows[0]:
            at = rows[0].index(name)
            kept = min(widths[at], max(LEAST_WIDTH, widths[at] - excess))
            excess -= widths[at] - kept
            widths[at] = kept
    return widths, excess


def run_list_json(overviews: Iterable[RunOverview]) -> str:
    """Describe the runs as the HTTP API does."""
    return json.dumps([run.described() for run in overviews], indent=1)


def differing_keys(overviews: Sequence[RunOverview]) -> list[str]:
    """Find keys of the configs that differ between runs or that some runs lack."""
    keys = dict.fromkeys(key for overview in overviews for key in overview.config)
    missing = object()
    return [
        key
        for key in keys
        if len({_shown(overview.config.get(key, missing)) for overview in overviews}) > 1
    ]


def _shown(value: object) -> str:
    """Write a value as the page shows it: text without quotes, anything else as JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=repr)


def _rows(overviews: Iterable[RunOverview], keys: Sequence[str]) -> Iterator[Row]:
    for overview in overviews:
        config = overview.config
        heads: Row = (
            overview.name,
            overview.given_id or overview.id,
            f"{overview.created_at.astimezone():%Y-%m-%d %H:%M}",
            " ".join(f"{key}={_shown(config[key])}" for key in keys if key in config),
            overview.state,
        )
        if not overview.splits:
            yield (*map(printable, heads), "", "none", "", "")
        for split in overview.splits:
            accuracy = split.last_accuracy
            cells = (
                *heads,
                split.name,
                f"{split.epoch_count} ({split.first_epoch}–{split.last_epoch})",  # noqa: RUF001
                str(split.class_count),
                "" if accuracy is None else f"{accuracy:.1%}",
            )
            # Text, not commands for a terminal: names come from logs.
            yield tuple(printable(cell) for cell in cells)
            heads = ("",) * len(heads)


def cell_len(text: str) -> int:
    """Count the columns that a text without control characters takes."""
    return len(text) if text.isascii() else wide_cell_len(text)


def _fit(cell: str, width: int, is_number: bool) -> str:
    """Pad a cell to its column's width, or shorten it with an ellipsis."""
    length = cell_len(cell)
    if length > width:
        return set_cell_size(cell, width - 1) + "…"
    padding = " " * (width - length)
    return padding + cell if is_number else cell + padding
