"""Exact tests beside SciPy's, and beside counting every possible draw."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from confusionflow.analysis.evidence import exact
from confusionflow.analysis.evidence.exact import (
    exact_p,
    least_p,
    mantel_haenszel_odds,
    rounded_towards,
)
from confusionflow.analysis.evidence.shift import WORTH
from confusionflow.analysis.evidence.strata import added, rough_p, stratified_p
from confusionflow.analysis.evidence.tables import Tables

supports = st.integers(1, 400)
counts = st.tuples(supports, supports).flatmap(
    lambda n: st.tuples(st.integers(0, n[0]), st.just(n[0]), st.integers(0, n[1]), st.just(n[1]))
)


@given(st.lists(counts, min_size=1, max_size=20))
def test_without_odds_it_is_fishers_exact_test(tables: list[tuple[int, ...]]) -> None:
    a, n_a, b, n_b = np.array(tables).T
    expected = [stats.fisher_exact([[x, m - x], [y, n - y]])[1] for x, m, y, n in tables]
    assert exact_p(a, n_a, b, n_b) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    "table", [(24, 1000, 26, 200), (961, 1000, 158, 200), (9123, 10000, 1642, 2000)]
)
def test_far_tails_agree_with_scipy(table: tuple[int, ...]) -> None:
    x, m, y, n = table
    assert exact_p(*table) == pytest.approx(
        stats.fisher_exact([[x, m - x], [y, n - y]])[1], rel=1e-9
    )


def test_small_pieces_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    n = rng.integers(1, 300, (2, 200))
    a, b = rng.binomial(n, 0.1)
    at_once = exact_p(a, n[0], b, n[1])
    monkeypatch.setattr(exact, "CHUNK", 50)
    assert np.array_equal(exact_p(a, n[0], b, n[1]), at_once)


@given(counts, st.floats(0.05, 20))
def test_with_odds_it_is_fishers_noncentral_distribution(
    table: tuple[int, ...], odds: float
) -> None:
    a, n_a, b, n_b = table
    null = stats.nchypergeom_fisher(n_a + n_b, n_b, a + b, odds)
    pmf = null.pmf(np.arange(max(0, a + b - n_a), min(a + b, n_b) + 1))
    seen = null.pmf(b)
    # SciPy's own probabilities are right to about 1e-12; ties at the edge may fall either way.
    low, high = (pmf[pmf <= seen * f].sum() for f in (1 - 1e-6, 1 + 1e-6))
    assert low - 1e-9 <= exact_p(a, n_a, b, n_b, odds) <= high + 1e-9


@given(counts)
@pytest.mark.slow
def test_the_least_p_is_that_of_one_of_the_two_extreme_tables(table: tuple[int, ...]) -> None:
    a, n_a, b, n_b = table
    k = a + b
    all_p = [exact_p(k - y, n_a, y, n_b) for y in range(max(0, k - n_a), min(k, n_b) + 1)]
    assert least_p(k, n_a, n_b) == pytest.approx(min(all_p), rel=1e-9)


@given(st.floats(0, 50), st.integers(50, 90), st.floats(0, 50), st.integers(50, 90))
def test_rounding_never_moves_rates_apart(a: float, n_a: int, b: float, n_b: int) -> None:
    x, y = rounded_towards(a, n_a, b, n_b)
    before, after = b / n_b - a / n_a, y / n_b - x / n_a
    assert 0 <= x <= n_a
    assert 0 <= y <= n_b
    # Where rates would pass each other both stand next to one rate.
    assert abs(after) <= abs(before) + 1e-9 or abs(after) <= 0.5 / n_a + 0.5 / n_b + 1e-9
    if abs(after) > 0.5 / n_a + 0.5 / n_b:
        assert after * before > 0


def test_mean_counts_that_are_whole_stay() -> None:
    # 0.1 added up ten times is a little less than 1.
    almost = sum([0.1] * 10)
    assert [x.tolist() for x in rounded_towards([almost, 7], [10, 10], [5, almost], [10, 10])] == [
        [1, 7],
        [5, 1],
    ]


def test_the_odds_of_the_others_leave_out_the_table_itself() -> None:
    import statsmodels.stats.contingency_tables as sm

    rng = np.random.default_rng(3)
    n_a, n_b = rng.integers(50, 200, (2, 6)).astype(float)
    k_a, k_b = np.round(n_a * 0.1) + 1, np.round(n_b * 0.2) + 1
    ours = mantel_haenszel_odds(k_a, n_a, k_b, n_b)
    for out in range(6):
        tables = [
            np.array([[k_b[i], n_b[i] - k_b[i]], [k_a[i], n_a[i] - k_a[i]]])
            for i in range(6)
            if i != out
        ]
        assert ours[out] == pytest.approx(sm.StratifiedTable(tables).oddsratio_pooled, rel=1e-9)


def brute_force(strata: list[tuple[int, int, int, int]]) -> float:
    """p by laying out every way in which each stratum's events can fall on A and B."""
    sums: dict[int, float] = {}
    ways = []
    for a, n_a, b, n_b in strata:
        draws = combinations(range(n_a + n_b), a + b)
        in_b = [sum(1 for x in drawn if x >= n_a) for drawn in draws]
        values, how_often = np.unique(in_b, return_counts=True)
        ways.append(list(zip(values.tolist(), how_often.tolist(), strict=True)))
    for combination in product(*ways):
        total = sum(value for value, _ in combination)
        sums[total] = sums.get(total, 0) + float(np.prod([n for _, n in combination]))
    seen = sums[sum(b for _, _, b, _ in strata)]
    return sum(w for w in sums.values() if w <= seen * (1 + 1e-7)) / sum(sums.values())


