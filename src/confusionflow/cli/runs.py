"""`confusionflow list`, `rename` and `remove`: the runs of a log directory."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer

from confusionflow.cli.log_directory import suggest_log_directory
from confusionflow.cli.options import LogDir, LogDirs
from confusionflow.cli.printable import counted, printable
from confusionflow.cli.run_table import run_list_json, run_table
from confusionflow.errors import ArgumentError, NameTextError, RunNotFoundError
from confusionflow.store import Store, StoredRun
from confusionflow.store.format.ids import given_run_id, new_writer_id

OneRun = Annotated[str, typer.Argument(metavar="RUN", help="Name or id of the run.")]


def list_runs(
    log_dir: LogDirs,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the runs of a log directory, or of several, and their splits."""
    store = Store(log_dir)
    overviews = store.overviews()
    if as_json:
        print(run_list_json(overviews))
        return
    if not overviews:
        nearby = [near for one in log_dir if (near := suggest_log_directory(one))]
        suggestion = f" There are runs in {', '.join(nearby)}." if nearby else ""
        print(printable(f"No runs in {', '.join(log_dir)} yet.{suggestion}"))
    else:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print("\n".join(run_table(overviews, width)))
    for problem in [*store.strays(), *(p for overview in overviews for p in overview.problems)]:
        print(printable(f"{problem.file}: {problem.reason}"), file=sys.stderr)


def rename(
    log_dir: LogDir,
    run: OneRun,
    name: Annotated[str, typer.Argument(metavar="NEW", help="What to call it.")],
) -> None:
    """Give a run another name. Safe while it trains. The name is in a file of its own. The folder,
    the id and links to the page stay as they are.
    """
    from confusionflow.store.listing.overview import write_summary
    from confusionflow.store.rename import rename_run

    if not name.strip():
        raise NameTextError("The new name is empty. Pass some text.")
    store = Store(log_dir)
    found = _find(store, run)
    rename_run(store.filesystem, found.id, name)
    write_summary(store.filesystem, store.run(found.id), new_writer_id())
    print(printable(f"Run {found.id} is called {name!r} now, no longer {found.name!r}."))


def remove(
    log_dir: LogDir,
    run: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RUN]...", help="Names or ids of the runs to remove."),
    ] = None,
    samples: Annotated[
        bool,
        typer.Option(
            "--samples",
            help="Remove what instances look like instead: the thumbnails, texts and columns of "
            "all runs. Runs and their predictions stay.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove runs and all their files, after asking. A run that is running stays."""
    from confusionflow.store.remove import check_removable, remove_run

    store = Store(log_dir)
    if samples and run:
        raise ArgumentError(
            "remove got runs and --samples, which all runs share. Pass one of them."
        )
    if samples:
        _remove_samples(store, yes=yes)
        return
    if not run:
        raise ArgumentError("remove got no run. Pass names or ids of runs, or --samples.")
    found = {one.id: one for one in (_find(store, key) for key in run)}
    for one in found.values():
        check_removable(one)
        splits = counted(len(one.splits), "split")
        print(printable(f"{one.name} ({one.id}), {one.created_at:%Y-%m-%d %H:%M}, {splits}"))
    what = counted(len(found), "run")
    if not yes and not typer.confirm(f"Remove {what} for good?"):
        raise typer.Exit(1)
    for one in found.values():
        remove_run(store.filesystem, one)
    print(f"Removed {what}.")


def _remove_samples(store: Store, *, yes: bool) -> None:
    from confusionflow.store.samples.write import remove_samples, sample_files

    store.check_exists()
    found = sample_files(store.filesystem)
    if not found:
        print(printable(f"No samples in {store.filesystem.root}."))
        return
    what = f"samples ({counted(len(found), 'file')}, {sum(found.values()) / 1e6:.1f} MB)"
    if not yes and not typer.confirm(f"Remove all {what} for good?"):
        raise typer.Exit(1)
    remove_samples(store.filesystem, found)
    print(f"Removed {what}.")


def _find(store: Store, key: str) -> StoredRun:
    """Find the run of a name or id.

    Raises:
        ArgumentError: several runs have that name.
        RunNotFoundError: no run has it.
    """
    runs = store.runs()
    of_id = [run for run in runs if run.id in (key, given_run_id(key))]
    named = of_id or [run for run in runs if run.name == key]
    if not named:
        raise RunNotFoundError(key, [name for run in runs for name in (run.name, run.id)])
    if len(named) > 1:
        listed = ", ".join(f"{run.id} ({run.created_at:%Y-%m-%d %H:%M})" for run in named)
        raise ArgumentError(f"{len(named)} runs are named {key!r}. Pass the id of one: {listed}.")
    return named[0]
