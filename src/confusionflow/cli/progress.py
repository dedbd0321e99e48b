"""The bar that long commands show."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


def progress_bar(unit: str | None = None) -> Progress:
    """Show a bar on standard error that disappears when it is done.

    Arguments:
        unit: What is counted, if the total is unknown; None to show the total and the time that is
            left.
    """
    # Loading it takes as long as a short command.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    counted = [TextColumn(f"{{task.completed:,}} {unit}")]
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *(counted if unit else [MofNCompleteColumn(), TimeRemainingColumn()]),
        console=Console(stderr=True),
        transient=True,
    )
