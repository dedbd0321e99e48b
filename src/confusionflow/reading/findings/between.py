"""Findings between two series."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.exact import exact_p, rounded_towards
from confusionflow.analysis.evidence.family import ALPHA, Family, Kind
from confusionflow.reading.findings.finding import Finding, Level, is_clear
from confusionflow.reading.findings.of_family import (
    amount_of,
    finding_of,
    nested,
    place_of,
    worth_listing,
)
from confusionflow.reading.findings.pair import Pair
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.findings.words import capital, like_others, percent

# Shares of a class's errors that are this close, and cannot be told apart, are called the same.
ALIKE = 0.05
EXPECTED_WRONG = {
    "certain": "At most about one in twenty such cards is expected to be wrong.",
    "likely": "About one in twenty such cards is expected to be wrong, if the tests do not work "
    "against each other.",
    "noticed": "Chance explains it as well.",
}


def findings_between(pair: Pair) -> list[Finding]:
    """Make findings of what was compared: cells stand under their class's or column's card."""
    whole, rows, columns, cells = (
        _of_family(pair, kind) for kind in ("whole", "rows", "columns", "cells")
    )
    places = nested(rows, columns, cells)
    if any(is_clear(f) for f in whole):
        places = [replace(f, general=not f.beyond and not _has_news(f)) for f in places]
    found = [*whole, *places]
    if not any(is_clear(f) for f in found):
        found.append(_nothing(pair))
    return found


def _has_news(finding: Finding) -> bool:
    return any(inner.beyond for inner in finding.under)


def _of_family(pair: Pair, kind: Kind) -> list[Finding]:
    family = pair.families[kind]
    if not len(family):
        return []
    levels, beyond = family.level, family.beyond
    return [_finding(pair, family, i, levels[i], beyond) for i in worth_listing(family)]


def _finding(
    pair: Pair, family: Family, i: int, level: Level, beyond: NDArray[np.bool_]
) -> Finding:
    actual, predicted = place_of(family, i, pair.classes)
    headline = _headline(pair, actual, predicted, float(family.rate_a[i]), float(family.rate_b[i]))
    notes = [amount_of(family, i)]
    if beyond[i]:
        notes.append(_beyond(family, beyond))
    if family.kind == "cells" and level != "noticed":
        notes.append(_errors(pair, int(family.actual[i]), int(family.predicted[i])))
    elif family.kind == "rows" and level != "noticed" and family.effect[i] < 0:
        notes.append(_main_errors(pair, int(family.actual[i])))
    epochs = pair.epochs
    made = finding_of(
        family,
        i,
        pair.classes,
        kind="difference" if pair.same else "shift",
        level=level,
        headline=headline,
        sentence=" ".join([headline, *(f"{_capital(note)}." for note in notes if note)]),
        exploratory=pair.exploratory,
        splits=pair.names,
        epochs=epochs,
        n=(round(float(family.n_a[i])), round(float(family.n_b[i]))),
        link=view_link([pair.a, pair.b], epochs, None, actual, predicted),
        why=f"{_why(pair, family, i)}{EXPECTED_WRONG[level]}",
    )
    return replace(made, beyond=bool(beyond[i]))


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


def _beyond(family: Family, beyond: NDArray[np.bool_]) -> str:
    thing = "class" if family.kind == "rows" else "cell"
    if beyond.sum() == 1:
        return f"the only {thing} beyond the general shift"
    return f"beyond the general shift, {like_others(int(beyond.sum()) - 1, thing)}"


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
    """Compare the share of the class that gets most errors, if that is a third or more."""
    here = pair.window_b.actual == actual
    counts = pair.window_b.count[here]
    if not len(counts) or counts.max() * 3 < pair.window_b.wrong[actual]:
        return ""
    return _errors(pair, actual, int(pair.window_b.predicted[here][int(np.argmax(counts))]))


def _capital(text: str) -> str:
    """Begin a sentence, unless it begins with a name that is written small."""
    return capital(text) if text.startswith(("the only", "beyond", "of ")) else text


def _why(pair: Pair, family: Family, i: int) -> str:
    n_a, n_b = (f"{round(float(n[i])):,}" for n in (family.n_a, family.n_b))
    unit = pair.a.run.time_unit
    first, last = pair.epochs
    places = {"whole": "accuracy", "rows": "classes", "columns": "columns", "cells": "cells"}
    question = (
        "Would other instances show it? "
        if not pair.same
        else "Do these two trained models differ, or two windows of one? "
    )
    text = (
        f"{question}{capital(family.test[i])}; the mean over {unit}s {first} to {last} of "
        f"{n_a} and {n_b} instances. p = {family.p[i]:.2g}. "
    )
    text += _kept_whole(pair)
    if family.size > 1:
        text += (
            f"Corrected for {family.size:,} {places[family.kind]}: q = {family.q[i]:.2g} "
            f"(Benjamini-Yekutieli), {family.q_bh[i]:.2g} (Benjamini-Hochberg). "
        )
    else:
        text += f"This is the only test of {places[family.kind]}, so nothing is corrected. "
    return text


def _kept_whole(pair: Pair) -> str:
    if pair.groups is None:
        return ""
    if not all(pair.groups):
        named = pair.names[0 if pair.groups[0] else 1]
        return f"Only {named} has groups of samples, so they are not kept whole. "
    counts = sorted(set(pair.groups)) if pair.same else pair.groups
    return f"Groups of samples are kept whole: {' and '.join(f'{n:,}' for n in counts)}. "


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
