"""Permutation tests beside every possible permutation, and beside SciPy's exact ones."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from confusionflow.analysis.evidence import permutation
from confusionflow.analysis.evidence.gathering import gathering_p
from confusionflow.analysis.evidence.permutation import (
    membership_hits,
    normal_p,
    sign_flip_p,
)

DRAWS = 20_000
share = st.sampled_from([0.0, 0.0, 0.2, 0.6, 1.0])


def close(p: float, draws: int = DRAWS) -> float:
    return float(5 * np.sqrt(p * (1 - p) / draws) + 1 / draws)


@settings(max_examples=20)
@given(st.lists(share, min_size=2, max_size=6), st.lists(share, min_size=2, max_size=6))
def test_memberships_are_drawn_as_often_as_they_occur(
    first: list[float], second: list[float]
) -> None:
    a, b = np.array(first), np.array(second)
    pooled = np.concatenate((a, b))
    seen = abs(b.mean() - a.mean())
    apart = []
    for chosen in combinations(range(len(pooled)), len(b)):
        inside = np.isin(np.arange(len(pooled)), chosen)
        apart.append(abs(pooled[inside].mean() - pooled[~inside].mean()) >= seen - 1e-9)
    expected = float(np.mean(apart))
    hits, drawn = membership_hits(a, b)
    assert drawn == DRAWS
    assert hits / drawn == pytest.approx(expected, abs=close(expected))


def test_many_and_few_of_a_value_are_drawn_alike() -> None:
    """Beside NumPy's multivariate hypergeometric distribution."""
    rng = np.random.default_rng(2)
    values, histogram = np.array([0.0, 0.1, 0.4, 1.0]), np.array([300, 5, 12, 40])
    pooled = np.repeat(values, histogram)
    a = np.concatenate((pooled[:150], pooled[-25:]))
    b = pooled[150:-25]
    seen = abs(a.sum() - len(a) * pooled.mean())
    sides = rng.multivariate_hypergeometric(histogram, len(a), size=200_000) @ values
    expected = float(np.mean(np.abs(sides - len(a) * pooled.mean()) >= seen - 1e-9))
    assert 0.01 < expected < 0.5
    hits, drawn = membership_hits(a, b)
    assert hits / drawn == pytest.approx(expected, abs=close(expected))


def test_drawing_ends_when_enough_is_known() -> None:
    a, b = np.repeat([0.0, 1], [90, 10]), np.repeat([0.0, 1], [88, 12])
    hits, drawn = membership_hits(a, b, most=1000)
    assert hits > 1000
    assert drawn < DRAWS


def test_the_quick_look_is_near_the_draws() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.binomial(5, 0.3, 200) / 5, rng.binomial(5, 0.34, 150) / 5
    hits, drawn = membership_hits(a, b)
    assert normal_p(a, b) == pytest.approx(hits / drawn, abs=0.04)
    assert normal_p(np.zeros(3), np.zeros(4)) == 1


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_all_signs_are_counted(steps: list[int]) -> None:
    d = np.array(steps) / 5
    flips = [
        abs(sum(s * x for s, x in zip(signs, steps, strict=True)))
        for signs in product((-1, 1), repeat=len(steps))
    ]
    expected = float(np.mean([flip >= abs(sum(steps)) for flip in flips]))
    assert sign_flip_p(d, unit=0.2) == pytest.approx(expected, rel=1e-9)
    assert sign_flip_p(d) == pytest.approx(expected, abs=close(expected))


@pytest.mark.parametrize(("up", "down"), [(12, 2), (5, 5), (300, 180), (1, 0)])
def test_at_one_epoch_it_is_mcnemars_exact_test(up: int, down: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    expected = mcnemar([[50, up], [down, 50]], exact=True).pvalue
    d = np.repeat([1.0, -1.0, 0.0], [up, down, 100])
    assert sign_flip_p(d, unit=1) == pytest.approx(expected, rel=1e-9)


def test_too_many_signs_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    d = np.repeat([1.0, -1.0], [20, 10])
    exact = sign_flip_p(d, unit=1)
    monkeypatch.setattr(permutation, "EXACT_WORK", 10)
    drawn = sign_flip_p(d, unit=1)
    assert drawn != exact
    assert drawn == pytest.approx(exact, abs=close(exact))


def test_no_draw_that_reaches_as_far_is_not_a_p_of_0() -> None:
    same = np.linspace(1, 2, 60)
    assert sign_flip_p(same, draws=999) == pytest.approx(1 / 1000)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 80))
def test_gathered_instances_are_counted_as_scipy_does(
    inside: int, outside: int, flagged: int
) -> None:
    n, flagged = inside + outside, min(flagged, inside + outside)
    for k in range(max(0, flagged - outside), min(flagged, inside) + 1):
        table = [[k, inside - k], [flagged - k, outside - flagged + k]]
        expected = stats.fisher_exact(table, alternative="greater")[1]
        assert gathering_p([k], [inside], flagged, n)[0] == pytest.approx(
            expected, rel=1e-7, abs=1e-12
        )
