import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix

from confusionflow.analysis import Normalization, normalize
from confusionflow.errors import ConfusionFlowError

matrices = st.integers(1, 6).flatmap(
    lambda size: arrays(np.int64, (size, size), elements=st.integers(0, 9))
)


# scikit-learn says so of every 1 x 1 matrix, although labels= was passed.
@pytest.mark.filterwarnings("ignore:A single label was found")
@given(matrices, st.sampled_from([("actual", "true"), ("predicted", "pred"), ("all", "all")]))
def test_shares_equal_scikit_learns_where_they_are_defined(
    matrix: NDArray[np.int64], names: tuple[Normalization, str]
) -> None:
    ours, theirs = names
    shares = normalize(matrix, ours)
    if matrix.sum() == 0:
        assert np.isnan(shares).all()
        return
    actual, predicted = (axis.ravel() for axis in np.indices(matrix.shape))
    expected = confusion_matrix(
        np.repeat(actual, matrix.ravel()),
        np.repeat(predicted, matrix.ravel()),
        labels=range(len(matrix)),
        normalize=theirs,
    )
    # scikit-learn writes 0 for 0/0.
    np.testing.assert_allclose(np.nan_to_num(shares), expected, rtol=1e-14)
    axis = {"actual": 1, "predicted": 0, "all": None}[ours]
    undefined = np.broadcast_to(matrix.sum(axis=axis, keepdims=True) == 0, matrix.shape)
    np.testing.assert_array_equal(np.isnan(shares), undefined)


def test_every_epoch_is_divided_by_its_own_sums() -> None:
    cube = np.array([[[1, 3], [2, 2]], [[5, 5], [0, 1]]])
    for by in ("actual", "predicted", "all"):
        each = np.stack([normalize(matrix, by) for matrix in cube])
        np.testing.assert_array_equal(normalize(cube, by), each)


def test_unbalanced_rows_are_divided_by_the_actual_class() -> None:
    shares = normalize([[575, 527], [10, 90]], "actual")
    assert shares[0, 1] == pytest.approx(0.478, abs=5e-4)  # not 527 / 100 = 5.27


def test_none_leaves_the_counts() -> None:
    counts = normalize(np.array([[1, 2], [3, 4]]), None)
    np.testing.assert_array_equal(counts, [[1, 2], [3, 4]])
    assert counts.dtype == np.int64


def test_another_word_is_refused_with_the_words_there_are() -> None:
    with pytest.raises(ConfusionFlowError, match=r"'true'.*actual"):
        normalize([[1]], "true")  # type: ignore[arg-type]
