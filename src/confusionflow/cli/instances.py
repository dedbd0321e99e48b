"""`confusionflow instances`: which instances are behind a cell, and how they behaved."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

import confusionflow
from confusionflow.cli.epochs import check_epochs
from confusionflow.cli.options import LogDir, epoch_range
from confusionflow.cli.printable import printable
from confusionflow.errors import ArgumentError, ConfusionFlowError, did_you_mean
from confusionflow.reading.instances import LABEL_SCORES, Only, decoded
from confusionflow.server.models import FIRST_SPLITS

# What fits in a terminal.
SHOWN = ("instance", "actual", "share", "first", "last", "passage", "hard", "forgotten")


def instances(
    log_dir: LogDir,
    run: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name or id of a run.  [default: the newest]"),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Split.  [default: the one that the page lists]"),
    ] = None,
    cell: Annotated[
        str | None,
        typer.Option(
            metavar="ACTUAL,PREDICTED",
            help='Classes of a cell, such as "Auto,Truck"; * for all, as in "Auto,*".',
        ),
    ] = None,
    epochs: Annotated[
        str | None, typer.Option(metavar="FIRST-LAST", help="Epochs.  [default: all]")
    ] = None,
    label_errors: Annotated[
        str | None,
        typer.Option(
            metavar="SCORE",
            help="List possible label errors by this score instead, such as suspicious_label.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Rows to print.")] = 20,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print all rows as CSV.")] = False,
) -> None:
    """List the instances of a cell, those that were in it longest first.

    Without --cell, list all instances that were ever wrong.
    """
    import pyarrow.csv

    logs = confusionflow.open_logs(log_dir)
    if run is None and not logs.runs:
        raise ConfusionFlowError(f"No runs in {log_dir} yet.")
    newest = next((each for each in reversed(logs.runs) if len(each)), None)
    one = logs[run] if run else newest or logs.runs[-1]
    series = one[split] if split else _first_listed(one)
    between = epoch_range(epochs)
    only: Only = "all"
    if between:
        check_epochs([series], between)
    if label_errors is not None:
        if label_errors not in LABEL_SCORES:
            raise ArgumentError(
                f"--label-errors is {label_errors!r}. {did_you_mean(label_errors, LABEL_SCORES)}"
            )
        table = series.possible_label_errors(by=label_errors, epochs=between, backend="pyarrow")
    else:
        actual, predicted = _classes(cell, series.classes)
        only = "wrong" if actual is None or predicted is None else "all"
        table = series.instances(actual, predicted, between, only=only, backend="pyarrow")
    if as_csv:
        pyarrow.csv.write_csv(decoded(table), sys.stdout.buffer)
        return
    ever = ", wrong at one epoch or more" if only == "wrong" else ""
    print(printable(f"{one.name} · {series.name}: {len(table):,} instances{ever}"))
    shown = table if label_errors else table.select(SHOWN)
    for line in _lines(shown.slice(0, limit)):
        print(printable(line))
    if len(table) > limit:
        print(f"… {len(table) - limit:,} more; --csv prints all.")


def _first_listed(run: confusionflow.LoggedRun) -> confusionflow.Series:
    """The split whose instances the page lists first: the last of those that it begins with."""
    shown = list(run.values())[:FIRST_SPLITS]
    if not shown:
        raise ConfusionFlowError(f"Run {run.name!r} has no split yet.")
    return shown[-1]


def _classes(cell: str | None, classes: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Read actual and predicted class of a cell; None for all.

    Class names may contain commas, so every comma is tried.
    """
    if cell is None:
        return None, None
    for at, character in enumerate(cell):
        names = (cell[:at], cell[at + 1 :])
        if character == "," and all(name == "*" or name in classes for name in names):
            return (None if names[0] == "*" else names[0], None if names[1] == "*" else names[1])
    wrong = [name for name in cell.split(",") if name != "*" and name not in classes]
    hint = did_you_mean(wrong[0], classes) if wrong else "Pass two classes."
    raise ArgumentError(f"--cell is {cell!r}, which is not ACTUAL,PREDICTED. {hint}")


def _lines(table: Any) -> list[str]:
    """Align rows in columns."""
    rows = [table.column_names]
    rows += [[_text(value) for value in row.values()] for row in decoded(table).to_pylist()]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _text(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
