"""Findings between two series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.align import align
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence.exact import exact_p, rounded_towards
from confusionflow.analysis.evidence.family import ALPHA, Family, Kind
from confusionflow.analysis.evidence.grouped import by_groups
from confusionflow.analysis.evidence.membership import by_membership
from confusionflow.analysis.evidence.paired import paired
from confusionflow.analysis.evidence.shift import shift
from confusionflow.analysis.evidence.window import Window, default_window, window
from confusionflow.errors import EpochError
from confusionflow.reading.findings.behaviour import Behaviour, Reader, matched
from confusionflow.reading.findings.finding import LEVELS, Finding, Findings
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.words import (
    after_correction,
    as_others,
    percent,
    points,
    view_link,
)

Ints = NDArray[np.int64]
Epochs = tuple[int, int]

# Of a family, so many are listed that are no more than noticed.
MOST_NOTICED = 10
# Shares of a class's errors that are this close, and cannot be told apart, are called the same.
ALIKE = 0.05
WRONG = "About one in twenty such cards is expected to be wrong."


@dataclass(frozen=True, eq=False)
class Pair:
    """Two series over a window, in one class list.

    Attributes:
        a: The series that is compared with.
        b: The other series.
        names: What both are called in sentences.
        classes: Names of the common classes.
        window_a: Mean counts of A.
        window_b: Mean counts of B.
        same: Whether the instances are the same.
        families: The tests.
        exploratory: Whether the epochs were picked on the page.
        groups: Groups of each side, which are kept whole if both have some; None without groups.
    """

    a: Split
    b: Split
    names: tuple[str, str]
    classes: tuple[str, ...]
    window_a: Window
    window_b: Window
    same: bool
    families: dict[Kind, Family]
    exploratory: bool = False
    groups: tuple[int, int] | None = None

    @property
    def epochs(self) -> Epochs:
        """First and last epoch of B's window."""
        return int(self.window_b.epochs[0]), int(self.window_b.epochs[-1])


def shared_epochs(a: Split, b: Split, epochs: Epochs | None) -> Ints:
    """Whole epochs that both series have, within a range or in the last quarter.

    Raises:
        EpochError: there is none.
    """
    shared = np.intersect1d(a.epochs[~a.partial], b.epochs[~b.partial])
    if not len(shared):
        raise EpochError(
            f"{a.run.name!r} {a.name!r} and {b.run.name!r} {b.name!r} share no complete epoch. "
            "Compare series of the same epochs, or pass other_epochs."
        )
    if epochs is None:
        return np.asarray(default_window(shared))
    return _within(shared, epochs)


def _within(epochs: Ints, wanted: Epochs) -> Ints:
    kept = epochs[(epochs >= wanted[0]) & (epochs <= wanted[1])]
    if not len(kept):
        raise EpochError(
            f"There is no complete epoch from {wanted[0]} to {wanted[1]}. "
            f"The series have epochs {epochs[0]} to {epochs[-1]}."
        )
    return kept


def pair(
    a: Split,
    b: Split,
    epochs: Epochs | None = None,
    other_epochs: Epochs | None = None,
    exploratory: bool = False,
    reader: Reader | None = None,
) -> Pair:
    """Compare two series over a window.

    Arguments:
        a: The series that is compared with.
        b: The other series.
        epochs: First and last epoch; None for the last quarter of the shared epochs.
        other_epochs: Another range for `b`.
        exploratory: Whether the epochs were picked on the page.
        reader: Reads predictions and groups, and keeps those that it has read.
    """
    reader = reader or Reader()
    if other_epochs is None:
        times_a = times_b = shared_epochs(a, b, epochs)
    else:
        of_a = a.epochs[~a.partial]
        times_a = _within(of_a, epochs) if epochs else default_window(of_a)
        times_b = _within(b.epochs[~b.partial], other_epochs)
    aligned = align([a.classes, b.classes])
    n = len(aligned.classes)
    map_a, map_b = aligned.index_maps
    window_a = window(_relabelled(a, map_a, n), times_a)
    window_b = window(_relabelled(b, map_b, n), times_b)
    in_a = reader.behaviour(a, times_a, map_a, n)
    in_b = reader.behaviour(b, times_b, map_b, n)
    both = None
    if in_a is not None and in_b is not None and a.name == b.name:
        both = matched(in_a, in_b)
    sides = both or (in_a, in_b)
    if both is not None:
        families = paired(both[0].shares(), both[1].shares())
    else:
        families = _shift(window_a, window_b, in_a, in_b)
    return Pair(
        a,
        b,
        _names(a, b, times_a, times_b),
        aligned.classes,
        window_a,
        window_b,
        both is not None or a.name == b.name,
        families,
        exploratory,
        _group_counts(*sides),
    )


