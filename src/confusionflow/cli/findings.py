"""`confusionflow findings`: what runs show, ranked by evidence."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated

import typer

import confusionflow
from confusionflow.cli.epochs import check_epochs
from confusionflow.cli.options import LogDir, epoch_range
from confusionflow.cli.printable import printable
from confusionflow.errors import ConfusionFlowError
from confusionflow.reading.findings.condition import Verdict, judge, read_condition
from confusionflow.reading.findings.finding import is_shown_first
from confusionflow.reading.findings.plain import plain

EXIT_MET, EXIT_UNKNOWN, EXIT_NOT_ASKED = 1, 2, 3
# As many as the page shows at first.
MOST_SHOWN = 20


def findings(
    log_dir: LogDir,
    run: Annotated[
        list[str] | None,
        typer.Option(
            "--run",
            metavar="NAME",
            help="Name or id of a run; repeat for more.  [default: the newest]",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Run whose splits of the same names to compare with."),
    ] = None,
    epochs: Annotated[
        str | None,
        typer.Option(
            metavar="FIRST-LAST",
            help="Epochs to compare splits at.  [default: the last quarter, at least ten]",
        ),
    ] = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CONDITION",
            help='Such as "class Auto recall falls by 2 points against BASE", "accuracy falls by 1 '
            'point against BASE in test" or "cell Auto -> Truck rises by 2 points against BASE"; '
            "BASE is the name or id of a run. Repeat for more.",
        ),
    ] = None,
    show_all: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Print what is only noticed, and what is listed under other findings, too.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print all findings as JSON.")] = False,
) -> None:
    """Say what is different, since when, and whether it is noise.

    With --fail-on, exits with 1 if the guaranteed change reaches the number, with 2 if there are
    too few instances to tell, and with 3 if the condition can't be asked.
    """
    logs = confusionflow.open_logs(log_dir)
    if fail_on:
        raise typer.Exit(_checked(logs, run, fail_on, as_json))
    runs = [logs[name] for name in run] if run else logs.runs[-1:]
    base = None if baseline is None else logs[baseline]
    between = epoch_range(epochs)
    if between:
        for one in runs:
            check_epochs(list(one.values()), between)
    found = [(one, one.findings(baseline=base, epochs=between)) for one in runs]
    if as_json:
        answer = [{"run": r.name, "run_id": r.id, "findings": plain(f)} for r, f in found]
        print(json.dumps(answer, indent=1))
        return
    for one, its in found:
        print(printable(f"{one.name} ({one.id})"))
        if not len(one):
            print("  It has no split yet.")
        elif show_all:
            _print(its, "  ")
        else:
            _print_first(its)
    if not found:
        print(printable(f"No runs in {log_dir} yet."))


def _checked(
    logs: confusionflow.Logs, names: list[str] | None, texts: list[str], as_json: bool
) -> int:
    """Judge conditions, print the verdicts, and return the exit code."""
    try:
        known = [name for one in logs.runs for name in (one.name, one.id)]
        conditions = [read_condition(text, known) for text in texts]
        asked = [(condition, logs[condition.base]) for condition in conditions]
        bases = {base.id for _, base in asked}
        others = [one for one in logs.runs if one.id not in bases]
        runs = [logs[name] for name in names] if names else others[-1:]
        if not runs:
            raise ConfusionFlowError("There is no run besides BASE. Log one, or pass --run.")
        verdicts: list[tuple[str, Verdict]] = [
            (one.name, verdict) for one in runs for verdict in judge(asked, one)
        ]
    except ConfusionFlowError as error:
        typer.echo(printable(f"Error: {error}"), err=True)
        return EXIT_NOT_ASKED
    if as_json:
        print(json.dumps([{"run": name, **vars(verdict)} for name, verdict in verdicts], indent=1))
    else:
        for name, verdict in verdicts:
            print(printable(f"{name}: {verdict.sentence}"))
    answers = {verdict.answer for _, verdict in verdicts}
    return EXIT_MET if "yes" in answers else EXIT_UNKNOWN if "unknown" in answers else 0


def _print_first(found: confusionflow.Findings) -> None:
    """Print the cards that the page shows first, in its order, and how many there are beside."""
    cards = [finding for finding in found if not finding.general]
    first = [finding for finding in cards if is_shown_first(finding)]
    shown = first[:MOST_SHOWN]
    for finding in shown:
        print(printable(f"  {finding.level}: {finding.sentence}"))
    if not shown:
        print("  Nothing is more than noticed.")
    others = {
        "more": len(first) - len(shown),
        "only noticed": len(cards) - len(first),
        "listed under others": sum(1 for _ in found.flat()) - len(cards),
    }
    texts = [f"{count:,} {what}" for what, count in others.items() if count]
    if texts:
        print(f"  Not shown: {', '.join(texts)}. --all prints them.")


def _print(found: Iterable[confusionflow.Finding], indent: str) -> None:
    for finding in found:
        print(printable(f"{indent}{finding.level}: {finding.sentence}"))
        _print(finding.under, indent + "    ")
