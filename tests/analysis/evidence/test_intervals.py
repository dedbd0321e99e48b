"""Intervals beside statsmodels', and their ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from confusionflow.analysis.evidence.intervals import (
    f1,
    mean_of_runs,
    newcombe,
    paired_mover,
    welch,
    wilson,
)

rate = st.floats(0.001, 0.999)
support = st.integers(2, 10_000)
level = st.sampled_from([0.9, 0.95, 0.999])


@given(rate, support, level)
def test_wilsons_interval_is_that_of_statsmodels(p: float, n: int, level: float) -> None:
    expected = proportion_confint(p * n, n, 1 - level, method="wilson")
    assert np.array(wilson(p * n, n, level)) == pytest.approx(expected, abs=1e-9)


@given(rate, support, rate, support, level)
def test_newcombes_interval_is_that_of_statsmodels(
    p: float, n: int, q: float, m: int, level: float
) -> None:
    expected = confint_proportions_2indep(
        q * m, m, p * n, n, method="newcomb", compare="diff", alpha=1 - level
    )
    assert np.array(newcombe(p * n, n, q * m, m, level)) == pytest.approx(expected, abs=1e-9)


def test_the_interval_of_none_or_all_ends_there() -> None:
    low, high = wilson([0, 10], [10, 10])
    assert (low[0], high[1]) == (0, 1)
    assert 0 < high[0] < 0.3


def test_without_instances_there_is_no_interval() -> None:
    assert np.isnan(np.array([wilson(0, 0), newcombe(0, 0, 1, 2), newcombe(1, 2, 0, 0)])).all()


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 500))
def test_a_paired_interval_holds_its_estimate(u: float, v: float, n: int) -> None:
    more, less = u * v, (1 - u) * v  # together 1 at most
    low, high = paired_mover(more, less, n)
    assert -1 <= low <= more - less + 1e-12
    assert more - less - 1e-12 <= high <= 1


def test_a_paired_interval_turns_with_the_pair() -> None:
    low, high = paired_mover(0.2, 0.05, 80)
    turned_low, turned_high = paired_mover(0.05, 0.2, 80)
    assert (low, high) == pytest.approx((-turned_high, -turned_low), abs=1e-12)


def test_a_paired_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(0)
    for more, less, n in ((0.02, 0.01, 200), (0.1, 0.02, 100), (0.3, 0.25, 60)):
        drawn = rng.multinomial(n, [more, less, 1 - more - less], 4000) / n
        low, high = paired_mover(drawn[:, 0], drawn[:, 1], n)
        covered = ((low <= more - less) & (more - less <= high)).mean()
        assert covered > 0.94


def test_the_interval_of_f1_covers_the_truth() -> None:
    """Where instances are drawn, and where each class has a fixed number of them."""
    rng = np.random.default_rng(0)
    for n, share, recall, taken in (
        (2000, 0.1, 0.8, 0.02),
        (500, 0.1, 0.9, 0.01),
        (300, 0.5, 0.6, 0.3),
    ):
        rates = [share * recall, (1 - share) * taken, share * (1 - recall)]
        truth = 2 * rates[0] / (2 * rates[0] + rates[1] + rates[2])
        tp, fp, fn, _ = rng.multinomial(n, [*rates, 1 - sum(rates)], 4000).T
        support = round(n * share)
        fixed = rng.binomial(support, recall, 4000)
        fixed_fp = rng.binomial(n - support, taken, 4000)
        for counts in ((tp, fp, fn), (fixed, fixed_fp, support - fixed)):
            low, high = f1(*counts)
            covered = ((low <= truth) & (truth <= high)).mean()
            assert 0.94 < covered < 0.99, (n, share, covered)


def test_newcombes_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(0)
    for p, n, q, m in ((0.02, 1000, 0.05, 200), (0.1, 100, 0.1, 100), (0.3, 60, 0.5, 90)):
        low, high = newcombe(rng.binomial(n, p, 4000), n, rng.binomial(m, q, 4000), m)
        assert ((low <= q - p) & (q - p <= high)).mean() > 0.94


def test_intervals_over_runs_cover_the_truth() -> None:
    """Of rates of 1,000 instances in runs that differ by more than chance."""
    rng = np.random.default_rng(0)

    def drawn(mean: float, runs: int) -> NDArray[np.float64]:
        rates = np.clip(rng.normal(mean, 0.02, (1000, runs)), 0, 1)
        return rng.binomial(1000, rates) / 1000

    for n in (2, 3, 5):
        a, b = drawn(0.1, n), drawn(0.15, 4)
        means = np.array([mean_of_runs(runs) for runs in a])
        differences = np.array([welch(x, y) for x, y in zip(a, b, strict=True)])
        for ends, truth in ((means, 0.1), (differences, 0.05)):
            assert ((ends[:, 0] <= truth) & (truth <= ends[:, 1])).mean() > 0.93


def test_too_few_runs_have_no_interval() -> None:
    for low, high in (mean_of_runs([0.5]), welch([0.5], [0.1, 0.2])):
        assert np.isnan(low)
        assert np.isnan(high)
