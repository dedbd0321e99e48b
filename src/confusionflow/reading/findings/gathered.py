"""Findings in the data: instances that look mislabelled, or that were forgotten, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.course import course
from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.followed import settled
from confusionflow.analysis.evidence.gathering import gathering_p
from confusionflow.analysis.evidence.multiplicity import benjamini_hochberg, benjamini_yekutieli
from confusionflow.analysis.evidence.window import LEAST, default_window
from confusionflow.analysis.scores import scores, suggested_class
from confusionflow.analysis.trajectories import NONE, Trajectories
from confusionflow.reading.findings.behaviour import Reader, numbered
from confusionflow.reading.findings.finding import Finding, Level
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.words import view_link
from confusionflow.reading.predictions import Predictions

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# The score `suspicious_label` over the window from which a label is suspected.
SUSPICIOUS = 0.8
# Share of wrong predictions before the window up to which an instance had been learned.
LEARNED = 0.5
# Instances below which nothing gathers.
FEWEST = 3


def findings_in_data(series: Split, reader: Reader | None = None) -> list[Finding]:
    """Find where possible label errors gather, and what was forgotten together.

    Both are told by the scores of instances, over the window that comparisons have by default. A
    series of matrices has no such findings.

    Arguments:
        series: The series.
        reader: Reads predictions and groups, and keeps those that it has read.
    """
    reader = reader or Reader()
    predictions = reader.predictions(series)
    if predictions is None or len(predictions.epochs) < 2 or not len(predictions.ids):
        return []
    seen = _Seen(series, predictions, reader.groups(series))
    return [*seen.label_errors(), *seen.forgotten()]


@dataclass(frozen=True)
class _Gathering:
    """Flagged instances in one place: k of its size, p and q, and the number of places."""

    place: int
    k: int
    size: int
    p: float
    q: float
    q_bh: float
    places: int


class _Seen:
    """What is seen of the instances of a series in the window, and before it."""

    def __init__(
        self, series: Split, predictions: Predictions, groups: NDArray[Any] | None
    ) -> None:
        self.series = series
        self.trajectories = predictions.trajectories
        self.actual = predictions.actual.astype(np.int64)
        window = default_window(predictions.epochs)
        self.span = int(window[0]), int(window[-1])
        self.last = self.trajectories.between(*self.span)
        self.in_last = scores(self.last)
        self.n_before = len(predictions.epochs) - len(window)
        self.groups = None if groups is None else groups.tolist()

    def label_errors(self) -> Iterator[Finding]:
        """Find the cells and groups in which possible label errors gather."""
        suggested = suggested_class(self.last).astype(np.int64)
        wrong = suggested >= 0
        # NaN is no suspicion.
        flagged = wrong & (self.in_last.suspicious_label >= SUSPICIOUS)
        known = self.trajectories.confidence is not None
        score = "mean confidence, negative where right," if known else "share of one other class"
        n, names = self.trajectories.n_classes, self.series.classes
        train = " The model has learned from these labels." if self._is_train else ""

        def told(one: _Gathering, where: str, ever: str, cell: tuple[str | None, str | None]):  # type: ignore[no-untyped-def]
            headline = (
                f"Possible label errors gather in {where}: {one.k} of the {int(flagged.sum())} "
                f"suspicious labels of {self.series.name}."
            )
            why = (
                f"A label is suspicious if its score suspicious_label ({score} over the last "
                f"{len(self.last.epochs)} {self._unit}s) is {SUSPICIOUS} or more: {one.k} of "
                f"{one.size} instances {ever}."
            )
            return self._finding("data: possible label errors", headline, train, cell, one, why)

        for one in _gathered(flagged[wrong], (self.actual * n + suggested)[wrong]):
            actual, predicted = (names[c] for c in divmod(one.place, n))
            where, ever = (
                f"{actual} \N{RIGHTWARDS ARROW} {predicted}",
                f"mostly taken for {predicted}",
            )
            yield told(one, where, ever, (actual, predicted))
        for one, group in self._in_groups(flagged[wrong], np.flatnonzero(wrong)):
            yield told(one, f"group {group}", "that are ever wrong", (None, None))

    def forgotten(self) -> Iterator[Finding]:
        """Find the classes and groups whose instances were forgotten together."""
        epochs = self.trajectories.epochs
        start = _settled(self.trajectories)
        n_before = self.n_before - start
        if n_before < LEAST:
            return
        span = int(epochs[start]), self.span[1]
        seen = self.trajectories.labels.between(*span)
        found = scores(seen)
        # Half a prediction more, so that rounding takes nobody away.
        most = round((int(LEARNED * n_before) + len(self.last.epochs) + 0.5) / len(seen.epochs), 6)
        ends_wrong = (seen.predicted[-1] != NONE) & (seen.predicted[-1] != seen.actual)
        since = found.last_forgotten
        flagged = ends_wrong & (since >= 0) & (since <= self.span[0]) & (found.hard <= most)
        # The list of instances has the same conditions, so it has who is counted here.
        where = (f"last>={span[1]}", f"last_forgotten<={self.span[0]}", f"hard<={most}")

        def told(one: _Gathering, what: str, members: Flags, cell: tuple[str | None, None]):  # type: ignore[no-untyped-def]
            at = int(np.median(since[flagged & members]))
            headline = (
                f"{one.k} of {one.size} instances of {what} in {self.series.name} were forgotten "
                f"together, about {self._unit} {at}."
            )
            why = (
                f"Forgotten means right in half of {self._unit}s {span[0]} to "
                f"{int(epochs[self.n_before - 1])} or more, and wrong at all of the last "
                f"{len(self.last.epochs)}: {int(flagged.sum())} of {len(flagged)} instances. The "
                f"{self._unit} is the median of the score last_forgotten."
            )
            made = self._finding("data: forgotten together", headline, "", cell, one, why)
            link = view_link([self.series], span, None, *cell, detail="fn", where=where)
            return replace(made, epochs=span, link=link)

        for one in _gathered(flagged, self.actual):
            name = self.series.classes[one.place]
            yield told(one, f"class {name}", self.actual == one.place, (name, None))
        for one, group in self._in_groups(flagged, np.arange(len(flagged))):
            assert self.groups is not None
            members = np.array([each == group for each in self.groups])
            yield told(one, f"group {group}", members, (None, None))

    def _in_groups(self, flagged: Flags, instances: Ints) -> Iterator[tuple[_Gathering, Any]]:
        if self.groups is None:
            return
        keys: Sequence[Any] = [self.groups[i] for i in instances.tolist()]
        names = list(dict.fromkeys(keys))
        for one in _gathered(flagged, numbered(keys)):
            yield one, names[one.place]

    @property
    def _unit(self) -> str:
        return self.series.run.time_unit

    @property
    def _is_train(self) -> bool:
        return "train" in self.series.name.lower()

    def _finding(
        self,
        kind: str,
        headline: str,
        more: str,
        classes: tuple[str | None, str | None],
        one: _Gathering,
        why: str,
    ) -> Finding:
        level: Level = "certain" if one.q <= ALPHA else "likely"
        return Finding(
            kind,
            level,
            headline + more,
            actual=classes[0],
            predicted=classes[1],
            classes=tuple(c for c in classes if c is not None),
            splits=(self.series.name,),
            epochs=self.span,
            effect=one.k / one.size,
            p=one.p,
            q=one.q,
            q_bh=one.q_bh,
            test="hypergeometric count",
            n=(one.size,),
            family_size=one.places,
            link=view_link([self.series], self.span, None, *classes),
            headline=headline,
            why=f"Are there more of them here than chance would put? {why} p = {one.p:.2g}, "
            f"q = {one.q:.2g} for {one.places} places.",
        )


def _settled(trajectories: Trajectories) -> int:
    """Position of the first epoch at which accuracy has a running level, as events need one."""
    is_seen = trajectories.predicted != NONE
    wrong = is_seen & (trajectories.predicted != trajectories.actual)
    k, n = (each.sum(axis=1, dtype=np.float64)[:, None] for each in (wrong, is_seen))
    return settled(course(k, n).step[:, 0])


def _gathered(flagged: Flags, place: Ints) -> list[_Gathering]:
    """Places that hold more flagged instances than chance would put there."""
    places, inverse, sizes = np.unique(place, return_inverse=True, return_counts=True)
    if not len(places):
        return []
    k = np.bincount(inverse, flagged).astype(np.int64)
    p = gathering_p(k, sizes, int(flagged.sum()), len(flagged))
    q, q_bh = benjamini_yekutieli(p), benjamini_hochberg(p)
    kept = np.flatnonzero((q_bh <= ALPHA) & (k >= FEWEST))
    return [
        _Gathering(
            int(places[i]),
            int(k[i]),
            int(sizes[i]),
            float(p[i]),
            float(q[i]),
            float(q_bh[i]),
            len(places),
        )
        for i in kept.tolist()
    ]
