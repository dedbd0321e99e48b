"""A shift between two series whose instances come in groups, such as patients or videos."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.evidence.family import Family, Kind
from confusionflow.analysis.evidence.intervals import newcombe
from confusionflow.analysis.evidence.permutation import DRAWS, TIES
from confusionflow.analysis.evidence.shares import Shares

Float = NDArray[np.float64]
Ints = NDArray[np.int64]

GROUPS_PERMUTED = f"permutation of whole groups, {DRAWS:,} draws"
# Random memberships that are processed at once.
DRAWS_AT_ONCE = 2_000


def by_groups(
    families: Mapping[Kind, Family], a: Shares, b: Shares, seed: int = 0, draws: int = DRAWS
) -> dict[Kind, Family]:
    """Ask the questions of `shift` again, with whole groups that change sides.

    Only groups with the same main class change places, so that a different class mix is not a
    difference. A group counts as one instance in the intervals. Nothing is said to be beyond the
    general shift, since that test takes instances for independent.

    Arguments:
        families: What `shift` found.
        a: Shares of the instances of A, with groups.
        b: Those of B, with groups.
        seed: The same seed gives the same p.
        draws: Number of random memberships, which all tests have in common.
    """
    sides = _Sides.of(a, b)
    residuals = [
        sides.residuals(kind, family.actual, family.predicted) for kind, family in families.items()
    ]
    hits = group_hits(np.concatenate(residuals, axis=1), sides.in_b, sides.main, seed, draws)
    ends = np.cumsum([len(family) for family in families.values()])
    return {
        kind: _family(family, sides, (1 + found) / (1 + draws))
        for (kind, family), found in zip(families.items(), np.split(hits, ends[:-1]), strict=True)
    }


class _Sides:
    """Instances of both sides, with groups that are numbered through.

    Attributes:
        group: Group of each instance, shape (instances,).
        actual: Its actual class.
        instance, predicted, share: The shares of both sides.
        in_b: Whether each group is on side B, shape (groups,).
        main: Class of most instances of each group.
        sizes: Instances of each class in each group, shape (groups, classes).
    """

    def __init__(self, shares: tuple[Shares, Shares], groups: tuple[Ints, Ints]) -> None:
        a, b = shares
        n_a = int(groups[0].max(initial=-1)) + 1
        n = n_a + int(groups[1].max(initial=-1)) + 1
        self.group = np.concatenate((groups[0], groups[1] + n_a))
        self.actual = np.concatenate((a.actual, b.actual))
        self.instance = np.concatenate((a.instance, b.instance + len(a.actual)))
        self.predicted = np.concatenate((a.predicted, b.predicted))
        self.share = np.concatenate((a.share, b.share))
        self.n_classes = a.n_classes
        self.in_b = np.arange(n) >= n_a
        key = self.group * self.n_classes + self.actual
        sizes = np.bincount(key, minlength=n * self.n_classes).reshape(n, self.n_classes)
        self.sizes: Float = sizes.astype(np.float64)
        self.main = np.argmax(self.sizes, axis=1)

    @classmethod
    def of(cls, a: Shares, b: Shares) -> _Sides:
        if a.group is None or b.group is None:
            raise ValueError("Both sides need groups.")
        numbered = [np.unique(group, return_inverse=True)[1] for group in (a.group, b.group)]
        return cls((a, b), (numbered[0], numbered[1]))

    def units(self, actual: Ints, predicted: Ints) -> tuple[Float, Float]:
        """Count the groups of A and of B with instances that a test is about, shape (tests,)."""
        found = []
        for side in (~self.in_b, self.in_b):
            has = self.sizes[side] > 0
            of_class = has.sum(axis=0).astype(np.float64)
            # A column draws from other classes, so groups that are entirely of its class do not
            # count.
            single = has[has.sum(axis=1) == 1].sum(axis=0)
            of_column = float(side.sum()) - single
            whole = np.where(predicted < 0, float(side.sum()), of_column[predicted])
            found.append(np.where(actual < 0, whole, of_class[actual]))
        return found[0], found[1]

    def residuals(self, kind: Kind, actual: Ints, predicted: Ints) -> Float:
        """What each group has more than its classes have on average, shape (groups, tests)."""
        n, tests = self.n_classes, len(actual)
        of = self.actual[self.instance]
        right = of == self.predicted
        if kind == "cells":
            keys, wanted = of * n + self.predicted, actual * n + predicted
            place = np.minimum(np.searchsorted(wanted, keys), tests - 1)
            place = np.where(wanted[place] == keys, place, -1)
        elif kind == "whole":
            place = np.where(right, 0, -1)
        else:
            position = np.full(n, -1)
            position[predicted if kind == "columns" else actual] = np.arange(tests)
            place = (
                np.where(right, -1, position[self.predicted])
                if kind == "columns"
                else np.where(right, position[of], -1)
            )
        there = place >= 0
        place, share = place[there], self.share[there]
        group, of = self.group[self.instance[there]], of[there]
        groups = len(self.in_b)
        totals = np.bincount(group * tests + place, share, groups * tests).reshape(groups, tests)
        means = np.bincount(of * tests + place, share, n * tests).reshape(n, tests)
        support = self.sizes.sum(axis=0)[:, None]
        np.divide(means, support, out=means, where=support > 0)
        return np.asarray(totals - self.sizes @ means)


def _family(family: Family, sides: _Sides, p: Float) -> Family:
    n_a, n_b = sides.units(family.actual, family.predicted)
    return Family.of(
        family.kind,
        family.actual,
        family.predicted,
        (family.rate_a, family.rate_b),
        (family.n_a, family.n_b),
        partial(newcombe, family.rate_a * n_a, n_a, family.rate_b * n_b, n_b),
        p,
        np.full(len(family), np.nan),
        (GROUPS_PERMUTED,) * len(family),
        family.size,
    )


def group_hits(
    residuals: Float, in_b: NDArray[np.bool_], stratum: Ints, seed: int = 0, draws: int = DRAWS
) -> Ints:
    """Count random memberships of groups in which B has at least as much more than expected.

    Arguments:
        residuals: What each group has more than expected, shape (groups, tests).
        in_b: Whether each group is on side B, shape (groups,).
        stratum: Only groups with the same number change places, shape (groups,).
        seed: The same seed gives the same count.
        draws: Number of random memberships.

    Returns:
        Hits of both signs of each test, shape (tests,): p = (1 + hits) / (1 + draws).

    Examples:
        >>> alike = np.array([[0.5], [-0.5]])
        >>> group_hits(alike, np.array([True, False]), np.zeros(2, int), draws=100)
        array([100])
    """
    distance = np.abs(residuals[in_b].sum(axis=0)) - TIES * len(in_b)
    rng = np.random.default_rng(seed)
    hits = np.zeros(residuals.shape[1], np.int64)
    strata = [np.flatnonzero(stratum == one) for one in np.unique(stratum)]
    for start in range(0, draws, DRAWS_AT_ONCE):
        size = min(DRAWS_AT_ONCE, draws - start)
        sums = np.zeros((size, len(hits)))
        for groups in strata:
            n_b = int(in_b[groups].sum())
            if 0 < n_b < len(groups):
                keys = rng.random((size, len(groups)), np.float32)
                chosen = np.argpartition(keys, n_b - 1, axis=1)[:, :n_b]
                is_in_b = np.zeros(keys.shape)
                np.put_along_axis(is_in_b, chosen, 1, axis=1)
                sums += is_in_b @ residuals[groups]
            else:
                sums += residuals[groups].sum(axis=0) * (n_b > 0)
        hits += (np.abs(sums) >= distance).sum(axis=0)
    return hits
