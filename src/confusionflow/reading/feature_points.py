"""Lay out instances of the probe in a plane, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.features.alignment import aligned_map, steps
from confusionflow.analysis.features.plane import cell_plane, facing
from confusionflow.analysis.features.principal import Principal
from confusionflow.reading.feature_tables import Means, Probe, Subset

Floats = NDArray[np.floating]
Positions = NDArray[np.intp]

# A map shows at most this many epochs, evenly spread.
MOST_EPOCHS = 256


@dataclass(frozen=True, eq=False)
class Points:
    """Instances of the probe in a plane, epoch by epoch.

    Attributes:
        epochs: Shape (epochs,).
        ids: Ids of the instances, integers or text, shape (instances,).
        actual: Index of the actual class, shape (instances,).
        predicted: Index of the predicted class, shape (epochs, instances); -1 if an instance is not
            in an epoch's probe.
        points: Shape (epochs, instances, 2); NaN likewise.
        explained: Share of the variance along each axis, shape (epochs, 2).
        rest: Share of the variance outside the plane, shape (epochs,).
        step: How far points moved since the epoch before, on average, in units of their spread,
            shape (epochs,); NaN for the first.
    """

    epochs: NDArray[np.int64]
    ids: NDArray[Any]
    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    points: Floats
    explained: Floats
    rest: Floats
    step: Floats


def thinned(epochs: Sequence[int]) -> Sequence[int]:
    """All epochs, or as many as a map shows, the first and the last among them."""
    if len(epochs) <= MOST_EPOCHS:
        return epochs
    positions = np.linspace(0, len(epochs) - 1, MOST_EPOCHS).round().astype(int)
    return [epochs[position] for position in positions.tolist()]


def map_of(probes: Mapping[int, Probe]) -> Points:
    """All instances of probes: principal components, turned so that only the layer moves.

    Arguments:
        probes: The probes by epoch.
    """
    found = _Instances.of(probes, [np.arange(len(probe.ids)) for probe in probes.values()])
    if not probes:
        return found.points(np.empty((0, 0, 2)), np.empty((0, 2)), np.empty(0), np.empty(0))
    coordinates = found.laid([probe.coordinates for probe in probes.values()])
    rest = [each[:, 0] for each in found.laid([each.rest[:, None] for each in probes.values()])]
    laid = aligned_map(coordinates, rest)
    return found.points(laid.points, laid.explained, laid.rest, laid.step)


def plane_of(
    probes: Mapping[int, Probe],
    activations: Mapping[int, Principal],
    means: Mapping[int, Means],
    one: int,
    other: int,
) -> Points:
    """Instances of two classes, from the mean of one (x = 0) to that of the other (x = 1).

    Arguments:
        probes: The probes by epoch; those without activations are left out.
        activations: Their activations.
        means: The means by epoch; epochs without those of both classes are left out.
        one, other: Indices of the classes.
    """
    both = (Subset(one), Subset(other))
    probes = {
        epoch: probe
        for epoch, probe in probes.items()
        if epoch in activations and epoch in means and means[epoch].subsets.keys() >= set(both)
    }
    kept = [np.flatnonzero(np.isin(probe.actual, [one, other])) for probe in probes.values()]
    found = _Instances.of(probes, kept)
    planes = []
    for epoch, rows in zip(probes, kept, strict=True):
        of = means[epoch]
        centers = [of.moments.mean[of.subsets[subset]] for subset in both]
        planes.append(cell_plane(activations[epoch], rows, *centers))
    laid = found.laid([plane.points for plane in planes])
    points = np.stack(facing(laid)) if laid else np.empty((0, 0, 2))
    explained = np.array([plane.explained for plane in planes]).reshape(-1, 2)
    rest = np.array([plane.rest for plane in planes])
    return found.points(points, explained, rest, steps(points))


@dataclass(frozen=True, eq=False)
class _Instances:
    """The instances of some probes.

    Attributes:
        epochs, ids, actual, predicted: As `Points` has them.
        positions: The position of each epoch's instances among all.
    """

    epochs: NDArray[np.int64]
    ids: NDArray[Any]
    actual: NDArray[np.int64]
    predicted: NDArray[np.int64]
    positions: Sequence[Positions]

    @classmethod
    def of(cls, probes: Mapping[int, Probe], kept: Sequence[Positions]) -> _Instances:
        """Find the instances of probes that are kept, given a mask for each epoch."""
        chosen = list(zip(probes.values(), kept, strict=True))
        ids, positions = _joined([probe.ids[rows] for probe, rows in chosen])
        actual = np.zeros(len(ids), np.int64)
        predicted = np.full((len(chosen), len(ids)), -1, np.int64)
        for epoch, (probe, rows) in enumerate(chosen):
            actual[positions[epoch]] = probe.actual[rows]
            predicted[epoch, positions[epoch]] = probe.predicted[rows]
        return cls(np.array(list(probes), np.int64), ids, actual, predicted, positions)

    def laid(self, values: Sequence[Floats]) -> list[NDArray[np.float64]]:
        """Put the rows of each epoch at their positions among all instances; the rest is NaN."""
        found = []
        for rows, positions in zip(values, self.positions, strict=True):
            found.append(np.full((len(self.ids), rows.shape[1]), np.nan))
            found[-1][positions] = rows
        return found

    def points(self, points: Floats, explained: Floats, rest: Floats, step: Floats) -> Points:
        """The instances at these points."""
        return Points(
            self.epochs, self.ids, self.actual, self.predicted, points, explained, rest, step
        )


def _joined(ids: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], list[Positions]]:
    """Return all ids, each once, and the position of each epoch's ids among them."""
    if not ids:
        return np.empty(0, np.int64), []
    if all(np.array_equal(each, ids[0]) for each in ids):
        return ids[0], [np.arange(len(ids[0]))] * len(ids)
    if len({each.dtype.kind for each in ids}) > 1:
        ids = [each.astype(np.str_) for each in ids]
    joined = np.unique(np.concatenate(ids))
    return joined, [np.searchsorted(joined, each) for each in ids]
