"""The command line: what `confusionflow --help` lists."""

from __future__ import annotations

import sys
import warnings
from typing import Annotated

import typer

import confusionflow
from confusionflow.cli.exporting import export, figure
from confusionflow.cli.findings import findings
from confusionflow.cli.importing import importing
from confusionflow.cli.instances import instances
from confusionflow.cli.printable import printable
from confusionflow.cli.runs import list_runs, remove, rename
from confusionflow.cli.serving import demo, mcp, serve
from confusionflow.cli.upkeep import check, compact
from confusionflow.errors import ConfusionFlowError, ConfusionFlowWarning

WRONG_PATH = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)

app = typer.Typer(
    name="confusionflow",
    help="See how a classifier's confusion changes while it learns.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # it takes "[default: …]" for markup, and drops it
)
app.command()(serve)
app.command()(mcp)
app.command()(demo)
app.command("list")(list_runs)
app.command()(rename)
app.command()(remove)
app.command()(findings)
app.command()(instances)
app.command()(check)
app.command()(compact)
app.command()(export)
app.command()(figure)
app.add_typer(importing, name="import")


def _version(wanted: bool) -> None:
    if wanted:
        print(confusionflow.__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Take the options that stand before a command."""


def main() -> None:
    """Run the command line; an error that a user can fix is one line, not a traceback."""
    shown = warnings.showwarning
    warnings.showwarning = lambda message, *place: (
        print(printable(f"Warning: {message}"), file=sys.stderr)
        if isinstance(message, ConfusionFlowWarning)
        else shown(message, *place)
    )
    try:
        app()
    except ConfusionFlowError as error:
        print(printable(f"Error: {error}"), file=sys.stderr)
        raise SystemExit(1) from None
    except OSError as error:
        place = f"{error.filename}: " if error.filename is not None else ""
        reason = f"{place}{error.strerror or error}."
        if isinstance(error, WRONG_PATH):
            reason += " Check that path, and who may use it."
        print(printable(f"Error: {reason}"), file=sys.stderr)
        raise SystemExit(1) from None
