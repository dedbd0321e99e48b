"""From what models put out to what `Run.log` takes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ShapeError
from confusionflow.log.arrays import to_array


def class_indices(output: Any) -> NDArray[np.integer]:
    """The predicted class of each instance, from a model's output.

    Arguments:
        output: Logits or probabilities, shape (instances, classes); or one number an instance,
            shape (instances,) or (instances, 1): a class index if it is an integer, else the
            probability of the second of two classes.

    Returns:
        Class indices, shape (instances,).

    Raises:
        ShapeError: the output has another shape.

    Examples:
        >>> class_indices([[2.0, -1.0], [0.1, 0.3]])
        array([0, 1])
        >>> class_indices([[0.2], [0.9]])
        array([0, 1])
    """
    array = to_array(output, "The model's output")
    if array.ndim == 2 and array.shape[1] > 1:
        indices: NDArray[np.integer] = array.argmax(axis=1)
        return indices
    if array.ndim == 2 or array.ndim == 1:
        flat = array.reshape(len(array))
        if flat.dtype.kind in "iub":
            return flat.astype(np.int64)
        return (flat > 0.5).astype(np.int64)
    raise ShapeError(
        f"The model's output has shape {array.shape}. It should be (instances, classes)."
    )


def class_labels(labels: Any) -> NDArray[Any]:
    """The actual class of each instance: labels as they are, one-hot rows as their index.

    Examples:
        >>> class_labels([[0, 1, 0], [1, 0, 0]])
        array([1, 0])
        >>> class_labels(["cat", "dog"]).tolist()
        ['cat', 'dog']
    """
    array = to_array(labels, "The labels")
    if array.ndim == 2 and array.shape[1] > 1:
        indices: NDArray[Any] = array.argmax(axis=1)
        return indices
    return array.reshape(-1)
