"""Means and spreads of subsets, gathered in batches and pooled over ranks."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from confusionflow.analysis.features.exemplars import Exemplars
from confusionflow.analysis.features.moments import Gathering, Moments, merged, pool
from confusionflow.analysis.features.nearest import nearest_mean
from confusionflow.analysis.features.principal import principal
from confusionflow.analysis.features.probe import scramble, stratified


def by_force(features: np.ndarray, subset: np.ndarray, number: int) -> tuple[int, ...]:
    rows = features[subset == number].astype(np.float64)
    return len(rows), rows.mean(axis=0), ((rows - rows.mean(axis=0)) ** 2).sum(axis=0)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60), st.integers(1, 4), st.integers(1, 5))
def test_means_in_batches_and_ranks_are_those_of_all_instances(
    seed: int, size: int, n_batches: int, n_ranks: int
) -> None:
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(size, 3)) * [1, 100, 0.01] + [0, 1e4, 5]).astype(np.float32)
    subset = rng.integers(0, 4, size) * 10
    parts = []
    for rank in range(n_ranks):
        gathering = Gathering(1_000)
        for batch in np.array_split(np.arange(rank, size, n_ranks), n_batches):
            gathering.add(features[batch], subset[batch])
        numbers, moments = gathering.result()
        assert (np.diff(numbers) > 0).all()
        found = Moments(np.zeros(4, int), np.full((4, 3), np.nan), np.zeros((4, 3)))
        if len(numbers):
            found.count[numbers // 10] = moments.count
            found.mean[numbers // 10] = moments.mean
            found.squares[numbers // 10] = moments.squares
        parts.append(found)
    pooled = pool(parts)
    for number in np.unique(subset):
        count, mean, squares = by_force(features, subset, number)
        at = number // 10
        assert pooled.count[at] == count
        np.testing.assert_allclose(pooled.mean[at], mean, rtol=1e-6, atol=1e-5)
        scale = size * np.abs(features - features[0]).max(axis=0).astype(np.float64) ** 2
        assert (np.abs(pooled.squares[at] - squares) <= 1e-6 * scale + 1e-4 * squares).all()
    absent = np.setdiff1d(np.arange(4), subset // 10)
    assert not pooled.count[absent].any()
    assert np.isnan(pooled.mean[absent]).all()


def test_instances_of_subsets_beyond_the_limit_are_returned() -> None:
    gathering = Gathering(most_values=4)
    left = gathering.add(np.ones((3, 2), np.float32), np.array([5, 5, 6]))
    assert left.tolist() == []
    left = gathering.add(np.ones((2, 2), np.float32), np.array([7, 5]))
    assert left.tolist() == [0]
    numbers, moments = gathering.result()
    assert numbers.tolist() == [5, 6]
    assert moments.count.tolist() == [3, 1]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 60))
def test_moments_of_classes_follow_from_those_of_their_cells(seed: int, size: int) -> None:
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(size, 3)) * [1, 100, 0.01] + [0, 1e4, 5]).astype(np.float32)
    cell = rng.integers(0, 9, size)
    gathering = Gathering(1_000)
    gathering.add(features, cell)
    cells, moments = gathering.result()
    classes, found = merged(moments, cells // 3)
    for at, number in enumerate(classes.tolist()):
        count, mean, squares = by_force(features, cell // 3, number)
        assert found.count[at] == count
        np.testing.assert_allclose(found.mean[at], mean, rtol=1e-5, atol=1e-5)
        # Sums are of squares in single precision, of differences as large as the unit's spread.
        near = 1e-3 * squares + 1e-5 * np.array([1, 100, 0.01]) ** 2
        assert (np.abs(found.squares[at] - squares) <= near).all()


def test_principal_components_of_a_similar_layer_are_followed_when_the_layer_turns() -> None:
    rng = np.random.default_rng(3)
    scales = 0.9 ** np.arange(300)
    features = (rng.normal(size=(400, 300)) * scales).astype(np.float32)
    before = principal(features)
    turned = features[:, rng.permutation(300)]  # all that was found points elsewhere now
    found = principal(turned, before)
    exact = np.linalg.svd(turned - turned.mean(axis=0), compute_uv=False) ** 2
    share = (found.coordinates**2).sum() / exact[:32].sum()
    assert 0.98 < share <= 1.0001


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 6))
def test_exemplars_are_the_nine_that_activate_a_unit_most(
    seed: int, size: int, n_batches: int
) -> None:
    rng = np.random.default_rng(seed)
    features = rng.permutation(size * 2).reshape(size, 2).astype(np.float32)
    exemplars = Exemplars()
    for batch in np.array_split(np.arange(size), n_batches):
        if len(batch):
            exemplars.add(features[batch], batch)
    expected = np.argsort(-features, axis=0)[:9]
    np.testing.assert_array_equal(exemplars.rows, expected)
    np.testing.assert_array_equal(exemplars.values, np.take_along_axis(features, expected, axis=0))


def test_the_probe_is_the_same_in_any_order_and_stratified() -> None:
    rng = np.random.default_rng(0)
    ids = rng.permutation(5_000)
    classes = np.where(ids < 4_000, 0, np.where(ids < 4_980, 1, 2))

    def chosen(order: np.ndarray) -> set[int]:
        rows = stratified(classes[order], scramble(ids[order]), 300)
        return set(ids[order][rows].tolist())

    probe = chosen(np.arange(5_000))
    assert probe == chosen(rng.permutation(5_000))
    of_class = np.bincount([0 if i < 4_000 else 1 if i < 4_980 else 2 for i in probe])
    assert of_class.tolist() == [140, 140, 20]
    # Not the first ones: the sample is spread over the ids.
    assert abs(np.mean([i for i in probe if i < 4_000]) - 2_000) < 300


def test_the_key_of_a_text_does_not_depend_on_its_neighbours() -> None:
    alone = scramble(np.array(["cat"]))
    beside = scramble(np.array(["cat", "a much longer id"]))
    assert alone[0] == beside[0] != beside[1]


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_principal_coordinates_are_those_of_the_singular_value_decomposition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scales = 2.0 ** -np.arange(150)[::-1].clip(0, 12)
    features = (rng.normal(size=(90, 150)) * scales + 3).astype(np.float32)
    found = principal(features)
    centered = features - features.mean(axis=0)
    exact = np.linalg.svd(centered.astype(np.float64), compute_uv=False)
    lengths = np.linalg.norm(found.coordinates, axis=0)
    np.testing.assert_allclose(lengths[:8], exact[:8], rtol=1e-3)
    np.testing.assert_allclose(found.basis.T @ found.basis, np.eye(32), atol=1e-4)
    rebuilt = found.center + found.coordinates @ found.basis.T
    np.testing.assert_allclose(
        ((features - rebuilt) ** 2).sum(axis=1), found.rest, rtol=0.02, atol=1e-3
    )
    again = principal(features, found)
    np.testing.assert_allclose(np.linalg.norm(again.coordinates, axis=0)[:8], exact[:8], rtol=1e-3)


def test_few_instances_have_as_many_coordinates_as_they_need() -> None:
    assert principal(np.ones((1, 200), np.float32)).coordinates.shape == (1, 0)
    found = principal(np.array([[0.0, 0.0], [3.0, 4.0]], np.float32))
    np.testing.assert_allclose(np.abs(found.coordinates[:, 0]), [2.5, 2.5], rtol=1e-6)


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_the_nearest_mean_is_the_one_at_the_least_distance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = rng.normal(1e3, 1, size=(20, 4))
    means = rng.normal(1e3, 1, size=(5, 4))
    means[2] = np.nan
    distances = np.linalg.norm(features[:, None] - np.nan_to_num(means, nan=1e9), axis=2)
    np.testing.assert_array_equal(nearest_mean(features, means), distances.argmin(axis=1))
