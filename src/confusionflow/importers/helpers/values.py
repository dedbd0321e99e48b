"""Convert the values of a table's columns to what they mean."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from confusionflow.importers.helpers.tables import Piece

LARGEST_EPOCH = 2**53 - 1
LARGEST_COUNT = 2**63 - 1
# Whole numbers as programs write them: 12, 12.0, 1.2e1. Python reads more, such as 1_0.
NUMBER = re.compile(r"[+-]?([0-9]{1,40})(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,2})?")


def whole_number(value: Any) -> int | None:
    """Return a value as an integer, or None if it is not a whole number.

    Examples:
        >>> [whole_number(value) for value in (3, 3.0, "3", " 3.0", "3e2", "03")]
        [3, 3, 3, 3, 300, 3]
        >>> [whole_number(value) for value in (3.5, "3.5", True, "", None, "1_0", "nan")]
        [None, None, None, None, None, None, None]
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        value = value.strip()
        if NUMBER.fullmatch(value) is None:
            return None
        value = Decimal(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, Decimal):
        return int(value) if value.is_finite() and value == value.to_integral_value() else None
    return None


def epochs_of(piece: Piece, column: str) -> NDArray[np.int64]:
    """Return the epochs of the rows, shape (rows,).

    Raises:
        ImportSourceError: a value is not a whole number from 0 on; names its row.
    """
    return _whole_numbers(piece, column, "epoch", LARGEST_EPOCH)


def counts_of(piece: Piece, column: str) -> NDArray[np.int64]:
    """Return how many instances each row counts, shape (rows,).

    Raises:
        ImportSourceError: a value is not a whole number from 0 on; names its row.
    """
    return _whole_numbers(piece, column, "count", LARGEST_COUNT)


def encoded(values: pa.Array) -> tuple[list[Any], NDArray[np.int64]]:
    """Return a column's distinct values, including None, and each row's position among them."""
    coded = pc.dictionary_encode(decoded(values), null_encoding="encode")
    return coded.dictionary.to_pylist(), coded.indices.to_numpy(zero_copy_only=False).astype(
        np.int64
    )


def decoded(values: pa.Array) -> pa.Array:
    """Return a column without categories: each row has its own value."""
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def texts_of(piece: Piece, column: str, what: str) -> pa.Array:
    """Return names or labels as text; an empty or missing one is null.

    Raises:
        ImportSourceError: the values can't be text, or are not valid Unicode.
    """
    values = decoded(piece.rows.column(column))
    if pa.types.is_boolean(values.type):
        values = pc.if_else(values, "True", "False")
    elif pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), None, values)
    try:
        text = values.cast(pa.string())
        text.validate(full=True)  # Arrow does not check that the bytes of a file are UTF-8
    except pa.ArrowException as error:
        raise piece.wrong(f"Column {column!r} holds {values.type} values. {what}.", 0) from error
    return pc.if_else(pc.equal(text, ""), None, text)


def instances_of(piece: Piece, column: str) -> pa.Array:
    """Return what identifies the instances: integers or text.

    Raises:
        ImportSourceError: one is missing; names its row.
    """
    values = decoded(piece.rows.column(column))
    if values.null_count:
        raise piece.wrong(
            f"Column {column!r} holds the instance, and it is missing. Fill it in.",
            values.is_null().to_pylist().index(True),
        )
    if pa.types.is_integer(values.type):
        return values
    text = values.cast(pa.string())
    text.validate(full=True)  # Arrow does not check that the bytes of a file are UTF-8
    return text


def confidences_of(piece: Piece, column: str) -> pa.Array:
    """Return how sure the model was, float32; a missing value is NaN.

    Raises:
        ImportSourceError: a value is not a number; names its row.
    """
    values = decoded(piece.rows.column(column))
    if pa.types.is_string(values.type):
        values = pc.if_else(pc.equal(values, ""), None, values)
    try:
        confidences = pc.cast(values, pa.float32(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        index = next(i for i, value in enumerate(values.to_pylist()) if not _is_float(value))
        raise piece.wrong(
            f"Column {column!r} holds the confidence, and it is {values[index].as_py()!r:.60}. "
            "Confidences are numbers. Name the column that holds them (--confidence-column), or "
            "leave this one out (--ignore).",
            index,
        ) from None
    return pc.fill_null(confidences, float("nan"))


def _whole_numbers(piece: Piece, column: str, what: str, largest: int) -> NDArray[np.int64]:
    values, codes = encoded(piece.rows.column(column))
    numbers = [whole_number(value) for value in values]
    for place, (value, number) in enumerate(zip(values, numbers, strict=True)):
        if number is None or not 0 <= number <= largest:
            shown = "missing" if value is None else f"{value!r:.60}"
            message = (
                f"Column {column!r} holds the {what}, and it is {shown}. "
                f"{what.capitalize()}s are whole numbers from 0 on."
            )
            raise piece.wrong(message + _hint(what, value, number), int(np.argmax(codes == place)))
    return np.array(numbers, np.int64)[codes] if numbers else np.zeros(0, np.int64)


def _hint(what: str, value: Any, number: int | None) -> str:
    """Advise what to do about a number that is not whole."""
    if number is not None or value is None or not _is_float(value):
        return ""
    if what == "epoch":
        return (
            " For evaluations within an epoch, name a column of steps and say so: --epoch-column "
            "NAME --time-unit step (in Python epoch='NAME', time_unit='step')."
        )
    return " If they are weights of instances, leave the column out (--ignore)."


def _is_float(value: object) -> bool:
    try:
        float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return value is None
    return True
