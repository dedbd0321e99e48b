"""What is found in a run or a series, and between two of either."""

from __future__ import annotations

from collections.abc import Sequence

from confusionflow.errors import ArgumentError, EpochError
from confusionflow.reading.findings.behaviour import Groups, Reader
from confusionflow.reading.findings.between import findings_between
from confusionflow.reading.findings.falls import falls_in
from confusionflow.reading.findings.finding import Finding, Findings
from confusionflow.reading.findings.in_data import findings_in_data
from confusionflow.reading.findings.logged import Run, Split
from confusionflow.reading.findings.over_time import findings_over_time
from confusionflow.reading.findings.pair import Epochs, pair
from confusionflow.reading.findings.representation import findings_in_features, with_features


def between_series(
    a: Split,
    b: Split,
    *,
    epochs: Epochs | None = None,
    other_epochs: Epochs | None = None,
    groups: Groups | None = None,
    exploratory: bool = False,
) -> list[Finding]:
    """Find what `b` has more or less than `a`."""
    compared = pair(a, b, epochs, other_epochs, exploratory, Reader(groups))
    return _capped(findings_between(compared), a.run, b.run)


def between_runs(
    a: Run,
    b: Run,
    *,
    epochs: Epochs | None = None,
    other_epochs: Epochs | None = None,
    groups: Groups | None = None,
    exploratory: bool = False,
) -> list[Finding]:
    """Find what the splits of `b` have more or less than those of the same names of `a`.

    Raises:
        ArgumentError: the runs share no split.
    """
    both = [name for name in a if name in b]
    if not both:
        raise ArgumentError(
            f"Runs {a.name!r} and {b.name!r} share no split: {list(a)} and {list(b)}. Pass two "
            "series."
        )
    return [
        finding
        for name in both
        for finding in between_series(
            a[name],
            b[name],
            epochs=epochs,
            other_epochs=other_epochs,
            groups=groups,
            exploratory=exploratory,
        )
    ]


def findings_of_run(
    run: Run,
    *,
    baseline: Run | None = None,
    epochs: Epochs | None = None,
    groups: Groups | None = None,
    exploratory: bool = False,
) -> Findings:
    """Find what a run shows: between its splits, over time, in its data, and against a baseline.

    Arguments:
        run: The run.
        baseline: Another run, whose splits of the same names are compared with this run's.
        epochs: First and last epoch of comparisons; None for the last quarter of the shared ones.
        groups: Group (patient, video) of each instance id, to keep groups whole; None for those of
            the samples that were logged, if there are any. Pass {} for none.
        exploratory: Mark findings as of epochs that were picked by eye.
    """
    series = [run[name] for name in run if len(run[name].epochs)]
    found = findings_of_splits(series, epochs=epochs, groups=groups, exploratory=exploratory)
    if baseline is not None:
        found += between_runs(baseline, run, epochs=epochs, groups=groups, exploratory=exploratory)
    return Findings(found)


def findings_of_splits(
    series: Sequence[Split],
    *,
    epochs: Epochs | None = None,
    groups: Groups | None = None,
    exploratory: bool = False,
) -> list[Finding]:
    """Find what splits of one run show: between them, over time and in their data."""
    reader = Reader(groups)
    found: list[Finding] = []
    for i, a in enumerate(series):
        for b in series[i + 1 :]:
            try:
                found += findings_between(pair(a, b, epochs, None, exploratory, reader))
            except EpochError:  # splits that were never evaluated at one epoch
                continue
    if series:
        found += _within(series, reader)
    return _capped(found, *(one.run for one in series))


def findings_of_series(
    series: Split,
    other: Split | None = None,
    *,
    epochs: Epochs | None = None,
    other_epochs: Epochs | None = None,
    groups: Groups | None = None,
    exploratory: bool = False,
) -> Findings:
    """Find what a series shows over time and in its data, or what another has more or less.

    Arguments:
        series: The series.
        other: Another series: effects are other - series.
        epochs: First and last epoch of the comparison.
        other_epochs: Another range for `other`.
        groups: As for `findings_of_run`.
        exploratory: Mark findings as of epochs that were picked by eye.
    """
    if other is not None:
        return Findings(
            between_series(
                series,
                other,
                epochs=epochs,
                other_epochs=other_epochs,
                groups=groups,
                exploratory=exploratory,
            )
        )
    if not len(series.epochs):
        return Findings([])
    return Findings(_capped(_within([series], Reader(groups)), series.run))


def _within(series: Sequence[Split], reader: Reader) -> list[Finding]:
    """Find what happened over time in some splits, and in their data."""
    in_time = findings_over_time(series)
    found = [*with_features(in_time, series), *findings_in_features(series)]
    for one in series:
        found += findings_in_data(one, reader, falls_in(in_time, one.name))
    return found


def _capped(found: list[Finding], *runs: Run) -> list[Finding]:
    """Let nothing be above "likely" while a run goes on."""
    if all(run.state != "running" for run in runs):
        return found
    return [f.with_level_at_most("likely") for f in found]
