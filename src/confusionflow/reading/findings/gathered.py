"""Findings in the data: instances that look mislabelled, or that were forgotten, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.followed import LEAST_SIDE
from confusionflow.analysis.evidence.gathering import gathering_p
from confusionflow.analysis.evidence.multiplicity import benjamini_hochberg, benjamini_yekutieli
from confusionflow.analysis.evidence.window import LEAST, default_window
from confusionflow.analysis.scores import scores, suggested_class
from confusionflow.analysis.trajectories import NONE, Trajectories
from confusionflow.reading.findings.behaviour import Reader, numbered
from confusionflow.reading.findings.finding import Finding, Level
from confusionflow.reading.findings.forgotten import Forgotten, settled_at
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.predictions import Predictions

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# The score `suspicious_label` over the window from which a label is suspected.
SUSPICIOUS = 0.8
# Least share of the window's epochs in which an instance is taken for the class that its label
# should perhaps be.
MOSTLY = 0.6
# Instances below which nothing gathers.
FEWEST = 3

NOT_LISTED = (
    " The list of instances does not know groups that were passed as groups=…. To list these "
    "instances, log the groups with log_samples(…, group=…)."
)


def findings_in_data(
    series: Split, reader: Reader | None = None, falls: Mapping[str, int] | None = None
) -> list[Finding]:
    """Find where possible label errors gather, and what was forgotten together.

    Both use the scores of instances, over the window that comparisons have by default. A series of
    matrices has no such findings.

    Arguments:
        series: The series.
        reader: Reads predictions and groups, and keeps those that it has read.
        falls: Classes that are recognised less often since an epoch, and that epoch.
    """
    reader = reader or Reader()
    predictions = reader.predictions(series)
    if predictions is None or len(predictions.epochs) < 2 or not len(predictions.ids):
        return []
    seen = _Seen(
        series,
        predictions,
        reader.groups(series),
        falls or {},
        has_logged_groups=reader.has_logged_groups,
    )
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
        self,
        series: Split,
        predictions: Predictions,
        groups: NDArray[Any] | None,
        falls: Mapping[str, int],
        *,
        has_logged_groups: bool,
    ) -> None:
        self.series, self.falls = series, falls
        self.has_logged_groups = has_logged_groups
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
        mostly = flagged & (_share_of(suggested, self.last) >= MOSTLY)
        known = self.trajectories.confidence is not None
        score = "mean confidence, negative where right," if known else "share of one other class"
        n, names = self.trajectories.n_classes, self.series.classes
        train = " The model has learned from these labels." if self._is_train else ""
        suspicious = (
            f"A label is suspicious if its score suspicious_label ({score} over the last "
            f"{len(self.last.epochs)} {self._unit}s) is {SUSPICIOUS} or more"
        )
        where = [f"suspicious_label>={SUSPICIOUS}"]
        lost = np.zeros(len(flagged), bool)
        for asked in self._asked():
            lost |= asked.flagged

        def told(one: _Gathering, place: str, why: str, cell: tuple[str | None, str | None]):  # type: ignore[no-untyped-def]
            headline = (
                f"Possible label errors gather in {place}: {one.k} of the {int(flagged.sum())} "
                f"suspicious labels of {self.series.name}."
            )
            why = f"{suspicious}{why}"
            return self._finding("data: possible label errors", headline, train, cell, one, why)

        for one in _gathered(mostly[wrong], (self.actual * n + suggested)[wrong]):
            a, p = divmod(one.place, n)
            if lost[mostly & (self.actual == a) & (suggested == p)].mean() > 0.5:
                continue  # Most were once right: they are listed as forgotten.
            actual, predicted = names[a], names[p]
            why = (
                f". Of {one.size} instances whose most frequent wrong class is {predicted}, "
                f"{one.k} have such a label and are taken for {predicted} in "
                f"{100 * MOSTLY:.0f} % of the {self._unit}s or more."
            )
            its = [*where, f"share>={MOSTLY}"]
            cell = actual, predicted
            link = view_link([self.series], self.span, None, *cell, where=its)
            made = told(one, f"{actual} \N{RIGHTWARDS ARROW} {predicted}", why, cell)
            yield replace(made, link=link)
        for one, group in self._in_groups(flagged[wrong], np.flatnonzero(wrong)):
            why = f": {one.k} of {one.size} instances that are ever wrong."
            yield self._of_group(told(one, f"group {group}", why, (None, None)), group, where)

    def forgotten(self) -> Iterator[Finding]:
        """Find the classes and groups whose instances were forgotten together."""
        asked = list(self._asked())
        n_places = len(asked)
        best: dict[tuple[str, Any], tuple[_Gathering, Forgotten]] = {}
        for one in asked:
            for found, kind, name in self._places(one.flagged, n_places):
                known = best.get((kind, name))
                if known is None or found.p < known[0].p:
                    best[kind, name] = found, one
        for (kind, name), (found, one) in best.items():
            yield self._told_forgotten(found, one, kind, name)

    def _asked(self) -> Iterator[Forgotten]:
        """Ask who was forgotten by the window, and who in the falls of classes."""
        start = settled_at(self.trajectories)
        if start >= len(self.trajectories.epochs):
            return
        seen = self.trajectories.labels.between(int(self.trajectories.epochs[start]), None)
        if self.n_before - start >= LEAST:
            yield Forgotten.of(seen, self.n_before - start, len(self.last.epochs))
        for began in dict.fromkeys(self.falls.values()):
            n_before = int(np.searchsorted(seen.epochs, began))
            if n_before >= LEAST_SIDE:
                yield Forgotten.of(seen, n_before, LEAST_SIDE)

    def _places(self, flagged: Flags, times: int) -> Iterator[tuple[_Gathering, str, Any]]:
        for one in _gathered(flagged, self.actual, times):
            yield one, "class", self.series.classes[one.place]
        for one, group in self._in_groups(flagged, np.arange(len(flagged)), times):
            yield one, "group", group

    def _told_forgotten(self, found: _Gathering, one: Forgotten, kind: str, name: Any) -> Finding:
        if kind == "class":
            members = self.actual == found.place
        else:
            assert self.groups is not None
            members = np.array([each == name for each in self.groups])
        dates = one.since[one.flagged & members]
        first, last = (int(x) for x in np.quantile(dates, (0.25, 0.75), method="nearest"))
        when = f"about {self._unit} {int(np.median(dates))}"
        if last > first + 1:
            when = f"half of them between {self._unit}s {first} and {last}"
        headline = (
            f"{found.k} of {found.size} instances of {kind} {name} in {self.series.name} were "
            f"forgotten together, {when}."
        )
        begin, middle, end = (int(one.epochs[i]) for i in (0, one.n_before - 1, -1))
        why = (
            f"An instance is forgotten if it was right for at least as many {self._unit}s as half "
            f"of those from {begin} to {middle}, and is wrong at all of the last {one.n_wrong}: "
            f"{int(one.flagged.sum())} of {len(one.flagged)} instances are. The "
            f"{self._unit} is that of the score last_forgotten."
        )
        cell = (name, None) if kind == "class" else (None, None)
        made = self._finding("data: forgotten together", headline, "", cell, found, why)
        span = begin, end
        made = replace(made, epochs=span)
        if kind == "group":
            return self._of_group(made, name, one.where)
        link = view_link([self.series], span, None, name, detail="fn", where=one.where)
        return replace(made, link=link)

    def _of_group(self, made: Finding, name: Any, where: Sequence[str]) -> Finding:
        """Link a finding to the list of its instances, or say why there is no such list."""
        assert made.epochs is not None
        if not self.has_logged_groups:
            link = view_link([self.series], made.epochs)
            return replace(made, link=link, why=made.why + NOT_LISTED)
        where = [*where, f"group={name}"]
        return replace(made, link=view_link([self.series], made.epochs, where=where))

    def _in_groups(
        self, flagged: Flags, instances: Ints, times: int = 1
    ) -> Iterator[tuple[_Gathering, Any]]:
        if self.groups is None:
            return
        keys: Sequence[Any] = [self.groups[i] for i in instances.tolist()]
        names = list(dict.fromkeys(keys))
        for one in _gathered(flagged, numbered(keys), times):
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
            why=f"Are more of them here than chance explains? {why} p = {one.p:.2g}, "
            f"q = {one.q:.2g} for {one.places} places.",
        )


def _share_of(named: Ints, seen: Trajectories) -> NDArray[np.float32]:
    """Share of epochs in which each is predicted as a class, as the list of instances has it."""
    times, epochs = (seen.predicted == named).sum(axis=0), (seen.predicted != NONE).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.divide(times, epochs, dtype=np.float32))


def _gathered(flagged: Flags, place: Ints, times: int = 1) -> list[_Gathering]:
    """Places that hold more flagged instances than chance explains.

    Arguments:
        flagged: Which instances are flagged, shape (instances,).
        place: Number of the place of each.
        times: How often the places are asked, each time of other flagged instances.
    """
    places, inverse, sizes = np.unique(place, return_inverse=True, return_counts=True)
    if not len(places):
        return []
    k = np.bincount(inverse, flagged).astype(np.int64)
    p = gathering_p(k, sizes, int(flagged.sum()), len(flagged))
    size = len(p) * times
    q, q_bh = benjamini_yekutieli(p, size), benjamini_hochberg(p, size)
    kept = np.flatnonzero((q_bh <= ALPHA) & (k >= FEWEST))
    return [
        _Gathering(
            int(places[i]),
            int(k[i]),
            int(sizes[i]),
            float(p[i]),
            float(q[i]),
            float(q_bh[i]),
            size,
        )
        for i in kept.tolist()
    ]
