"""Find the units that set subsets of instances apart from the right ones of their class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.features.distance import apart
from confusionflow.reading.feature_tables import Means, Probe, Subset

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class UnitRows:
    """Which units set subsets of instances apart from the right ones of their class.

    Attributes:
        units: Index of each unit, shape (units,).
        rows: What each row is about: (actual, predicted) as names of classes, an id of the probe,
            or "listed".
        count: Instances of each row, shape (rows,).
        values: (mean of the row - mean of the right ones) / standard deviation of the class, shape
            (rows, units); NaN for a unit that does not vary.
    """

    units: NDArray[np.int64]
    rows: tuple[tuple[str, str] | str, ...]
    count: NDArray[np.int64]
    values: Floats


@dataclass(frozen=True, eq=False)
class Row:
    """A row of `UnitRows`, with the values of all units."""

    about: tuple[str, str] | str
    count: int
    values: Floats


def unit_rows(
    rows: Sequence[Row], units: int, *, most: int, only: Sequence[int] | None = None
) -> UnitRows:
    """Choose units of rows and put them in order.

    Arguments:
        rows: The rows; the first one decides which units come first.
        units: How many units the layer has.
        most: How many units at most.
        only: These units, in this order.
    """
    values = np.stack([row.values for row in rows]) if rows else np.empty((0, units))
    if only is not None:
        order = np.array([unit for unit in only if 0 <= unit < units], np.int64)
    else:
        size = np.nan_to_num(np.abs(values[0])) if rows else np.zeros(0)
        order = np.argsort(-size, kind="stable")[:most]
    count = np.array([row.count for row in rows], np.int64)
    return UnitRows(order, tuple(row.about for row in rows), count, values[:, order])


def rows_of_cells(
    means: Means, cells: Iterable[tuple[int, int]], classes: Sequence[str]
) -> Iterator[Row]:
    """Yield a row for each cell that has means."""
    for a, p in cells:
        values = cell_apart(means, a, p)
        if values is not None:
            count = int(means.moments.count[means.subsets[Subset(a, p)]])
            yield Row((classes[a], classes[p]), count, values)


def row_of_listed(
    means: Means, probe: Probe, rebuilt: Floats, listed: Iterable[Any]
) -> Iterator[Row]:
    """Yield the mean of the listed instances that are in the probe, if there are any.

    Arguments:
        means: Means of the epoch.
        probe: The probe of the epoch.
        rebuilt: Activations of the probe, shape (instances, units).
        listed: Ids of instances.
    """
    texts = {str(each) for each in listed}
    chosen = np.flatnonzero(np.isin(probe.ids.astype(np.str_), list(texts)))
    each = [_apart(means, int(probe.actual[i]), rebuilt[i]) for i in chosen]
    known = [found for found in each if found is not None]
    if known:
        yield Row("listed", len(known), np.mean(known, axis=0))


def rows_of_instances(
    means: Means, probe: Probe, rebuilt: Floats, cell: tuple[int, int], most: int
) -> Iterator[Row]:
    """Yield the first instances of a cell that are in the probe.

    Arguments:
        means: Means of the epoch.
        probe: The probe of the epoch.
        rebuilt: Activations of the probe, shape (instances, units).
        cell: Indices of the actual and the predicted class.
        most: How many instances at most.
    """
    actual, predicted = cell
    chosen = np.flatnonzero((probe.actual == actual) & (probe.predicted == predicted))
    for i in chosen[:most].tolist():
        values = _apart(means, actual, rebuilt[i])
        if values is not None:
            yield Row(str(probe.ids[i]), 1, values)


def cell_apart(means: Means, actual: int, predicted: int) -> Floats | None:
    """Say how far each unit sets a cell apart, shape (units,); None if the cell has no means."""
    at = means.subsets.get(Subset(actual, predicted))
    return None if at is None else _apart(means, actual, means.moments.mean[at])


def _apart(means: Means, actual: int, values: Floats) -> Floats | None:
    """Compare activations with their class; None if the class has no means."""
    right = means.subsets.get(Subset(actual, actual))
    of_class = means.subsets.get(Subset(actual))
    if right is None or of_class is None:
        return None
    moments = means.moments
    squares, count = moments.squares[of_class], int(moments.count[of_class])
    return apart(values, moments.mean[right], squares, count)
