"""Find the labels and predictions of evaluation steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from confusionflow.errors import LabelError
from confusionflow.log.arrays import to_labels
from confusionflow.log.frames import named_rows
from confusionflow.log.outputs import OUTPUT_NAMES
from confusionflow.log.shapes import one_hot_labels

# Names of labels in steps and batches.
LABEL_NAMES = ("labels", "label", "y_true", "targets", "target", "y")


def class_labels(labels: Any) -> NDArray[Any]:
    """Return the actual class of each instance: labels stay, one-hot rows become indices.

    Raises:
        LabelError: they are not labels.

    Examples:
        >>> class_labels([[0, 1, 0], [1, 0, 0]])
        array([1, 0])
        >>> class_labels(["cat", "dog"]).tolist()
        ['cat', 'dog']
    """
    array = one_hot_labels(to_labels(named_rows(labels), "The labels"))
    return array.ravel() if array.size == len(array) else array


def found_in_step(returned: Any, batch: Any, forwarded: Any = None) -> tuple[Any, Any]:
    """Find labels and predictions of an evaluation step in the usual places.

    Arguments:
        returned: What the step returned; a dict may hold both, by usual names.
        batch: The step's batch, a pair of inputs and labels or a dict with labels.
        forwarded: The model's output, used if `returned` has no predictions: scores or a dict.

    Returns:
        Labels and predictions.

    Raises:
        LabelError: one of them was not found.

    Examples:
        >>> found_in_step({"loss": 0.3, "logits": [[0.1, 0.9]]}, ("image", [1]))
        ([1], [[0.1, 0.9]])
        >>> found_in_step(None, {"image": "image", "label": [1]}, [[0.1, 0.9]])
        ([1], [[0.1, 0.9]])
    """
    predicted = _named(returned, OUTPUT_NAMES)
    if predicted is None:
        is_dict = isinstance(forwarded, Mapping)
        predicted = _named(forwarded, OUTPUT_NAMES) if is_dict else forwarded
    labels = _named(returned, LABEL_NAMES)
    if labels is None:
        labels = _named(batch, LABEL_NAMES)
    if labels is None and isinstance(batch, (list, tuple)) and len(batch) == 2:
        labels = batch[1]
    if predicted is None or labels is None:
        missing = "predictions" if predicted is None else "labels"
        raise LabelError(
            f"The step returned {_described(returned)}, its batch is {_described(batch)}, and no "
            f'{missing} were found. Return them from the step, {{"logits": …, "labels": …}}, or '
            "pass predictions=, a function that takes what the step returned and the batch, and "
            "returns labels and predictions."
        )
    return labels, predicted


def _named(values: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(values, Mapping):
        return None
    return next((values[name] for name in names if name in values), None)


def _described(values: Any) -> str:
    if isinstance(values, Mapping):
        return f"a dict of {', '.join(map(repr, values))}"
    if isinstance(values, (list, tuple)):
        return f"a {type(values).__name__} of {len(values)}"
    return "nothing" if values is None else f"a {type(values).__name__}"
