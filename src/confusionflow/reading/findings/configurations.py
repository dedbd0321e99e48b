"""Findings between two configurations, of which each has several runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.align import align
from confusionflow.analysis.evidence.family import ALPHA, Family
from confusionflow.analysis.evidence.runs import between_runs, least_p
from confusionflow.analysis.evidence.window import Window, default_window, window
from confusionflow.errors import ArgumentError
from confusionflow.reading.findings.finding import Finding, Level
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.of_family import (
    amount_of,
    finding_of,
    nested,
    place_of,
    worth_listing,
)
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.findings.words import percent
from confusionflow.reading.folded import FoldedSeries

Float = NDArray[np.float64]
Epochs = tuple[int, int]


def findings_between_folds(
    a: FoldedSeries, b: FoldedSeries, epochs: Epochs | None = None, *, exploratory: bool = False
) -> list[Finding]:
    """Compare accuracy, classes, columns and cells of configurations; runs are counted.

    Arguments:
        a: Runs of the configuration that is compared with.
        b: Runs of the other.
        epochs: First and last epoch; None for the last quarter of each run's epochs.
        exploratory: Mark findings as of epochs that were picked by eye.

    Raises:
        ArgumentError: a configuration has one run only.
    """
    for fold in (a, b):
        if len(fold.members) < 2:
            raise ArgumentError(
                f"Configuration {fold.config} has {len(fold.members)} run. Comparing "
                "configurations needs several runs of each. Pass folds of several runs, or compare "
                "two runs."
            )
    return _Configurations(a, b, epochs, exploratory).findings()


class _Configurations:
    """Two configurations, and what was tested between them."""

    def __init__(
        self, a: FoldedSeries, b: FoldedSeries, epochs: Epochs | None, exploratory: bool
    ) -> None:
        self.a, self.b, self.exploratory = a, b, exploratory
        self.classes = align([a.classes, b.classes]).classes
        windows_a, windows_b = (
            [_window(series, self.classes, epochs) for series in fold.members] for fold in (a, b)
        )
        self.tested = between_runs(windows_a, windows_b)
        first = min(int(w.epochs[0]) for w in windows_b)
        self.epochs = first, max(int(w.epochs[-1]) for w in windows_b)
        self.runs = len(windows_a), len(windows_b)
        self.names = _differs(a, b), _differs(b, a)

    def findings(self) -> list[Finding]:
        """Make findings, and one that says so if there is nothing above "noticed"."""
        whole, rows, columns, cells = (
            self._of_family(self.tested.families[kind])
            for kind in ("whole", "rows", "columns", "cells")
        )
        found = [*whole, *nested(rows, columns, cells)]
        if all(f.level == "noticed" for f in found):
            found.append(self._nothing())
        return found

    def _of_family(self, family: Family) -> list[Finding]:
        # With few runs the least p is above .05. What reaches it separates the runs completely.
        most = max(ALPHA, least_p(*self.runs) * (1 + 1e-9))
        levels = family.level
        return [self._finding(family, i, levels[i]) for i in worth_listing(family, most)]

    def _finding(self, family: Family, i: int, level: Level) -> Finding:
        actual, predicted = place_of(family, i, self.classes)
        x, y = float(family.rate_a[i]), float(family.rate_b[i])
        k = int(self.tested.in_runs[family.kind][i])
        measure = "recall " if family.kind == "rows" else ""
        rates = f"{measure}{percent(x)} \N{RIGHTWARDS ARROW} {percent(y)}"
        headline = (
            f"{_what(actual, predicted, more=y > x)} with {self.names[1]} than with "
            f"{self.names[0]}, in {k} of {self.runs[1]} runs: {rates}."
        )
        members = [*self.a.members, *self.b.members]
        return finding_of(
            family,
            i,
            self.classes,
            kind="difference",
            level=level,
            headline=headline,
            sentence=f"{headline} {amount_of(family, i)}.",
            exploratory=self.exploratory,
            splits=(self.a.members[0].name,),
            epochs=self.epochs,
            n=self.runs,
            link=view_link(members, self.epochs, None, actual, predicted),
            why=self._why(family, i),
        )

    def _why(self, family: Family, i: int) -> str:
        n_a, n_b = self.runs
        text = (
            "Would other runs of the two configurations show it? A run is one observation: "
            f"{family.test[i]}, of {n_a} and {n_b} runs. The sentence counts the runs beyond "
            f"the mean of the others. p = {family.p[i]:.2g}; so few runs can reach "
            f"{least_p(n_a, n_b):.2g}. "
        )
        if family.size > 1:
            text += (
                f"Corrected for {family.size:,} tests: q = {family.q[i]:.2g} "
                f"(Benjamini-Yekutieli), {family.q_bh[i]:.2g} (Benjamini-Hochberg). "
            )
        return text + "The interval is Welch's."

    def _nothing(self) -> Finding:
        rows, cells = self.tested.families["rows"], self.tested.families["cells"]
        n_a, n_b = self.runs
        headline = (
            f"No difference between {self.names[0]} and {self.names[1]} is more than noticed in "
            f"{n_a} and {n_b} runs, {len(rows):,} classes and {cells.size:,} cells."
        )
        least = least_p(n_a, n_b)
        half = float(np.median(rows.high - rows.low)) / 2 if len(rows) else float("nan")
        reach = (
            f" With so few runs p is never below {least:.2g}, so nothing can be more than noticed. "
            "Log more runs of each."
            if least > ALPHA
            else f" The recall of a class is known to about {100 * half:.1f} points."
        )
        return Finding(
            "nothing found",
            "nothing found",
            headline + reach,
            self.exploratory,
            splits=(self.a.members[0].name,),
            epochs=self.epochs,
            n=self.runs,
            family_size=cells.size,
            link=view_link([*self.a.members, *self.b.members], self.epochs),
            headline=headline,
            why="No test of accuracy, rows, columns or cells had a q value of .05 or less. A run "
            "is one observation.",
        )


def _window(series: Split, classes: tuple[str, ...], epochs: Epochs | None) -> Window:
    whole = series.epochs[~series.partial]
    if epochs is not None:
        whole = whole[(whole >= epochs[0]) & (whole <= epochs[1])]
    if not len(whole):
        raise ArgumentError(
            f"Run {series.run.name!r} has no complete epoch in the range. Pass other epochs."
        )
    index_map = [classes.index(name) for name in series.classes]
    return window(
        series.cube().relabel(index_map, len(classes)),
        whole if epochs is not None else default_window(whole),
    )


def _what(actual: str | None, predicted: str | None, *, more: bool) -> str:
    often = "more often" if more else "less often"
    if actual is not None and predicted is not None:
        return f"{actual} is taken for {predicted} {often}"
    if actual is not None:
        return f"Class {actual} is recognised {often}"
    if predicted is not None:
        return f"{predicted} draws {'more' if more else 'fewer'} instances of other classes"
    return f"Accuracy is {'higher' if more else 'lower'}"


def _differs(one: FoldedSeries, other: FoldedSeries) -> str:
    keys = [k for k in one.config if one.config.get(k) != other.config.get(k)]
    return ", ".join(f"{key}={one.config[key]}" for key in keys) or "this configuration"