def _shift(
    window_a: Window, window_b: Window, a: Behaviour | None, b: Behaviour | None
) -> dict[Kind, Family]:
    if a is None or b is None:
        return shift(window_a, window_b)
    shares_a, shares_b = a.shares(), b.shares()
    if shares_a.group is None or shares_b.group is None:
        return shift(window_a, window_b, by_membership(shares_a, shares_b))
    return by_groups(shift(window_a, window_b), shares_a, shares_b)


def _group_counts(*sides: Behaviour | None) -> tuple[int, int] | None:
    """Groups of each side, 0 for a side without groups; None if neither has any."""
    n_a, n_b = (
        0 if side is None or side.group is None else len(set(side.group.tolist())) for side in sides
    )
    return (n_a, n_b) if n_a or n_b else None


def _relabelled(series: Split, index_map: Ints, n: int) -> Cube:
    cube = series.cube()
    return cube if np.array_equal(index_map, np.arange(n)) else cube.relabel(index_map, n)


def _names(a: Split, b: Split, times_a: Ints, times_b: Ints) -> tuple[str, str]:
    if a.run.id != b.run.id:
        both = (a.run.name, b.run.name) if a.run.name != b.run.name else (a.run.id, b.run.id)
        return f"{both[0]} {a.name}", f"{both[1]} {b.name}"
    if a.id != b.id:
        return a.name, b.name
    unit = a.run.time_unit
    return tuple(f"{unit}s {t[0]} to {t[-1]}" for t in (times_a, times_b))  # type: ignore[return-value]


def findings_between(pair: Pair) -> list[Finding]:
    """Make findings of what was compared: cells stand under their class's or column's card."""
    whole = _of_family(pair, "whole")
    rows = _of_family(pair, "rows")
    columns = _of_family(pair, "columns")
    cells = _of_family(pair, "cells")
    found = [*whole, *nested(rows, columns, cells)]
    if not any(f.level in ("certain", "likely") for f in found):
        found.append(_nothing(pair))
    return found


def nested(
    rows: Sequence[Finding], columns: Sequence[Finding], cells: Sequence[Finding]
) -> list[Finding]:
    """Put cells under the card of their class, or else of their column."""
    by_class: dict[tuple[str | None, str | None], list[Finding]] = {}
    alone = []
    cards = {(f.actual, f.predicted): f for f in [*rows, *columns]}
    for cell in cells:
        for key in ((cell.actual, None), (None, cell.predicted)):
            card = cards.get(key)
            if card and LEVELS.index(card.level) <= LEVELS.index(cell.level):
                by_class.setdefault(key, []).append(cell)
                break
        else:
            alone.append(cell)
    cards_with = [
        replace(f, under=tuple(Findings(by_class.get((f.actual, f.predicted), ()))))
        for f in cards.values()
    ]
    return [*cards_with, *alone]


def _of_family(pair: Pair, kind: Kind) -> list[Finding]:
    family = pair.families[kind]
    if not len(family):
        return []
    levels, beyond = family.level, family.beyond
    clear = [i for i, level in enumerate(levels) if level != "noticed"]
    vague = [i for i, level in enumerate(levels) if level == "noticed" and family.p[i] <= ALPHA]
    vague.sort(key=lambda i: float(family.p[i]))
    return [_finding(pair, family, i, levels[i], beyond) for i in [*clear, *vague[:MOST_NOTICED]]]


