"""Derives probabilities from confidence and margin, without those of all classes.

The confidence is the probability of the predicted class, the margin log p(actual) - log of the
largest other probability. If the prediction is wrong, p(actual) follows if the predicted class is
the most probable one or if there are two classes. A wrong prediction with a positive margin was not
the most probable class.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def self_confidence(
    is_right: NDArray[np.bool_],
    confidence: NDArray[np.floating],
    margin: NDArray[np.floating],
    n_classes: int,
) -> NDArray[np.float32]:
    """Probability of the actual class, which cleanlab calls self-confidence.

    Arguments:
        is_right: Whether the prediction is the actual class, any shape.
        confidence: Probability of the predicted class, same shape.
        margin: log p(actual) - log of the largest other probability, same shape.
        n_classes: Number of classes.

    Returns:
        float32, same shape; NaN where it can't be told.

    Examples:
        >>> right = np.array([True, False, False])
        >>> self_confidence(right, np.full(3, 0.5), np.log([2.5, 0.4, 2.0]), 3).round(3)
        array([0.5, 0.2, nan], dtype=float32)
    """
    sure = confidence.astype(np.float32, copy=False)
    ahead = margin.astype(np.float32, copy=False)
    # If a wrong prediction is the most probable class, its probability is the largest other one.
    behind = np.where(is_right, np.float32(0), ahead)
    with np.errstate(over="ignore"):
        found: NDArray[np.float32] = np.exp(behind)
        found *= sure
    if n_classes != 2:
        np.copyto(found, np.nan, where=behind > 0)
    return found


def normalized_margin(
    is_right: NDArray[np.bool_],
    confidence: NDArray[np.floating],
    margin: NDArray[np.floating],
    n_classes: int,
) -> NDArray[np.float32]:
    """(p(actual) - largest other probability + 1) / 2, as cleanlab computes it.

    Source: Northcutt, Jiang, Chuang: Confident Learning (JAIR 2021); cleanlab 2.9,
    `get_label_quality_scores(method="normalized_margin")`.

    Arguments:
        is_right, confidence, margin, n_classes: As for `self_confidence`.

    Returns:
        float32, same shape; NaN where it can't be told.

    Examples:
        >>> right = np.array([True, False])
        >>> normalized_margin(right, np.full(2, 0.5), np.log([2.5, 0.4]), 3).round(3)
        array([0.65, 0.35], dtype=float32)
    """
    own = self_confidence(is_right, confidence, margin, n_classes)
    sure = confidence.astype(np.float32, copy=False)
    ahead = margin.astype(np.float32, copy=False)
    with np.errstate(over="ignore"):
        other = np.where(is_right, sure * np.exp(-ahead), sure)
    return ((own - other + 1) / 2).astype(np.float32)
