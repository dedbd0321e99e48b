"""Find instances that occur twice in an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from confusionflow.errors import LabelError


def rows_without_repeats(
    instances: NDArray[Any] | pa.Array, actual: NDArray[Any], predicted: NDArray[Any]
) -> NDArray[np.intp] | None:
    """Return the rows in which an instance comes first; None if no instance occurs twice.

    Samplers pad the last batch with instances that they gave out before, so that one process
    gathers some of them twice.

    Arguments:
        instances: What identifies them, shape (instances,).
        actual, predicted: Labels, each shape (instances,).

    Raises:
        LabelError: an instance occurs twice with different labels.

    Examples:
        >>> rows_without_repeats(np.array([7, 8, 7]), np.array([0, 1, 0]), np.array([1, 1, 1]))
        array([0, 1])
    """
    ids = instances if isinstance(instances, pa.Array) else pa.array(instances)
    if pc.count_distinct(ids).as_py() == len(ids):
        return None
    codes = pc.dictionary_encode(ids).indices.to_numpy()
    _, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    of_first = first[inverse]
    differs = (actual != actual[of_first]) | (predicted != predicted[of_first])
    if differs.any():
        row = int(np.argmax(differs))
        one, other = int(of_first[row]), row
        labels = [
            f"at {at:,} with actual {_shown(actual, at)} and predicted {_shown(predicted, at)}"
            for at in (one, other)
        ]
        raise LabelError(
            f"ids has {ids[row].as_py()!r:.60} twice, {labels[0]}, and {labels[1]}. Pass ids that "
            "tell all instances apart. If these are several evaluations of one instance, log each "
            "as an epoch, a split or a run of its own."
        )
    return np.sort(first)


def _shown(labels: NDArray[Any], at: int) -> str:
    return f"{labels[at : at + 1].tolist()[0]!r:.40}"
