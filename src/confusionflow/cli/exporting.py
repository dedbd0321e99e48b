"""`confusionflow export` and `figure`: write files from a log directory."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

import confusionflow
from confusionflow.cli.options import (
    ClassNames,
    Epochs,
    LogDir,
    RunNames,
    SplitNames,
    ViewLink,
    epoch_range,
)
from confusionflow.cli.printable import printable
from confusionflow.errors import ConfusionFlowError, SplitNotFoundError
from confusionflow.exporters.export import is_folder


def export(
    log_dir: LogDir,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="File to write: .html, .csv, .parquet or .json; or a folder, table/.",
        ),
    ] = "confusionflow.html",
    run: RunNames = None,
    split: SplitNames = None,
    classes: ClassNames = None,
    epochs: Epochs = None,
    view: ViewLink = "",
    title: Annotated[
        str | None, typer.Option(help="Title of the report.  [default: ConfusionFlow]")
    ] = None,
    instances: Annotated[
        int,
        typer.Option(
            min=0, max=10_000, help="How many of the instances that the view lists to include."
        ),
    ] = 0,
    samples: Annotated[
        bool | None,
        typer.Option(
            "--samples/--no-samples",
            help="Whether to include their thumbnails, texts and columns.  [default: ask]",
        ),
    ] = None,
) -> None:
    """Write the interactive page with its data into one HTML file, or the counts as a table.

    The file name decides: .html for the page; .csv, .parquet or .json for a long table; a name
    that ends in / for a folder that DuckDB, Spark and others read as one table.
    """
    file = Path(output)
    form = file.suffix.lower().removeprefix(".")
    if form not in {"html", "csv", "parquet", "json"} and not is_folder(output):
        raise ConfusionFlowError(
            f"The file is called {file.name!r}. Use .html, .csv, .parquet or .json."
            + (" confusionflow figure writes figures." if form in {"svg", "pdf", "png"} else "")
        )
    # If all are included, the page shows those that it shows first; chosen ones are all shown.
    logs = confusionflow.open_logs(log_dir)
    series = _chosen(logs, run, split)
    count = confusionflow.export(
        series if run or split else logs,
        output,
        epochs=epoch_range(epochs),
        classes=classes or None,
        view=view or None,
        title=title,
        instances=instances or None,
        samples=_may_leave(instances, samples) if instances else None,
    )
    size = "" if file.is_dir() else f"{file.stat().st_size / 1e6:.1f} MB, "
    print(printable(f"Wrote {output} ({size}{count} series)."))
    if form == "html" and not instances and any(one.stored.prediction_keys() for one in series):
        print("Without instances; --instances 50 includes 50 of those that the view lists.")


def figure(
    log_dir: LogDir,
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="File to write: .svg, .pdf, .png."),
    ] = Path("confusionflow.svg"),
    of: Annotated[
        Literal["matrix", "performance", "detail"],
        typer.Option(help="The matrix, the class performance or the detail chart."),
    ] = "matrix",
    run: RunNames = None,
    split: SplitNames = None,
    classes: ClassNames = None,
    epochs: Epochs = None,
    view: ViewLink = "",
    width: Annotated[
        str | None,
        typer.Option(
            metavar="MM",
            help="Width on paper in mm, or a column: acm, ieee, tvcg, each also with -wide, or "
            "neurips.  [default: as on the screen]",
        ),
    ] = None,
    font_size: Annotated[
        float | None,
        typer.Option(metavar="PT", help="Size of the smallest text at that width.  [default: 7]"),
    ] = None,
) -> None:
    """Write a figure for a paper, as the page draws it.

    Needs Chromium or Chrome, and Playwright: pip install 'confusionflow[figure]'.
    """
    from confusionflow.exporters.figure import export_figure

    series = _chosen(confusionflow.open_logs(log_dir), run, split)
    span = epoch_range(epochs)
    shown = export_figure(
        series,
        output,
        of,
        epochs=span,
        classes=classes,
        view=view,
        width=width,
        font_size=font_size,
    )
    print(printable(f"Wrote {output} ({of}, {shown} series)."))


def _may_leave(instances: int, answered: bool | None) -> bool:
    """Ask whether thumbnails, texts and columns of instances may leave this machine."""
    if answered is None and sys.stdin.isatty():
        return typer.confirm(
            f"Put thumbnails, texts and columns of up to {instances:,} instances into the file? "
            "Anyone who gets it can see them."
        )
    if answered is None:
        print("Without thumbnails, texts and columns of instances; --samples includes them.")
    return bool(answered)


def _chosen(
    logs: confusionflow.Logs, run: list[str] | None, split: list[str] | None
) -> list[confusionflow.Series]:
    """The series of some runs and splits, or of all."""
    runs = [logs[name] for name in run] if run else logs.runs
    names = dict.fromkeys(name for chosen in runs for name in chosen)
    for wanted in split or ():
        if wanted not in names:
            raise SplitNotFoundError(wanted, names)
    return [one for chosen in runs for name, one in chosen.items() if not split or name in split]
