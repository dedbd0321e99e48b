"""The commands `confusionflow import …`: what other tools logged."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from confusionflow.cli.printable import printable
from confusionflow.cli.progress import progress_bar
from confusionflow.importers.helpers.steps import Progress

importing = typer.Typer(
    help="Import what other tools logged.", no_args_is_help=True, rich_markup_mode=None
)

Into = Annotated[str, typer.Option(metavar="LOGDIR", help="Log directory to import into.")]
RunName = Annotated[str, typer.Option(metavar="NAME", help="Name of the new run.")]
ClassesOfTables = Annotated[
    str | None,
    typer.Option(metavar="A,B,…", help="Class names in order.  [default: as in the tables]"),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Encoding of text files, such as latin-1.  [default: UTF-8]",
    ),
]
Column = Annotated[str | None, typer.Option(metavar="NAME", help="Name of this column.")]


@importing.command()
def matrices(
    source: Annotated[
        Path,
        typer.Argument(
            help="Folder with a subfolder for each split, each with a file for each epoch."
        ),
    ],
    into: Into,
    run: RunName,
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
    are fine. A column and a row of sums are left out, and pictures are passed over. Nothing is
    written unless everything can be read.
    """
    from confusionflow.importers.matrices import import_matrices

    notes: list[str] = []
    with _progress() as progress:
        run_id = import_matrices(
            source,
            into,
            run,
            rows=rows,
            has_header=header,
            classes=_names(classes),
            split=split,
            encoding=encoding,
            progress=progress,
            tell=notes.append,
        )
    for note in notes:
        print(printable(note))
    print(printable(f"Imported run {run!r} ({run_id}). See it: confusionflow serve {into}"))


@importing.command()
def predictions(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="CSV, JSON, Parquet or Arrow files.")
    ],
    into: Into,
    run: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the new run; a prefix of the names if a column holds several runs.  "
            "[default: as in the column]",
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Split of all rows, if no column says it.")
    ] = None,
    epoch: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Epoch of all rows, if neither a column nor the files' names say it.",
        ),
    ] = None,
    time_unit: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What an epoch is, such as step.  [default: the name of its column]",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            help="Class names in order; one with a comma in quotes: 'cat,\"dog, old\"'.  "
            "[default: the sorted labels]",
        ),
    ] = None,
    epoch_column: Column = None,
    split_column: Column = None,
    actual_column: Column = None,
    predicted_column: Column = None,
    instance_column: Column = None,
    confidence_column: Column = None,
    count_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Column with the number of instances of each row."),
    ] = None,
    run_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column with the run of each row.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Column to ignore; repeat for more."),
    ] = None,
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
            classes=_names(classes),
            progress=lambda done: bar.update(task, completed=done),
            tell=notes.append,
        )
    _say(ids, into, notes)


@importing.command()
def counts(
    source: Annotated[
        str,
        typer.Argument(metavar="PATH", help="Parquet or Arrow file, a folder of them, or s3://…"),
    ],
    into: Into,
    run: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Name of the new run; a prefix of the names if a column holds several runs.  "
            "[default: as in the column]",
        ),
    ] = None,
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
    split: Annotated[
        str | None, typer.Option(metavar="NAME", help="Split of all rows, if no column says it.")
    ] = None,
    epoch: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Epoch of all rows, if no column says it."),
    ] = None,
    time_unit: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What an epoch is, such as step.  [default: the name of its column]",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Class names in order.  [default: the sorted labels]"),
    ] = None,
    epoch_column: Column = None,
    split_column: Column = None,
    actual_column: Column = None,
    predicted_column: Column = None,
    count_column: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Column with the number of instances of each row."),
    ] = None,
    run_column: Annotated[
        str | None, typer.Option(metavar="NAME", help="Column with the run of each row.")
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Column to ignore; repeat for more."),
    ] = None,
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
        classes=_names(classes),
        given_id=id if id is not None or recount is None else run,
        recount=recount,
        tell=notes.append,
    )
    _say(ids, into, notes)


