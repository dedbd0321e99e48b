"""The commands `confusionflow import …`: what other tools logged."""

import typer

from confusionflow.cli.importing.matrices import matrices
from confusionflow.cli.importing.tables import counts, predictions
from confusionflow.cli.importing.trackers import mlflow, original, tensorboard, wandb

importing = typer.Typer(
    help="Import what other tools logged.", no_args_is_help=True, rich_markup_mode=None
)
for command in (matrices, predictions, counts, original, tensorboard, mlflow, wandb):
    importing.command()(command)
