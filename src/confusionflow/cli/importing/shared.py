"""What the import commands share: options, the progress bar, and what they print at the end."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from confusionflow.cli.printable import printable
from confusionflow.cli.progress import progress_bar
from confusionflow.importers.helpers.steps import Progress

Into = Annotated[str, typer.Option(metavar="LOGDIR", help="Log directory to import into.")]
Encoding = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Encoding of text files, such as latin-1.  [default: UTF-8]"),
]


def class_names(classes: str | None) -> list[str] | None:
    """Read class names from one text: commas separate them, and spaces around them are ignored.

    Examples:
        >>> class_names('cat, dog, "bird, wild"')
        ['cat', 'dog', 'bird, wild']
    """
    if classes is None:
        return None
    return [name.strip() for name in next(csv.reader([classes], skipinitialspace=True), [])]


@contextmanager
def import_progress() -> Iterator[Progress]:
    """Show a bar of what is read and written."""
    with progress_bar() as bar:
        task = bar.add_task("reading and writing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def print_imported(ids: Sequence[str], into: str, notes: Sequence[str] = ()) -> None:
    """Print what was left out, what was imported, and how to see it."""
    for note in notes:
        print(printable(note))
    runs = "1 run. See it" if len(ids) == 1 else f"{len(ids)} runs. See them"
    print(printable(f"Imported {runs}: confusionflow serve {into}"))
