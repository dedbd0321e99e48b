"""Turn what a training has (lists, numpy arrays, tensors of any framework) into arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import LabelError, ShapeError

# What labels may be, by numpy's kind: bool, integers, text, objects (a list that mixes them).
LABEL_KINDS = "biuUSOT"


def to_array(values: Any, name: str) -> NDArray[Any]:
    """Convert a value to numpy by the protocols that frameworks share, and import none of these.

    Raises:
        ShapeError: lists of different lengths.
        LabelError: it can't become an array.
    """
    try:
        if isinstance(values, np.ma.MaskedArray):
            return _unmasked(values)
        if isinstance(values, np.ndarray):
            return values
        if hasattr(values, "detach"):  # torch: off the graph and off the device
            values = values.detach().cpu()
            if "bfloat16" in str(values.dtype):  # numpy has none
                values = values.float()
            return np.asarray(values)
        if not hasattr(values, "__array__") and hasattr(values, "__dlpack__"):
            return np.from_dlpack(values)
        if isinstance(values, (set, frozenset, dict)) or hasattr(values, "__next__"):
            raise LabelError(
                f"{name} is a {type(values).__name__}, which has no order. Pass a list or an array."
            )
        return _with_ends(values, np.asarray(values))
    except ValueError as error:
        if isinstance(error, LabelError):
            raise
        raise ShapeError(
            f"{name} is not a regular array ({error}). Pass one label for each instance, "
            "all in one flat list."
        ) from None
    except (TypeError, RuntimeError) as error:
        raise LabelError(
            f"{name} is a {type(values).__name__} that can't become an array ({error}). "
            "Pass a list, a numpy array or a tensor."
        ) from None


def _unmasked(values: np.ma.MaskedArray[Any, Any]) -> NDArray[Any]:
    """Turn a masked array into one whose masked values are missing."""
    if not np.ma.is_masked(values):
        plain: NDArray[Any] = values.data
        return plain
    is_float = values.dtype.kind == "f"
    array: NDArray[Any] = values.data.astype(values.dtype if is_float else object)
    array[np.ma.getmaskarray(values)] = np.nan if is_float else None
    return array


def _with_ends(values: Any, array: NDArray[Any]) -> NDArray[Any]:
    """Keep texts unchanged: numpy's arrays of text drop zero characters at the end of each."""
    if array.dtype.kind != "U":
        return array
    objects = np.array(values, object)
    return objects if "\0" in "".join(map(str, objects.flat)) else array


def to_labels(values: Any, name: str) -> NDArray[Any]:
    """Convert labels to an array of integers, text or objects; any shape, 0-d becomes (1,).

    Floats that are whole numbers are taken as integers; NaN is a missing label.

    Raises:
        LabelError: the values are not labels.
    """
    array = to_array(values, name)
    if array.ndim == 0:
        array = array.reshape(1)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind == "b":
        return array.astype(np.uint8)
    if array.dtype.kind == "f":
        return _whole(array, name)
    if array.dtype.kind == "S":
        return np.char.decode(array, "utf-8")
    if array.dtype.kind not in LABEL_KINDS:
        raise LabelError(
            f"{name} holds {array.dtype} values. Pass class indices (integers) or class names."
        )
    if array.dtype.kind == "O":
        _check_objects(array, name)
    return array


def _whole(array: NDArray[Any], name: str) -> NDArray[Any]:
    missing = np.isnan(array)
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.int64)
    if not np.array_equal(whole[~missing], array[~missing]):
        first = array[~missing][whole[~missing] != array[~missing]][0]
        way_out = (
            f"{name}.argmax(axis=1) has the most probable class of each row."
            if name == "y_true" and array.ndim == 2 and array.shape[1] > 1
            else "probabilities go to y_prob."
        )
        raise LabelError(
            f"{name} holds {array.dtype} values such as {first:g}. Pass class indices (integers) "
            f"or class names; {way_out}"
        )
    if not missing.any():
        return whole
    labels = whole.astype(object)
    labels[missing] = None
    return labels


def _check_objects(array: NDArray[Any], name: str) -> None:
    for value in array.flat:
        if value is None or isinstance(value, (str, int, np.integer, np.bool_)):
            continue
        if isinstance(value, (float, np.floating)) and (np.isnan(value) or value == int(value)):
            continue
        if type(value).__name__ in ("NAType", "NaTType"):  # missing, as pandas writes it
            continue
        raise LabelError(
            f"{name} holds a {type(value).__name__} ({value!r:.60}). "
            "Pass class indices (integers) or class names."
        )


def to_counts(values: Any, *, is_square: bool = True) -> NDArray[np.int64]:
    """Convert a confusion matrix of counts, shape (classes, classes).

    Arguments:
        values: The matrix.
        is_square: False if rows and columns have names, so that some may be absent.

    Raises:
        ShapeError: it is not square.
        LabelError: it holds anything but counts.
    """
    array = to_array(values, "matrix")
    if array.ndim == 3 and array.shape[1:] == (2, 2):
        raise ShapeError(
            f"The matrix has shape {array.shape}: a matrix of two classes for each of "
            f"{array.shape[0]} labels. Log each as a split of its own, for i, one in "
            'enumerate(matrix): run.log_matrix(epoch, f"label {i}", one, classes=["no", "yes"]).'
        )
    if array.ndim != 2 or (is_square and array.shape[0] != array.shape[1]):
        raise ShapeError(
            f"The matrix has shape {array.shape}. Pass shape (classes, classes), rows actual."
        )
    if array.dtype.kind not in "biuf":
        raise LabelError(f"The matrix holds {array.dtype} values. Pass counts.")
    counts, wrong = whole_numbers(array)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise LabelError(
            f"The matrix holds {array[row, column]} at row {row}, column {column}. Pass counts: "
            "whole numbers from 0 on, not shares."
        )
    return counts


def whole_numbers(array: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Numbers as integers, and which of them are not whole numbers from 0 on.

    Examples:
        >>> whole_numbers(np.array([2.0, 0.5, -1.0]))
        (array([ 2,  0, -1]), array([False,  True,  True]))
    """
    with np.errstate(invalid="ignore"):
        integers = array.astype(np.int64)
    return integers, (integers != array) | (integers < 0)
