"""Tests do not cry wolf: bench/findings.py in short, with fixed seeds."""

from __future__ import annotations

import numpy as np
import pytest
from bench.findings import (
    coverage,
    halves,
    naive,
    null_events,
    paired_rejections,
    rejections,
    shares_of,
)

pytestmark = pytest.mark.slow

TIMES = 80
# Rejections at a true 5 % lie below this in all but one of a thousand panels of 16 rows.
MOST = 0.05 + 4 * np.sqrt(0.05 * 0.95 / TIMES)


def test_under_no_difference_few_tests_reject() -> None:
    found = np.array(list(rejections(TIMES, 0.0, seed=11).values()))
    counts, instances = found[:, 0], found[:, 1]
    assert counts.max() <= MOST
    assert instances.max() <= MOST
    assert counts.mean() <= 0.05
    assert instances.mean() <= 0.05


def test_epochs_as_samples_reject_most_true_nulls() -> None:
    rng = np.random.default_rng(0)
    p = [naive(shares_of(rng, 200, 0.05), shares_of(rng, 1000, 0.05)) for _ in range(40)]
    assert np.mean(np.array(p) <= 0.05) > 0.5


def test_sign_flips_reject_few_true_nulls() -> None:
    assert max(paired_rejections(TIMES, seed=12).values()) <= MOST


def test_intervals_cover_the_truth() -> None:
    found = np.array(list(coverage(TIMES, seed=13).values()))
    newcombe, effective, mover = found.T
    assert newcombe.min() >= 1 - MOST
    assert mover.min() >= 1 - MOST
    assert newcombe.mean() >= 0.95
    assert mover.mean() >= 0.95
    assert effective.min() < newcombe.min()


def test_a_difference_is_seen() -> None:
    found = rejections(TIMES, 0.05, seed=14)
    assert found[0.02, 200, 1000][0] > 0.6
    assert min(found[rate, 1000, 1000][1] for rate in (0.005, 0.02, 0.05)) > 0.9


def test_halves_of_one_test_set_hardly_ever_differ_for_certain() -> None:
    by_counts, by_instances = halves(30, seed=15, classes=5, support=100)
    assert by_counts <= 0.1
    assert by_instances <= 0.1


def test_where_nothing_happens_there_are_hardly_any_events() -> None:
    found = null_events(8, seed=16)
    assert found["corroborated"] == found["falls"] == 0
    assert found["events"] <= 3
    assert found["gaps"] <= 1
