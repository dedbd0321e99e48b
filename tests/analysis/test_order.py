import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from confusionflow.analysis import Cube, Order, order
from confusionflow.errors import ClassesError, ConfusionFlowError

Dense = NDArray[np.int64]

dense_counts = st.tuples(st.integers(0, 3), st.integers(1, 7)).flatmap(
    lambda size: arrays(np.int64, (size[0], size[1], size[1]), elements=st.integers(0, 4))
)


def cube(*matrices: list[list[int]]) -> Cube:
    return Cube.from_dense(range(len(matrices)), np.array(matrices, np.int64))


@given(dense_counts, st.sampled_from(["declared", "name", "support", "confused", "similarity"]))
def test_an_order_holds_every_class_once(dense: Dense, by: Order) -> None:
    n_classes = dense.shape[1]
    names = [str(index) for index in range(n_classes)]
    result = order([Cube.from_dense(range(len(dense)), dense)], by, names=names)
    assert sorted(result) == list(range(n_classes))


@pytest.mark.parametrize("by", ["declared", "name", "support", "confused"])
def test_ties_keep_the_declared_order(by: Order) -> None:
    same = cube(np.full((6, 6), 2).tolist())
    assert order([same], by, names=["a"] * 6) == [0, 1, 2, 3, 4, 5]


def test_names_sort_without_regard_to_case() -> None:
    assert order([cube([[0] * 3] * 3)], "name", names=["b", "C", "a"]) == [2, 0, 1]


def test_support_puts_the_largest_actual_class_first() -> None:
    assert order([cube([[1, 0, 0], [0, 0, 9], [2, 0, 1]])], "support") == [1, 2, 0]


def test_support_weighs_a_small_series_as_much_as_a_large_one() -> None:
    large = cube([[0, 0, 0], [0, 600, 0], [0, 0, 400]])
    small = cube([[0, 0, 0], [0, 1, 0], [0, 0, 9]])
    assert order([large, small], "support") == [2, 1, 0]


def test_confused_puts_the_class_with_the_most_errors_for_its_size_first() -> None:
    # Class 0 has the most errors in number, class 2 in proportion.
    assert order([cube([[900, 90, 0], [0, 90, 0], [0, 4, 6]])], "confused") == [1, 2, 0]
    assert order([cube([[900, 90, 10], [0, 9_000, 0], [0, 4, 6]])], "confused") == [2, 0, 1]


def test_confused_sums_over_the_range_before_it_divides() -> None:
    two = cube([[[0, 1], [0, 99]], [[99, 0], [50, 49]]][0], [[99, 0], [50, 49]])
    assert order([two], "confused") == [0, 1]
    assert order([two.between(0, 0)], "confused") == [0, 1]
    assert order([two.between(1, 1)], "confused") == [1, 0]


def test_a_class_without_any_instance_comes_last() -> None:
    for by in ("support", "confused"):
        assert order([cube([[0, 0, 0], [0, 5, 0], [0, 1, 4]])], by)[-1] == 0


def test_similarity_puts_classes_that_are_mixed_up_side_by_side() -> None:
    matrix = np.full((6, 6), 1) + 200 * np.eye(6, dtype=int)
    for actual, predicted in ((0, 3), (4, 1), (2, 5)):
        matrix[actual, predicted] = 80  # one direction is enough
    result = order([cube(matrix.tolist())], "similarity")
    for pair in ((0, 3), (1, 4), (2, 5)):
        assert abs(result.index(pair[0]) - result.index(pair[1])) == 1


def test_similarity_goes_by_rates_so_that_large_classes_do_not_outweigh_small_ones() -> None:
    # 40 of 10,000 zeros are taken for ones; 9 of 20 twos are taken for zeros.
    matrix = [[9_960, 40, 0], [0, 1_000, 0], [9, 0, 11]]
    result = order([cube(matrix)], "similarity")
    assert abs(result.index(0) - result.index(2)) == 1
    assert result[1] == 0


def test_similarity_does_not_depend_on_how_classes_were_declared() -> None:
    random = np.random.default_rng(5)
    matrix = random.integers(0, 50, (9, 9)) + 300 * np.eye(9, dtype=int)
    shuffle = random.permutation(9)
    original = order([cube(matrix.tolist())], "similarity")
    shuffled = order([cube(matrix[np.ix_(shuffle, shuffle)].tolist())], "similarity")
    back = [int(shuffle[index]) for index in shuffled]
    assert back in (original, original[::-1])


def test_wrong_calls_say_what_is_missing() -> None:
    with pytest.raises(ConfusionFlowError, match=r"'size'.*support"):
        order([cube([[1]])], "size")  # type: ignore[arg-type]
    with pytest.raises(ClassesError, match=r"\[1, 2\] classes"):
        order([cube([[1]]), cube([[1, 0], [0, 1]])], "support")
    with pytest.raises(ClassesError, match="no classes"):
        order([], "support")
    with pytest.raises(ClassesError, match="0 names for 1 classes"):
        order([cube([[1]])], "name")
