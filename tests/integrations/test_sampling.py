from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confusionflow.errors import ConfusionFlowError
from confusionflow.integrations.batches import Batches
from confusionflow.integrations.predictions import class_labels
from confusionflow.integrations.sampling import check_every, stratified_subset


@given(
    counts=st.lists(st.integers(1, 60), min_size=1, max_size=8),
    size=st.integers(1, 200),
    seed=st.integers(0, 5),
)
def test_a_subset_keeps_the_share_of_each_class_and_is_the_same_again(
    counts: list[int], size: int, seed: int
) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    kept = stratified_subset(labels, size, seed=seed)
    if size >= labels.size:
        assert kept is None
        return
    assert kept is not None
    np.testing.assert_array_equal(kept, stratified_subset(labels, size, seed=seed))
    assert (np.diff(kept) > 0).all()
    for index, count in enumerate(counts):
        share = size * count / labels.size
        assert abs((labels[kept] == index).sum() - max(1, share)) <= 0.5


@pytest.mark.parametrize("subset", [0, -1, -0.5, True])
def test_a_subset_that_is_none_is_refused(subset: float) -> None:
    with pytest.raises(ConfusionFlowError, match="Pass a number of instances"):
        stratified_subset([0, 1], subset)


@pytest.mark.parametrize("every", [0, -1, 1.5, True])
def test_every_is_a_number_of_epochs(every: int) -> None:
    with pytest.raises(ConfusionFlowError, match="Pass 1 for every epoch"):
        check_every(every)


def predicted(outputs: Any) -> list[int]:
    batches = Batches()
    batches.add([0, 1], np.array(outputs))
    return list(batches.predicted)


def test_one_number_in_any_batch_tells_logits_from_probabilities() -> None:
    batches = Batches()
    batches.add([0, 1], np.array([0.2, 0.4]))
    batches.add([1, 0], np.array([1.7, -0.1]))
    assert batches.predicted.tolist() == [1, 1, 1, 0]
    assert batches.actual.tolist() == [0, 1, 1, 0]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"are_logits": True}, [1, 1]),
        ({"are_logits": False}, [0, 0]),
        ({"threshold": 0.3}, [0, 1]),
        ({"threshold": 0.3, "are_logits": True}, [0, 1]),
    ],
)
def test_what_a_loss_says_of_single_numbers_counts(
    options: dict[str, Any], expected: list[int]
) -> None:
    batches = Batches(2, **options)
    batches.add([0, 1], np.array([[0.2], [0.4]]))
    assert batches.predicted.tolist() == expected


def test_a_threshold_holds_for_two_columns_too() -> None:
    batches = Batches(2, threshold=0.3)
    batches.add([0, 1], np.array([[0.8, 0.2], [0.6, 0.4]]))
    assert batches.predicted.tolist() == [0, 1]


def test_scores_and_indices_in_one_evaluation_are_refused() -> None:
    batches = Batches()
    batches.add([0], np.array([0.2]))
    with pytest.raises(ConfusionFlowError, match="Pass one kind"):
        batches.add([0], np.array([0]))


def test_outputs_of_every_shape_become_class_indices() -> None:
    assert predicted([[0.1, 0.9], [0.8, 0.2]]) == [1, 0]
    assert predicted([0.1, 0.9]) == [0, 1]
    assert predicted([[0.1], [0.9]]) == [0, 1]
    assert predicted([3, 1]) == [3, 1]
    with pytest.raises(ConfusionFlowError, match=r"shape \(1, 2, 2\)"):
        predicted(np.zeros((1, 2, 2)))
    assert class_labels(np.eye(3)).tolist() == [0, 1, 2]
    assert class_labels([["cat"], ["dog"]]).tolist() == ["cat", "dog"]


@pytest.mark.parametrize(
    ("axis", "shape"), [(1, (4, 3, 5, 7)), (-1, (4, 5, 7, 3)), (-1, (4, 6, 3)), (1, (4, 3, 3))]
)
def test_batches_of_pixels_and_tokens_count_each(axis: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(size=shape).astype(np.float32)
    predicted = scores.argmax(axis)
    labels = rng.integers(0, 3, predicted.shape)
    batches = Batches(3, class_axis=axis)
    for half in (slice(0, 2), slice(2, 4)):
        batches.add(labels[half], {"out": scores[half]})
    assert batches.actual.tolist() == labels.ravel().tolist()
    assert batches.predicted.tolist() == predicted.ravel().tolist()


def test_an_output_that_holds_several_things_without_usual_names_is_refused() -> None:
    scores = np.zeros((2, 3))
    batches = Batches(3)
    for output in ({"a": scores, "b": scores}, (scores, scores)):
        with pytest.raises(ConfusionFlowError, match="Pass the scores alone"):
            batches.add([0, 1], output)
    batches.add([0, 1], {"anything": scores})
    assert batches.size == 2
