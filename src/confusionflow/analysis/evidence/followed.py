"""Splits of a run, followed over time at the places that could show an event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence.course import (
    LEVEL,
    SIDE,
    Course,
    course,
    middle_of_peak,
    running_median,
    sides,
)
from confusionflow.analysis.evidence.tracks import (
    Tracks,
    angle,
    lines,
    moving_cells,
    tracks,
    with_cells,
)

Float = NDArray[np.float64]
Ints = NDArray[np.int64]
Kind = Literal["spike", "step"]

# How strong an event is, in units of the usual jitter; what another split must show to corroborate
# it; and the smallest change of a rate that matters.
STRONG, CORROBORATES, LEAST_CHANGE = 5.0, 3.0, 0.01
# Epochs on a side of a step below which a spike would look like one.
LEAST_SIDE = 5


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
class Followed:
    """A split's tracks and their courses."""

    split: str
    cube: Cube
    tracks: Tracks
    course: Course

    @classmethod
    def of(cls, split: str, cube: Cube, cells: NDArray[np.int64]) -> Followed:
        """Follow a split: everything, its rows and columns, and some cells."""
        return cls.at(split, cube, tracks(cube, cells))

    @classmethod
    def at(cls, split: str, cube: Cube, places: Tracks) -> Followed:
        """Follow a split at some places."""
        return cls(split, cube, places, course(places.k, places.n))

    @property
    def settled(self) -> int:
        """Position of the first epoch at which accuracy has a running level."""
        return settled(self.course.step[:, 0])

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
        # From here on, a running median includes no epoch from before the step.
        later = level[at + LEVEL // 2 :]
        return len(later) > 0 and bool(((later - before) / size >= 0.5).all())


def settled(step: Float) -> int:
    """Find the first epoch that is not a step, from the second on.

    Before that a rate has no running level: it is early training.

    Arguments:
        step: Strength of each epoch as a step, shape (epochs,).

    Returns:
        Its position; the number of epochs if there is none.

    Examples:
        >>> settled(np.array([np.nan, 9.0, 6.0, 2.0, 8.0]))
        3
        >>> settled(np.array([np.nan, 9.0]))
        2
    """
    steps = np.abs(step[1:]) >= STRONG
    return 1 + int(np.argmin(steps)) if len(steps) and not steps.all() else len(steps) + 1


@dataclass(frozen=True, eq=False)
class Following:
    """Splits of a run that are followed together.

    Attributes:
        early: First epoch at which every split has a running level; what is before it is early
            training, and has no events.
        splits: Each split at the places at which a split shows something strong.
        tracks: All rows and columns of each split.
    """

    early: int
    splits: list[Followed]
    tracks: list[Tracks]


def follow(names: Sequence[str], cubes: Sequence[Cube]) -> Following:
    """Follow splits of one run at the places that could show an event.

    Arguments:
        names: Names of the splits.
        cubes: Their counts, of the same classes.
    """
    everything = [lines(cube) for cube in cubes]
    whole = np.zeros(1, np.int64)
    early = 0
    for name, cube, found in zip(names, cubes, everything, strict=True):
        settled = Followed.at(name, cube, found.take(whole)).settled
        if settled > 1:
            epochs = cube.epochs
            end = epochs[settled] if settled < len(epochs) else epochs[-1] + 1
            early = max(early, int(end))
    starts = [max(0, int(np.searchsorted(cube.epochs, early)) - SIDE) for cube in cubes]
    moving = [moving_cells(cube, STRONG, start) for cube, start in zip(cubes, starts, strict=True)]
    cells = np.unique(np.concatenate(moving)) if moving else np.empty(0, np.int64)
    all_places = [
        with_cells(found, cube, cells) for found, cube in zip(everything, cubes, strict=True)
    ]
    loud = np.unique(np.concatenate([_loud(found, early) for found in all_places] or [whole]))
    kept = _with_lines(all_places[0], loud) if all_places else whole
    followed = [
        Followed.at(name, cube, found.take(kept))
        for name, cube, found in zip(names, cubes, all_places, strict=True)
    ]
    return Following(max(early, _first_level(followed)), followed, everything)


def _first_level(followed: Sequence[Followed]) -> int:
    """First epoch after the spikes with which training begins; 0 if there are none.

    There is no level before the first epoch that such a spike could have left.
    """
    first = 0
    for one in followed:
        spikes, epochs = one.found("spike"), one.tracks.epochs
        still, at = np.ones(spikes.shape[1], bool), 0
        while at < len(epochs) and (still := still & spikes[at]).any():
            at += 1
        if at:
            first = max(first, int(epochs[at] if at < len(epochs) else epochs[-1] + 1))
    return first


def _loud(found: Tracks, early: int) -> Ints:
    """Tracks that could be strong at an epoch from `early` on.

    The usual jitter is at least 1, so strengths without it are never too small.
    """
    start = int(np.searchsorted(found.epochs, early))
    if start == len(found.epochs):
        return np.empty(0, np.int64)
    before = max(0, start - SIDE)
    theta, root = angle(found.k[before:], found.n[before:]), np.sqrt(found.n[before:])
    # A median lies within the values.
    moving = np.flatnonzero(root.max(axis=0) * np.ptp(theta, axis=0) >= STRONG)
    theta, root = theta[:, moving], root[:, moving]
    low, high = sides(theta)
    distance = np.maximum(
        np.abs(theta - running_median(theta, LEVEL)), np.nan_to_num(np.abs(high - low))
    )
    is_loud = ((root * distance)[start - before :] >= STRONG).any(axis=0)
    return np.asarray(moving[is_loud])


def _with_lines(found: Tracks, loud: Ints) -> Ints:
    """The whole, loud tracks, and the rows and columns of loud cells, increasing."""
    cells = loud[(found.actual[loud] >= 0) & (found.predicted[loud] >= 0)]
    rows, columns = 1 + found.actual[cells], 1 + found.n_classes + found.predicted[cells]
    return np.unique(np.concatenate(([0], loud, rows, columns)))
