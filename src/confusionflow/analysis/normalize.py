"""Turns counts into shares."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from confusionflow.analysis.metrics import ratio
from confusionflow.errors import ArgumentError

Normalization = Literal["actual", "predicted", "all"]

_AXES: dict[str, tuple[int, ...]] = {"actual": (-1,), "predicted": (-2,), "all": (-2, -1)}


def normalize(counts: ArrayLike, by: Normalization | None) -> NDArray[np.int64 | np.float64]:
    """Divide the counts of a dense cube or matrix.

    Arguments:
        counts: Shape (..., classes, classes); rows are actual.
        by: What to divide each epoch's counts by: "actual" is the support of the row's class,
            "predicted" the total of the column's class, "all" the epoch's total. None divides
            nothing.

    Returns:
        float64 shares, or the counts for None, in the shape given. 0/0 is NaN.

    Raises:
        ArgumentError: `by` has another value.

    Examples:
        >>> normalize([[8, 2], [1, 3]], "actual")
        array([[0.8 , 0.2 ],
               [0.25, 0.75]])
        >>> normalize([[8, 2], [0, 0]], "actual")
        array([[0.8, 0.2],
               [nan, nan]])
    """
    array = np.asarray(counts)
    if by is None:
        return array
    if by not in _AXES:
        known = ", ".join(map(repr, get_args(Normalization)))
        raise ArgumentError(f"No normalization {by!r}. Pass one of {known}, or None.")
    return ratio(array, array.sum(axis=_AXES[by], keepdims=True))