def _finding(pair: Pair, family: Family, i: int, level: str, beyond: NDArray[np.bool_]) -> Finding:
    names = pair.classes
    actual = names[family.actual[i]] if family.actual[i] >= 0 else None
    predicted = names[family.predicted[i]] if family.predicted[i] >= 0 else None
    effect = float(family.effect[i])
    headline = _headline(pair, actual, predicted, float(family.rate_a[i]), float(family.rate_b[i]))
    low, high = float(family.low[i]), float(family.high[i])
    notes = [f"{points(effect)}, 95 % interval {_ends(low, high)}"]
    notes[0] += after_correction(float(family.guaranteed[i]))
    if beyond[i]:
        notes.append(_beyond(family, beyond))
    if family.kind == "cells" and level != "noticed":
        notes.append(_errors(pair, int(family.actual[i]), int(family.predicted[i])))
    elif family.kind == "rows" and level != "noticed" and effect < 0:
        notes.append(_main_errors(pair, int(family.actual[i])))
    sentence = " ".join([headline, *(f"{_capital(note)}." for note in notes if note)])
    epochs = pair.epochs
    classes = tuple(dict.fromkeys(name for name in (actual, predicted) if name is not None))
    return Finding(
        "difference" if pair.same else "shift",
        level,  # type: ignore[arg-type]
        sentence,
        pair.exploratory,
        actual,
        predicted,
        classes,
        pair.names,
        epochs,
        effect,
        (low, high),
        (float(family.adjusted_low[i]), float(family.adjusted_high[i])),
        float(family.p[i]),
        float(family.q[i]),
        float(family.q_bh[i]),
        family.test[i],
        (round(float(family.n_a[i])), round(float(family.n_b[i]))),
        family.size,
        view_link([pair.a, pair.b], epochs, None, actual, predicted),
        headline=headline,
        rates=(float(family.rate_a[i]), float(family.rate_b[i])),
        why=_why(pair, family, i),
        beyond=bool(beyond[i]),
    )


def _headline(pair: Pair, actual: str | None, predicted: str | None, a: float, b: float) -> str:
    one, other = pair.names
    rates = f"{percent(a)} → {percent(b)}"
    where = f"in {other} than in {one}"
    more = "more often" if b > a else "less often"
    if actual is not None and predicted is not None:
        return f"{actual} is taken for {predicted} {more} {where}: {rates}."
    if actual is not None:
        return f"Class {actual} is recognised {more} {where}: recall {rates}."
    if predicted is not None:
        amount = "more" if b > a else "fewer"
        return f"{predicted} draws {amount} instances of other classes {where}: {rates}."
    return f"Accuracy is {'higher' if b > a else 'lower'} {where}: {rates}."


def _ends(low: float, high: float) -> str:
    return f"{points(low).removesuffix(' points')} to {points(high).removesuffix(' points')}"


def _beyond(family: Family, beyond: NDArray[np.bool_]) -> str:
    thing = "class" if family.kind == "rows" else "cell"
    if beyond.sum() == 1:
        return f"the only {thing} beyond the general shift"
    return f"beyond the general shift, {as_others(int(beyond.sum()) - 1)}"


def _errors(pair: Pair, actual: int, predicted: int) -> str:
    """Say whether the errors of a class go to another in a new share."""
    wrong = [w.wrong[actual] for w in (pair.window_a, pair.window_b)]
    counts = [
        float(w.count[(w.actual == actual) & (w.predicted == predicted)].sum())
        for w in (pair.window_a, pair.window_b)
    ]
    if min(wrong) < 1:
        return ""
    shares = [count / n for count, n in zip(counts, wrong, strict=True)]
    n = np.maximum(np.rint(wrong), np.ceil(counts))
    k = rounded_towards(counts[0], n[0], counts[1], n[1])
    same = float(exact_p(k[0], n[0], k[1], n[1])) > ALPHA
    one, other = pair.classes[actual], pair.classes[predicted]
    if not same:
        return (
            f"of {one}'s errors {percent(shares[1])} go to {other}, {percent(shares[0])} before: "
            f"{one} is confused in a new way"
        )
    if abs(shares[1] - shares[0]) > ALIKE:
        return ""  # too few errors to tell
    written = [f"{100 * share:.0f} %" for share in shares]
    share = written[0] if written[0] == written[1] else " and ".join(written)
    recall_a, recall_b = (
        w.right[actual] / w.support[actual] for w in (pair.window_a, pair.window_b)
    )
    return (
        f"{one}'s errors go to {other} in the same share ({share}) in both: {one} became "
        f"{'harder' if recall_b < recall_a else 'easier'}, it is not confused in a new way"
    )


