"""What is kept of probabilities beside the predictions: confidence and margin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import LabelError, ShapeError
from confusionflow.log.arrays import to_array

# The largest size of a margin: e^-80 is 0 in single precision.
MOST_MARGIN = 80.0
# The largest number of half precision.
MOST_HALF = 65504.0
# How many numbers are worked on at a time: few enough to stay in a core's cache.
BLOCK = 1 << 18
FEW_CLASSES = 64


def margins(
    scores: NDArray[np.floating], actual: NDArray[np.integer], *, are_logits: bool
) -> NDArray[np.float32]:
    """Work out log p(actual) - log of the largest other probability.

    Arguments:
        scores: Probabilities or logits, shape (instances, classes).
        actual: Class index of each instance; the number of classes for none.
        are_logits: Whether these are logits, whose differences are those of the logarithms.

    Returns:
        float32 between -80 and 80, shape (instances,); NaN where it is undefined.

    Examples:
        >>> margins(np.array([[0.2, 0.8], [0.5, 0.5]]), np.array([1, 2]), are_logits=False)
        array([1.3862944,       nan], dtype=float32)
    """
    n, k = scores.shape
    found = np.full(n, np.nan, np.float32)
    for rows in blocks(n, k):
        index = actual[rows]
        known = index < k
        is_whole = bool(known.all())
        part = by_class(scores[rows] if is_whole else scores[rows][known], always_copy=True)
        own_position = (index if is_whole else index[known], np.arange(part.shape[1]))
        own = part[own_position]
        part[own_position] = -np.inf if are_logits else 0
        other = part.max(axis=0)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            margin = own - other if are_logits else np.log(own) - np.log(other)
        found[rows][known] = np.clip(margin, -MOST_MARGIN, MOST_MARGIN)
    return found


def blocks(n: int, k: int) -> Iterator[slice]:
    """Slices of n instances with k numbers each, so short that a block stays in a core's cache."""
    step = max(1, BLOCK // max(1, k))
    for start in range(0, n, step):
        yield slice(start, start + step)


def by_class(scores: NDArray[np.floating], *, always_copy: bool = False) -> NDArray[np.floating]:
    """Scores in single precision or more, shape (classes, instances).

    Those of few classes are laid out in that order, so that numpy works on many instances at once.

    Arguments:
        scores: Shape (instances, classes).
        always_copy: Whether the caller will write into the result.
    """
    kind = np.promote_types(scores.dtype, np.float32)
    if scores.shape[1] <= FEW_CLASSES:
        return scores.T.astype(kind, order="C", copy=always_copy or not scores.T.flags.c_contiguous)
    return scores.astype(kind, copy=always_copy).T


def numbers_of(values: Any, size: int, name: str) -> NDArray[np.float32]:
    """Check numbers that predictions have, shape (size,).

    Arguments:
        values: What a user passed.
        size: How many instances there are.
        name: What it was passed as, "confidence" or "margin".

    Raises:
        LabelError: they are not numbers.
        ShapeError: there are more or fewer than `size`.
    """
    array = to_array(values, name).ravel()
    if array.size != size:
        raise ShapeError(
            f"{name} has {array.size:,} values and y_true {size:,}. Pass one for each."
        )
    if array.dtype.kind not in "fiu":
        raise LabelError(f"{name} holds {array.dtype} values. Pass a number for each.")
    if name == "margin":
        array = np.clip(array, -MOST_MARGIN, MOST_MARGIN)
    return array.astype(np.float32)


def to_half(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round to half precision, so that a number needs a byte or two on disk.

    Examples:
        >>> to_half(np.array([0.1234567, 0.99999, 1e9], np.float32))
        array([1.2347412e-01, 1.0000000e+00, 6.5504000e+04], dtype=float32)
    """
    near = np.clip(values, -MOST_HALF, MOST_HALF)
    return near.astype(np.float16).astype(np.float32)
