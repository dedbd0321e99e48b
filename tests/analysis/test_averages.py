"""Averages over classes are those of scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sk

from confusionflow.analysis import averages, metrics
from confusionflow.analysis.averages import Average
from confusionflow.analysis.cube import Cube
from confusionflow.errors import ArgumentError

OURS: dict[str, Callable[[Cube], Any]] = {
    **{
        f"{how} {metric.__name__}": lambda cube, metric=metric, how=how: averages.average(  # type: ignore[misc]
            cube, metric, how
        )
        for how in ("macro", "weighted")
        for metric in (metrics.precision, metrics.recall, metrics.f1)
    },
    "balanced accuracy": averages.balanced_accuracy,
    "matthews": averages.matthews,
    "kappa": averages.kappa,
}
SKLEARN: dict[str, Callable[[Any, Any], float]] = {
    **{
        f"{how} {name}": lambda a, p, how=how, of=of: of(a, p, average=how, zero_division=0)  # type: ignore[misc]
        for how in ("macro", "weighted")
        for name, of in (
            ("precision", sk.precision_score),
            ("recall", sk.recall_score),
            ("f1", sk.f1_score),
        )
    },
    "balanced accuracy": sk.balanced_accuracy_score,
    "matthews": sk.matthews_corrcoef,
    "kappa": sk.cohen_kappa_score,
}


def instances(matrix: Any) -> tuple[Any, Any]:
    cells = np.argwhere(matrix >= 0).repeat(np.ravel(matrix), axis=0)
    return cells[:, 0], cells[:, 1]


@pytest.mark.parametrize("name", OURS)
@settings(max_examples=60, deadline=None)
@given(
    matrices=arrays(
        np.int64,
        st.tuples(st.integers(1, 3), st.just(4), st.just(4)),
        elements=st.sampled_from([0, 0, 0, 1, 2, 7]),
    )
)
def test_an_average_is_that_of_scikit_learn(name: str, matrices: Any) -> None:
    ours = OURS[name](Cube.from_dense(range(len(matrices)), matrices))
    assert ours.shape == (len(matrices),)
    for value, matrix in zip(ours, matrices, strict=True):
        actual, predicted = instances(matrix)
        if not actual.size:
            assert np.isnan(value)
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.testing.assert_allclose(value, SKLEARN[name](actual, predicted), atol=1e-12)


@pytest.mark.parametrize("name", OURS)
def test_a_split_of_a_billion_instances_does_not_overflow(name: str) -> None:
    small = np.array([[9, 1, 0], [2, 5, 1], [0, 3, 4]])
    large = OURS[name](Cube.from_dense([0], [small * 10**9]))
    np.testing.assert_allclose(large, OURS[name](Cube.from_dense([0], [small])), rtol=1e-12)


def test_an_average_that_is_none_is_refused() -> None:
    cube = Cube.from_dense([0], [[[1, 0], [0, 1]]])
    unknown: Any = "micro"
    with pytest.raises(ArgumentError, match="No average 'micro'"):
        averages.average(cube, metrics.f1, unknown)


def test_where_positives_are_rare_accuracy_is_flat_and_these_are_not() -> None:
    """0.2 % positives: a model that learns to find them."""
    cubes = Cube.from_dense([0, 1], [[[9980, 0], [20, 0]], [[9975, 5], [4, 16]]])
    assert np.ptp(metrics.accuracy(cubes)) < 0.002
    for of in (averages.balanced_accuracy, averages.matthews, averages.kappa):
        assert np.diff(of(cubes))[0] > 0.3
    how: Average = "macro"
    assert np.diff(averages.average(cubes, metrics.f1, how))[0] > 0.3
