"""Alignment of layers, and their points in planes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confusionflow.analysis.features.alignment import aligned_map, linear_cka, turned
from confusionflow.analysis.features.plane import cell_plane, facing
from confusionflow.analysis.features.principal import principal

SEEDS = st.integers(0, 2**32 - 1)


def published_cka(x: np.ndarray, y: np.ndarray) -> float:
    """HSIC(K, L) / √(HSIC(K, K) HSIC(L, L)) with linear kernels (Kornblith et al. 2019)."""
    n = len(x)
    center = np.eye(n) - np.ones((n, n)) / n

    def hsic(k: np.ndarray, kernel: np.ndarray) -> float:
        return float(np.trace(k @ center @ kernel @ center)) / (n - 1) ** 2

    k, kernel = x @ x.T, y @ y.T
    return float(hsic(k, kernel) / np.sqrt(hsic(k, k) * hsic(kernel, kernel)))


@settings(max_examples=30)
@given(SEEDS)
def test_linear_cka_is_the_published_formula(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.normal(3, 2, size=(40, 7))
    y = rng.normal(-1, 1, size=(40, 12)) + x[:, :1]
    assert abs(linear_cka(x, y) - published_cka(x, y)) < 1e-9


def turn(rng: np.random.Generator, size: int) -> np.ndarray:
    return np.linalg.qr(rng.normal(size=(size, size)))[0]


@settings(max_examples=20)
@given(SEEDS)
def test_only_what_the_network_moves_moves_on_the_map(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(80, 6)) * [9, 7, 3, 1, 1, 1]
    quiet = points + rng.normal(0, 0.02, size=points.shape)
    moved = points.copy()
    moved[:40, 0] = -moved[:40, 0]
    epochs = [points @ turn(rng, 6) + 100, quiet @ turn(rng, 6), moved @ turn(rng, 6)]
    found = aligned_map(epochs, [np.zeros(80)] * 3)
    assert found.step[1] < 0.02
    assert found.step[2] > 0.1
    np.testing.assert_allclose(found.explained.sum(axis=1) + found.rest, 1)


def test_an_instance_that_is_absent_has_no_point() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 10, 3))
    second[4] = np.nan
    rest = np.where(np.isnan(second[:, 0]), np.nan, 1.0)
    found = aligned_map([first, second], [np.ones(10), rest])
    assert np.isnan(found.points[1, 4]).all()
    assert np.isfinite(found.points[0]).all()
    assert np.isfinite(found.step[1])


@settings(max_examples=20)
@given(SEEDS, st.sampled_from([20, 130]))
def test_x_is_0_at_the_actual_mean_and_1_at_the_predicted(seed: int, units: int) -> None:
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(60, units)) + 5).astype(np.float32)
    features[30:] += rng.normal(size=units).astype(np.float32)
    probe = principal(features)
    means = features[:30].mean(axis=0), features[30:].mean(axis=0)
    plane = cell_plane(probe, np.arange(60), *means)
    way = (means[1] - means[0]).astype(np.float64)
    exact = (features - means[0]) @ way / (way @ way)
    if units == 20:  # 20 coordinates tell all
        np.testing.assert_allclose(plane.points[:, 0], exact, atol=1e-3)
        left = features - means[0] - np.outer(exact, way)
        sizes = np.linalg.svd(left - left.mean(axis=0), compute_uv=False)
        length = np.linalg.norm(way)
        spread = np.sqrt(60) * plane.points[:, 1].std() * length
        np.testing.assert_allclose(spread, sizes[0], rtol=1e-3)
        total = ((features - features.mean(axis=0)) ** 2).sum() / 60
        shares = [np.var(exact) * length**2 / total, sizes[0] ** 2 / 60 / total]
        np.testing.assert_allclose(plane.explained, shares, rtol=1e-2)
    np.testing.assert_allclose(plane.points[:30, 0].mean(), 0, atol=0.05)
    np.testing.assert_allclose(plane.points[30:, 0].mean(), 1, atol=0.05)
    np.testing.assert_allclose(plane.explained.sum() + plane.rest, 1)


def test_y_faces_where_it_did_the_epoch_before() -> None:
    points = np.random.default_rng(0).normal(size=(9, 2))
    flipped = points * [1, -1]
    np.testing.assert_array_equal(facing([points, flipped])[1], points)


def test_products_in_pieces_are_those_of_the_whole() -> None:
    """1,000 instances of 32 units are four pieces, the last one shorter."""
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=(2, 1000, 32))
    assert linear_cka(one, other) == pytest.approx(published_cka(one, other), rel=1e-9)
    centered = one - one.mean(axis=0)
    back = turned(centered @ turn(rng, 32), centered, np.ones(1000, bool))
    np.testing.assert_allclose(back, centered, atol=1e-12)