def _main_errors(pair: Pair, actual: int) -> str:
    """Say the same of the class that gets most of the errors, if it gets a third of them."""
    here = pair.window_b.actual == actual
    counts = pair.window_b.count[here]
    if not len(counts) or counts.max() * 3 < pair.window_b.wrong[actual]:
        return ""
    return _errors(pair, actual, int(pair.window_b.predicted[here][int(np.argmax(counts))]))


def _capital(text: str) -> str:
    """Begin a sentence, unless it begins with a name that is written small."""
    starts = ("the only", "beyond", "of ")
    return text[0].upper() + text[1:] if text.startswith(starts) else text


def _why(pair: Pair, family: Family, i: int) -> str:
    n_a, n_b = (f"{round(float(n[i])):,}" for n in (family.n_a, family.n_b))
    unit = pair.a.run.time_unit
    first, last = pair.epochs
    places = {"whole": "accuracy", "rows": "class", "columns": "column", "cells": "cell"}
    question = (
        "Would other instances show it? "
        if not pair.same
        else "Do these two trained models differ, or two windows of one? "
    )
    text = (
        f"{question}{_capital_first(family.test[i])}; the mean over {unit}s {first} to {last} of "
        f"{n_a} and {n_b} instances. p = {family.p[i]:.2g}. "
    )
    text += _kept_whole(pair)
    if family.size > 1:
        several = {"rows": "classes", "columns": "columns", "cells": "cells"}[family.kind]
        text += (
            f"Corrected for {family.size:,} {several}: q = {family.q[i]:.2g} "
            f"(Benjamini-Yekutieli), {family.q_bh[i]:.2g} (Benjamini-Hochberg). "
        )
    else:
        text += f"Only {places[family.kind]} was asked. "
    return text + WRONG


def _kept_whole(pair: Pair) -> str:
    if pair.groups is None:
        return ""
    if not all(pair.groups):
        named = pair.names[0 if pair.groups[0] else 1]
        return f"Only {named} has groups of samples, so they are not kept whole. "
    counts = sorted(set(pair.groups)) if pair.same else pair.groups
    return f"Groups of samples are kept whole: {' and '.join(f'{n:,}' for n in counts)}. "


def _capital_first(text: str) -> str:
    return text[0].upper() + text[1:]


def _nothing(pair: Pair) -> Finding:
    cells, rows = pair.families["cells"], pair.families["rows"]
    one, other = pair.names
    headline = (
        f"No difference between {one} and {other} is more than chance explains, in "
        f"{len(rows)} classes and {cells.size:,} cells."
    )
    sentence = headline
    if len(rows):
        half = float(np.median(rows.adjusted_high - rows.adjusted_low)) / 2
        fewest = int(min(rows.n_a.min(), rows.n_b.min()))
        most = int(max(rows.n_a.max(), rows.n_b.max()))
        sentence += (
            f" Differences of a class under about {100 * half:.0f} points could not have been "
            f"seen: a class has {fewest:,} to {most:,} instances."
        )
    return Finding(
        "nothing found",
        "nothing found",
        sentence,
        pair.exploratory,
        splits=pair.names,
        epochs=pair.epochs,
        family_size=cells.size,
        link=view_link([pair.a, pair.b], pair.epochs),
        headline=headline,
        why=f"{_kept_whole(pair)}No test of accuracy, rows, columns or cells had a q value of .05 "
        "or less.",
    )
