"""Findings in the data: instances that look mislabelled, or that were forgotten, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import ALPHA
from confusionflow.analysis.evidence.gathering import gathering_p
from confusionflow.analysis.evidence.multiplicity import benjamini_hochberg, benjamini_yekutieli
from confusionflow.analysis.evidence.window import default_window
from confusionflow.reading.findings.behaviour import Behaviour, Reader, numbered
from confusionflow.reading.findings.finding import Finding, Level
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.words import view_link

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Share of a window's epochs in which a suspected instance has one and the same wrong prediction.
STEADY = 0.9
# Share of all earlier epochs, or of a window just before, in which a forgotten instance was right.
LEARNED = 0.5
# Instances below which nothing gathers.
FEWEST = 3


def findings_in_data(
    series: Split, groups: Mapping[Any, Any] | None = None, reader: Reader | None = None
) -> list[Finding]:
    """Find cells in which possible label errors gather, and what was forgotten together.

    Needs predictions; a series of matrices has no such findings.

    Arguments:
        series: The series.
        groups: Group (patient, video) of each instance id.
        reader: Reads predictions, and keeps those that it has read.
    """
    epochs = series.epochs[~series.partial]
    n = len(series.classes)
    if len(epochs) < 2:
        return []
    reader = reader or Reader()
    last = reader.behaviour(series, default_window(epochs), np.arange(n), n)
    if last is None or not len(last.ids):
        return []
    first = reader.behaviour(
        series, epochs[: len(epochs) - len(default_window(epochs))], np.arange(n), n
    )
    return [
        *_label_errors(series, last, epochs),
        *(_forgotten(series, first, last, epochs, groups) if first is not None else []),
    ]


def _modes(seen: Behaviour) -> tuple[Ints, NDArray[np.float64]]:
    """Most frequent wrong prediction of each instance, -1 for none, and in which share it is."""
    shares = seen.shares()
    valid = np.flatnonzero((seen.actual >= 0) & (seen.predicted >= 0).any(axis=0))
    mode, share = np.full(len(seen.ids), -1), np.zeros(len(seen.ids))
    wrong = shares.predicted != shares.actual[shares.instance]
    at, of, as_ = shares.instance[wrong], shares.share[wrong], shares.predicted[wrong]
    order = np.lexsort((-as_, of))  # of equal shares the lowest class comes last
    mode[valid[at[order]]], share[valid[at[order]]] = as_[order], of[order]
    return mode, share


def _label_errors(series: Split, last: Behaviour, epochs: Ints) -> list[Finding]:
    mode, share = _modes(last)
    wrong = mode >= 0
    flagged = wrong & (share >= STEADY)
    place = last.actual * last.n_classes + mode
    found = []
    for at, k, size, p, q, q_bh, m in _gathered(flagged[wrong], place[wrong]):
        actual, predicted = (series.classes[x] for x in divmod(at, last.n_classes))
        headline = (
            f"Possible label errors gather in {actual} → {predicted}: {k} of {int(flagged.sum())} "
            f"instances of {series.name} that are nearly always taken for one other class."
        )
        train = (
            " The model has seen these labels in training."
            if "train" in series.name.lower()
            else ""
        )
        found.append(
            _finding(
                series,
                "data: possible label errors",
                headline + train,
                headline,
                epochs,
                (actual, predicted),
                k,
                size,
                (p, q, q_bh),
                m,
                f"{k} of {size} instances that are ever taken for {predicted} have that prediction "
                f"in {STEADY:.0%} of the last epochs or more.",
            )
        )
    return found


def _forgotten(
    series: Split,
    first: Behaviour,
    last: Behaviour,
    epochs: Ints,
    groups: Mapping[Any, Any] | None,
) -> list[Finding]:
    common, in_first, in_last = np.intersect1d(first.ids, last.ids, return_indices=True)
    before, after = first.take(in_first), last.take(in_last)
    right = before.predicted == before.actual
    recent = right[-len(after.predicted) :]
    was_right = np.maximum(right.mean(axis=0), recent.mean(axis=0)) >= LEARNED
    flagged = was_right & ~(after.predicted == after.actual).any(axis=0)
    known = after.actual >= 0
    found = []
    if groups is None:
        place, names = after.actual, list(series.classes)
    else:
        keys = [groups.get(i, (i,)) for i in common.tolist()]
        place = numbered(keys)
        names = [str(key) for key in dict.fromkeys(keys)]
    for at, k, size, p, q, q_bh, m in _gathered(flagged[known], place[known]):
        what = f"class {names[at]}" if groups is None else f"group {names[at]}"
        headline = (
            f"Instances of {what} were forgotten together: {k} of {size} in {series.name} had been "
            "learned and are always wrong in the last epochs."
        )
        classes = (names[at], None) if groups is None else (None, None)
        found.append(
            _finding(
                series,
                "data: forgotten together",
                headline,
                headline,
                epochs,
                classes,
                k,
                size,
                (p, q, q_bh),
                m,
                f"{int(flagged.sum())} of {len(flagged)} instances were forgotten in all.",
            )
        )
    return found


def _gathered(flagged: Flags, place: Ints) -> list[tuple[int, int, int, float, float, float, int]]:
    """Places that hold more flagged instances than chance would have."""
    places, inverse, sizes = np.unique(place, return_inverse=True, return_counts=True)
    if not len(places):
        return []
    k = np.bincount(inverse, flagged).astype(np.int64)
    p = gathering_p(k, sizes, int(flagged.sum()), len(flagged))
    q, q_bh = benjamini_yekutieli(p), benjamini_hochberg(p)
    kept = np.flatnonzero((q_bh <= ALPHA) & (k >= FEWEST))
    m = len(places)
    return [
        (int(places[i]), int(k[i]), int(sizes[i]), float(p[i]), float(q[i]), float(q_bh[i]), m)
        for i in kept.tolist()
    ]


def _finding(
    series: Split,
    kind: str,
    sentence: str,
    headline: str,
    epochs: Ints,
    classes: tuple[str | None, str | None],
    k: int,
    size: int,
    tested: tuple[float, float, float],
    family_size: int,
    why: str,
) -> Finding:
    p, q, q_bh = tested
    level: Level = "certain" if q <= ALPHA else "likely"
    window = default_window(epochs)
    span = int(window[0]), int(window[-1])
    return Finding(
        kind,
        level,
        sentence,
        actual=classes[0],
        predicted=classes[1],
        classes=tuple(c for c in classes if c is not None),
        splits=(series.name,),
        epochs=span,
        effect=k / size,
        p=p,
        q=q,
        q_bh=q_bh,
        test="hypergeometric count",
        n=(size,),
        family_size=family_size,
        link=view_link([series], span, None, *classes),
        headline=headline,
        why=f"Are there more flagged instances here than chance explains? {why} "
        f"p = {p:.2g}, q = {q:.2g} over {family_size} places.",
    )
