"""Findings between two configurations, of which each has several runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.align import align
from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.intervals import welch
from confusionflow.analysis.evidence.multiplicity import (
    adjusted_level,
    benjamini_hochberg,
    benjamini_yekutieli,
)
from confusionflow.analysis.evidence.permutation import between_runs_p
from confusionflow.analysis.evidence.window import default_window, window
from confusionflow.errors import ArgumentError
from confusionflow.reading.findings.finding import Finding, Level
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.words import percent, points, view_link
from confusionflow.reading.folded import FoldedSeries

Float = NDArray[np.float64]
Epochs = tuple[int, int]


def findings_between_folds(
    a: FoldedSeries, b: FoldedSeries, epochs: Epochs | None = None
) -> list[Finding]:
    """Compare accuracy and the recall of each class between configurations; runs are counted.

    Arguments:
        a: Runs of the configuration that is compared with.
        b: Runs of the other.
        epochs: First and last epoch; None for the last quarter of each run's epochs.

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
    classes = align([a.classes, b.classes]).classes
    of_a, of_b = (_rates(fold, classes, epochs) for fold in (a, b))
    results = [between_runs_p(x, y) for x, y in zip(of_a.T, of_b.T, strict=True)]
    p = np.array([p for p, _ in results])
    # Accuracy is a question of its own.
    q_bh = np.append(p[:1], benjamini_hochberg(p[1:]))
    q = np.append(p[:1], benjamini_yekutieli(p[1:]))
    least = [least for _, least in results]
    size = len(p) - 1
    reach = np.append(least[:1], np.array(least[1:]) * size * (1 / np.arange(1, size + 1)).sum())
    found = []
    for i in np.flatnonzero(p <= ALPHA).tolist() or [0]:
        level: Level = "noticed"
        x, y = of_a[:, i], of_b[:, i]
        interval = welch(x, y, 0.95)
        adjusted = welch(x, y, 0.95 if i == 0 else adjusted_level(q_bh[1:]))
        clear = adjusted[0] > 0 or adjusted[1] < 0
        if clear and reach[i] <= ALPHA:
            level = "certain" if q[i] <= ALPHA else "likely" if q_bh[i] <= ALPHA else "noticed"
        found.append(
            _finding(a, b, classes, i, x, y, p[i], q[i], q_bh[i], level, interval, adjusted)
        )
    return found


def _rates(fold: FoldedSeries, classes: tuple[str, ...], epochs: Epochs | None) -> Float:
    """Accuracy and recall of each class in a window, shape (runs, 1 + classes)."""
    rows = []
    for series in fold.members:
        times = _times(series, epochs)
        averaged = window(
            series.cube().relabel([classes.index(c) for c in series.classes], len(classes)), times
        )
        recall = np.divide(
            averaged.right,
            averaged.support,
            out=np.zeros(len(classes)),
            where=averaged.support > 0,
        )
        rows.append(np.append(averaged.right.sum() / max(averaged.support.sum(), 1), recall))
    return np.array(rows)


def _times(series: Split, epochs: Epochs | None) -> NDArray[np.int64]:
    whole = series.epochs[~series.partial]
    if epochs is not None:
        whole = whole[(whole >= epochs[0]) & (whole <= epochs[1])]
    if not len(whole):
        raise ArgumentError(
            f"Run {series.run.name!r} has no complete epoch in the range. Pass other epochs."
        )
    return whole if epochs is not None else default_window(whole)


def _finding(
    a: FoldedSeries,
    b: FoldedSeries,
    classes: tuple[str, ...],
    i: int,
    x: Float,
    y: Float,
    p: float,
    q: float,
    q_bh: float,
    level: Level,
    interval: tuple[float, float],
    adjusted: tuple[float, float],
) -> Finding:
    actual = classes[i - 1] if i else None
    lower = bool(y.mean() < x.mean())
    k = int((y < x.mean()).sum() if lower else (y > x.mean()).sum())
    what = "Accuracy" if actual is None else f"Recall of class {actual}"
    headline = (
        f"{what} is {'lower' if lower else 'higher'} with {_differs(b, a)} than the mean with "
        f"{_differs(a, b)} in {k} of {len(y)} runs: {percent(x.mean())} → {percent(y.mean())}."
    )
    effect = float(y.mean() - x.mean())
    return Finding(
        "difference",
        level,
        f"{headline} {points(effect)}.",
        actual=actual,
        classes=() if actual is None else (actual,),
        splits=(a.members[0].name,),
        epochs=(int(b.members[0].epochs[0]), int(b.members[0].epochs[-1])),
        effect=effect,
        interval=interval,
        adjusted_interval=adjusted,
        p=float(p),
        q=float(q),
        q_bh=float(q_bh),
        test="exact permutation of runs",
        n=(len(x), len(y)),
        family_size=len(classes) if i else 1,
        link=view_link([*a.members, *b.members], None, None, actual),
        headline=headline,
        rates=(float(x.mean()), float(y.mean())),
        why=f"Runs are the units: {len(x)} and {len(y)} runs are permuted. p = {p:.2g}. "
        "With so few runs, hardly anything can be more than noticed.",
    )


def _differs(one: FoldedSeries, other: FoldedSeries) -> str:
    keys = [k for k in one.config if one.config.get(k) != other.config.get(k)]
    return ", ".join(f"{key}={one.config[key]}" for key in keys) or "this configuration"
