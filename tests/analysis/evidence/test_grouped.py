"""Shifts of instances that come in groups: whole groups change sides."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence.family import Family
from confusionflow.analysis.evidence.grouped import GROUPS_PERMUTED, by_groups, group_hits
from confusionflow.analysis.evidence.intervals import newcombe
from confusionflow.analysis.evidence.shares import shares
from confusionflow.analysis.evidence.shift import shift
from confusionflow.analysis.evidence.window import window

DRAWS = 20_000
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


def grouped(
    a: tuple[Ints, Ints, Ints], b: tuple[Ints, Ints, Ints], classes: int, draws: int = DRAWS
) -> dict[str, Family]:
    """Compare two sides, each of actual classes, predictions of one epoch, and groups."""
    windows, sides = [], []
    for actual, predicted, group in (a, b):
        counts = np.zeros((1, classes, classes), np.int64)
        np.add.at(counts[0], (actual, predicted), 1)
        windows.append(window(Cube.from_dense([0], counts), np.array([0])))
        sides.append(shares(actual, predicted[None], classes, group))
    found = by_groups(shift(windows[0], windows[1]), sides[0], sides[1], draws=draws)
    return {str(kind): family for kind, family in found.items()}


def close(p: float) -> float:
    return float(5 * np.sqrt(p * (1 - p) / DRAWS) + 1 / DRAWS)


def test_four_patients_are_four_observations() -> None:
    """All wrong or all right, they are not two hundred."""
    zeros, ones, halves = np.zeros(100, np.int64), np.ones(100, np.int64), np.repeat([0, 1], 50)
    found = grouped((zeros, zeros, halves), (zeros, ones, halves), 2)
    for kind in ("whole", "rows", "cells"):
        family = found[kind]
        assert family.test == (GROUPS_PERMUTED,)
        assert family.p[0] == pytest.approx(1 / 3, abs=0.02)
        low, high = newcombe(0, 2, 2, 2) if kind == "cells" else newcombe(2, 2, 0, 2)
        assert (family.low[0], family.high[0]) == pytest.approx((low, high))
        assert np.isnan(family.beyond_p).all()


def test_every_membership_is_as_likely_within_a_class() -> None:
    """Each kind of place, beside all ways in which groups of a class can change sides."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(9), [4, 3, 5, 4, 6, 3, 4, 5, 4])
    main = np.array([0, 1, 0, 1, 0, 0, 1, 2, 2])
    actual = np.where(rng.random(len(group)) < 0.8, main[group], rng.integers(0, 3, len(group)))
    predicted = np.where(rng.random(len(group)) < 0.6, actual, rng.integers(0, 3, len(group)))
    in_b = np.array([0, 0, 1, 1, 1, 0, 0, 1, 0], bool)
    sides = [(actual[here], predicted[here], group[here]) for here in (~in_b[group], in_b[group])]
    found = grouped(sides[0], sides[1], 3)
    counted = np.stack([np.bincount(actual[group == g], minlength=3) for g in range(9)])
    strata = np.argmax(counted, axis=1)
    ways = [
        list(combinations(np.flatnonzero(strata == c), int(in_b[strata == c].sum())))
        for c in range(3)
    ]

    def excess(here: Flags, asked: Flags, chosen: Flags) -> float:
        """What B has more than the mean of each class, summed over its instances."""
        means = np.zeros(3)
        for c in np.unique(actual[asked]):
            means[c] = here[asked & (actual == c)].mean()
        return float((here - means[actual])[asked & chosen[group]].sum())

    for family in found.values():
        for i, (a, p) in enumerate(zip(family.actual, family.predicted, strict=True)):
            here = predicted == p if p >= 0 else predicted != actual
            if p >= 0:
                here &= actual != predicted
            asked = actual == a if a >= 0 else np.ones(len(actual), bool)

            seen = abs(excess(here, asked, in_b))
            hits = []
            for parts in product(*ways):
                chosen = np.isin(np.arange(9), np.concatenate([np.array(x, int) for x in parts]))
                hits.append(abs(excess(here, asked, chosen)) >= seen - 1e-9)
            expected = float(np.mean(hits))
            assert family.p[i] == pytest.approx(expected, abs=close(expected)), (a, p)


def test_groups_that_are_alike_are_hardly_ever_certain() -> None:
    """At 5 %, with groups that are mostly right or mostly wrong; single instances fail this."""
    rng = np.random.default_rng(0)
    by_group, alone = [], []
    for _ in range(120):
        sides = []
        for groups in (12, 16):
            group = np.repeat(np.arange(groups), 10)
            wrong = rng.random(10 * groups) < rng.beta(0.3, 1.2, groups)[group]
            sides.append((np.zeros(10 * groups, np.int64), wrong.astype(np.int64), group))
        found = grouped(sides[0], sides[1], 2, 999)
        by_group.append(found["rows"].p[0] <= 0.05)
        own = np.arange(200)
        single = [(x, y, own[: len(x)]) for x, y, _ in sides]
        alone.append(grouped(single[0], single[1], 2, 999)["rows"].p[0] <= 0.05)
    assert np.mean(by_group) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)
    assert np.mean(alone) > 0.3


def test_another_mix_of_classes_is_no_shift() -> None:
    """Class 0 is often wrong and class 1 never; B has more groups of class 0."""
    sides = []
    for of_0, of_1 in ((4, 12), (12, 4)):
        actual = np.repeat([0, 1], [10 * of_0, 10 * of_1])
        predicted = actual.copy()
        predicted[: 10 * of_0 : 2] = 1
        sides.append((actual, predicted, np.repeat(np.arange(of_0 + of_1), 10)))
    found = grouped(sides[0], sides[1], 2)
    assert found["whole"].p[0] == 1
    assert found["columns"].p.tolist() == [1, 1]


def test_hits_of_many_tests_are_those_of_each() -> None:
    rng = np.random.default_rng(1)
    residuals, in_b = rng.normal(size=(9, 3)), np.arange(9) > 4
    stratum = np.array([0, 1, 0, 1, 0, 1, 0, 1, 0])
    together = group_hits(residuals, in_b, stratum)
    assert together.tolist() == [group_hits(residuals[:, [i]], in_b, stratum)[0] for i in range(3)]