@pytest.mark.parametrize(
    "strata",
    [[(1, 5, 4, 6), (0, 3, 2, 5)], [(2, 6, 3, 4)], [(3, 5, 0, 4), (2, 4, 1, 5), (1, 3, 1, 3)]],
)
def test_strata_are_added_up_exactly(strata: list[tuple[int, int, int, int]]) -> None:
    a, n_a, b, n_b = np.array(strata, float).T
    assert stratified_p(a, n_a, b, n_b) == pytest.approx(brute_force(strata), rel=1e-9)


def test_many_strata_are_added_up_as_one_after_the_other() -> None:
    rng = np.random.default_rng(0)
    singles = [(rng.dirichlet(np.ones(m)), int(low)) for m, low in rng.integers(1, 30, (77, 2))]
    pmf, low = np.ones(1), 0
    for own, first in singles:
        pmf, low = np.convolve(pmf, own), low + first
    found, start = added(singles)
    assert found == pytest.approx(pmf[start - low : start - low + len(found)], rel=1e-9)
    assert found.sum() == pytest.approx(1)


@given(
    st.lists(st.tuples(st.integers(1, 300), st.integers(1, 300)), min_size=1, max_size=12),
    st.floats(0.001, 0.5),
    st.integers(0, 10**6),
)
def test_what_a_rough_p_leaves_out_would_not_be_found(
    supports: list[tuple[int, int]], rate: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n_a, n_b = np.array(supports, float).T
    k_a, k_b = (
        rng.binomial(n.astype(int), np.clip(rate * rng.uniform(0.3, 2), 0, 1)) for n in (n_a, n_b)
    )
    none = np.zeros(len(n_a), np.int64)
    tables = Tables(none, none, k_a.astype(float), n_a, k_b.astype(float), n_b)
    if rough_p(tables, none, 1)[0] >= WORTH:
        assert stratified_p(tables.k_a, n_a, tables.k_b, n_b) > 0.05


def test_another_class_mix_is_no_difference() -> None:
    """Pooled, 8 % against 5 %; in each class 10 % and 2 % in both."""
    n_a, n_b = np.array([300.0, 900.0]), np.array([900.0, 300.0])
    k_a, k_b = n_a * [0.1, 0.02], n_b * [0.1, 0.02]
    assert exact_p(48, 1200, 96, 1200) < 1e-4
    assert stratified_p(k_a, n_a, k_b, n_b) > 0.9
