"""`confusionflow check` and `compact`: the files of a log directory."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from confusionflow.cli.options import LogDir, LogDirs
from confusionflow.cli.printable import counted, printable
from confusionflow.cli.progress import progress_bar
from confusionflow.store import Store
from confusionflow.store.problem import Problem

if TYPE_CHECKING:
    from rich.progress import Progress


def check(
    log_dir: LogDirs,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Read every file of a log directory, or of several, and list damaged and missing ones.

    Says why each is listed. Exits with 1 if there are any.
    """
    stores = [Store(one) for one in log_dir]
    for store in stores:
        store.check_exists()
    problems: list[Problem] = []
    run_count = 0
    with progress_bar() as bar:
        for store in stores:
            before = f"{store.filesystem.root}/" if len(stores) > 1 else ""
            problems += [
                replace(problem, file=f"{before}{problem.file}") for problem in _check(store, bar)
            ]
            run_count += len(store.run_ids())
    if as_json:
        print(json.dumps([vars(problem) for problem in problems], indent=1))
    else:
        for problem in problems:
            print(printable(f"{problem.file}: {problem.reason}"))
        found = f"Damaged or missing: {counted(len(problems), 'file')}"
        print(f"{found if problems else 'No damaged files'} ({counted(run_count, 'run')}).")
    if problems:
        raise typer.Exit(1)


def _check(store: Store, bar: Progress) -> list[Problem]:
    """Check the runs and samples of one log directory."""
    from confusionflow.store.check import check_run
    from confusionflow.store.samples.check import check_samples

    problems = [*store.strays()]
    run_ids = store.run_ids()
    runs = bar.add_task("runs", total=len(run_ids))
    files = bar.add_task("files")

    def show(done: int, total: int) -> None:
        bar.update(files, completed=done, total=total)

    for run_id in run_ids:
        problems += check_run(store.filesystem, run_id, show)
        bar.advance(runs)
    problems += check_samples(store.filesystem, show)
    return problems


def compact(log_dir: LogDir) -> None:
    """Pack the many small files of a log directory into a few. Safe while a training logs."""
    from confusionflow.store.tidy import tidy_run

    store = Store(log_dir)
    store.check_exists()
    removed = 0
    with progress_bar() as bar:
        run_ids = store.run_ids()
        runs = bar.add_task("runs", total=len(run_ids))
        files = bar.add_task("files")
        for run_id in run_ids:
            removed += tidy_run(
                store.filesystem,
                run_id,
                progress=lambda done, total: bar.update(files, completed=done, total=total),
            )
            bar.advance(runs)
    print(
        printable(
            f"Removed {counted(removed, 'file')} of {log_dir}; packed files hold their content."
            if removed
            else f"Nothing to pack in {log_dir}."
        )
    )
