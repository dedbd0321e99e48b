"""Spikes and steps of a run: found in each split, corroborated by the others, merged by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from confusionflow.analysis.evidence.course import course
from confusionflow.analysis.evidence.followed import (
    CORROBORATES,
    Followed,
    Kind,
    Sighting,
)
from confusionflow.analysis.evidence.tracks import Place, column_counts

# Steps with one cause are not found at exactly the same epoch.
STEP_SPREAD = 2
# Epochs on each side that a strength depends on: half a running jitter and half a level.
REACH = 36


@dataclass(frozen=True, eq=False)
class Event:
    """A spike or step of one place.

    Attributes:
        kind: "spike" or "step".
        place: What kind of place it has.
        actual: Actual class, -1 for the whole and columns.
        predicted: Predicted class, -1 for the whole and rows.
        sightings: What each split shows, the strongest first, including those that only
            corroborate.
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
