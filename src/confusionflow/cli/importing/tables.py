"""`confusionflow import predictions` and `counts`: tables with a row for each instance or cell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from confusionflow.cli.importing.shared import Encoding, Into, class_names, print_imported
from confusionflow.cli.progress import progress_bar

RunName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Name of the new run; a prefix of the names if a column holds several runs.  "
        "[default: as in the column]",
    ),
]
Split = Annotated[
    str | None, typer.Option(metavar="NAME", help="Split of all rows, if no column says it.")
]
TimeUnit = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="What an epoch is, such as step.  [default: the name of its column]"
    ),
]
Column = Annotated[str | None, typer.Option(metavar="NAME", help="Name of this column.")]
CountColumn = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Column with the number of instances of each row."),
]
RunColumn = Annotated[
    str | None, typer.Option(metavar="NAME", help="Column with the run of each row.")
]
Ignore = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Column to ignore; repeat for more.")
]


def predictions(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="CSV, JSON, Parquet or Arrow files.")
    ],
    into: Into,
    run: RunName = None,
    split: Split = None,
    epoch: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Epoch of all rows, if neither a column nor the files' names say it.",
        ),
    ] = None,
    time_unit: TimeUnit = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            help="Class names in order; quote a name with a comma: 'cat,\"dog, old\"'.  "
            "[default: the sorted labels]",
        ),
    ] = None,
    epoch_column: Column = None,
    split_column: Column = None,
    actual_column: Column = None,
    predicted_column: Column = None,
    instance_column: Column = None,
    confidence_column: Column = None,
    count_column: CountColumn = None,
    run_column: RunColumn = None,
    ignore: Ignore = None,
    encoding: Encoding = None,
) -> None:
    """Import tables of predictions: a row for each instance and epoch, or for each cell and epoch.

    Columns are found by their usual names (run, epoch, split, actual or y_true, predicted or
    y_pred, instance or id, confidence, count) unless they are given. Several files are one table. A
    file for each epoch may say the epoch in its name, such as predictions_epoch_3.csv. Nothing is
    written unless everything can be read.
    """
    from confusionflow.importers.helpers.columns import Columns
    from confusionflow.importers.helpers.tables import read_pieces
    from confusionflow.importers.predictions import import_predictions

    notes: list[str] = []
    with progress_bar("rows") as bar:
        task = bar.add_task("reading", total=None)
        ids = import_predictions(
            (piece for file in files for piece in read_pieces(file, encoding)),
            into,
            run,
            Columns(
                epoch_column,
                split_column,
                actual_column,
                predicted_column,
                instance_column,
                confidence_column,
                count_column,
                run_column,
                tuple(ignore or ()),
            ),
            split=split,
            epoch=epoch,
            time_unit=time_unit,
            classes=class_names(classes),
            progress=lambda done: bar.update(task, completed=done),
            tell=notes.append,
        )
    print_imported(ids, into, notes)


def counts(
    source: Annotated[
        str,
        typer.Argument(metavar="PATH", help="Parquet or Arrow file, a folder of them, or s3://…"),
    ],
    into: Into,
    run: RunName = None,
    id: Annotated[  # noqa: A002
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Identifies this run, so that you can continue it.  [default: the run's name, "
            "with --recount]",
        ),
    ] = None,
    recount: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Continue the run: count its last N epochs again, and new ones.",
        ),
    ] = None,
    split: Split = None,
    epoch: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Epoch of all rows, if no column says it."),
    ] = None,
    time_unit: TimeUnit = None,
    classes: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Class names in order.  [default: the sorted labels]"),
    ] = None,
    epoch_column: Column = None,
    split_column: Column = None,
    actual_column: Column = None,
    predicted_column: Column = None,
    count_column: CountColumn = None,
    run_column: RunColumn = None,
    ignore: Ignore = None,
) -> None:
    """Import the counts of a large table: its rows are grouped while they are read.

    Rows are predictions, or cells with their counts, as `export -o table/` writes them. The run has
    counts and no instances. Columns are found by their usual names unless they are given. Folders
    may be partitions, such as epoch=3/part.parquet. Nothing is written unless everything can be
    read.
    """
    from confusionflow.engines.counts import import_counts
    from confusionflow.engines.table_files import open_table
    from confusionflow.importers.helpers.columns import Columns

    notes: list[str] = []
    ids = import_counts(
        open_table(source),
        into,
        run,
        Columns(
            epoch=epoch_column,
            split=split_column,
            actual=actual_column,
            predicted=predicted_column,
            count=count_column,
            run=run_column,
            ignore=tuple(ignore or ()),
        ),
        split=split,
        epoch=epoch,
        time_unit=time_unit,
        classes=class_names(classes),
        given_id=id if id is not None or recount is None else run,
        recount=recount,
        tell=notes.append,
        called=source,
    )
    print_imported(ids, into, notes)
