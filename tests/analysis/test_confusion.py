import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from confusionflow.analysis import confusion
from confusionflow.errors import LabelError, ShapeError

Labels = tuple[int, list[tuple[int, int]]]


@st.composite
def label_pairs(draw: st.DrawFn) -> Labels:
    """Any number of (actual, predicted) pairs, and some classes that may stay unseen."""
    n_classes = draw(st.integers(1, 12))
    label = st.integers(0, n_classes - 1)
    return n_classes, draw(st.lists(st.tuples(label, label), max_size=60))


# scikit-learn says so of every 1 x 1 matrix, although labels= was passed.
@pytest.mark.filterwarnings("ignore:A single label was found")
@given(label_pairs(), st.sampled_from(["i1", "u1", "i4", "u8", "i8", ">i4", ">u2"]))
def test_counts_equal_scikit_learns_for_labels_of_any_width(labels: Labels, dtype: str) -> None:
    n_classes, pairs = labels
    array = np.array(pairs, dtype=dtype).reshape(-1, 2)
    counts = confusion(array[:, 0], array[:, 1], n_classes)
    if pairs:
        expected = confusion_matrix(array[:, 0], array[:, 1], labels=range(n_classes))
        np.testing.assert_array_equal(counts, expected)
    assert counts.shape == (n_classes, n_classes)
    assert counts.dtype == np.int64
    assert counts.sum() == len(pairs)


@pytest.mark.parametrize("dtype", [np.uint16, np.int64])
def test_counts_equal_scikit_learns_at_a_thousand_classes_and_several_chunks(
    dtype: type[np.integer],
) -> None:
    random = np.random.default_rng(2)
    actual = random.integers(0, 990, 300_001).astype(dtype)
    predicted = random.integers(5, 1_000, 300_001).astype(dtype)
    expected = confusion_matrix(actual, predicted, labels=range(1_000))
    np.testing.assert_array_equal(confusion(actual, predicted, 1_000), expected)


def test_rows_are_actual_and_columns_are_predicted() -> None:
    np.testing.assert_array_equal(confusion([0, 0, 0], [1, 1, 1], 2), [[0, 3], [0, 0]])


def test_narrow_labels_do_not_overflow_where_the_number_of_cells_is_larger() -> None:
    labels = np.full(3, 99, dtype=np.uint8)
    assert confusion(labels, labels, 100)[99, 99] == 3


def test_no_instances_give_zeros() -> None:
    np.testing.assert_array_equal(confusion([], [], 3), np.zeros((3, 3)))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array([0, 1, 2]), r"\[2\] is 2, but there are 2 classes"),
        (np.array([0, -1, 1]), r"\[1\] is -1"),
        (np.array([0, -128, 1], dtype=np.int8), r"\[1\] is -128"),
        (np.array([2**62, 0, 0]), r"\[0\] is 4611686018427387904"),
        (np.array([0.0, 1.0, 1.0]), "holds float64 values"),
        (np.array(["a", "b", "b"]), "holds <U1 values"),
    ],
)
@pytest.mark.parametrize("which", ["actual", "predicted"])
def test_labels_that_are_no_class_index_are_refused_by_name(
    labels: NDArray[np.generic], said: str, which: str
) -> None:
    fine = np.array([0, 1, 1])
    actual, predicted = (labels, fine) if which == "actual" else (fine, labels)
    with pytest.raises(LabelError, match=f"^{which}.*{said}"):
        confusion(actual, predicted, 2)


def test_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ShapeError, match="actual has 2 instances, predicted has 1"):
        confusion([0, 1], [0], 2)


def test_a_matrix_of_labels_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"actual has shape \(1, 2\)"):
        confusion([[0, 1]], [0, 1], 2)
