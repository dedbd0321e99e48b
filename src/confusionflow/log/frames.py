"""Names and orders that data frames and categories carry."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from confusionflow.errors import ClassesError, ShapeError
from confusionflow.log.arrays import to_array
from confusionflow.log.checks import not_a_class, shown
from confusionflow.log.classes import ClassList

# Words that name an axis of a confusion matrix, as crosstab(rownames=…) keeps them.
ACTUAL_WORDS = re.compile(r"actual|true|truth|target|label|reference|expected", re.IGNORECASE)
PREDICTED_WORDS = re.compile(r"pred", re.IGNORECASE)


def column_names(values: Any) -> list[Any] | None:
    """The names of a data frame's columns; None if these are only numbers."""
    if isinstance(values, (np.ndarray, list, tuple, dict)):
        return None
    names = getattr(values, "column_names", None)  # pyarrow
    if names is None:
        names = getattr(values, "columns", None)
    return _names(names)


def category_names(values: Any) -> list[Any] | None:
    """All categories of a categorical column in their order; None for other values.

    Of pandas, of Polars if it is an Enum, of pyarrow if it is a dictionary.
    """
    dtype: Any = getattr(values, "dtype", None)
    if type(dtype).__name__ in ("CategoricalDtype", "Enum"):
        return list(dtype.categories)
    kind = getattr(values, "type", None)
    if getattr(kind, "index_type", None) is not None:
        chunks = getattr(values, "chunks", [values])
        return list(chunks[0].dictionary.to_pylist()) if chunks else None
    return None


def named_rows(values: Any) -> Any:
    """Turn one-hot columns, as get_dummies makes them, into names; return other values as they are.

    Examples:
        >>> import pandas as pd
        >>> named_rows(pd.get_dummies(pd.Series(["dog", "cat"]))).tolist()
        ['dog', 'cat']
    """
    names = column_names(values)
    if names is None or len(names) < 2:
        return values
    array = to_array(values, "y_true")
    if array.dtype.kind == "O":
        return values
    if array.dtype.kind not in "biuf" or not ((array == 0) | (array == 1)).all():
        return values
    if not (array.sum(axis=1) == 1).all():
        return values
    return np.array(names, object)[array.argmax(axis=1)]


def positions_of(names: Sequence[Any], known: ClassList, what: str) -> list[int]:
    """Find the position of each name among the classes.

    Arguments:
        names: The names.
        known: The classes.
        what: What has these names, for errors: "The columns of y_prob".

    Raises:
        ClassesError: a name is not a class, or two are the same class.
    """
    positions = [known.find(plain_name(name)) for name in names]
    for name, position in zip(names, positions, strict=True):
        if position == len(known):
            raise ClassesError(
                f"{what} are named {shown(names)}, and the classes are {shown(known.names)}. "
                f"{not_a_class(plain_name(name), known)}. Rename them, or pass .to_numpy() if they "
                "are in the order of the classes."
            )
        if positions.count(position) > 1:
            raise ClassesError(f"{what}: two are named {name!r:.60}. Keep one.")
    return positions


def named_matrix(matrix: Any) -> tuple[Any, list[Any], list[Any]] | None:
    """The values of a confusion matrix in a data frame, and the names of its rows and columns.

    A frame whose axes are named as predicted rows and actual columns is transposed.

    Returns:
        None if rows or columns have no names.

    Raises:
        ShapeError: rows or columns hold sums.
    """
    columns = column_names(matrix)
    index = getattr(matrix, "index", None)
    rows = None if callable(index) else _names(index)
    if rows is None or columns is None:
        return None
    if _is_named(index, PREDICTED_WORDS) and _is_named(matrix.columns, ACTUAL_WORDS):
        matrix, rows, columns = matrix.T, columns, rows
    array = to_array(matrix, "matrix")
    for names, axis, line in ((rows, 0, "row"), (columns, 1, "column")):
        last = np.take(array, -1, axis=axis)
        rest = np.delete(array, -1, axis=axis).sum(axis=axis)
        is_sum = str(names[-1]).casefold() in ("all", "total", "sum", "margin")
        if is_sum and array.dtype.kind in "iuf" and np.array_equal(last, rest):
            raise ShapeError(
                f"The matrix has a {line} {names[-1]!r} of sums. Leave it out: "
                "pd.crosstab(…, margins=False)."
            )
    return array, rows, columns


def _names(index: Any) -> list[Any] | None:
    """Labels of an axis; None if they are only numbered."""
    if index is None or callable(index) or type(index).__name__ in ("RangeIndex", "MultiIndex"):
        return None
    names = list(index)
    if names == [f"column_{i}" for i in range(len(names))]:  # Polars' names for unnamed columns
        return None
    return names if all(isinstance(n, (str, int, float, np.generic)) for n in names) else None


def _is_named(index: Any, words: re.Pattern[str]) -> bool:
    name = getattr(index, "name", None)
    return isinstance(name, str) and words.search(name) is not None


def plain_name(name: Any) -> str | int:
    """A name in a frame as text, or as a whole number if it is one."""
    if isinstance(name, np.generic):
        name = name.item()
    if isinstance(name, float) and name == int(name):
        name = int(name)
    return name if isinstance(name, (str, int)) else str(name)
