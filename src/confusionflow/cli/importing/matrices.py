"""`confusionflow import matrices`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from confusionflow.cli.importing.shared import Encoding, Into, class_names, import_progress
from confusionflow.cli.printable import printable


def matrices(
    source: Annotated[
        Path,
        typer.Argument(
            help="Folder with a subfolder for each split, each with a file for each epoch."
        ),
    ],
    into: Into,
    run: Annotated[str, typer.Option(metavar="NAME", help="Name of the new run.")],
    rows: Annotated[
        Literal["actual", "predicted"] | None,
        typer.Option(
            help="What the rows of matrices are.  [default: from the first cell, else actual]"
        ),
    ] = None,
    header: Annotated[
        bool, typer.Option("--header/--no-header", help="Whether the files have class names.")
    ] = True,
    classes: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Class names in order, for files without names."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Split of files whose folder and name don't say it."),
    ] = None,
    encoding: Encoding = None,
) -> None:
    """Import confusion matrices from files, such as test/epoch12_confusion.csv.

    The first row and column of each file are class ids or names; SOURCE/labels.csv may give the ids
    names. Arrays of NumPy (.npy) and tables with columns TN, FP, FN, TP and a row for each epoch
    are fine. A column and a row of sums are left out, and pictures are ignored. Nothing is
    written unless everything can be read.
    """
    from confusionflow.importers.matrices import import_matrices

    notes: list[str] = []
    with import_progress() as progress:
        run_id = import_matrices(
            source,
            into,
            run,
            rows=rows,
            has_header=header,
            classes=class_names(classes),
            split=split,
            encoding=encoding,
            progress=progress,
            tell=notes.append,
        )
    for note in notes:
        print(printable(note))
    print(printable(f"Imported run {run!r} ({run_id}). See it: confusionflow serve {into}"))
