"""`confusionflow import original`, `tensorboard`, `mlflow` and `wandb`: logs of other tools."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from confusionflow.cli.importing.shared import (
    Into,
    class_names,
    import_progress,
    print_imported,
)

ClassesOfTables = Annotated[
    str | None,
    typer.Option(metavar="A,B,…", help="Class names in order.  [default: as in the tables]"),
]


def original(
    source: Annotated[Path, typer.Argument(help="Log directory of the original ConfusionFlow.")],
    into: Into,
) -> None:
    """Import the logs of the ConfusionFlow package of 2018 to 2020: all runs, folds as splits.

    Nothing is written unless everything can be read.
    """
    from confusionflow.importers.original import import_original

    with import_progress() as progress:
        ids = import_original(source, into, progress=progress)
    print_imported(ids, into)


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
    with import_progress() as progress:
        ids = import_tensorboard(
            source,
            into,
            classes=class_names(classes),
            progress=progress,
            tell=notes.append,
        )
    print_imported(ids, into, notes)


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
    # MLflow's own bars, one for each artifact, would mix with this one.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    from confusionflow.importers.mlflow import import_mlflow

    with import_progress() as progress:
        ids = import_mlflow(
            source,
            into,
            classes=class_names(classes),
            progress=progress,
        )
    print_imported(ids, into)


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
    with import_progress() as progress:
        ids = import_wandb(
            source,
            into,
            epoch=epoch,
            classes=class_names(classes),
            progress=progress,
            tell=notes.append,
        )
    print_imported(ids, into, notes)
