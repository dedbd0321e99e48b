"""The command line: what `confusionflow --help` lists."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
import warnings
import webbrowser
from pathlib import Path
from typing import Annotated, Literal

import typer

import confusionflow
from confusionflow.cli.findings import findings
from confusionflow.cli.importing import importing
from confusionflow.cli.instances import instances
from confusionflow.cli.log_directory import suggest_log_directory
from confusionflow.cli.printable import printable
from confusionflow.cli.progress import progress_bar
from confusionflow.cli.run_table import run_list_json, run_table
from confusionflow.errors import (
    ConfusionFlowError,
    ConfusionFlowWarning,
    EpochError,
    SplitNotFoundError,
)
from confusionflow.exporters.export import is_folder
from confusionflow.store import Store

WRONG_PATH = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)

app = typer.Typer(
    name="confusionflow",
    help="See how a classifier's confusion changes while it learns.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # it takes "[default: …]" for markup, and drops it
)
app.add_typer(importing, name="import")

LogDir = Annotated[
    str,
    typer.Argument(metavar="LOGDIR", help="Folder that runs are logged into, or s3://bucket/logs."),
]
Host = Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all addresses.")]
Port = Annotated[
    int | None,
    typer.Option(
        min=0, max=65535, help="Port to listen on.  [default: the first free one from 8080 on]"
    ),
]
Open = Annotated[
    bool | None,
    typer.Option("--open/--no-open", help="Open the page in a browser.  [default: in a terminal]"),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="Another host name under which the page is opened, such as that of a proxy; repeat "
        "for more.",
    ),
]
AllowFrame = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ORIGIN",
        help="Another origin whose pages may show this one in a frame, such as "
        "https://huggingface.co; repeat for more.",
    ),
]
WithToken = Annotated[
    bool | None,
    typer.Option(
        "--token/--no-token",
        help="Ask for the token in the printed address; CONFUSIONFLOW_TOKEN sets its text.  "
        "[default: if other machines can reach the server]",
    ),
]
RunNames = Annotated[
    list[str] | None,
    typer.Option(
        "--run", metavar="NAME", help="Name or id of a run; repeat for more.  [default: all]"
    ),
]
SplitNames = Annotated[
    list[str] | None,
    typer.Option("--split", metavar="NAME", help="Split; repeat for more.  [default: all]"),
]
ClassNames = Annotated[
    list[str] | None,
    typer.Option("--class", metavar="NAME", help="Class; repeat for more.  [default: all]"),
]
Epochs = Annotated[
    str | None, typer.Option(metavar="FIRST-LAST", help="Epochs to include.  [default: all]")
]
ViewLink = Annotated[
    str, typer.Option(metavar="LINK", help="Link copied from the page: the view to begin with.")
]


@app.command()
def serve(
    log_dir: LogDir,
    host: Host = "127.0.0.1",
    port: Port = None,
    open: Open = None,  # noqa: A002
    allow_host: AllowHost = None,
    allow_frame: AllowFrame = None,
    token: WithToken = None,
) -> None:
    """Show a log directory live in the browser."""
    from confusionflow.server.serve import serve as run_server

    if near := suggest_log_directory(log_dir):
        print(printable(f"No runs in {log_dir} yet. There are some in {near}."), file=sys.stderr)
    run_server(
        log_dir,
        host=host,
        port=port,
        allowed_hosts=allow_host or (),
        allowed_frames=allow_frame or (),
        with_token=token,
        ready=lambda address: _announce(f"ConfusionFlow shows {log_dir} at", address, open),
    )


@app.command()
def mcp(
    log_dir: LogDir,
    address: Annotated[
        str, typer.Option(metavar="URL", help="Where `confusionflow serve` shows the page.")
    ] = "http://127.0.0.1:8080/",
) -> None:
    """Let an assistant ask about a log directory: an MCP server on stdin and stdout.

    Needs the package mcp: pip install 'confusionflow[mcp]'.
    """
    from confusionflow.cli.assistant.server import create_assistant

    create_assistant(log_dir, address).run("stdio")


@app.command()
def demo(
    log_dir: Annotated[
        Path | None,
        typer.Argument(metavar="[LOGDIR]", help="Where to log.  [default: a new temporary folder]"),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = None,
    open: Open = None,  # noqa: A002
    allow_host: AllowHost = None,
    token: WithToken = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs to train.")] = 80,
    pace: Annotated[float, typer.Option(min=0, help="Minimum seconds per epoch.")] = 0.5,
) -> None:
    """Train three run configurations on handwritten digits, and watch them live."""
    from confusionflow.cli.demo import demo as run_demo

    run_demo(
        log_dir,
        host=host,
        port=port,
        allowed_hosts=allow_host or (),
        with_token=token,
        epochs=epochs,
        pace_s=pace,
        ready=lambda address, folder: _announce(
            f"ConfusionFlow trains three runs into {folder} and shows them at", address, open
        ),
    )


@app.command("list")
def list_runs(
    log_dir: LogDir,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the runs of a log directory and their splits."""
    overviews = Store(log_dir).overviews()
    if as_json:
        print(run_list_json(overviews))
        return
    if not overviews:
        near = suggest_log_directory(log_dir)
        print(
            printable(
                f"No runs in {log_dir} yet." + (f" There are some in {near}." if near else "")
            )
        )
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print("\n".join(run_table(overviews, width)))
    for overview in overviews:
        for problem in overview.problems:
            print(printable(f"{problem.file}: {problem.reason}"), file=sys.stderr)


