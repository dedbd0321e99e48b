"""Find the units that set subsets of instances apart from the right ones of their class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.features.distance import apart
from confusionflow.reading.feature_tables import Means, Probe, Subset

Floats = NDArray[np.floating]

# Rebuilt values mean something if the unit's standard deviation is this share of the greatest.
LEAST_SPREAD = 0.01
Kind = Literal["cell", "class", "listed", "instance"]


@dataclass(frozen=True)
class About:
    """What a row of `UnitRows` is about.

    Attributes:
        kind: "cell", "class", "listed" or "instance".
        actual: Name of the actual class of a cell, or of the class.
        predicted: Name of the predicted class of a cell.
        instance: Id of an instance of the probe.
    """

    kind: Kind
    actual: str | None = None
    predicted: str | None = None
    instance: str | None = None


@dataclass(frozen=True, eq=False)
class UnitRows:
    """The units that set subsets of instances apart from the right ones of their class.

    Attributes:
        units: Index of each unit, shape (units,).
        rows: What each row is about.
        count: Instances of each row, shape (rows,).
        values: (mean of the row - mean of the right ones) / standard deviation of the class, shape
            (rows, units); NaN for a unit that does not vary.
    """

    units: NDArray[np.int64]
    rows: tuple[About, ...]
    count: NDArray[np.int64]
    values: Floats


@dataclass(frozen=True, eq=False)
class Row:
    """A row of `UnitRows`, with the values of all units."""

    about: About
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
        yield from _row_of(means, About("cell", classes[a], classes[p]), Subset(a, p), a)


def rows_of_classes(
    means: Means, wanted: Iterable[int], of: int, classes: Sequence[str]
) -> Iterator[Row]:
    """Yield a row for all instances of each class, compared with the right ones of one class.

    Arguments:
        means: Means of the epoch.
        wanted: Indices of the classes.
        of: Index of the class whose right instances they are compared with.
        classes: Names of all classes.
    """
    for index in wanted:
        yield from _row_of(means, About("class", classes[index]), Subset(index), of)


def _row_of(means: Means, about: About, subset: Subset, of: int) -> Iterator[Row]:
    """Yield the row of a subset, if it has means."""
    values = subset_apart(means, subset, of)
    if values is not None:
        yield Row(about, int(means.moments.count[means.subsets[subset]]), values)


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
    each = [
        _rebuilt_apart(means, int(probe.actual[i]), rebuilt[i]) for i in in_probe(probe, listed)
    ]
    known = [found for found in each if found is not None]
    if known:
        yield Row(About("listed"), len(known), np.mean(known, axis=0))


def rows_of_instances(
    means: Means, probe: Probe, rebuilt: Floats, chosen: Iterable[int]
) -> Iterator[Row]:
    """Yield a row for each of some instances of the probe.

    Arguments:
        means: Means of the epoch.
        probe: The probe of the epoch.
        rebuilt: Activations of the probe, shape (instances, units).
        chosen: Which of them.
    """
    for i in chosen:
        values = _rebuilt_apart(means, int(probe.actual[i]), rebuilt[i])
        if values is not None:
            yield Row(About("instance", instance=str(probe.ids[i])), 1, values)


def in_probe(probe: Probe, ids: Iterable[Any]) -> list[int]:
    """Find those of some instances that are in the probe, in the order of the ids."""
    positions = {str(each): at for at, each in enumerate(probe.ids.tolist())}
    return [positions[str(each)] for each in ids if str(each) in positions]


def subset_apart(means: Means, subset: Subset, of: int) -> Floats | None:
    """Compute how far each unit sets a subset apart from a class's right instances, shape (units,).

    Arguments:
        means: Means of the epoch.
        subset: A class or a cell.
        of: Index of the class.

    Returns:
        None if the subset or the class has no means.
    """
    at = means.subsets.get(subset)
    return None if at is None else _apart(means, of, means.moments.mean[at])


def _rebuilt_apart(means: Means, actual: int, values: Floats) -> Floats | None:
    """Compare activations that were rebuilt from coordinates and are therefore not exact.

    For a unit that hardly varies in the class, they would mostly show rounding errors.
    """
    found = _apart(means, actual, values)
    if found is not None:
        spread = np.sqrt(means.moments.squares[means.subsets[Subset(actual)]])
        found[spread < LEAST_SPREAD * spread.max()] = np.nan
    return found


def _apart(means: Means, actual: int, values: Floats) -> Floats | None:
    """Compare activations with their class; None if the class has no means."""
    right = means.subsets.get(Subset(actual, actual))
    of_class = means.subsets.get(Subset(actual))
    if right is None or of_class is None:
        return None
    moments = means.moments
    squares, count = moments.squares[of_class], int(moments.count[of_class])
    return apart(values, moments.mean[right], squares, count)
