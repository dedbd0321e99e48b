"""The tables of features that an epoch is written as: column by column, as docs/format.md says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.analysis.features.exemplars import Exemplars
from confusionflow.analysis.features.moments import Moments
from confusionflow.analysis.features.principal import Principal

Columns: TypeAlias = Mapping[str, pa.Array | NDArray[np.generic]]
Tables: TypeAlias = Mapping[str, Columns]

# A cell of fewer instances says little, and may reveal single ones.
FEWEST = 5


def to_eleven_bits(values: NDArray[Any]) -> NDArray[np.float32]:
    """Round to the 11 bits of half precision, without its range, so that numbers compress well.

    Examples:
        >>> to_eleven_bits(np.array([0.1234567, 1e9]))
        array([1.2347412e-01, 9.9981722e+08], dtype=float32)
    """
    bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
    rounded = (bits + np.uint32(0x1000)) & np.uint32(0xFFFFE000)
    return rounded.view(np.float32)


def probe_table(
    ids: NDArray[Any],
    actual: NDArray[np.int64],
    predicted: NDArray[np.int64],
    found: Principal,
) -> Columns:
    """One row for each instance of the probe."""
    coordinates = to_eleven_bits(found.coordinates.T)
    return {
        "instance": _ids(ids),
        "actual": actual.astype(np.int32),
        "predicted": predicted.astype(np.int32),
        "rest": to_eleven_bits(found.rest),
        **{f"coordinate_{at}": column for at, column in enumerate(coordinates)},
    }


def units_table(found: Principal, exemplars: Exemplars, ids: NDArray[Any]) -> Columns:
    """One row for each unit: its part in the probe's coordinates, and its exemplars."""
    basis = to_eleven_bits(found.basis.T)
    return {
        "unit": np.arange(basis.shape[1], dtype=np.int32),
        "center": found.center.astype(np.float32),
        **{f"basis_{at}": column for at, column in enumerate(basis)},
        **{f"exemplar_{at}": _ids(ids[rows]) for at, rows in enumerate(exemplars.rows)},
        **{
            f"activation_{at}": column for at, column in enumerate(to_eleven_bits(exemplars.values))
        },
    }


Subsets: TypeAlias = tuple[NDArray[np.int64], Moments, NDArray[np.int64]]


def means_table(n_classes: int, classes: Subsets, cells: Subsets, few: int) -> Columns:
    """One row for each unit of each class, then of each cell.

    Arguments:
        n_classes: Number of classes.
        classes, cells: Their numbers and moments; and how many were tried against the class means,
            and how many of these were nearest to their own, shape (2, subsets).
        few: Cells of fewer instances are left out.
    """
    kept = cells[1].count >= few
    cells = (cells[0][kept], cells[1].take(kept), cells[2][:, kept])
    actual, predicted = np.divmod(cells[0], n_classes)
    units = classes[1].mean.shape[1]
    tried = np.concatenate([classes[2], cells[2]], axis=1)

    def each(values: NDArray[Any], kind: type) -> NDArray[Any]:
        return np.repeat(values.astype(kind), units)

    size = len(classes[0]) * units
    of_cells = each(predicted, np.int32)
    return {
        "actual": each(np.concatenate([classes[0], actual]), np.int32),
        "predicted": pa.concat_arrays([pa.nulls(size, pa.int32()), pa.array(of_cells)]),
        "unit": np.tile(np.arange(units, dtype=np.int32), len(classes[0]) + len(actual)),
        "count": each(np.concatenate([classes[1].count, cells[1].count]), np.int64),
        "tried": each(tried[0], np.int64),
        "nearest": each(tried[1], np.int64),
        "mean": np.concatenate([classes[1].mean, cells[1].mean]).ravel().astype(np.float32),
        "squares": np.concatenate([classes[1].squares, cells[1].squares])
        .ravel()
        .astype(np.float32),
    }


def attribution_table(n_classes: int, cells: NDArray[np.int64], pushed: Moments) -> Columns:
    """One row for each unit of each wrong cell."""
    actual, predicted = np.divmod(cells, n_classes)
    units = pushed.mean.shape[1]
    return {
        "actual": np.repeat(actual.astype(np.int32), units),
        "predicted": np.repeat(predicted.astype(np.int32), units),
        "unit": np.tile(np.arange(units, dtype=np.int32), len(cells)),
        "count": np.repeat(pushed.count, units),
        "sum": (pushed.mean * pushed.count[:, None]).ravel().astype(np.float32),
    }


def _ids(ids: NDArray[Any]) -> pa.Array:
    return pa.array(ids.tolist() if ids.dtype.kind == "U" else ids)
