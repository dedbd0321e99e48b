"""Findings in time: spikes, steps, what lasts, gaps, and classes that are never predicted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import metrics
from confusionflow.analysis.align import align
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence.course import LEVEL
from confusionflow.analysis.evidence.events import Event, find_events
from confusionflow.analysis.evidence.followed import STRONG, Following, follow
from confusionflow.analysis.evidence.gap import Gap, find_gaps
from confusionflow.analysis.evidence.window import default_window
from confusionflow.reading.findings.finding import Finding, Findings, Level
from confusionflow.reading.findings.logged import Split
from confusionflow.reading.findings.words import (
    in_splits,
    listed,
    number,
    percent,
    points,
    spoken,
    view_link,
)

JITTER = (
    "Is it more than this training's usual jitter? Rates are compared with their own running "
    "median of 11 epochs, in units of their usual distance from it over 61; an event is 5 of "
    "them, and 1 point, or more. "
)
CORROBORATED = "Another split shows it with the same sign and a strength of 3 or more. "
LIFTED = "The strength is that of a cell that is listed under it. "
ONCE = "No other split corroborates it. "
NO_P = "There is no p value: the tails are heavier than a normal distribution's."


def findings_over_time(series: Sequence[Split]) -> list[Finding]:
    """Find what happened in the course of a run.

    Arguments:
        series: Splits of one run.
    """
    aligned = align([one.classes for one in series])
    cubes = [
        _whole_epochs(one, index_map, len(aligned.classes))
        for one, index_map in zip(series, aligned.index_maps, strict=True)
    ]
    kept = [i for i, cube in enumerate(cubes) if len(cube.epochs)]
    series, cubes = [series[i] for i in kept], [cubes[i] for i in kept]
    telling = Telling(series, aligned.classes, cubes)
    return list(telling.findings())


def _whole_epochs(one: Split, index_map: NDArray[np.int64], n_classes: int) -> Cube:
    """Counts without the epochs of which a rank's part is missing."""
    cube = one.cube()
    partial = one.partial
    if partial.any():
        rows = ~partial[cube.epoch_index]
        place = np.cumsum(~partial) - 1
        cube = Cube(
            cube.epochs[~partial],
            cube.n_classes,
            place[cube.epoch_index[rows]],
            cube.actual[rows],
            cube.predicted[rows],
            cube.count[rows],
        )
    if np.array_equal(index_map, np.arange(n_classes)):
        return cube
    return cube.relabel(index_map, n_classes)


