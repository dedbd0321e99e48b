"""Tables of features, read back into arrays; those of several ranks are pooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.analysis.features.moments import Moments, pool
from confusionflow.analysis.features.principal import Principal, principal
from confusionflow.store.features import FeatureTable

# Cells with fewer instances are not shown.
FEWEST = 5

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subset:
    """The instances that a row of means is about: those of a class or of a cell."""

    actual: int
    predicted: int | None = None


@dataclass(frozen=True)
class Means:
    """Means of an epoch.

    Attributes:
        subsets: Position of each subset.
        moments: Their moments.
        tried: How many instances of each were compared with the means of classes.
        nearest: How many of these were nearest to the mean of their actual class.
    """

    subsets: dict[Subset, int]
    moments: Moments
    tried: Ints
    nearest: Ints


@dataclass(frozen=True)
class Probe:
    """The probe of an epoch.

    Attributes:
        ids: Ids of its instances, integers or text, shape (instances,).
        actual, predicted: Indices of classes, each shape (instances,).
        coordinates: Principal coordinates of their activations, shape (instances, components).
        rest: Squared length of what the coordinates leave out, shape (instances,).
    """

    ids: NDArray[Any]
    actual: Ints
    predicted: Ints
    coordinates: NDArray[np.floating]
    rest: NDArray[np.floating]


@dataclass(frozen=True)
class Axes:
    """What the coordinates of a probe stand for, as `Principal` says it."""

    center: NDArray[np.floating]
    basis: NDArray[np.floating]

    def of(self, probe: Probe) -> Principal | None:
        """The activations of a probe; None if it has other coordinates."""
        if self.basis.shape[1] != probe.coordinates.shape[1]:
            return None
        return Principal(self.center, self.basis, probe.coordinates, probe.rest)


@dataclass(frozen=True)
class Units:
    """What is known about each unit.

    Attributes:
        exemplars: Ids of the instances that activate it most, as text, shape (exemplars, units).
        activations: How strongly they activate it, in the same shape.
    """

    exemplars: NDArray[np.str_]
    activations: NDArray[np.float32]


def means_of(tables: Sequence[tuple[FeatureTable, NDArray[np.integer]]]) -> Means | None:
    """Pool the means of all ranks; None if no table is valid.

    Arguments:
        tables: With each, the index in the split's classes of each class index that it has.
    """
    parts = [part for table, index_map in tables if (part := _means(table.rows, index_map))]
    if not parts:
        return None
    units = parts[0].moments.mean.shape[1]
    parts = [part for part in parts if part.moments.mean.shape[1] == units]
    if len(parts) == 1:
        return parts[0]
    subsets = {s: at for at, s in enumerate(dict.fromkeys(s for p in parts for s in p.subsets))}
    size = len(subsets)
    moments, tried, nearest = [], np.zeros(size, np.int64), np.zeros(size, np.int64)
    for part in parts:
        at = np.array([subsets[s] for s in part.subsets], np.intp)
        own = Moments(np.zeros(size, np.int64), np.zeros((size, units)), np.zeros((size, units)))
        own.count[at], own.mean[at] = part.moments.count, part.moments.mean
        own.squares[at] = part.moments.squares
        moments.append(own)
        tried[at] += part.tried
        nearest[at] += part.nearest
    pooled = pool(moments)
    kept = [s for s, at in subsets.items() if s.predicted is None or pooled.count[at] >= FEWEST]
    rows = np.array([subsets[s] for s in kept], np.intp)
    named = {subset: row for row, subset in enumerate(kept)}
    return Means(named, pooled.take(rows), tried[rows], nearest[rows])


def _means(rows: pa.Table, index_map: NDArray[np.integer]) -> Means | None:
    shape = _shape(rows)
    if shape is None:
        return None
    subsets, units = shape
    columns = {name: _column(rows, name) for name in rows.column_names}
    actual = columns["actual"][::units].astype(np.int64)
    predicted = columns["predicted"][::units].astype(np.float64)
    named = {}
    for at in range(subsets):
        if not 0 <= actual[at] < len(index_map) or predicted[at] >= len(index_map):
            return None
        to = None if np.isnan(predicted[at]) else int(index_map[int(predicted[at])])
        named[Subset(int(index_map[actual[at]]), to)] = at
    if len(named) != subsets:
        return None
    moments = Moments(
        columns["count"][::units].astype(np.int64),
        columns["mean"].reshape(subsets, units).astype(np.float32),
        columns["squares"].reshape(subsets, units).astype(np.float32),
    )
    tried, nearest = (columns[name][::units].astype(np.int64) for name in ("tried", "nearest"))
    return Means(named, moments, tried, nearest)


def attribution_of(
    tables: Sequence[tuple[FeatureTable, NDArray[np.integer]]],
) -> dict[Subset, tuple[int, NDArray[np.float64]]]:
    """Add up the attribution of all ranks: instances and sums by unit, by cell."""
    found: dict[Subset, tuple[int, NDArray[np.float64]]] = {}
    for table, index_map in tables:
        shape = _shape(table.rows)
        if shape is None:
            continue
        subsets, units = shape
        names = ("actual", "predicted", "count", "sum")
        actual, predicted, count, sums = (_column(table.rows, name) for name in names)
        for at in range(subsets):
            row = at * units
            if not (0 <= actual[row] < len(index_map) and 0 <= predicted[row] < len(index_map)):
                continue
            cell = Subset(int(index_map[int(actual[row])]), int(index_map[int(predicted[row])]))
            n, total = found.get(cell, (0, np.zeros(units)))
            if len(total) == units:
                found[cell] = (n + int(count[row]), total + sums[row : row + units])
    return found


def joined_probe(parts: Sequence[tuple[Probe, Axes]]) -> tuple[Probe, Axes] | None:
    """Join the probes of several ranks. Each has its own axes, so common ones are computed."""
    both = [(probe, found) for probe, axes in parts if (found := axes.of(probe))]
    if not both:
        return None
    units = len(both[0][1].center)
    both = [(probe, found) for probe, found in both if len(found.center) == units]
    probes = [probe for probe, _ in both]
    joined = principal(np.concatenate([rebuild(found) for _, found in both]).astype(np.float32))
    ids = [probe.ids for probe in probes]
    if len({each.dtype.kind for each in ids}) > 1:
        ids = [each.astype(np.str_) for each in ids]
    probe = Probe(
        np.concatenate(ids),
        np.concatenate([probe.actual for probe in probes]),
        np.concatenate([probe.predicted for probe in probes]),
        joined.coordinates,
        joined.rest + np.concatenate([probe.rest for probe in probes]),
    )
    return probe, Axes(joined.center, joined.basis)


def rebuild(features: Principal) -> NDArray[np.floating]:
    """Compute activations from the coordinates, shape (instances, units)."""
    rebuilt: NDArray[np.floating] = features.center + features.coordinates @ features.basis.T
    return rebuilt


def probe_of(table: FeatureTable, index_map: NDArray[np.integer]) -> Probe | None:
    """The probe of one rank; None if the table is not as it should be.

    Arguments:
        table: The table.
        index_map: The index in the split's classes of each class index that it has.
    """
    rows = table.rows
    actual, predicted = (_column(rows, x).astype(np.int64) for x in ("actual", "predicted"))
    both = np.concatenate([actual, predicted])
    if not len(both) or both.min() < 0 or both.max() >= len(index_map):
        return None
    return Probe(
        _ids(rows["instance"]),
        index_map[actual].astype(np.int64),
        index_map[predicted].astype(np.int64),
        _matrix(rows, "coordinate"),
        _column(rows, "rest").astype(np.float32),
    )


def axes_of(table: FeatureTable) -> Axes:
    """The axes of the probe of one rank, from its table of units."""
    center = _column(table.rows, "center").astype(np.float32)
    return Axes(center, _matrix(table.rows, "basis"))


def _matrix(rows: pa.Table, name: str) -> NDArray[np.float32]:
    """The numbered columns of a table with that name, shape (rows, columns)."""
    known = set(rows.column_names)
    names = [numbered for at in range(len(known)) if (numbered := f"{name}_{at}") in known]
    # Each column stays in one piece of memory.
    found = np.empty((len(names), len(rows)), np.float32)
    for at, each in enumerate(names):
        found[at] = _column(rows, each)
    return found.T


def units_of(tables: Sequence[FeatureTable]) -> Units | None:
    """The exemplars of all ranks."""
    ids, values = [], []
    for table in tables:
        for at in range(len(table.rows.column_names)):
            if f"exemplar_{at}" in table.rows.column_names:
                ids.append(_ids(table.rows[f"exemplar_{at}"]).astype(np.str_))
                values.append(_column(table.rows, f"activation_{at}").astype(np.float32))
    if not ids or len({len(each) for each in ids}) > 1:
        return None
    names, activations = np.stack(ids), np.stack(values)
    order = np.argsort(-activations, axis=0, kind="stable")[:9]
    return Units(
        np.take_along_axis(names, order, axis=0), np.take_along_axis(activations, order, axis=0)
    )


def _shape(rows: pa.Table) -> tuple[int, int] | None:
    """Subsets and units of a table with a row for each unit of each subset."""
    unit = _column(rows, "unit")
    if not len(unit):
        return None
    units = int(unit.max()) + 1
    if units < 1 or len(unit) % units:
        return None
    subsets = len(unit) // units
    return (subsets, units) if np.array_equal(unit, np.tile(np.arange(units), subsets)) else None


def _column(rows: pa.Table, name: str) -> NDArray[Any]:
    found: NDArray[Any] = rows[name].to_numpy()
    return found


def _ids(column: pa.ChunkedArray) -> NDArray[Any]:
    if pa.types.is_integer(column.type):
        found: NDArray[Any] = column.to_numpy()
        return found
    return np.array(column.to_pylist(), np.str_)
