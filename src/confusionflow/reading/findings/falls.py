"""Findings of falls that last: a class that was learned and then lost, or lower accuracy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from confusionflow.analysis.evidence.events import STEP_SPREAD, Event
from confusionflow.analysis.evidence.falls import Fall
from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.followed import STRONG
from confusionflow.reading.findings.events import finding_of_event, is_regression, swap_of
from confusionflow.reading.findings.finding import Finding, Findings, Level
from confusionflow.reading.findings.splits import Splits
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.findings.words import (
    after_correction,
    at_some,
    capital,
    ends,
    in_splits,
    percent,
    points,
    spoken,
)

WHY = (
    "Is it more than this training's usual jitter, and would other instances show it? The best "
    "running median of 11 epochs is compared with the last five epochs. "
)
WHY_FIRST = (
    " It is listed first because it lasts and is at least 5 points by its 95 % interval before "
    "correction. This does not raise its level."
)
KINDS = ("event: lost class", "event: lasting fall")
# A class is called lost if it keeps at most this share of its recall.
LOST = 0.5
# Places of events that say what a fall says.
OWN_PLACES = ("whole", "row")


@dataclass(frozen=True, eq=False)
class LastingFall:
    """A fall of one class, or of accuracy, as the splits of a run show it.

    Attributes:
        falls: The fall in each split that shows it, the strongest first.
    """

    falls: tuple[Fall, ...]

    @property
    def main(self) -> Fall:
        """The strongest."""
        return self.falls[0]

    @property
    def began(self) -> tuple[int, int]:
        """First and last epoch at which it may have begun, as all splits together say."""
        first = max(fall.began[0] for fall in self.falls)
        last = min(fall.began[1] for fall in self.falls)
        return (first, last) if first <= last else self.main.began

    @property
    def is_loss(self) -> bool:
        """Whether a class that was recognised more often than not keeps less than half of that."""
        main = self.main
        return main.actual >= 0 and main.before >= LOST and main.after < LOST * main.before

    def meets(self, other: LastingFall) -> bool:
        """Whether both fall at one time."""
        one, two = ((fall.began[0], fall.main.half) for fall in (self, other))
        return _meet(one, two)

    def explains(self, event: Event) -> bool:
        """Whether an event is part of the fall: a step of the same place, or how it began."""
        if not event.rises or not any(self.is_of(e) for e in (event, *event.within)):
            return False
        first, peak = self.began[0] - STEP_SPREAD, event.main.peak
        last = self.main.half + STEP_SPREAD
        return first <= peak and (is_regression(event) or peak <= last)

    def is_of(self, event: Event) -> bool:
        """Whether an event is of the same class, or of accuracy."""
        actual = self.main.actual
        return event.place == "whole" if actual < 0 else event.actual == actual


def lasting_falls(found: Sequence[Fall]) -> list[LastingFall]:
    """Put the falls of a class in several splits together, and keep those that are strong."""
    made = []
    for actual in dict.fromkeys(fall.actual for fall in found):
        main, *others = sorted(
            (fall for fall in found if fall.actual == actual), key=lambda fall: -fall.strength
        )
        if main.strength >= STRONG:
            alike = (fall for fall in others if _meet(fall.began, main.began))
            made.append(LastingFall((main, *alike)))
    return made


def findings_of_falls(
    falls: Sequence[LastingFall], events: Sequence[Event], never: Sequence[Finding], splits: Splits
) -> list[Finding]:
    """Make findings of falls and events; what a fall explains stands under it.

    Accuracy that falls with a class stands under the class, unless most classes fall: then they
    stand under accuracy. Classes that are taken for each other stand under that.

    Arguments:
        falls: Falls of classes and of accuracy.
        events: Spikes and steps.
        never: Findings of classes that are never predicted.
        splits: The splits of the run.
    """
    whole = [fall for fall in falls if fall.main.actual < 0]
    classes = sorted(
        (fall for fall in falls if fall.main.actual >= 0),
        key=lambda fall: (-fall.is_loss, -fall.main.strength),
    )
    under: dict[LastingFall | None, list[Finding]] = {fall: [] for fall in [None, *falls]}
    heads: dict[LastingFall, LastingFall] = {}
    for fall in whole:
        together = [one for one in classes if one.meets(fall)]
        if 2 * len(together) > len(splits.classes):
            heads |= dict.fromkeys(together, fall)
        elif together:
            heads[fall] = together[0]
    swaps: list[tuple[Event, list[LastingFall]]] = []
    for event in events:
        by = [fall for fall in (*classes, *whole) if fall.explains(event)]
        swapped = swap_of(event) or ()
        both = [fall for fall in by if fall.main.actual in swapped]
        if both and not any(fall in heads for fall in both):
            [rest] = _beside(event, both)
            swaps.append((rest, both))
        elif by:
            head = heads.get(by[0], by[0])
            under[head] += [finding_of_event(e, splits) for e in _beside(event, by)]
        else:
            under[None].append(finding_of_event(event, splits))
    for finding in never:
        of_class = (fall for fall in classes if splits.classes[fall.main.actual] == finding.actual)
        under[next(of_class, None)].append(finding)
    for fall, head in heads.items():
        under[head].append(_finding(fall, under[fall], splits))
    found = {fall: _finding(fall, under[fall], splits) for fall in falls if fall not in heads}
    for event, both in swaps:
        its = [found.pop(fall) for fall in both if fall in found]
        under[None].append(_swap(event, its, splits) if its else finding_of_event(event, splits))
    return [*found.values(), *under[None]]


def _beside(event: Event, falls: Sequence[LastingFall]) -> list[Event]:
    """What an event shows besides the falls that explain it: one event or none."""
    others = [
        e
        for e in (event, *event.within)
        if e.place not in OWN_PLACES or not any(fall.is_of(e) for fall in falls)
    ]
    return [replace(others[0], within=tuple(others[1:]))] if others else []


def _swap(event: Event, falls: Sequence[Finding], splits: Splits) -> Finding:
    """Make a finding of two classes that are taken for each other, as sure as that they fell."""
    main, *_ = found = Findings(falls)
    first, last = main.epochs or event.main.epochs
    made = finding_of_event(event, splits)
    where = in_splits(made.splits, splits.names)
    headline = (
        f"{spoken(str(made.actual))} and {made.predicted} have been taken for each other since "
        f"{at_some(splits.unit, first, last)}, {where}."
    )
    headline = capital(headline) if headline.startswith("class ") else headline
    return replace(
        main,
        kind=made.kind,
        sentence=f"{headline} {main.sentence}",
        headline=headline,
        actual=made.actual,
        predicted=made.predicted,
        classes=made.classes,
        link=view_link(splits.series, None, first, made.actual, made.predicted),
        under=(*found, *made.under),
    )


def falls_in(findings: Iterable[Finding], split: str) -> dict[str, int]:
    """Classes that fall in a split, and the first epoch at which each may have begun to."""
    return {
        finding.actual: finding.epochs[0]
        for finding in Findings(findings).flat()
        if finding.kind in KINDS and split in finding.splits and finding.actual and finding.epochs
    }


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] - STEP_SPREAD <= other[1] and other[0] - STEP_SPREAD <= one[1]


def _finding(fall: LastingFall, under: Sequence[Finding], splits: Splits) -> Finding:
    main, (first, last) = fall.main, fall.began
    name = splits.classes[main.actual] if main.actual >= 0 else None
    shown = tuple(one.split for one in fall.falls)
    since = at_some(splits.unit, first, last)
    where = in_splits(shown, splits.names)
    headline = _headline(fall, name, f"since {since}, {where}")
    effect = main.after - main.before
    guaranteed = max(0.0, -main.adjusted_interval[1])
    q = min(1.0, main.p * main.tests)
    level: Level = "certain" if q <= ALPHA and guaranteed > 0 else "noticed"
    if level == "noticed" and len(shown) > 1:
        level = "corroborated"
    strengths = ", ".join(f"{one.strength:.1f} in {one.split}" for one in fall.falls)
    made = Finding(
        KINDS[0] if fall.is_loss else KINDS[1],
        level,
        f"{headline} {_amounts(fall, guaranteed, splits.unit)}",
        actual=name,
        classes=() if name is None else (name,),
        splits=shown,
        epochs=(first, last),
        effect=effect,
        interval=main.interval,
        adjusted_interval=main.adjusted_interval,
        p=main.p,
        q=q,
        q_bh=q,
        test="Fisher's exact test on mean counts",
        n=(round(main.n[0]), round(main.n[1])),
        family_size=main.tests,
        link=view_link(splits.series, None, first, name),
        under=tuple(Findings(under)),
        headline=headline,
        rates=(main.before, main.after),
        why=f"{WHY}Strength, in units of the jitter: {strengths}. In {main.split}: Fisher's exact "
        f"test on mean counts, p = {main.p:.2g}; times {main.tests:,}, for all classes and all "
        f"{splits.unit}s that could have been the best, q = {q:.2g}. The "
        "fall starts at the bend of the line, level before it, that fits best; the range of its "
        "start holds at 95 %.",
    )
    return replace(made, why=made.why + WHY_FIRST) if made.leads else made


def _headline(fall: LastingFall, name: str | None, since: str) -> str:
    """Name the class that fell, or accuracy if `name` is None, and say when and how far."""
    main = fall.main
    rates = f"{percent(main.before)} \N{RIGHTWARDS ARROW} {percent(main.after)}"
    if fall.is_loss:
        return f"Class {name} was learned and then lost, {since}: recall {rates}."
    if name is not None:
        return f"Class {name} is recognised less often {since}: recall {rates}."
    return f"Accuracy is lower {since}: {rates}."


def _amounts(fall: LastingFall, guaranteed: float, unit: str) -> str:
    """Say by how much it fell in each split, and what is left of that after correction."""
    main, (_, last) = fall.main, fall.began
    amounts = ", ".join(f"{points(one.after - one.before)} in {one.split}" for one in fall.falls)
    in_main = f" in {main.split}" if len(fall.falls) > 1 else ""
    sentence = f"{amounts}; 95 % interval {ends(*main.interval)}{in_main}"
    sentence += f"{after_correction(guaranteed)}."
    if main.half > last:
        sentence += f" More than half of the fall is reached at {unit} {main.half}."
    return sentence
