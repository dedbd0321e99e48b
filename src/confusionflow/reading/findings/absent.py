"""Findings of classes that are never predicted, or that a split lacks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from confusionflow.analysis import metrics
from confusionflow.analysis.evidence.window import default_window
from confusionflow.reading.findings.finding import Finding
from confusionflow.reading.findings.splits import Splits
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.findings.words import in_splits, listed


def never_predicted(splits: Splits) -> Iterator[Finding]:
    """Find classes with instances that no prediction in the last quarter names."""
    by_class: dict[int, list[tuple[str, int, int]]] = {}
    for name, cube in zip(splits.names, splits.cubes, strict=True):
        drawn, support = metrics.predicted_total(cube), metrics.support(cube)
        in_window = np.isin(cube.epochs, default_window(cube.epochs))
        never = (drawn[in_window].sum(axis=0) == 0) & (support[in_window].sum(axis=0) > 0)
        for c in np.flatnonzero(never).tolist():
            seen = np.flatnonzero(drawn[:, c])
            since = int(cube.epochs[seen[-1] + 1] if len(seen) else cube.epochs[0])
            by_class.setdefault(c, []).append((name, since, int(support[-1, c])))
    for c, found in by_class.items():
        name = splits.classes[c]
        since = max(since for _, since, _ in found)
        shown = tuple(split for split, _, _ in found)
        last_epoch = max(int(cube.epochs[-1]) for cube in splits.cubes)
        ever = since > min(int(cube.epochs[0]) for cube in splits.cubes)
        when = f" from {splits.unit} {since} on" if ever else ""
        headline = f"Class {name} is never predicted{when}, {in_splits(shown, splits.names)}."
        yield Finding(
            "event: never predicted",
            "corroborated" if len(shown) > 1 else "noticed",
            headline,
            actual=name,
            classes=(name,),
            splits=shown,
            epochs=(since, last_epoch),
            n=tuple(n for *_, n in found),
            link=view_link(splits.series, None, since, name),
            headline=headline,
            why="The class has instances, but no prediction names it. This is a count, not a test.",
        )


def absent(splits: Splits) -> Iterator[Finding]:
    """Find classes that one split has instances of and another does not."""
    present = [metrics.support(cube).sum(axis=0) > 0 for cube in splits.cubes]
    for name, here, one in zip(splits.names, present, splits.series, strict=True):
        there = np.any(present, axis=0)
        missing = [splits.classes[c] for c in np.flatnonzero(there & ~here).tolist()]
        if not missing:
            continue
        headline = f"{name} has no instances of {listed(missing)}."
        yield Finding(
            "data: absent class",
            "noticed",
            headline,
            classes=tuple(missing),
            splits=(name,),
            epochs=(int(one.epochs[0]), int(one.epochs[-1])),
            link=view_link([one]),
            headline=headline,
            why="Other splits of the run have instances of it. Rates of an absent class are "
            "undefined.",
        )
