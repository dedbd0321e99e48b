"""Corrections beside statsmodels'."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from confusionflow.analysis.evidence.multiplicity import (
    adjusted_level,
    benjamini_hochberg,
    benjamini_yekutieli,
    could_tell,
)

p_values = st.lists(st.floats(1e-12, 1), min_size=1, max_size=50)


@given(p_values)
def test_q_values_are_those_of_statsmodels(p: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1], rel=1e-9)
    assert benjamini_yekutieli(p) == pytest.approx(multipletests(p, method="fdr_by")[1], rel=1e-9)


@given(p_values, st.integers(0, 30))
def test_tests_that_could_not_reject_may_be_left_out(p: list[float], ones: int) -> None:
    whole, size = p + [1.0] * ones, len(p) + ones
    assert benjamini_hochberg(p, size) == pytest.approx(benjamini_hochberg(whole)[: len(p)])
    assert benjamini_yekutieli(p, size) == pytest.approx(benjamini_yekutieli(whole)[: len(p)])


def test_intervals_widen_with_what_was_not_selected() -> None:
    assert adjusted_level([0.01] * 90) == pytest.approx(0.95)
    assert adjusted_level([0.01, 0.01] + [1] * 88) == pytest.approx(1 - 0.05 * 2 / 90)
    assert adjusted_level([1.0] * 90) == pytest.approx(1 - 0.05 / 90)
    assert adjusted_level([0.01, 0.01], 90) == pytest.approx(1 - 0.05 * 2 / 90)


@given(st.lists(st.floats(1e-9, 1), max_size=60))
def test_tarones_number_is_the_first_that_is_enough(least: list[float]) -> None:
    array, k = np.array(least), 1
    while (array <= 0.05 / k).sum() > k:
        k += 1
    assert could_tell(array).tolist() == (array <= 0.05 / k).tolist()
