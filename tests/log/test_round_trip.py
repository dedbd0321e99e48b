"""What was logged comes back as scikit-learn would count it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

import confusionflow as cf

DTYPES = ["int8", "uint8", "int16", "int32", "int64", "uint64"]
Epochs = list[tuple[int, NDArray[np.int64], NDArray[np.int64]]]


@st.composite
def trainings(draw: st.DrawFn) -> tuple[int, Epochs]:
    """A number of classes and some epochs with gaps, absent classes and empty ones among them."""
    n_classes = draw(st.sampled_from([1, 2, 3, 5, 12]))
    epochs = draw(st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True))
    labels = st.integers(0, 30).flatmap(
        lambda size: st.tuples(
            *[arrays(np.int64, size, elements=st.integers(0, n_classes - 1))] * 2
        )
    )
    return n_classes, [(epoch, *draw(labels)) for epoch in epochs]


def assert_equals_scikit_learn(series: cf.Series, n_classes: int, epochs: Epochs) -> None:
    assert series.epochs.tolist() == sorted(epoch for epoch, _, _ in epochs)
    for epoch, actual, predicted in epochs:
        at = int(np.searchsorted(series.epochs, epoch))
        if not actual.size:  # which scikit-learn refuses
            assert series.confusion()[at].sum() == 0
            assert np.isnan(series.accuracy()[at])
            continue
        labels = range(n_classes)
        counts = confusion_matrix(actual, predicted, labels=labels)
        np.testing.assert_array_equal(series.confusion()[at], counts)
        for by, theirs in (("actual", "true"), ("predicted", "pred"), ("all", "all")):
            shares = confusion_matrix(actual, predicted, labels=labels, normalize=theirs)
            ours = series.confusion(normalize=by)[at]  # type: ignore[arg-type]
            # scikit-learn calls 0/0 nought; here it is undefined.
            np.testing.assert_allclose(np.nan_to_num(ours), shares, rtol=1e-14)
        precision, recall, f1, support = precision_recall_fscore_support(
            actual, predicted, labels=labels, zero_division=np.nan
        )
        np.testing.assert_allclose(series.precision()[at], precision, rtol=1e-14)
        np.testing.assert_allclose(series.recall()[at], recall, rtol=1e-14)
        np.testing.assert_allclose(series.f1()[at], f1, rtol=1e-14)
        np.testing.assert_array_equal(series.support()[at], support)
        assert series.accuracy()[at] == pytest.approx(accuracy_score(actual, predicted))


@pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")  # scikit-learn's
@settings(max_examples=60, deadline=None)
@given(training=trainings(), dtype=st.sampled_from(DTYPES), as_names=st.booleans(), data=st.data())
@pytest.mark.slow
def test_every_number_equals_scikit_learns(
    training: tuple[int, Epochs], dtype: str, as_names: bool, data: st.DataObject
) -> None:
    n_classes, epochs = training
    names = data.draw(
        st.lists(
            st.text(st.characters(codec="utf-8"), min_size=1, max_size=8),
            min_size=n_classes,
            max_size=n_classes,
            unique=True,
        )
    )
    with tempfile.TemporaryDirectory() as log_dir:
        with cf.Run(log_dir, name="run", classes=names) as run:
            for epoch, actual, predicted in epochs:
                labels = (
                    ([names[i] for i in actual], [names[i] for i in predicted])
                    if as_names
                    else (actual.astype(dtype), predicted.astype(dtype))
                )
                run.log(epoch, "test", y_true=labels[0], y_pred=labels[1])
        series = cf.open_logs(log_dir)["run"]["test"]
        assert series.classes == tuple(names)
        assert_equals_scikit_learn(series, n_classes, epochs)


def test_a_thousand_classes_equal_scikit_learns(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    epochs: Epochs = []
    for epoch in (0, 3):
        actual = rng.integers(0, 990, 20_000)  # ten classes never occur
        epochs.append((epoch, actual, np.where(rng.random(20_000) < 0.7, actual, actual // 2)))
    with cf.Run(tmp_path, name="run", classes=range(1_000)) as run:
        for epoch, actual, predicted in epochs:
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
    assert_equals_scikit_learn(cf.open_logs(tmp_path)["run"]["test"], 1_000, epochs)


def test_probabilities_count_as_their_most_probable_classes(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    actual, probabilities = rng.integers(0, 7, 500), rng.dirichlet(np.ones(7), 500)
    with cf.Run(tmp_path, name="run", classes=range(7)) as run:
        run.log(0, "test", y_true=actual, y_prob=probabilities, ids=np.arange(500) * 3)
    run_read = cf.open_logs(tmp_path)["run"]
    assert_equals_scikit_learn(run_read["test"], 7, [(0, actual, probabilities.argmax(1))])
    rows = run_read.stored.splits["test"].predictions(0)
    order = np.argsort(rows.column("instance").to_numpy())
    np.testing.assert_array_equal(rows.column("instance").to_numpy()[order], np.arange(500) * 3)
    np.testing.assert_allclose(
        rows.column("confidence").to_numpy()[order], probabilities.max(1), rtol=2**-11
    )


def test_a_matrix_comes_back_as_it_was(tmp_path: Path) -> None:
    matrix = np.random.default_rng(3).integers(0, 2**40, (6, 6))
    with cf.Run(tmp_path, name="run", classes=range(6)) as run:
        run.log_matrix(4, "train", matrix)
    series = cf.open_logs(tmp_path)["run"]["train"]
    np.testing.assert_array_equal(series.confusion()[0], matrix)
