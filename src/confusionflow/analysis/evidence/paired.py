"""What differs between two series of the same instances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import Family, Kind
from confusionflow.analysis.evidence.intervals import paired_mover
from confusionflow.analysis.evidence.permutation import sign_flip_p
from confusionflow.analysis.evidence.shares import Shares

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

FLIPS = "sign flips of instances"
GROUP_FLIPS = "sign flips of whole groups"
MCNEMAR = "McNemar's exact test"


def paired(a: Shares, b: Shares) -> dict[Kind, Family]:
    """Compare what the same instances did in two runs, or in two windows.

    Arguments:
        a: Shares of the instances in A.
        b: Those of the same instances in B, in the same order.

    Returns:
        The families "whole", "rows", "columns" and "cells". Effects are mean differences of the
        instances; intervals are by MOVER, with n = support (or the number of groups).
    """
    n = a.n_classes
    changes = _changes(a, b)
    right, wrong = (changes.take(changes.right == side) for side in (True, False))
    support = np.bincount(a.actual, minlength=n).astype(np.float64)
    seen = np.flatnonzero(support)
    columns = np.flatnonzero(support.sum() - support)
    cells = np.unique(wrong.actual * n + wrong.predicted)
    whole = np.full(min(1, len(seen)), -1)
    none, all_ = np.full(len(seen), -1), np.full(len(columns), -1)
    everywhere = np.full(len(right.actual), -1)
    size = len(seen) * max(n - 1, 0)
    of_cells = cells // max(n, 1)
    return {
        "whole": _family("whole", right, everywhere, whole, (whole, whole), a, len(whole)),
        "rows": _family("rows", right, right.actual, seen, (seen, none), a, len(seen)),
        "columns": _family(
            "columns", wrong, wrong.predicted, columns, (all_, columns), a, len(columns)
        ),
        "cells": _family(
            "cells",
            wrong,
            wrong.actual * n + wrong.predicted,
            cells,
            (of_cells, cells % max(n, 1)),
            a,
            size,
        ),
    }


@dataclass(frozen=True, eq=False)
class _Changes:
    """Shares of A and B of each instance and predicted class that either has."""

    instance: Ints
    actual: Ints
    predicted: Ints
    in_a: Float
    in_b: Float
    unit: float

    @property
    def right(self) -> NDArray[np.bool_]:
        return np.asarray(self.actual == self.predicted)

    def take(self, kept: NDArray[np.bool_]) -> _Changes:
        return _Changes(
            self.instance[kept],
            self.actual[kept],
            self.predicted[kept],
            self.in_a[kept],
            self.in_b[kept],
            self.unit,
        )


def _changes(a: Shares, b: Shares) -> _Changes:
    n = max(a.n_classes, 1)
    keys_a, keys_b = a.instance * n + a.predicted, b.instance * n + b.predicted
    keys = np.union1d(keys_a, keys_b)
    in_a, in_b = np.zeros(len(keys)), np.zeros(len(keys))
    in_a[np.searchsorted(keys, keys_a)] = a.share
    in_b[np.searchsorted(keys, keys_b)] = b.share
    unit = a.unit if a.unit == b.unit else 0.0
    return _Changes(keys // n, a.actual[keys // n], keys % n, in_a, in_b, unit)


def _family(
    kind: Kind,
    changes: _Changes,
    place: Ints,
    places: Ints,
    classes: tuple[Ints, Ints],
    a: Shares,
    size: int,
) -> Family:
    """Test the changes of each place, which is a class, a cell or everything."""
    order = np.argsort(place, kind="stable")
    in_a, in_b = changes.in_a[order], changes.in_b[order]
    starts = np.searchsorted(place[order], places, side="left")
    ends = np.searchsorted(place[order], places, side="right")
    group = None if a.group is None else a.group[changes.instance[order]]
    n, units = _sizes(kind, classes, a)
    rates, rises, falls = (np.zeros((2, len(places))), np.zeros(len(places)), np.zeros(len(places)))
    p = np.ones(len(places))
    for i, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
        d = in_b[start:end] - in_a[start:end]
        rates[:, i] = in_a[start:end].sum() / n[i], in_b[start:end].sum() / n[i]
        rises[i], falls[i] = np.maximum(d, 0).sum() / n[i], np.maximum(-d, 0).sum() / n[i]
        p[i] = sign_flip_p(d if group is None else _summed(group[start:end], d), changes.unit)
    test = GROUP_FLIPS if group is not None else MCNEMAR if changes.unit == 1 else FLIPS
    return Family.of(
        kind,
        *classes,
        (rates[0], rates[1]),
        (n, n),
        partial(paired_mover, rises, falls, units),
        p,
        np.full(len(places), np.nan),
        (test,) * len(places),
        size,
    )


def _sizes(kind: Kind, classes: tuple[Ints, Ints], a: Shares) -> tuple[Float, Float]:
    """Instances of each place, and how many of them or of their groups are independent."""
    groups = np.arange(len(a.actual)) if a.group is None else a.group
    support = np.bincount(a.actual, minlength=a.n_classes).astype(np.float64)
    pairs = np.unique(np.stack((a.actual, groups)), axis=1)[0]
    units = np.bincount(pairs, minlength=a.n_classes).astype(np.float64)
    every = float(len(np.unique(groups)))
    if kind == "whole":
        return np.full(len(classes[0]), support.sum()), np.full(len(classes[0]), every)
    if kind == "columns":
        n = support.sum() - support[classes[1]]
        return n, n if a.group is None else np.full(len(n), every)
    return support[classes[0]], units[classes[0]]


def _summed(group: Ints, d: Float) -> Float:
    """Differences added up over each group."""
    _, inverse = np.unique(group, return_inverse=True)
    summed: Float = np.bincount(inverse, d).astype(np.float64)
    return summed
