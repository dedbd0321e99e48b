"""Findings of a family of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from confusionflow.analysis.evidence.family import ALPHA, Family
from confusionflow.reading.findings.finding import LEVELS, Finding, Findings, Level
from confusionflow.reading.findings.words import after_correction, ends, points

# At most this many findings of a family are listed that are only noticed.
MOST_NOTICED = 10


def worth_listing(family: Family, most: float = ALPHA) -> list[int]:
    """Positions of the tests that are listed: the clear ones, then some that are only noticed.

    Arguments:
        family: The tests.
        most: p up to which a test is noticed.
    """
    levels, p, effect = family.level, family.p, family.effect
    clear = [i for i, level in enumerate(levels) if level != "noticed"]
    vague = [
        i
        for i, level in enumerate(levels)
        if level == "noticed" and p[i] <= most and effect[i] != 0
    ]
    vague.sort(key=lambda i: (float(p[i]), -abs(float(effect[i]))))
    return [*clear, *vague[:MOST_NOTICED]]


def place_of(family: Family, i: int, classes: Sequence[str]) -> tuple[str | None, str | None]:
    """Names of the actual and the predicted class of a test; None for all classes."""
    actual, predicted = int(family.actual[i]), int(family.predicted[i])
    return (
        classes[actual] if actual >= 0 else None,
        classes[predicted] if predicted >= 0 else None,
    )


def amount_of(family: Family, i: int) -> str:
    """Write the effect of a test with its interval, and what is left of it after correction."""
    interval = ends(float(family.low[i]), float(family.high[i]))
    amount = f"{points(float(family.effect[i]))}, 95 % interval {interval}"
    return amount + after_correction(float(family.guaranteed[i]))


def finding_of(
    family: Family,
    i: int,
    classes: Sequence[str],
    *,
    kind: str,
    level: Level,
    headline: str,
    sentence: str,
    exploratory: bool,
    splits: tuple[str, ...],
    epochs: tuple[int, int],
    n: tuple[int, ...],
    link: str,
    why: str,
) -> Finding:
    """Make a finding of a test: its words, and all numbers of the family."""
    actual, predicted = place_of(family, i, classes)
    return Finding(
        kind,
        level,
        sentence,
        exploratory=exploratory,
        actual=actual,
        predicted=predicted,
        classes=tuple(dict.fromkeys(name for name in (actual, predicted) if name is not None)),
        splits=splits,
        epochs=epochs,
        effect=float(family.effect[i]),
        interval=(float(family.low[i]), float(family.high[i])),
        adjusted_interval=(float(family.adjusted_low[i]), float(family.adjusted_high[i])),
        p=float(family.p[i]),
        q=float(family.q[i]),
        q_bh=float(family.q_bh[i]),
        test=family.test[i],
        n=n,
        family_size=family.size,
        link=link,
        headline=headline,
        rates=(float(family.rate_a[i]), float(family.rate_b[i])),
        why=why,
    )


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