@importing.command()
def original(
    source: Annotated[Path, typer.Argument(help="Log directory of the original ConfusionFlow.")],
    into: Into,
) -> None:
    """Import the logs of the ConfusionFlow package of 2018 to 2020: all runs, folds as splits.

    Nothing is written unless everything can be read.
    """
    from confusionflow.importers.original import import_original

    with _progress() as progress:
        ids = import_original(source, into, progress=progress)
    _say(ids, into)


@importing.command()
def tensorboard(
    source: Annotated[
        Path, typer.Argument(help="Folder that you pass to TensorBoard as --logdir.")
    ],
    into: Into,
    classes: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,…",
            help="Class names in order.  [default: those of the tags, or numbers for tensors]",
        ),
    ] = None,
) -> None:
    """Import confusion from TensorBoard's event files: each folder a run, steps as epochs.

    It imports scalars named confusion/SPLIT/ACTUAL/PREDICTED, the count of a cell at each step, and
    tensors named confusion/SPLIT, of shape (classes, classes) at each step or a single one of shape
    (classes, classes, epochs). Nothing is written unless everything can be read.
    """
    from confusionflow.importers.tensorboard import import_tensorboard

    notes: list[str] = []
    with _progress() as progress:
        ids = import_tensorboard(
            source,
            into,
            classes=_names(classes),
            progress=progress,
            tell=notes.append,
        )
    _say(ids, into, notes)


@importing.command()
def mlflow(
    source: Annotated[
        str, typer.Argument(help="Folder that holds mlflow.db or mlruns, or a tracking URI.")
    ],
    into: Into,
    classes: ClassesOfTables = None,
) -> None:
    """Import confusion that was logged to MLflow as numbers: all runs that have some.

    It imports matrices in JSON, a metric for each pair of classes (confusion/SPLIT/ACTUAL/PREDICTED
    or SPLIT_cm_0_1), and tables of mlflow.log_table.

    A table has columns of actual class, predicted class and count, and may have them of epoch and
    split; otherwise the artifact's name gives the epoch, as in val/epoch3.json. Pictures of
    matrices have no numbers. Nothing is written unless everything can be read.
    """
    # MLflow's own bars, one for each artifact, would stand between ours.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    from confusionflow.importers.mlflow import import_mlflow

    with _progress() as progress:
        ids = import_mlflow(
            source,
            into,
            classes=_names(classes),
            progress=progress,
        )
    _say(ids, into)


@importing.command()
def wandb(
    source: Annotated[
        Path,
        typer.Argument(help="The folder wandb that trainings wrote, or the folder of a run in it."),
    ],
    into: Into,
    epoch: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Number logged with the tables that holds the epoch.  [default: step]",
        ),
    ] = None,
    classes: ClassesOfTables = None,
) -> None:
    """Import confusion that was logged to Weights & Biases, from the files on this disk.

    It imports wandb.plot.confusion_matrix and each wandb.Table that has columns of actual class,
    predicted class and count. Pictures of matrices have no numbers. Nothing is written unless
    everything can be read.
    """
    from confusionflow.importers.wandb import import_wandb

    notes: list[str] = []
    with _progress() as progress:
        ids = import_wandb(
            source,
            into,
            epoch=epoch,
            classes=_names(classes),
            progress=progress,
            tell=notes.append,
        )
    _say(ids, into, notes)


def _names(classes: str | None) -> list[str] | None:
    """Class names from one text: commas between them, spaces around them don't count.

    Examples:
        >>> _names('cat, dog, "bird, wild"')
        ['cat', 'dog', 'bird, wild']
    """
    if classes is None:
        return None
    return [name.strip() for name in next(csv.reader([classes], skipinitialspace=True), [])]


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar of what is read and written."""
    with progress_bar() as bar:
        task = bar.add_task("reading and writing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _say(ids: Sequence[str], into: str, notes: Sequence[str] = ()) -> None:
    """Print what was left out, what was imported, and how to see it."""
    for note in notes:
        print(printable(note))
    runs = "1 run. See it" if len(ids) == 1 else f"{len(ids)} runs. See them"
    print(printable(f"Imported {runs}: confusionflow serve {into}"))
