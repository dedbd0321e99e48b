import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from confusionflow.analysis import Cube
from confusionflow.errors import EpochError, LabelError, ShapeError

Dense = NDArray[np.int64]

dense_counts = st.tuples(st.integers(0, 4), st.integers(1, 5)).flatmap(
    lambda size: arrays(np.int64, (size[0], size[1], size[1]), elements=st.integers(0, 3))
)


@given(dense_counts)
def test_dense_counts_come_back_as_they_went_in(dense: Dense) -> None:
    cube = Cube.from_dense(np.arange(len(dense)) * 5, dense)
    np.testing.assert_array_equal(cube.dense(), dense)
    assert cube.count.dtype == np.int64


@given(dense_counts, st.randoms(use_true_random=False))
def test_rows_are_sorted_unique_and_without_zeros_in_whatever_order_they_come(
    dense: Dense, random: "np.random.Generator"
) -> None:
    index, actual, predicted = (axis.ravel() for axis in np.indices(dense.shape))
    rows = list(zip(index, actual, predicted, dense.ravel(), strict=True)) * 2
    random.shuffle(rows)
    columns = np.array(rows, dtype=np.int64).reshape(-1, 4).T
    cube = Cube.from_rows(np.arange(len(dense)), dense.shape[1], *columns)
    triples = list(zip(cube.actual, cube.predicted, cube.epoch_index, strict=True))
    assert triples == sorted(set(triples))
    assert (cube.count > 0).all()
    np.testing.assert_array_equal(cube.dense(), 2 * dense)


@given(dense_counts)
def test_rows_that_come_sorted_in_few_bytes_become_wide(dense: Dense) -> None:
    rows, columns, epochs = np.nonzero(dense.transpose(1, 2, 0))
    count = dense[epochs, rows, columns]
    index, actual, predicted = (column.astype(np.uint8) for column in (epochs, rows, columns))
    cube = Cube.from_rows(np.arange(len(dense)), dense.shape[1], index, actual, predicted, count)
    np.testing.assert_array_equal(cube.dense(), dense)
    of_cube = (cube.epoch_index, cube.actual, cube.predicted, cube.count)
    assert {column.dtype for column in of_cube} == {np.dtype(np.int64)}


@given(dense_counts, st.integers(-3, 20), st.integers(-3, 20))
def test_a_range_keeps_its_epochs_and_both_ends(dense: Dense, first: int, last: int) -> None:
    epochs = np.arange(len(dense)) * 5
    kept = (epochs >= first) & (epochs <= last)
    part = Cube.from_dense(epochs, dense).between(first, last)
    np.testing.assert_array_equal(part.epochs, epochs[kept])
    np.testing.assert_array_equal(part.dense(), dense[kept])


def test_an_open_range_keeps_everything() -> None:
    cube = Cube.from_dense([1, 2], [[[1]], [[2]]])
    assert cube.between() is cube
    assert cube.between(first=2).epochs.tolist() == [2]
    assert cube.between(last=1).epochs.tolist() == [1]


@given(dense_counts, st.data())
def test_merging_classes_adds_their_counts_as_summing_over_them_does(
    dense: Dense, data: st.DataObject
) -> None:
    n_classes = dense.shape[1]
    target = st.integers(0, 2)
    index_map = data.draw(st.lists(target, min_size=n_classes, max_size=n_classes))
    expected = np.zeros((len(dense), 3, 3), np.int64)
    for actual in range(n_classes):
        for predicted in range(n_classes):
            expected[:, index_map[actual], index_map[predicted]] += dense[:, actual, predicted]
    merged = Cube.from_dense(np.arange(len(dense)), dense).relabel(index_map, 3)
    np.testing.assert_array_equal(merged.dense(), expected)


def test_counts_beyond_float_precision_stay_exact() -> None:
    cube = Cube.from_rows([0], 1, [0, 0], [0, 0], [0, 0], [2**60, 1])
    assert cube.count.tolist() == [2**60 + 1]


def test_epochs_that_do_not_increase_are_refused() -> None:
    with pytest.raises(EpochError, match="Epoch 3 follows epoch 3"):
        Cube.from_dense([3, 3], np.zeros((2, 1, 1), np.int64))
    with pytest.raises(ShapeError, match="Epochs have shape"):
        Cube.from_dense([[3]], np.zeros((1, 1, 1), np.int64))


def test_counts_of_another_shape_are_refused() -> None:
    for shape in [(2, 2), (1, 2, 3), (2, 2, 2)]:
        with pytest.raises(ShapeError, match="for 1 epochs"):
            Cube.from_dense([0], np.zeros(shape, np.int64))


def test_rows_that_cannot_be_right_are_refused() -> None:
    with pytest.raises(ShapeError, match="arrays of one length"):
        Cube.from_rows([0], 2, [0], [0, 1], [0], [1])
    with pytest.raises(EpochError, match="from 1 to 1, but there are 1 epochs"):
        Cube.from_rows([0], 2, [1], [0], [0], [1])
    with pytest.raises(LabelError, match="actual holds class indices from 2 to 2"):
        Cube.from_rows([0], 2, [0], [2], [0], [1])
    with pytest.raises(LabelError, match="predicted holds class indices from -1 to -1"):
        Cube.from_rows([0], 2, [0], [0], [-1], [1])
    with pytest.raises(LabelError, match="A count is -4"):
        Cube.from_rows([0], 2, [0], [0], [0], [-4])
    with pytest.raises(LabelError, match="Got float64 values"):
        Cube.from_dense([0], [[[0.5]]])


def test_a_map_that_does_not_name_every_class_is_refused() -> None:
    cube = Cube.from_dense([0], [[[1, 0], [0, 1]]])
    with pytest.raises(ShapeError, match="there are 2 classes"):
        cube.relabel([0], 1)
    with pytest.raises(LabelError, match="there are 1 classes"):
        cube.relabel([0, 1], 1)


def test_the_repr_says_what_is_in_it() -> None:
    assert repr(Cube.from_dense([4], [[[7]]])) == "Cube(1 epoch 4, 1 class, 1 count)"
    empty = Cube.from_dense([], np.zeros((0, 2, 2), np.int64))
    assert repr(empty) == "Cube(0 epochs, 2 classes, 0 counts)"
