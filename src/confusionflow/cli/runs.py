"""`confusionflow list`: the runs of a log directory."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer

from confusionflow.cli.log_directory import suggest_log_directory
from confusionflow.cli.options import LogDir
from confusionflow.cli.printable import printable
from confusionflow.cli.run_table import run_list_json, run_table
from confusionflow.store import Store


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
