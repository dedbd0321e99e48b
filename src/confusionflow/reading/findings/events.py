"""Findings of spikes and steps."""

from __future__ import annotations

from confusionflow.analysis.evidence.events import Event
from confusionflow.analysis.evidence.followed import STRONG
from confusionflow.reading.findings.finding import Finding, Findings
from confusionflow.reading.findings.splits import Splits
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.findings.words import in_splits, listed, number, points, spoken

JITTER = (
    "Is it more than this training's usual jitter? A rate is compared with its own running median "
    "of 11 epochs. The unit is its usual distance from that median over 61 epochs; an event is 5 "
    "units away or more, and 1 point or more. "
)
CORROBORATED = "Another split shows it with the same sign and a strength of 3 or more. "
LIFTED = "The strength is that of a cell that is listed under it. "
ONCE = "No other split corroborates it. "
NO_P = "There is no p value: the tails are heavier than a normal distribution's."


def finding_of_event(event: Event, splits: Splits) -> Finding:
    """Make a finding of an event, with those of the same epoch under it."""
    swapped = swap_of(event)
    main = event.main
    cell = (event.actual, event.predicted) if swapped is None else swapped
    actual, predicted = (splits.classes[c] if c >= 0 else None for c in cell)
    wrong = event.place in ("whole", "row")
    rates = (1 - main.before, 1 - main.after) if wrong else (main.before, main.after)
    if swapped is not None:
        kind, headline = "swap", _swap_headline(swapped, event, splits)
        sentence = headline
    else:
        kind = "lasting step" if event.kind == "step" and main.lasting else event.kind
        headline = _headline(event, splits)
        amounts = [
            f"{points(-s.change if wrong else s.change)} in {s.split}" for s in event.sightings
        ]
        measure = {"whole": "accuracy", "row": "recall"}.get(event.place, "share")
        against = "against the running level" if event.kind == "spike" else "after against before"
        sentence = f"{headline} Its {measure}: {', '.join(amounts)}, {against}."
    strengths = ", ".join(f"{s.strength:+.1f} in {s.split}" for s in event.sightings)
    names = [actual, predicted, *(splits.classes[c] for c in event.classes)]
    return Finding(
        f"event: {kind}",
        "corroborated" if event.corroborated else "noticed",
        sentence,
        actual=actual,
        predicted=predicted,
        classes=tuple(dict.fromkeys(name for name in names if name is not None)),
        splits=tuple(s.split for s in event.sightings),
        epochs=main.epochs,
        effect=rates[1] - rates[0],
        n=tuple(round(s.n) for s in event.sightings),
        test=f"{event.kind} against the usual jitter",
        link=view_link(splits.series, None, main.peak, actual, predicted),
        under=tuple(
            Findings(finding_of_event(inner, splits) for inner in event.within if inner.sightings)
        ),
        headline=headline,
        rates=rates,
        why=f"{JITTER}Strength: {strengths}. {LIFTED if abs(main.strength) < STRONG else ''}"
        f"{CORROBORATED if event.corroborated else ONCE}{NO_P}",
    )


def is_regression(event: Event) -> bool:
    """Whether an event is a step to the worse that lasts."""
    return event.kind == "step" and event.rises and event.main.lasting


def _headline(event: Event, splits: Splits) -> str:
    main, unit, classes = event.main, splits.unit, splits.classes
    first, last = main.epochs
    if event.kind == "spike":
        when = f"At {unit} {first}" if first == last else f"From {unit} {first} to {last}"
    else:
        when = f"From {unit} {main.peak} on"
    where = in_splits([s.split for s in event.sightings], splits.names)
    more = event.rises
    stays = ", and it stays so" if main.lasting else ""
    if event.place == "whole":
        return f"{when} accuracy is {'lower' if more else 'higher'}, {where}{stays}."
    if event.place == "column":
        drawn = spoken(classes[event.predicted])
        amount = "" if more else "fewer "
        return f"{when} {drawn} draws {amount}instances of {_of(event, splits)}, {where}{stays}."
    actual = classes[event.actual]
    if event.place == "cell":
        often = "" if more else " less often"
        other = classes[event.predicted]
        return f"{when} {spoken(actual)} is taken for {other}{often}, {where}{stays}."
    often = "less" if more else "more"
    return f"{when} class {actual} is recognised {often} often, {where}{stays}."


def _of(event: Event, splits: Splits) -> str:
    others = len(splits.classes) - 1
    if len(event.classes) >= others:
        return "all classes"
    if len(event.classes) > 3 or not event.classes:
        return f"{number(len(event.classes))} of {number(others)} classes"
    return listed([splits.classes[c] for c in event.classes])


def _cells(event: Event) -> dict[tuple[int, int], Event]:
    return {(e.actual, e.predicted): e for e in (event, *event.within) if e.place == "cell"}


def swap_of(event: Event) -> tuple[int, int] | None:
    """Two classes that step in each other's cell at once."""
    if event.kind != "step":
        return None
    cells = _cells(event)
    mirrored = [key for key in cells if key[::-1] in cells]
    return max(mirrored, key=lambda key: abs(cells[key].main.strength)) if mirrored else None


def _swap_headline(swapped: tuple[int, int], event: Event, splits: Splits) -> str:
    one, other = (splits.classes[c] for c in swapped)
    cells = _cells(event)
    there, back = cells[swapped], cells[swapped[::-1]]
    when = f"From {splits.unit} {event.main.peak} on"
    where = in_splits([s.split for s in there.sightings], splits.names)
    stays = ", and it stays so" if there.main.lasting and back.main.lasting else ""
    if there.rises and back.rises:
        return f"{when} {spoken(one)} and {other} are taken for each other, {where}{stays}."
    if there.rises or back.rises:
        more, fewer = (one, other) if there.rises else (other, one)
        return (
            f"{when} {spoken(more)} is taken for {fewer} more often and {fewer} for {more} "
            f"less often, {where}{stays}."
        )
    return f"{when} {spoken(one)} and {other} are told apart better, {where}{stays}."
