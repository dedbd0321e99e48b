"""Intervals beside statsmodels', and their ends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from confusionflow.analysis.evidence.intervals import newcombe, paired_mover, wilson

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
