"""Differences between configurations, beside SciPy, and where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.evidence.intervals import welch
from confusionflow.analysis.evidence.runs import between_runs, between_runs_p, least_p
from confusionflow.analysis.evidence.window import Window, window

CLASSES, SUPPORT = 5, 200


def run(rates: NDArray[np.float64], rng: np.random.Generator, spread: float) -> Window:
    """A run of two epochs, whose rates are those of its configuration but for its seed."""
    own = rates * np.exp(rng.normal(0, spread, rates.shape))
    own /= own.sum(axis=1, keepdims=True)
    counts = [rng.multinomial(SUPPORT, row) for row in own]
    return window(Cube.from_dense([0, 1], [counts, counts]), np.array([0, 1]))


def rates_of(right: float) -> NDArray[np.float64]:
    rates = np.full((CLASSES, CLASSES), (1 - right) / (CLASSES - 1))
    rates[range(CLASSES), range(CLASSES)] = right
    return rates


def test_runs_change_sides_in_every_way() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(4, 7)), rng.normal(0.8, 1, size=(3, 7))
    p, test = between_runs_p(a, b)
    for i in range(7):
        expected = stats.permutation_test(
            (a[:, i], b[:, i]),
            lambda x, y: abs(y.sum() - 3 * np.concatenate((x, y)).mean()),
            alternative="greater",
            n_resamples=np.inf,
        ).pvalue
        assert p[i] == pytest.approx(expected, rel=1e-9)
    assert test == "exact permutation of runs"


def apart(n_a: int, n_b: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    a, b = np.linspace(0, 1, n_a), np.linspace(9, 10, n_b)
    return a[:, None], b[:, None]


def test_so_few_runs_can_reach_so_much() -> None:
    for n_a, n_b in ((2, 2), (3, 3), (4, 3), (5, 5)):
        assert between_runs_p(*apart(n_a, n_b))[0][0] == pytest.approx(least_p(n_a, n_b))
    p, test = between_runs_p(*apart(12, 12))
    assert test == "permutation of runs, 20,000 draws"
    assert p[0] == pytest.approx(least_p(12, 12))


def test_welchs_interval_is_that_of_scipy() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(4, 3)), rng.normal(1, 3, size=(6, 3))
    low, high = welch(a, b, 0.98)
    expected = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.98)
    assert low == pytest.approx(expected.low, rel=1e-9)
    assert high == pytest.approx(expected.high, rel=1e-9)
    assert [x.tolist() for x in welch(np.zeros((2, 1)), np.ones((2, 1)), 0.95)] == [[1], [1]]


def test_rates_are_means_of_runs() -> None:
    def logged(*dense: list[list[int]]) -> list[Window]:
        return [window(Cube.from_dense([3], [each]), np.array([3])) for each in dense]

    absent = [[0, 0, 0]]
    a = logged([[8, 2, 0], [0, 5, 5], *absent], [[6, 4, 0], [1, 9, 0], *absent])
    b = logged([[4, 6, 0], [0, 10, 0], *absent], [[8, 2, 0], [0, 10, 0], [0, 0, 4]])
    found = between_runs(a, b)
    whole, rows, columns, cells = (
        found.families[kind] for kind in ("whole", "rows", "columns", "cells")
    )
    assert (whole.rate_a[0], whole.rate_b[0]) == pytest.approx((0.7, (0.7 + 22 / 24) / 2))
    assert rows.actual.tolist() == [0, 1]  # the third class is absent from a run
    assert rows.rate_a.tolist() == [0.7, 0.7]
    assert found.in_runs["rows"].tolist() == [1, 2]
    assert columns.predicted.tolist() == [0, 1, 2]
    assert columns.rate_a == pytest.approx([0.05, 0.3, 0.125])
    assert list(zip(cells.actual, cells.predicted, strict=True)) == [(0, 1), (1, 0), (1, 2)]
    assert cells.rate_a == pytest.approx([0.3, 0.05, 0.25])
    assert cells.size == 4
    assert cells.n_a.tolist() == [2, 2, 2]


@pytest.mark.parametrize("runs", [4, 6])
def test_configurations_that_are_alike_rarely_differ(runs: int) -> None:
    """At most 5 % of families have anything above "noticed", however much seeds differ."""
    rng = np.random.default_rng(3)
    times, hits, low = 150, dict.fromkeys(("whole", "rows", "columns", "cells"), 0), 0
    for _ in range(times):
        sides = [[run(rates_of(0.85), rng, 0.3) for _ in range(runs)] for _ in range(2)]
        for kind, family in between_runs(*sides).families.items():
            hits[kind] += any(level != "noticed" for level in family.level)
            low += int((family.p <= 0.05).sum()) if kind == "whole" else 0
    most = times * 0.05 + 3 * np.sqrt(times * 0.05 * 0.95)
    assert max(hits.values()) <= most
    assert low <= most


def test_instances_as_observations_would_see_differences_between_seeds() -> None:
    rng = np.random.default_rng(4)
    hits = 0
    for _ in range(100):
        a, b = ([run(rates_of(0.85), rng, 0.3) for _ in range(4)] for _ in range(2))
        right = [sum(int(w.right[0]) for w in side) for side in (a, b)]
        table = [[k, 4 * SUPPORT - k] for k in right]
        hits += stats.chi2_contingency(table)[1] <= 0.05
    assert hits > 10


def test_a_configuration_that_differs_is_certain() -> None:
    rng = np.random.default_rng(5)
    changed = rates_of(0.85)
    changed[1, 3] += 0.15
    changed[1, 1] -= 0.15
    a, b = ([run(rates, rng, 0.1) for _ in range(7)] for rates in (rates_of(0.85), changed))
    cells = between_runs(a, b).families["cells"]
    found = (cells.actual == 1) & (cells.predicted == 3)
    assert np.array(cells.level)[found].tolist() == ["certain"]
    assert cells.guaranteed[found][0] > 0.05
