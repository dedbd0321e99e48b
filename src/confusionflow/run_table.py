"""What `confusionflow list` prints: the runs of a log directory as aligned text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len, set_cell_size

from confusionflow.printable import printable
from confusionflow.store.overview import RunOverview

COLUMNS = ("run", "id", "state", "split", "epochs", "classes", "accuracy")
NUMBERS = ("classes", "accuracy")
# Names get shorter where the screen is narrow; ids are to be copied.
NAMES = ("run", "split")
LEAST_WIDTH = 8
GAP = "  "


def run_table(overviews: Iterable[RunOverview], width: int | None = None) -> Iterator[str]:
    """Lines of the table: a head, and one for each split, or for a run that has none yet.

    Written out by hand since a table of Rich takes minutes for ten thousand runs.

    Arguments:
        overviews: The runs.
        width: Columns of the screen to fit into by shortening names; None to keep all whole.
    """
    rows = [COLUMNS, *_rows(overviews)]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width if width else 0
    for name in NAMES:
        at = COLUMNS.index(name)
        if excess > 0:
            kept = max(LEAST_WIDTH, widths[at] - excess)
            excess -= widths[at] - kept
            widths[at] = kept
    for row in rows:
        cells = [
            _fit(cell, width, name in NUMBERS)
            for name, cell, width in zip(COLUMNS, row, widths, strict=True)
        ]
        yield GAP.join(cells)


def _rows(overviews: Iterable[RunOverview]) -> Iterator[tuple[str, ...]]:
    for overview in overviews:
        heads: tuple[str, str, str] = (overview.name, overview.id, overview.state)
        if not overview.splits:
            yield (*map(printable, heads), "", "none", "", "")
        for split in overview.splits:
            total = split.last_total
            cells = (
                *heads,
                split.name,
                f"{split.epoch_count} ({split.first_epoch}–{split.last_epoch})",  # noqa: RUF001
                str(split.class_count),
                f"{split.last_correct / total:.1%}" if total else "",
            )
            # Text, not a terminal's commands: names come from logs.
            yield tuple(printable(cell) for cell in cells)
            heads = ("", "", "")


def _fit(cell: str, width: int, is_number: bool) -> str:
    """A cell as wide as its column, an ellipsis for what is too long."""
    length = cell_len(cell)
    if length > width:
        return set_cell_size(cell, width - 1) + "…"
    padding = " " * (width - length)
    return padding + cell if is_number else cell + padding
