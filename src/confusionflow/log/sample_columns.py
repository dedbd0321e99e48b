"""Check texts, groups and further columns of samples, and turn them into Arrow columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from confusionflow.errors import ArgumentError, ShapeError
from confusionflow.log.arrays import to_array
from confusionflow.store.format.text import storable
from confusionflow.store.samples.part import OWN_COLUMNS

MOST_COLUMNS = 64
MOST_NAME = 200
# Longer texts are cut, so that a page of instances stays small enough to be looked at.
MOST_CHARACTERS = 10_000


def sample_columns(text: Any, columns: Any, group: Any) -> dict[str, pa.Array]:
    """All columns but ids and images, by name.

    Arguments:
        text, group: As `Run.log_samples` takes them.
        columns: Values by name, or a data frame.

    Raises:
        ConfusionFlowError: they can't be columns.
    """
    found: dict[str, pa.Array] = {}
    if text is not None:
        found["text"] = _texts(_listed(text, "text"))
    if group is not None:
        found["group"] = _texts(_listed(group, "group"))
    for name, values in _named(columns):
        if not isinstance(name, str) or not name or len(name) > MOST_NAME:
            raise ArgumentError(
                f"columns has the name {name!r:.60}. Pass names that are text, of 1 to {MOST_NAME} "
                "characters."
            )
        if name in OWN_COLUMNS:
            raise ArgumentError(
                f"columns has {name!r}, a name that samples use for something else. Pass it "
                + (f"as {name}=." if name in ("text", "group") else "by another name.")
            )
        found[storable(name)] = _column(_listed(values, f"columns[{name!r}]"))
    if len(found) > MOST_COLUMNS:
        raise ArgumentError(
            f"columns has {len(found):,} columns; the limit is {MOST_COLUMNS}. Pass those that "
            "help to understand a mistake."
        )
    return found


def _named(columns: Any) -> Iterable[tuple[Any, Any]]:
    if columns is None:
        return ()
    if isinstance(columns, Mapping):
        return columns.items()
    if hasattr(columns, "__dataframe__") or hasattr(columns, "__arrow_c_stream__"):
        import narwhals as nw  # few trainings need it

        frame = nw.from_native(columns, eager_only=True)
        return [(name, frame[name].to_list()) for name in frame.columns]
    raise ArgumentError(
        f"columns is a {type(columns).__name__}. Pass a dict of names and values, such as "
        '{"source": sources}, or a data frame.'
    )


def _listed(values: Any, name: str) -> list[Any]:
    """Convert values to a list of Python's own types.

    Raises:
        ConfusionFlowError: they are one value, or have no order.
    """
    if isinstance(values, (str, bytes, Mapping)):
        raise ArgumentError(f"{name} is one {type(values).__name__}. Pass one for each instance.")
    for convert in ("to_pylist", "to_list"):  # Arrow, pandas, Polars
        if hasattr(values, convert):
            found: list[Any] = getattr(values, convert)()
            return found
    if isinstance(values, (list, tuple)):
        return [value.item() if isinstance(value, np.generic) else value for value in values]
    array = to_array(values, name)
    if array.ndim != 1:
        raise ShapeError(f"{name} has shape {array.shape}. Pass one for each instance.")
    items: list[Any] = array.tolist()
    return items


def _is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value) or _is_na(value)


def _is_na(value: Any) -> bool:
    return type(value).__name__ in ("NAType", "NaTType")  # as pandas writes it


def _texts(values: list[Any]) -> pa.Array:
    return pa.array([None if _is_missing(value) else _text(value) for value in values], pa.string())


def _text(value: Any) -> str:
    text = storable(value if isinstance(value, str) else str(value))
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _column(values: list[Any]) -> pa.Array:
    """Keep columns of numbers or of truth values; turn others into text."""
    kinds = {type(value) for value in values if not _is_missing(value)}
    known = [None if _is_missing(value) else value for value in values]
    if kinds and kinds <= {bool}:
        return pa.array(known, pa.bool_())
    try:
        if kinds and kinds <= {int}:
            return pa.array(known, pa.int64())
        if kinds and kinds <= {int, float}:
            return pa.array(known, pa.float64())
    except (pa.ArrowInvalid, OverflowError):  # a number of more than 64 bits
        return _texts(values)
    return _texts(values)