app.command()(findings)
app.command()(instances)


@app.command()
def check(
    log_dir: LogDir,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read every file of a log directory, and list damaged and missing ones with the reason.

    Exits with 1 if there are any.
    """
    from confusionflow.store.check import check_run

    store = Store(log_dir)
    store.check_exists()
    problems = []
    with progress_bar() as bar:
        run_ids = store.run_ids()
        runs = bar.add_task("runs", total=len(run_ids))
        files = bar.add_task("files")
        for run_id in run_ids:
            problems += check_run(
                store.filesystem,
                run_id,
                lambda done, total: bar.update(files, completed=done, total=total),
            )
            bar.advance(runs)
    if as_json:
        print(json.dumps([vars(problem) for problem in problems], indent=1))
    else:
        for problem in problems:
            print(printable(f"{problem.file}: {problem.reason}"))
        found = f"Damaged or missing: {_counted(len(problems), 'file')}"
        print(f"{found if problems else 'No damaged files'} ({_counted(len(run_ids), 'run')}).")
    if problems:
        raise typer.Exit(1)


@app.command()
def compact(log_dir: LogDir) -> None:
    """Pack the many small files of a log directory into a few. Safe while a training logs."""
    from confusionflow.store.compact import compact_run
    from confusionflow.store.format.file_names import new_writer_id
    from confusionflow.store.listing.overview import write_summary

    store = Store(log_dir)
    store.check_exists()
    removed = 0
    with progress_bar() as bar:
        run_ids = store.run_ids()
        runs = bar.add_task("runs", total=len(run_ids))
        files = bar.add_task("files")
        for run_id in run_ids:
            removed += compact_run(
                store.filesystem,
                run_id,
                progress=lambda done, total: bar.update(files, completed=done, total=total),
            )
            write_summary(store.filesystem, store.run(run_id), new_writer_id())
            bar.advance(runs)
    print(
        printable(
            f"Removed {_counted(removed, 'file')} of {log_dir}; packed files hold their content."
            if removed
            else f"Nothing to pack in {log_dir}."
        )
    )


@app.command()
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
) -> None:
    """Write the interactive page with its data into one HTML file, or the counts as a table.

    The file name decides: .html for the page; .csv, .parquet or .json for a long table; a name
    that ends in / for a folder that DuckDB, Spark and others read as one table.
    """
    file = Path(output)
    form = file.suffix.lower().removeprefix(".")
    if form not in {"html", "csv", "parquet", "json"} and not is_folder(output):
        raise ConfusionFlowError(
            f"The file is called {file.name!r}. End its name in .html, .csv, .parquet or .json."
            + (" confusionflow figure writes figures." if form in {"svg", "pdf", "png"} else "")
        )
    # All of them begin as the page of the log directory does; those that were chosen are shown.
    series = _chosen(log_dir, run, split) if run or split else confusionflow.open_logs(log_dir)
    count = confusionflow.export(
        series,
        output,
        epochs=_epoch_range(epochs),
        classes=classes or None,
        view=view or None,
        title=title,
    )
    size = "" if file.is_dir() else f"{file.stat().st_size / 1e6:.1f} MB, "
    print(printable(f"Wrote {output} ({size}{count} series)."))


@app.command()
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

    series = _chosen(log_dir, run, split)
    span = _epoch_range(epochs)
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


def _chosen(
    log_dir: str, run: list[str] | None, split: list[str] | None
) -> list[confusionflow.Series]:
    """The series of some runs and splits, or of all."""
    logs = confusionflow.open_logs(log_dir)
    runs = [logs[name] for name in run] if run else logs.runs
    names = dict.fromkeys(name for chosen in runs for name in chosen)
    for wanted in split or ():
        if wanted not in names:
            raise SplitNotFoundError(wanted, names)
    return [one for chosen in runs for name, one in chosen.items() if not split or name in split]


def _epoch_range(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    first, separator, last = text.partition("-")
    if not (separator and first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise EpochError(f"--epochs is {text!r}. Pass the first and the last, such as 0-99.")
    return int(first), int(last)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


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


def _announce(text: str, address: str, open_browser: bool | None) -> None:
    """Print the address at once, and open a browser if somebody is watching."""
    print(printable(f"{text} {address}"), flush=True)
    if open_browser if open_browser is not None else sys.stdout.isatty():
        # If no browser can be opened, the user can open the printed address.
        with contextlib.suppress(webbrowser.Error, OSError):
            webbrowser.open(address)


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
