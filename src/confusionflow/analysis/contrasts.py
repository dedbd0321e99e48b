"""Find what sets some instances apart from the right ones of their classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Only the most frequent values of a text column are looked at: this many.
MOST_VALUES = 50
# Smaller effects are rounding errors.
NOTHING = 1e-9


@dataclass(frozen=True)
class Contrast:
    """A column in which some instances differ from others.

    Attributes:
        column: Name of the column.
        value: Which of its values is meant; None for a column of numbers.
        listed, right: Mean of the numbers, or share of the instances that have the value.
        effect: How far they are apart: for numbers, the difference in standard deviations that
            the right ones have within their classes; for shares Cohen's h, 2 asin √a - 2 asin √b.
            By Cohen's rule of thumb, 0.2 is small and 0.8 is large.
    """

    column: str
    value: str | None
    listed: float
    right: float
    effect: float


def contrasts(
    columns: Mapping[str, NDArray[Any]],
    classes: NDArray[np.integer],
    is_listed: NDArray[np.bool_],
    is_right: NDArray[np.bool_],
    most: int = 5,
) -> list[Contrast]:
    """Find the columns in which instances differ most from the right ones of their classes.

    Both have the same mix of classes: each right one counts as often as there are listed instances
    of its class for each right one of it. Classes that lack one of the two are left out.

    Arguments:
        columns: Floats, NaN for unknown, or texts, None for unknown, each shape (instances,).
        classes: Index of the actual class, shape (instances,).
        is_listed: Which instances are meant, shape (instances,).
        is_right: Which others they are compared with, shape (instances,).
        most: How many contrasts to return, the greatest effects first.

    Examples:
        >>> age = np.array([70.0, 72, 31, 30, 29, 30])
        >>> classes, listed = np.zeros(6, int), np.array([1, 1, 0, 0, 0, 0], bool)
        >>> (found,) = contrasts({"age": age}, classes, listed, ~listed)
        >>> found.column, found.listed, found.right
        ('age', 71.0, 30.0)
    """
    found: list[Contrast] = []
    for name, values in columns.items():
        if values.dtype == object:
            known = np.array([value is not None for value in values], bool)
            texts = np.array([str(value) for value in values], object)
            weights = _weights(classes, is_listed & known, is_right & known)
            if weights is None:
                continue
            found.append(_of_texts(name, texts, known & (is_listed | is_right), weights))
        else:
            known = np.isfinite(values)
            weights = _weights(classes, is_listed & known, is_right & known)
            if weights is None:
                continue
            numbers = np.where(known, values, 0).astype(np.float64)
            listed, right = (float((w * numbers).sum() / w.sum()) for w in weights)
            spread = _spread(numbers, classes, weights[1])
            if spread > 0:
                found.append(Contrast(name, None, listed, right, float((listed - right) / spread)))
    found.sort(key=lambda each: -abs(each.effect))
    return [each for each in found if abs(each.effect) > NOTHING][:most]


def _of_texts(
    name: str,
    texts: NDArray[Any],
    is_meant: NDArray[np.bool_],
    weights: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> Contrast:
    """The value whose share differs most; in a tie, the one that is more frequent than usual."""
    seen, counts = np.unique(texts[is_meant], return_counts=True)
    found = []
    for value in seen[np.argsort(-counts, kind="stable")][:MOST_VALUES]:
        has = texts == value
        listed, right = (float(w[has].sum() / w.sum()) for w in weights)
        effect = 2 * (np.arcsin(np.sqrt(listed)) - np.arcsin(np.sqrt(right)))
        found.append(Contrast(name, str(value), listed, right, float(effect)))
    return max(found, key=lambda each: (round(abs(each.effect), 6), each.effect))


def _spread(
    numbers: NDArray[np.float64], classes: NDArray[np.integer], weights: NDArray[np.float64]
) -> float:
    """Standard deviation within classes."""
    totals = np.bincount(classes, weights)
    sums = np.bincount(classes, weights * numbers)
    means = np.divide(sums, totals, out=np.zeros(len(sums)), where=totals > 0)
    return float(np.sqrt((weights * (numbers - means[classes]) ** 2).sum() / weights.sum()))


def _weights(
    classes: NDArray[np.integer], is_listed: NDArray[np.bool_], is_right: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Weight the listed and the right instances of each class; None if no class has both."""
    n = int(classes.max(initial=0)) + 1
    listed, right = (
        np.bincount(classes[each], minlength=n).astype(np.float64) for each in (is_listed, is_right)
    )
    both = (listed > 0) & (right > 0)
    if not both.any():
        return None
    ratio = np.divide(listed, right, out=np.zeros(n), where=both)
    return (is_listed * both[classes]).astype(np.float64), is_right * ratio[classes]
