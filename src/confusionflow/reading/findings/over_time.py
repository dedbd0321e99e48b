"""Findings in time: early training, falls that last, spikes, steps, gaps, and missing classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from confusionflow.analysis import metrics
from confusionflow.analysis.evidence.course import LEVEL
from confusionflow.analysis.evidence.events import find_events
from confusionflow.analysis.evidence.falls import find_falls
from confusionflow.analysis.evidence.followed import Following, follow
from confusionflow.analysis.evidence.gap import Gap, find_gaps
from confusionflow.reading.findings.absent import absent, never_predicted
from confusionflow.reading.findings.events import NO_P, is_regression
from confusionflow.reading.findings.falls import findings_of_falls, lasting_falls
from confusionflow.reading.findings.finding import Finding
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.splits import Splits
from confusionflow.reading.findings.view_link import view_link
from confusionflow.reading.findings.words import percent


def findings_over_time(series: Sequence[Split]) -> list[Finding]:
    """Find what happened in the course of a run.

    Arguments:
        series: Splits of one run.
    """
    return list(_findings(Splits.of(series)))


def _findings(splits: Splits) -> Iterator[Finding]:
    never = list(never_predicted(splits))
    if any(len(cube.epochs) >= LEVEL for cube in splits.cubes):
        following = follow(splits.names, splits.cubes)
        yield from _early_training(splits, following)
        events = find_events(following.splits, following.early)
        falls = lasting_falls(
            [
                fall
                for name, places in zip(splits.names, following.tracks, strict=True)
                for fall in find_falls(name, places, following.early)
            ]
        )
        yield from findings_of_falls(falls, events, never, splits)
        yield from _gaps(splits, following)
        if not falls and not any(is_regression(inner) for e in events for inner in (e, *e.within)):
            yield _no_regression(splits)
    else:
        yield from never
    yield from absent(splits)


def _early_training(splits: Splits, following: Following) -> Iterator[Finding]:
    early, followed = following.early, following.splits
    if early == 0:
        return
    first = min(int(one.tracks.epochs[0]) for one in followed)
    of_all = [one.course.rate[:, 0] for one in followed]
    before = float(np.mean([rate[0] for rate in of_all]))
    after = float(
        np.mean(
            [
                rate[min(int(np.searchsorted(one.tracks.epochs, early)), len(rate) - 1)]
                for one, rate in zip(followed, of_all, strict=True)
            ]
        )
    )
    headline = f"Early training: accuracy is not yet steady before {splits.unit} {early}."
    yield Finding(
        "event: early training",
        "noticed",
        f"{headline} It goes from {percent(1 - before)} to {percent(1 - after)}; changes in "
        "this time are not listed one by one.",
        splits=tuple(splits.names),
        epochs=(first, early - 1),
        effect=before - after,
        link=view_link(splits.series, (first, early - 1)),
        headline=headline,
        rates=(1 - before, 1 - after),
        why="While ten epochs are still a step above the ten before, there is no usual jitter "
        "to compare a change with.",
    )


def _gaps(splits: Splits, following: Following) -> Iterator[Finding]:
    tracks = following.tracks
    for i, a in enumerate(tracks):
        for j in range(i + 1, len(tracks)):
            gaps = find_gaps(a, tracks[j], following.early)
            made = [_gap(splits, i, j, gap) for gap in gaps]
            whole = [f for f, gap in zip(made, gaps, strict=True) if gap.actual < 0]
            rows = [f for f, gap in zip(made, gaps, strict=True) if gap.actual >= 0]
            if whole:
                yield replace(whole[0], under=tuple(rows))
            else:
                yield from rows


def _gap(splits: Splits, i: int, j: int, gap: Gap) -> Finding:
    behind, ahead = (j, i) if gap.after > 0 else (i, j)
    actual = splits.classes[gap.actual] if gap.actual >= 0 else None
    what = "accuracy" if actual is None else f"recall of class {actual}"
    headline = (
        f"At {splits.unit} {gap.epoch} a gap in {what} opens: {splits.names[behind]} falls behind "
        f"{splits.names[ahead]} by {100 * abs(gap.after):.1f} points, "
        f"{100 * abs(gap.before):.1f} before."
    )
    return Finding(
        "event: gap",
        "noticed",
        headline,
        actual=actual,
        classes=() if actual is None else (actual,),
        splits=(splits.names[i], splits.names[j]),
        epochs=(gap.epoch, gap.epoch),
        effect=gap.before - gap.after,
        test="step of the difference against its usual jitter",
        n=(round(gap.n),),
        link=view_link([splits.series[i], splits.series[j]], None, gap.epoch, actual),
        headline=headline,
        rates=(-gap.before, -gap.after),
        why="A step in the difference of two splits, "
        f"{gap.strength:+.1f} times its usual jitter. "
        f"{NO_P}",
    )


def _no_regression(splits: Splits) -> Finding:
    n = len(splits.classes)
    headline = f"No lasting regression in {n * (n - 1):,} cells and {n:,} classes."
    rows = [metrics.support(cube).max(axis=0) for cube in splits.cubes]
    support = np.concatenate(rows)
    support = support[support > 0]
    sentence = headline
    if len(support):
        # A step of 5 in the angle, at a rate of 10 %.
        size = 5 / np.sqrt(float(np.median(support)))
        least = np.sin(min(np.arcsin(np.sqrt(0.1)) + size / 2, np.pi / 2)) ** 2 - 0.1
        sentence += (
            f" Steps of a class under about {max(1.0, 100 * least):.0f} points could not have "
            "been seen: a class has "
            f"{int(support.min()):,} to {int(support.max()):,} instances."
        )
    epochs = np.concatenate([cube.epochs for cube in splits.cubes])
    return Finding(
        "nothing found",
        "nothing found",
        sentence,
        splits=tuple(splits.names),
        epochs=(int(epochs.min()), int(epochs.max())),
        family_size=n * (n - 1) + n,
        link=view_link(splits.series),
        headline=headline,
        why="After a lasting regression, every later running median keeps at least half of the "
        "step down.",
    )
