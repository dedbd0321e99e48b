"""Confusion matrices in a file of NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ImportSourceError


def read_array(path: Path) -> NDArray[np.int64]:
    """Read the counts of one epoch, or of several.

    Returns:
        Shape (classes, classes), or (epochs, classes, classes).

    Raises:
        ImportSourceError: the file holds anything else.
    """
    try:
        array = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise ImportSourceError(f"It can't be read: {error}.", file=str(path)) from error
    if not isinstance(array, np.ndarray) or array.ndim not in (2, 3):
        shape = getattr(array, "shape", "no shape")
        raise ImportSourceError(
            f"Its array has {shape}. A matrix has the shape (classes, classes), several have "
            "(epochs, classes, classes).",
            file=str(path),
        )
    if array.shape[-1] != array.shape[-2] or array.size == 0:
        raise ImportSourceError(
            f"Its array has the shape {array.shape}, which is not square. Save one row and one "
            "column for each class.",
            file=str(path),
        )
    if array.dtype.kind not in "iuf":
        raise ImportSourceError(
            f"Its array holds {array.dtype} values. Save counts.", file=str(path)
        )
    with np.errstate(invalid="ignore"):
        counts: NDArray[np.int64] = array.astype(np.int64)
    wrong = (counts != array) | (counts < 0)
    if wrong.any():
        place = tuple(int(at) for at in np.argwhere(wrong)[0])
        raise ImportSourceError(
            f"It holds {array[place]} at {list(place)}. Counts are whole numbers from 0 on. Save "
            "counts, not rates.",
            file=str(path),
        )
    return counts


def classes_of_array(
    path: Path, size: int, classes: Sequence[str] | None, names: dict[str, str] | None
) -> tuple[str, ...]:
    """Return the class names of an array: those passed, those of `labels.csv`, or numbers.

    Raises:
        ImportSourceError: more or fewer were named than the array has.
    """
    known = tuple(classes or (names or {}).values()) or tuple(map(str, range(size)))
    if len(known) != size:
        raise ImportSourceError(
            f"Its array has {size} classes, and {len(known)} were named. Name one for each.",
            file=str(path),
        )
    return known