class Telling:
    """What is told of the splits of a run."""

    def __init__(
        self, series: Sequence[Split], classes: Sequence[str], cubes: Sequence[Cube]
    ) -> None:
        self.series = series
        self.classes = classes
        self.cubes = cubes
        self.names = [one.name for one in series]
        self.unit = series[0].run.time_unit if series else "epoch"

    def findings(self) -> Iterator[Finding]:
        """Give everything that is found in time."""
        following = follow(self.names, self.cubes)
        if any(len(cube.epochs) >= LEVEL for cube in self.cubes):
            yield from self._early_training(following)
            events = find_events(following.splits, following.early)
            for event in events:
                yield self._event(event)
            yield from self._gaps(following)
            if not any(self._is_regression(inner) for e in events for inner in (e, *e.within)):
                yield self._no_regression()
        yield from self._never_predicted()
        yield from self._absent()

    def _early_training(self, following: Following) -> Iterator[Finding]:
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
        headline = f"Early training: accuracy has no running level before {self.unit} {early}."
        yield Finding(
            "event: early training",
            "noticed",
            f"{headline} It goes from {percent(1 - before)} to {percent(1 - after)}; changes in "
            "this time are not listed one by one.",
            splits=tuple(self.names),
            epochs=(first, early - 1),
            effect=before - after,
            link=view_link(self.series, (first, early - 1)),
            headline=headline,
            rates=(1 - before, 1 - after),
            why="While ten epochs are still a step above the ten before, there is no usual jitter "
            "to compare a change with.",
        )

    def _event(self, event: Event) -> Finding:
        """Make a finding of an event, with those of the same epoch under it."""
        swapped = self._swap(event)
        under = tuple(Findings(self._event(inner) for inner in event.within if inner.sightings))
        if swapped is not None:
            return self._made(
                event, "event: swap", self._swap_headline(swapped, event), under, swapped
            )
        kind = f"event: {event.kind}"
        if event.kind == "step" and event.main.lasting:
            kind = "event: lost class" if self._is_lost(event) else "event: lasting step"
        return self._made(event, kind, self._headline(event), under, None)

    def _made(
        self,
        event: Event,
        kind: str,
        headline: str,
        under: tuple[Finding, ...],
        swapped: tuple[str, str] | None,
    ) -> Finding:
        main = event.main
        actual = self.classes[event.actual] if event.actual >= 0 else None
        predicted = self.classes[event.predicted] if event.predicted >= 0 else None
        if swapped is not None:
            actual, predicted = swapped
        level: Level = "corroborated" if event.corroborated else "noticed"
        wrong = event.place in ("whole", "row")
        rates = (1 - main.before, 1 - main.after) if wrong else (main.before, main.after)
        amounts = [
            f"{points(-s.change if wrong else s.change)} in {s.split}" for s in event.sightings
        ]
        measure = {"whole": "accuracy", "row": "recall"}.get(event.place, "share")
        against = "against the running level" if event.kind == "spike" else "after against before"
        sentence = f"{headline} Its {measure}: {', '.join(amounts)}, {against}."
        if swapped is not None:
            sentence = headline
        strengths = ", ".join(f"{s.strength:+.1f} in {s.split}" for s in event.sightings)
        names = [actual, predicted, *(self.classes[c] for c in event.classes)]
        return Finding(
            kind,
            level,
            sentence,
            actual=actual,
            predicted=predicted,
            classes=tuple(dict.fromkeys(name for name in names if name is not None)),
            splits=tuple(s.split for s in event.sightings),
            epochs=main.epochs,
            effect=rates[1] - rates[0],
            n=tuple(round(s.n) for s in event.sightings),
            test=f"{event.kind} against the usual jitter",
            link=view_link(self.series, None, main.peak, actual, predicted),
            under=under,
            headline=headline,
            rates=rates,
            why=f"{JITTER}Strength: {strengths}. {LIFTED if abs(main.strength) < STRONG else ''}"
            f"{CORROBORATED if event.corroborated else ONCE}{NO_P}",
        )

    def _headline(self, event: Event) -> str:
        main, unit = event.main, self.unit
        first, last = main.epochs
        if event.kind == "spike":
            when = f"At {unit} {first}" if first == last else f"From {unit} {first} to {last}"
        else:
            when = f"From {unit} {main.peak} on"
        where = in_splits([s.split for s in event.sightings], self.names)
        more = event.rises
        stays = ", and it stays so" if main.lasting else ""
        if event.place == "whole":
            return f"{when} accuracy is {'lower' if more else 'higher'}, {where}{stays}."
        if event.place == "column":
            drawn = spoken(self.classes[event.predicted])
            amount = "" if more else "fewer "
            return f"{when} {drawn} draws {amount}instances of {self._of(event)}, {where}{stays}."
        actual = self.classes[event.actual]
        if event.place == "cell":
            often = "" if more else " less often"
            other = self.classes[event.predicted]
            return f"{when} {spoken(actual)} is taken for {other}{often}, {where}{stays}."
        if self._is_lost(event) and main.lasting:
            rates = f"recall {percent(1 - main.before)} → {percent(1 - main.after)}"
            return f"{when} class {actual}, which had been learned, is lost, {where}: {rates}."
        often = "less" if more else "more"
        return f"{when} class {actual} is recognised {often} often, {where}{stays}."

    def _of(self, event: Event) -> str:
        others = len(self.classes) - 1
        if len(event.classes) >= others:
            return "all classes"
        if len(event.classes) > 3 or not event.classes:
            return f"{number(len(event.classes))} of {number(others)} classes"
        return listed([self.classes[c] for c in event.classes])

    def _is_lost(self, event: Event) -> bool:
        """Whether a class that was recognised more often than not keeps less than half of that."""
        before, after = 1 - event.main.before, 1 - event.main.after
        return event.place == "row" and before >= 0.5 and after < before / 2

    def _is_regression(self, event: Event) -> bool:
        return event.kind == "step" and event.rises and event.main.lasting

    def _swap(self, event: Event) -> tuple[str, str] | None:
        """Two classes that step in each other's cell at once."""
        if event.kind != "step":
            return None
        cells = {
            (inner.actual, inner.predicted): inner
            for inner in (event, *event.within)
            if inner.place == "cell"
        }
        mirrored = [key for key in cells if key[::-1] in cells]
        if not mirrored:
            return None
        actual, predicted = max(mirrored, key=lambda key: abs(cells[key].main.strength))
        return self.classes[actual], self.classes[predicted]

    def _swap_headline(self, swapped: tuple[str, str], event: Event) -> str:
        one, other = swapped
        first = spoken(one)
        cells = {(e.actual, e.predicted): e for e in (event, *event.within) if e.place == "cell"}
        index = {name: i for i, name in enumerate(self.classes)}
        there, back = cells[index[one], index[other]], cells[index[other], index[one]]
        when = f"From {self.unit} {event.main.peak} on"
        where = in_splits([s.split for s in there.sightings], self.names)
        stays = ", and it stays so" if there.main.lasting and back.main.lasting else ""
        if there.rises and back.rises:
            return f"{when} {first} and {other} are taken for each other, {where}{stays}."
        if there.rises or back.rises:
            more, fewer = (one, other) if there.rises else (other, one)
            return (
                f"{when} {spoken(more)} is taken for {fewer} more often and {fewer} for {more} "
                f"less often, {where}{stays}."
            )
        return f"{when} {first} and {other} are told apart better, {where}{stays}."

    def _gaps(self, following: Following) -> Iterator[Finding]:
        tracks = following.tracks
        for i, a in enumerate(tracks):
            for j in range(i + 1, len(tracks)):
                gaps = find_gaps(a, tracks[j], following.early)
                made = [self._gap(i, j, gap) for gap in gaps]
                whole = [f for f, gap in zip(made, gaps, strict=True) if gap.actual < 0]
                rows = [f for f, gap in zip(made, gaps, strict=True) if gap.actual >= 0]
                if whole:
                    yield _with_under(whole[0], rows)
                else:
                    yield from rows

    def _gap(self, i: int, j: int, gap: Gap) -> Finding:
        behind, ahead = (j, i) if gap.after > 0 else (i, j)
        actual = self.classes[gap.actual] if gap.actual >= 0 else None
        what = "accuracy" if actual is None else f"recall of class {actual}"
        headline = (
            f"At {self.unit} {gap.epoch} a gap in {what} opens: {self.names[behind]} falls behind "
            f"{self.names[ahead]} by {100 * abs(gap.after):.1f} points, "
            f"{100 * abs(gap.before):.1f} before."
        )
        return Finding(
            "event: gap",
            "noticed",
            headline,
            actual=actual,
            classes=() if actual is None else (actual,),
            splits=(self.names[i], self.names[j]),
            epochs=(gap.epoch, gap.epoch),
            effect=gap.before - gap.after,
            test="step of the difference against its usual jitter",
            n=(round(gap.n),),
            link=view_link([self.series[i], self.series[j]], None, gap.epoch, actual),
            headline=headline,
            rates=(-gap.before, -gap.after),
            why="A step in the difference of two splits, "
            f"{gap.strength:+.1f} times its usual jitter. "
            f"{NO_P}",
        )

    def _no_regression(self) -> Finding:
        n = len(self.classes)
        headline = f"No lasting regression in {n * (n - 1):,} cells and {n:,} classes."
        rows = [metrics.support(cube).max(axis=0) for cube in self.cubes]
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
        epochs = np.concatenate([cube.epochs for cube in self.cubes])
        return Finding(
            "nothing found",
            "nothing found",
            sentence,
            splits=tuple(self.names),
            epochs=(int(epochs.min()), int(epochs.max())),
            family_size=n * (n - 1) + n,
            link=view_link(self.series),
            headline=headline,
            why="After a lasting regression, every later running median keeps at least half of the "
            "step down.",
        )

    def _never_predicted(self) -> Iterator[Finding]:
        """Classes with instances that no window's prediction names."""
        by_class: dict[int, list[tuple[str, int, int]]] = {}
        for name, cube in zip(self.names, self.cubes, strict=True):
            last = default_window(cube.epochs)
            drawn, support = metrics.predicted_total(cube), metrics.support(cube)
            in_window = np.isin(cube.epochs, last)
            never = (drawn[in_window].sum(axis=0) == 0) & (support[in_window].sum(axis=0) > 0)
            for c in np.flatnonzero(never).tolist():
                seen = np.flatnonzero(drawn[:, c])
                since = int(cube.epochs[seen[-1] + 1] if len(seen) else cube.epochs[0])
                by_class.setdefault(c, []).append((name, since, int(support[-1, c])))
        for c, found in by_class.items():
            name = self.classes[c]
            since = max(since for _, since, _ in found)
            splits = tuple(split for split, _, _ in found)
            last_epoch = max(int(cube.epochs[-1]) for cube in self.cubes)
            ever = since > min(int(cube.epochs[0]) for cube in self.cubes)
            when = f" from {self.unit} {since} on" if ever else ""
            headline = f"Class {name} is never predicted{when}, {in_splits(splits, self.names)}."
            yield Finding(
                "event: never predicted",
                "corroborated" if len(splits) > 1 else "noticed",
                headline,
                actual=name,
                classes=(name,),
                splits=splits,
                epochs=(since, last_epoch),
                n=tuple(n for *_, n in found),
                link=view_link(self.series, None, since, name),
                headline=headline,
                why="The class has instances, but no prediction names it. This is a count, not a "
                "test.",
            )

    def _absent(self) -> Iterator[Finding]:
        """Classes that one split has instances of and another does not."""
        present = [metrics.support(cube).sum(axis=0) > 0 for cube in self.cubes]
        for name, here, one in zip(self.names, present, self.series, strict=True):
            there = np.any(present, axis=0)
            missing = [self.classes[c] for c in np.flatnonzero(there & ~here).tolist()]
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


def _with_under(finding: Finding, under: Sequence[Finding]) -> Finding:
    from dataclasses import replace

    return replace(finding, under=tuple(under))
