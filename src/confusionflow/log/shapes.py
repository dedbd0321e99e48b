"""Make one label for each instance from one-hot rows, tokens and pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import LabelError, ShapeError

Labels = NDArray[Any]


def labels_for_scores(actual: Labels, scores: tuple[int, ...], n_classes: int | None) -> Labels:
    """Make one actual label for each row of scores; one-hot rows become indices.

    Arguments:
        actual: Labels, of any shape.
        scores: The shape of the scores.
        n_classes: How many classes there are, if that is known.

    Raises:
        LabelError: an instance has several labels.

    Examples:
        >>> labels_for_scores(np.array([[0, 1, 0], [1, 0, 0]]), (2, 3), None)
        array([1, 0])
    """
    if actual.shape != scores or actual.ndim < 2 or 1 in scores[1:2]:
        return actual
    axes = [a for a in _class_axes(actual) if n_classes in (None, scores[a])]
    if not axes:
        return actual  # a number for each token, which decides between two classes
    return _from_one_hot(actual, axes, "y_true")


def paired_labels(
    actual: Labels, predicted: Labels, n_classes: int | None
) -> tuple[Labels, Labels]:
    """Pair an actual and a predicted label for each instance, token or pixel.

    Arguments:
        actual, predicted: Labels, of any shape.
        n_classes: How many classes there are, if that is known.

    Returns:
        Both, with shape (instances,).

    Raises:
        ShapeError: the shapes don't fit.
        LabelError: an instance has several labels.

    Examples:
        >>> paired_labels(np.eye(3, dtype=int), np.array([0, 2, 2]), 3)
        (array([0, 1, 2]), array([0, 2, 2]))
        >>> paired_labels(np.array([[0, 2], [1, -100]]), np.array([[0, 1], [1, 1]]), 3)
        (array([   0,    2,    1, -100]), array([0, 1, 1, 1]))
    """
    if _lengths(actual) == _lengths(predicted):
        if actual.shape == predicted.shape and _are_one_hot(actual, predicted, n_classes):
            axes = [a for a in _class_axes(actual) if n_classes in (None, actual.shape[a])]
            axes = [a for a in axes if _is_one_hot(actual, a) and _is_one_hot(predicted, a)]
            axes = axes[-1:]
            both = [_from_one_hot(side, axes, "y_true") for side in (actual, predicted)]
            return both[0].ravel(), both[1].ravel()
        return actual.ravel(), predicted.ravel()
    for wide, narrow, name in ((actual, predicted, "y_true"), (predicted, actual, "y_pred")):
        axes = [
            axis
            for axis in _class_axes(wide)
            if _lengths(narrow) == _lengths_of(wide.shape[:axis] + wide.shape[axis + 1 :])
        ]
        if axes and n_classes in (None, *(wide.shape[axis] for axis in axes)):
            indices = _from_one_hot(wide, axes, name)
            pair = (indices, predicted) if wide is actual else (actual, indices)
            return pair[0].ravel(), pair[1].ravel()
    raise ShapeError(
        f"y_true has {actual.size:,} labels (shape {actual.shape}) and y_pred "
        f"{predicted.size:,} labels (shape {predicted.shape}). Pass one for each instance."
    )


def one_hot_labels(labels: Labels, n_classes: int | None = None) -> Labels:
    """Turn one-hot rows into indices if only the labels are known; others stay as they are.

    Raises:
        LabelError: the width is the number of classes, and an instance has several labels.

    Examples:
        >>> one_hot_labels(np.array([[0, 1, 0], [1, 0, 0]]))
        array([1, 0])
        >>> one_hot_labels(np.array([[0, 2], [1, -100]])).shape
        (2, 2)
    """
    if labels.ndim != 2 or labels.shape[1] < 2 or not _holds_zeros_and_ones(labels):
        return labels
    if n_classes == labels.shape[1] or (n_classes is None and _is_one_hot(labels, 1)):
        return _from_one_hot(labels, [1], "y_true")
    return labels


def _are_one_hot(actual: Labels, predicted: Labels, n_classes: int | None) -> bool:
    """Whether labels of one shape are one-hot; those of tokens and pixels are not.

    Raises:
        LabelError: they can be several labels of one instance, or tokens.
    """
    if min(actual.ndim, actual.size) < 2 or len(_lengths(actual)) < 2:
        return False
    if not (_holds_zeros_and_ones(actual) and _holds_zeros_and_ones(predicted)):
        return False
    for axis in _class_axes(actual):
        fits = n_classes in (None, actual.shape[axis])
        if fits and _is_one_hot(actual, axis) and _is_one_hot(predicted, axis):
            return True
    if actual.ndim == 2 and n_classes in (None, actual.shape[1]):
        name, labels = ("y_true", actual) if not _is_one_hot(actual, 1) else ("y_pred", predicted)
        raise _several_labels(labels, name)
    return False


def _class_axes(labels: Labels) -> list[int]:
    """Axes that classes can be on: the last one and the one after the instances."""
    return [axis for axis in dict.fromkeys([labels.ndim - 1, 1]) if 0 < axis < labels.ndim]


def _from_one_hot(labels: Labels, axes: list[int], name: str) -> Labels:
    axis = next((a for a in axes if _is_one_hot(labels, a)), None)
    if axis is not None:
        indices: Labels = labels.argmax(axis=axis)
        return indices
    if _holds_zeros_and_ones(labels) and labels.ndim == 2:
        raise _several_labels(labels, name)
    if labels.ndim == 2 and labels.dtype.kind in "biuf":
        row = int(np.argmin(labels.sum(axis=1) == 1)) if _holds_zeros_and_ones(labels) else 0
        what = f"rows such as {labels[row].tolist()!r:.60}"
    else:
        what = f"{labels.dtype} values"
    raise ShapeError(
        f"{name} has shape {labels.shape} and holds {what}, where a single label is expected for "
        "each instance. Pass class indices or names, or one-hot rows that hold a single 1."
    )


def _several_labels(labels: Labels, name: str) -> LabelError:
    ones = labels.astype(np.int64).sum(axis=1)
    row = int(np.flatnonzero(ones != 1)[0])
    width = labels.shape[1]
    return LabelError(
        f"{name} has shape {labels.shape}, and row {row} is {labels[row].tolist()!r:.60}, with "
        f"{'no 1' if ones[row] == 0 else f'{ones[row]} ones'}: an instance with any number of "
        "labels. A confusion matrix takes exactly one. Log each label as a split of its own, "
        f'for i in range({width}): run.log(epoch, f"label {{i}}", y_true=y_true[:, i], '
        'y_pred=y_pred[:, i], classes=["no", "yes"]). If these are tokens, pass y_true.ravel() '
        "and y_pred.ravel()."
    )


def _holds_zeros_and_ones(labels: Labels) -> bool:
    if labels.dtype.kind not in "biuf" or not labels.size:
        return False
    return bool(((labels == 0) | (labels == 1)).all())


def _is_one_hot(labels: Labels, axis: int) -> bool:
    if not _holds_zeros_and_ones(labels):
        return False
    return bool((labels.sum(axis=axis, dtype=np.int64) == 1).all())


def _lengths(labels: Labels) -> tuple[int, ...]:
    return _lengths_of(labels.shape)


def _lengths_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)
