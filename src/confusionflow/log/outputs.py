"""Turn a model's output into a predicted class and a confidence for each instance."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError, LabelError, ShapeError
from confusionflow.log.arrays import to_array
from confusionflow.log.probabilities import FEW_CLASSES, blocks, by_class

Floats = NDArray[np.floating]

# Where models keep their scores when they return several things, and steps what they return.
OUTPUT_NAMES = ("logits", "preds", "y_pred", "y_prob", "probs", "predictions", "out")


def main_output(output: Any) -> Any:
    """Take the scores out of a model's output that holds several things.

    Dicts and outputs of Hugging Face hold them as "logits", torchvision's segmentation as "out".

    Raises:
        LabelError: it holds several things, and none has a usual name.

    Examples:
        >>> main_output({"out": [[0.1, 0.9]], "aux": [[0.2, 0.8]]})
        [[0.1, 0.9]]
    """
    if isinstance(output, Mapping):
        named = next((output[name] for name in OUTPUT_NAMES if name in output), None)
        if named is None and len(output) == 1:
            named = next(iter(output.values()))
        if named is None:
            raise LabelError(
                f"The model's output is a dict of {', '.join(map(repr, output))}, and none is "
                f"called {', '.join(map(repr, OUTPUT_NAMES))}. Pass the scores alone."
            )
        return named
    logits = getattr(output, "logits", None)
    if logits is not None and not hasattr(output, "dtype"):
        return logits
    if isinstance(output, tuple) and output and all(hasattr(part, "shape") for part in output):
        if len(output) > 1:
            raise LabelError(
                f"The model's output is a tuple of {len(output)} arrays. Pass the scores alone."
            )
        return output[0]
    return output


def to_scores(values: Any, name: str) -> Floats:
    """Probabilities or logits as an array of floats, of any shape.

    Raises:
        LabelError: the values are not numbers.
    """
    array = to_array(main_output(values), name)
    if array.dtype.kind == "V" and "float" in array.dtype.name:
        array = array.astype(np.float32)  # bfloat16 and others that numpy only knows by extension
    if array.dtype.kind not in "fiu":
        raise LabelError(f"{name} holds {array.dtype} values. Pass a number for each class.")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def are_probabilities(scores: Floats) -> bool:
    """Whether all finite numbers lie in 0 … 1, but for the rounding of half precision.

    Examples:
        >>> are_probabilities(np.array([0.0, 1.001, np.nan]))
        True
        >>> are_probabilities(np.array([0.2, -0.1]))
        False
    """
    if not scores.size:
        return True
    # Usually two passes that keep nothing suffice; a NaN fails both comparisons.
    if scores.min() >= 0 and scores.max() < 1.01:
        return True
    with np.errstate(invalid="ignore"):
        wrong = (scores < 0) | ((scores >= 1.01) & (scores < np.inf))
    return not bool(wrong.any())


def two_columns(numbers: Floats, *, are_logits: bool) -> Floats:
    """Make the scores of both classes from a model's single number, that of the second class.

    A logit z is the pair (0, z), because their softmax is the sigmoid of z; a probability p is the
    pair
    (1 - p, p).

    Arguments:
        numbers: One for each instance, shape (instances,).
        are_logits: Whether they are logits and not probabilities.

    Returns:
        Shape (instances, 2).

    Examples:
        >>> two_columns(np.array([0.25, 1.0]), are_logits=False).tolist()
        [[0.75, 0.25], [0.0, 1.0]]
        >>> two_columns(np.array([-3.0]), are_logits=True).tolist()
        [[0.0, -3.0]]
    """
    first = np.where(np.isnan(numbers), numbers, 0) if are_logits else 1 - numbers
    return np.stack([first, numbers], axis=-1)


def predicted_classes(
    scores: Floats, *, are_logits: bool, threshold: float | None = None
) -> tuple[NDArray[Any], NDArray[np.float32]]:
    """Find the predicted class of each instance, and its probability.

    Arguments:
        scores: Probabilities or logits, shape (instances, classes).
        are_logits: Whether they are logits, whose softmax is the probability.
        threshold: For two classes, the probability or logit above which the second one is
            predicted.

    Returns:
        Class indices, objects with None if a score is not a number; and their probabilities,
        NaN there.

    Raises:
        ArgumentError: there is a threshold, but there are not two classes.

    Examples:
        >>> predicted_classes(np.array([[0.7, 0.3], [0.6, 0.4]]), are_logits=False, threshold=0.35)
        (array([0, 1]), array([0.7, 0.4], dtype=float32))
        >>> predicted_classes(np.array([[0.0, -1.0], [0.0, 2.0]]), are_logits=True)[0]
        array([0, 1])
    """
    n, width = scores.shape
    if threshold is not None and width != 2:
        raise ArgumentError(
            f"threshold is {threshold!r:.60} and there are {width} classes. It decides between two "
            "classes; leave it out."
        )
    predicted, confidence = np.zeros(n, np.intp), np.full(n, np.nan, np.float32)
    is_known = np.ones(n, bool)
    for rows in blocks(n, width):
        part = by_class(scores[rows])
        is_known[rows] = _are_known(part, are_logits=are_logits)
        with np.errstate(invalid="ignore", over="ignore"):
            predicted[rows], chosen = _chosen(part, threshold, are_logits=are_logits)
            if are_logits:
                others = (part - chosen).astype(np.float32, copy=False)
                chosen = 1 / np.exp(others, out=others).sum(axis=0)
        confidence[rows] = chosen
    if is_known.all():
        return predicted, confidence
    confidence[~is_known] = np.nan
    some = predicted.astype(object)
    some[~is_known] = None
    return some, confidence


def _are_known(part: Floats, *, are_logits: bool) -> NDArray[np.bool_]:
    """Whether the scores of each instance are numbers, shape (instances,).

    Arguments:
        part: Scores, shape (classes, instances).
    """
    with np.errstate(over="ignore", invalid="ignore"):
        # One sum is cheap, and finite only if all are.
        if np.isfinite(part.sum()):
            return np.ones(part.shape[1], bool)
    if are_logits:
        # A logit of minus infinity is a class that is ruled out.
        part = np.where(np.isneginf(part), part.max(axis=0), part)
    return np.asarray(np.isfinite(part).all(axis=0))


def _chosen(
    part: Floats, threshold: float | None, *, are_logits: bool
) -> tuple[NDArray[np.integer], Floats]:
    """The class of the greatest score, or the one that a threshold says, and its score.

    Arguments:
        part: Scores, shape (classes, instances).
    """
    if threshold is not None:
        decisive = part[1] - part[0] if are_logits else part[1]
        predicted = (decisive > threshold).astype(np.intp)
        return predicted, np.where(predicted, part[1], part[0])
    if len(part) <= FEW_CLASSES:
        greatest = part.max(axis=0)
        # As many as there are classes before the first one that has the greatest score.
        are_less = part != greatest
        for before, row in pairwise(are_less):
            row &= before
        return np.add.reduce(are_less.view(np.uint8), axis=0, dtype=np.uint8), greatest
    predicted = part.argmax(axis=0)
    return predicted, part[predicted, np.arange(part.shape[1])]


def check_threshold(threshold: Any) -> float | None:
    """Check a threshold and return it as a number.

    Raises:
        ArgumentError: it is not a finite number.
    """
    if threshold is None:
        return None
    try:
        number = float(threshold)
    except (TypeError, ValueError):
        number = np.nan
    if isinstance(threshold, (bool, str)) or not np.isfinite(number):
        raise ArgumentError(
            f"threshold is {threshold!r:.60}. Pass the probability, or the logit, above which the "
            "second of two classes is predicted."
        )
    return number


def scores_by_instance(
    scores: Floats,
    labels: tuple[int, ...],
    name: str,
    *,
    n_classes: int | None = None,
    class_axis: int | None = None,
) -> Floats:
    """Reshape scores to one row for each label, whichever axis their classes are on.

    Classes may be on the last axis, as in (N, C) and (N, tokens, C), or on the one after the
    instances, as in (N, C, H, W).

    Arguments:
        scores: The scores.
        labels: The shape of the labels.
        name: What the scores are called in errors.
        n_classes: How many classes there are, if that is known.
        class_axis: The axis of the classes, if a framework says so.

    Returns:
        Shape (labels, classes); or (labels,) if there is one number for each label.

    Raises:
        ShapeError: the shapes don't fit, or fit in two ways.

    Examples:
        >>> scores_by_instance(np.zeros((5, 3, 8, 8)), (5, 8, 8), "y_prob").shape
        (320, 3)
        >>> scores_by_instance(np.zeros((5, 1)), (5,), "y_prob").shape
        (5,)
    """
    shape = scores.shape
    if _lengths(shape) == _lengths(labels):
        if n_classes == 1 or (scores.ndim > 1 and shape[-1] > 1 and n_classes not in (None, 2)):
            raise ShapeError(
                f"{name} has shape {shape}, one number for each label, and there are {n_classes} "
                f"{'class' if n_classes == 1 else 'classes'}. One number decides between two "
                "classes; pass one for each class."
            )
        return scores.reshape(-1)
    axes = [
        axis
        for axis in dict.fromkeys([1, scores.ndim - 1])
        if 0 < axis < scores.ndim and _lengths(shape[:axis] + shape[axis + 1 :]) == _lengths(labels)
    ]
    if not axes or 0 in shape[1:]:
        raise ShapeError(
            f"y_true has shape {labels} and {name} has shape {shape}. Pass {name} with shape "
            "(instances, classes), one row for each label; or with the labels' own shape and one "
            "axis of classes, the second or the last."
        )
    if len(axes) > 1:
        axes = _likely(scores, axes, n_classes, class_axis)
    if len(axes) > 1:
        raise ShapeError(
            f"{name} has shape {shape}: the classes may be on its second axis or on its last. Pass "
            f"{name} with shape (labels, classes) and y_true with shape (labels,), for instance "
            f"np.moveaxis({name}, 1, -1).reshape(-1, {shape[1]}) and y_true.ravel()."
        )
    return np.moveaxis(scores, axes[0], -1).reshape(-1, shape[axes[0]])


def _likely(
    scores: Floats, axes: list[int], n_classes: int | None, class_axis: int | None
) -> list[int]:
    """Choose among axes that may hold the classes by what else is known."""
    of_size = [axis for axis in axes if scores.shape[axis] == n_classes]
    axes = of_size or axes
    if class_axis is not None and class_axis % scores.ndim in axes:
        return [class_axis % scores.ndim]
    if len(axes) > 1 and are_probabilities(scores):
        sums = [scores.sum(axis=axis, dtype=np.float64) for axis in axes]
        ones = [
            axis for axis, sum_ in zip(axes, sums, strict=True) if np.allclose(sum_, 1, 0, 0.01)
        ]
        return ones or axes
    return axes


def _lengths(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(length for length in shape if length != 1)
