"""Spikes and steps of a run: found in each split, corroborated by the others, merged by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence.course import LEVEL, Course, course, middle_of_peak
from confusionflow.analysis.evidence.tracks import Place, Tracks, column_counts, tracks

Float = NDArray[np.float64]
Kind = Literal["spike", "step"]

# How strong an event is, in units of the usual jitter; what another split must show to corroborate
# it; and the change of a rate below which nobody cares.
STRONG, CORROBORATES, LEAST_CHANGE = 5.0, 3.0, 0.01
# Epochs on a side of a step below which a spike would look like one.
LEAST_SIDE = 5
# Steps of one cause are not found at quite the same epoch.
STEP_SPREAD = 2
# Epochs on each side that a strength depends on: half a running jitter and half a level.
REACH = 36


@dataclass(frozen=True, eq=False)
class Sighting:
    """What one track of one split shows at an event.

    Attributes:
        split: Name of the split.
        epochs: First and last epoch; a step has one.
        peak: Epoch at which it is strongest.
        strength: In units of the usual jitter, with its sign.
        change: Change of the rate, with its sign: against its level for a spike, of the medians of
            ten epochs for a step.
        before: Rate before, or the level of a spike.
        after: Rate after, or at the peak.
        lasting: Whether every later running median keeps at least half of a step.
        k: Mean count afterwards, or at the peak.
        n: Instances that could have been counted.
    """

    split: str
    epochs: tuple[int, int]
    peak: int
    strength: float
    change: float
    before: float
    after: float
    lasting: bool
    k: float
    n: float


@dataclass(frozen=True, eq=False)
class Event:
    """A spike or step of one place.

    Attributes:
        kind: "spike" or "step".
        place: What kind of place it has.
        actual: Actual class, -1 for the whole and columns.
        predicted: Predicted class, -1 for the whole and rows.
        sightings: What each split shows, the strongest first; those that only corroborate too.
        within: Other places that show it at the same epoch, the strongest first.
        classes: Actual classes of a column's event that rise with it.
    """

    kind: Kind
    place: Place
    actual: int
    predicted: int
    sightings: tuple[Sighting, ...]
    within: tuple[Event, ...] = ()
    classes: tuple[int, ...] = ()

    @property
    def main(self) -> Sighting:
        """The strongest sighting."""
        return self.sightings[0]

    @property
    def corroborated(self) -> bool:
        """Whether another split shows it too."""
        return len({s.split for s in self.sightings}) > 1

    @property
    def rises(self) -> bool:
        """Whether more instances are wrong, drawn or confused."""
        return self.main.change > 0


@dataclass(frozen=True, eq=False)
class Followed:
    """A split's tracks and their courses."""

    split: str
    cube: Cube
    tracks: Tracks
    course: Course

    @classmethod
    def of(cls, split: str, cube: Cube, cells: NDArray[np.int64]) -> Followed:
        """Follow a split: everything, its rows and columns, and some cells."""
        found = tracks(cube, cells)
        return cls(split, cube, found, course(found.k, found.n))

    @property
    def settled(self) -> int:
        """Position of the first epoch that is not a step of the whole, from the second on.

        Before that accuracy has no running level: it is early training.
        """
        steps = np.abs(self.course.step[1:, 0]) >= STRONG
        return 1 + int(np.argmin(steps)) if len(steps) and not steps.all() else len(steps) + 1

    def strength(self, kind: Kind) -> Float:
        """Strength of each epoch as such an event, shape (epochs, tracks)."""
        return self.course.residual if kind == "spike" else self.course.step

    def change(self, kind: Kind) -> Float:
        """Change of the rate that goes with it, shape (epochs, tracks)."""
        return self.course.change if kind == "spike" else self.course.moved

    def found(self, kind: Kind) -> NDArray[np.bool_]:
        """Epochs and tracks that are strong enough, shape (epochs, tracks)."""
        strength, change = self.strength(kind), self.change(kind)
        with np.errstate(invalid="ignore"):
            strong = (np.abs(strength) >= STRONG) & (np.abs(change) >= LEAST_CHANGE)
        if kind == "step":
            strong[:LEAST_SIDE] = False
            strong[max(0, len(strong) - LEAST_SIDE + 1) :] = False
        return np.asarray(strong & (strength * change > 0))

    def sighting(self, kind: Kind, track: int, start: int, stop: int) -> Sighting:
        """Describe a track between two positions, both included."""
        strengths = self.strength(kind)[start : stop + 1, track]
        peak = start + int(np.nanargmax(np.abs(strengths)))
        if kind == "step":
            peak = start + middle_of_peak(strengths)
        times = self.tracks.epochs
        change, rate = float(self.change(kind)[peak, track]), self.course.rate[:, track]
        lasting = kind == "step" and self._lasts(track, peak)
        after = float(rate[peak] if kind == "spike" else np.median(rate[peak : peak + 10]))
        first, last = (start, stop) if kind == "spike" else (peak, peak)
        return Sighting(
            self.split,
            (int(times[first]), int(times[last])),
            int(times[peak]),
            float(strengths[peak - start]),
            change,
            after - change,
            after,
            lasting,
            after * float(self.tracks.n[peak, track]),
            float(self.tracks.n[peak, track]),
        )

    def _lasts(self, track: int, at: int) -> bool:
        theta, level = self.course.theta[:, track], self.course.level[:, track]
        before = float(np.median(theta[max(0, at - 10) : at]))
        size = float(np.median(theta[at : at + 10])) - before
        # From here on a running median has no epoch from before the step.
        later = level[at + LEVEL // 2 :]
        return len(later) > 0 and bool(((later - before) / size >= 0.5).all())


def find_events(followed: Sequence[Followed], early: int) -> list[Event]:
    """Find spikes and steps in the splits of a run, in order of time.

    Arguments:
        followed: Tracks of each split, all of the same places.
        early: Epochs before this one are early training and have no events.
    """
    events: list[Event] = []
    kinds: tuple[tuple[Kind, int], ...] = (("spike", 0), ("step", STEP_SPREAD))
    for kind, spread in kinds:
        group: list[_Seen] = []
        for seen in sorted(_seen(followed, kind, early), key=lambda item: item.sighting.epochs):
            if group and seen.sighting.epochs[0] > max(_end(s) for s in group) + spread:
                events.append(_merged(kind, group, followed, early))
                group = []
            group.append(seen)
        if group:
            events.append(_merged(kind, group, followed, early))
    return sorted(events, key=lambda event: (event.main.peak, event.kind))


@dataclass(frozen=True, eq=False)
class _Seen:
    """A strong spike or step of one track of one split."""

    track: int
    one: Followed
    sighting: Sighting


def _end(seen: _Seen) -> int:
    return seen.sighting.epochs[1]


def _seen(followed: Sequence[Followed], kind: Kind, early: int) -> Iterator[_Seen]:
    for one in followed:
        found = one.found(kind) & (one.tracks.epochs >= early)[:, None]
        for track in np.flatnonzero(found.any(axis=0)).tolist():
            sign = np.where(found[:, track], np.sign(one.strength(kind)[:, track]), 0)
            edges = np.flatnonzero(np.diff(np.concatenate(([0.0], sign, [0.0]))))
            for start, stop in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                if sign[start]:
                    yield _Seen(track, one, one.sighting(kind, track, start, stop - 1))


def _merged(kind: Kind, group: list[_Seen], followed: Sequence[Followed], early: int) -> Event:
    """Make one event of what was seen at one time: column first, then row, then cell."""
    leading: dict[int, _Seen] = {}
    for seen in sorted(group, key=lambda s: -abs(s.sighting.strength)):
        leading.setdefault(seen.track, seen)
    for seen in list(leading.values()):
        lifted = _lifted(kind, seen)
        if lifted is not None:
            leading.setdefault(lifted, seen)
    events = [_event(kind, track, seen, followed, early) for track, seen in leading.items()]
    head, *rest = sorted(events, key=_precedence)
    return replace(head, within=tuple(rest))


def _lifted(kind: Kind, seen: _Seen) -> int | None:
    """Return the column or else the row that shows a cell's event as well, if one does."""
    tracks, strength = seen.one.tracks, seen.one.strength(kind)
    if tracks.place(seen.track) != "cell":
        return None
    at = int(np.searchsorted(tracks.epochs, seen.sighting.peak))
    for track in (
        tracks.column(int(tracks.predicted[seen.track])),
        tracks.row(int(tracks.actual[seen.track])),
    ):
        if strength[at, track] * np.sign(seen.sighting.strength) >= CORROBORATES:
            return track
    return None


def _event(
    kind: Kind, track: int, leading: _Seen, followed: Sequence[Followed], early: int
) -> Event:
    """Describe the event of one track as all splits show it."""
    sign = np.sign(leading.sighting.strength)
    reach = STEP_SPREAD if kind == "step" else 0
    first, last = (x + way * reach for x, way in zip(leading.sighting.epochs, (-1, 1), strict=True))
    sightings = []
    for one in followed:
        epochs = one.tracks.epochs
        near = np.flatnonzero((epochs >= max(first, early)) & (epochs <= last))
        shown = near[one.strength(kind)[near, track] * sign >= CORROBORATES]
        if len(shown):
            sightings.append(one.sighting(kind, track, int(shown[0]), int(shown[-1])))
    sightings.sort(key=lambda s: -abs(s.strength))
    tracks = leading.one.tracks
    place, predicted = tracks.place(track), int(tracks.predicted[track])
    rising: tuple[int, ...] = ()
    if place == "column":
        rising = _rising(kind, predicted, sightings, followed)
    return Event(kind, place, int(tracks.actual[track]), predicted, tuple(sightings), (), rising)


def _rising(
    kind: Kind, predicted: int, sightings: list[Sighting], followed: Sequence[Followed]
) -> tuple[int, ...]:
    """Return the classes of which a column draws more or less, as the splits show it together."""
    moved = np.zeros(followed[0].tracks.n_classes)
    for sighting in sightings:
        [one] = [f for f in followed if f.split == sighting.split]
        k, n = column_counts(one.cube, predicted)
        at = int(np.searchsorted(one.tracks.epochs, sighting.peak))
        start = max(0, at - REACH)
        around = course(k[start : at + REACH], n[start : at + REACH])
        strengths = around.residual if kind == "spike" else around.step
        moved += strengths[at - start] * np.sign(sighting.strength)
    moved[predicted] = 0
    return tuple(np.flatnonzero(moved > 0).tolist())


def _precedence(event: Event) -> tuple[int, float]:
    order: dict[Place, int] = {"column": 3, "whole": 1, "row": 2, "cell": 4}
    first = 0 if event.place == "column" and event.rises else order[event.place]
    return first, -abs(event.main.strength)
