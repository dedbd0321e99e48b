import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from confusionflow.analysis import Cube, metrics

Dense = NDArray[np.int64]

# Zeros are frequent enough that absent classes and empty epochs occur in most examples.
counts = st.one_of(st.just(0), st.integers(0, 9))
dense_counts = st.tuples(st.integers(1, 4), st.integers(1, 6)).flatmap(
    lambda size: arrays(np.int64, (size[0], size[1], size[1]), elements=counts)
)


def labels(matrix: Dense) -> tuple[Dense, Dense]:
    """The label arrays that a matrix counts."""
    actual, predicted = np.indices(matrix.shape)
    times = matrix.ravel()
    return np.repeat(actual.ravel(), times), np.repeat(predicted.ravel(), times)


def assert_equals_scikit_learn(cube: Cube, dense: Dense) -> None:
    n_classes = dense.shape[1]
    precision, recall, f1 = metrics.precision(cube), metrics.recall(cube), metrics.f1(cube)
    support, accuracy = metrics.support(cube), metrics.accuracy(cube)
    for index, matrix in enumerate(dense):
        if matrix.sum() == 0:
            for values in (precision, recall, f1):
                assert np.isnan(values[index]).all()
            assert np.isnan(accuracy[index])
            assert not support[index].any()
            continue
        actual, predicted = labels(matrix)
        expected = precision_recall_fscore_support(
            actual, predicted, labels=range(n_classes), zero_division=np.nan
        )
        for ours, theirs in zip((precision, recall, f1), expected[:3], strict=True):
            np.testing.assert_allclose(ours[index], theirs, rtol=1e-14)
        np.testing.assert_array_equal(support[index], expected[3])
        np.testing.assert_allclose(accuracy[index], accuracy_score(actual, predicted))


@given(dense_counts)
def test_every_metric_equals_scikit_learns(dense: Dense) -> None:
    assert_equals_scikit_learn(Cube.from_dense(np.arange(len(dense)) * 5, dense), dense)


def test_every_metric_equals_scikit_learns_at_a_thousand_classes() -> None:
    random = np.random.default_rng(3)
    dense = np.zeros((2, 1_000, 1_000), np.int64)
    # The first class is never there, the last is never predicted; epoch 1 is transposed.
    actual, predicted = random.integers(1, 1_000, 20_000), random.integers(0, 999, 20_000)
    dense[0, actual, predicted] = random.integers(1, 4, 20_000)
    dense[1] = dense[0].T
    assert_equals_scikit_learn(Cube.from_dense([3, 7], dense), dense)


@given(dense_counts)
def test_counts_equal_sums_over_the_dense_cube(dense: Dense) -> None:
    cube = Cube.from_dense(np.arange(len(dense)), dense)
    diagonal = np.diagonal(dense, axis1=1, axis2=2)
    expected = {
        metrics.support: dense.sum(axis=2),
        metrics.predicted_total: dense.sum(axis=1),
        metrics.true_positives: diagonal,
        metrics.false_negatives: dense.sum(axis=2) - diagonal,
        metrics.false_positives: dense.sum(axis=1) - diagonal,
        metrics.total: dense.sum(axis=(1, 2)),
    }
    for metric, values in expected.items():
        result = metric(cube)
        np.testing.assert_array_equal(result, values)
        assert result.dtype == np.int64


@given(dense_counts)
def test_error_rates_are_what_recall_and_precision_leave(dense: Dense) -> None:
    cube = Cube.from_dense(np.arange(len(dense)), dense)
    for rate, share in (
        (metrics.false_negative_rate, metrics.recall),
        (metrics.false_discovery_rate, metrics.precision),
    ):
        np.testing.assert_allclose(rate(cube), 1 - share(cube), atol=1e-15)


def test_a_rate_is_divided_by_the_actual_class_where_the_2018_original_took_the_predicted() -> None:
    # 1,102 ships and 100 trucks; 527 ships are taken for trucks. 527 / 100 is 5.27, no rate at all.
    cube = Cube.from_dense([0], [[[575, 527], [10, 90]]])
    ship_as_truck = (cube.actual == 0) & (cube.predicted == 1)
    assert metrics.cell_rates(cube)[ship_as_truck] == pytest.approx([0.478], abs=5e-4)
    assert metrics.false_negative_rate(cube)[0, 0] == pytest.approx(0.478, abs=5e-4)


@given(dense_counts)
def test_the_rates_of_a_row_add_up_to_one(dense: Dense) -> None:
    cube = Cube.from_dense(np.arange(len(dense)), dense)
    sums = np.zeros(dense.shape[:2])
    np.add.at(sums, (cube.epoch_index, cube.actual), metrics.cell_rates(cube))
    np.testing.assert_allclose(sums, (dense.sum(axis=2) > 0).astype(float), rtol=1e-12)


def test_a_class_that_is_predicted_but_never_there_has_no_recall_and_zero_precision_and_f1() -> (
    None
):
    cube = Cube.from_dense([0], [[[3, 2], [0, 0]]])
    assert np.isnan(metrics.recall(cube)[0, 1])
    assert metrics.precision(cube)[0, 1] == 0
    assert metrics.f1(cube)[0, 1] == 0


def test_sums_beyond_float_precision_stay_exact() -> None:
    cube = Cube.from_dense([0], [[[2**60, 1], [0, 0]]])
    assert metrics.support(cube)[0, 0] == 2**60 + 1
    assert metrics.total(cube)[0] == 2**60 + 1


def test_a_thousand_classes_never_become_a_dense_cube() -> None:
    n_epochs, n_classes = 200, 1_000  # dense: 1.6 GB
    index = np.repeat(np.arange(n_epochs), n_classes)
    label = np.tile(np.arange(n_classes), n_epochs)
    every = (metrics.support, metrics.precision, metrics.recall, metrics.f1, metrics.accuracy)
    tracemalloc.start()
    try:
        cube = Cube.from_rows(
            range(n_epochs), n_classes, index, label, label[::-1], np.ones_like(label)
        )
        for metric in every:
            metric(cube)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50e6
