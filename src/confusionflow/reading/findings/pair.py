"""Two series over a window, and the tests between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.align import align
from confusionflow.analysis.evidence.family import Family, Kind
from confusionflow.analysis.evidence.grouped import by_groups
from confusionflow.analysis.evidence.membership import by_membership
from confusionflow.analysis.evidence.paired import paired
from confusionflow.analysis.evidence.shift import shift
from confusionflow.analysis.evidence.window import Window, default_window, window
from confusionflow.errors import EpochError
from confusionflow.reading.findings.behaviour import Behaviour, Reader, matched
from confusionflow.reading.findings.logged import Split

Ints = NDArray[np.int64]
Epochs = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Pair:
    """Two series over a window, in one class list.

    Attributes:
        a: The series that is compared with.
        b: The other series.
        names: What both are called in sentences.
        classes: Names of the common classes.
        window_a: Mean counts of A.
        window_b: Mean counts of B.
        same: Whether the instances are the same.
        families: The tests.
        exploratory: Whether the epochs were picked on the page.
        groups: Groups of each side, which are kept whole if both have some; None without groups.
    """

    a: Split
    b: Split
    names: tuple[str, str]
    classes: tuple[str, ...]
    window_a: Window
    window_b: Window
    same: bool
    families: dict[Kind, Family]
    exploratory: bool = False
    groups: tuple[int, int] | None = None

    @property
    def epochs(self) -> Epochs:
        """First and last epoch of B's window."""
        return int(self.window_b.epochs[0]), int(self.window_b.epochs[-1])


def shared_epochs(a: Split, b: Split, epochs: Epochs | None) -> Ints:
    """Whole epochs that both series have, within a range or in the last quarter.

    Raises:
        EpochError: there is none.
    """
    shared = np.intersect1d(a.epochs[~a.partial], b.epochs[~b.partial])
    if not len(shared):
        raise EpochError(
            f"{a.run.name!r} {a.name!r} and {b.run.name!r} {b.name!r} share no complete epoch. "
            "Compare series of the same epochs, or pass other_epochs."
        )
    if epochs is None:
        return np.asarray(default_window(shared))
    return _within(shared, epochs)


def _within(epochs: Ints, wanted: Epochs) -> Ints:
    kept = epochs[(epochs >= wanted[0]) & (epochs <= wanted[1])]
    if not len(kept):
        raise EpochError(
            f"There is no complete epoch from {wanted[0]} to {wanted[1]}. "
            f"The series have epochs {epochs[0]} to {epochs[-1]}."
        )
    return kept


def pair(
    a: Split,
    b: Split,
    epochs: Epochs | None = None,
    other_epochs: Epochs | None = None,
    exploratory: bool = False,
    reader: Reader | None = None,
) -> Pair:
    """Compare two series over a window.

    Arguments:
        a: The series that is compared with.
        b: The other series.
        epochs: First and last epoch; None for the last quarter of the shared epochs.
        other_epochs: Another range for `b`.
        exploratory: Whether the epochs were picked on the page.
        reader: Reads predictions and groups, and keeps those that it has read.
    """
    reader = reader or Reader()
    if other_epochs is None:
        times_a = times_b = shared_epochs(a, b, epochs)
    else:
        of_a = a.epochs[~a.partial]
        times_a = _within(of_a, epochs) if epochs else default_window(of_a)
        times_b = _within(b.epochs[~b.partial], other_epochs)
    aligned = align([a.classes, b.classes])
    n = len(aligned.classes)
    map_a, map_b = aligned.index_maps
    window_a = window(a.cube().relabel(map_a, n), times_a)
    window_b = window(b.cube().relabel(map_b, n), times_b)
    in_a = reader.behaviour(a, times_a, map_a, n)
    in_b = reader.behaviour(b, times_b, map_b, n)
    both = None
    if in_a is not None and in_b is not None and a.name == b.name:
        both = matched(in_a, in_b)
    sides = both or (in_a, in_b)
    if both is not None:
        families = paired(both[0].shares(), both[1].shares())
    else:
        families = _shift(window_a, window_b, in_a, in_b)
    return Pair(
        a,
        b,
        _names(a, b, times_a, times_b),
        aligned.classes,
        window_a,
        window_b,
        both is not None or a.name == b.name,
        families,
        exploratory,
        _group_counts(*sides),
    )


def _shift(
    window_a: Window, window_b: Window, a: Behaviour | None, b: Behaviour | None
) -> dict[Kind, Family]:
    if a is None or b is None:
        return shift(window_a, window_b)
    shares_a, shares_b = a.shares(), b.shares()
    if shares_a.group is None or shares_b.group is None:
        return shift(window_a, window_b, by_membership(shares_a, shares_b))
    return by_groups(shift(window_a, window_b), shares_a, shares_b)


def _group_counts(*sides: Behaviour | None) -> tuple[int, int] | None:
    """Groups of each side, 0 for a side without groups; None if neither has any."""
    n_a, n_b = (
        0 if side is None or side.group is None else len(set(side.group.tolist())) for side in sides
    )
    return (n_a, n_b) if n_a or n_b else None


def _names(a: Split, b: Split, times_a: Ints, times_b: Ints) -> tuple[str, str]:
    if a.run.id != b.run.id:
        both = (a.run.name, b.run.name) if a.run.name != b.run.name else (a.run.id, b.run.id)
        return f"{both[0]} {a.name}", f"{both[1]} {b.name}"
    if a.id != b.id:
        return a.name, b.name
    unit = a.run.time_unit
    return tuple(f"{unit}s {t[0]} to {t[-1]}" for t in (times_a, times_b))  # type: ignore[return-value]
