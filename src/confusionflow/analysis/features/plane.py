"""The plane of a cell: from the mean of its actual class to that of its predicted class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.features.principal import Principal

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Plane:
    """Instances in the plane of a cell at one epoch.

    Attributes:
        points: Shape (instances, 2). x is 0 at the mean of the actual class and 1 at that of the
            predicted one; y is the first component of the rest, in the same unit, 0 on average.
        explained: Share of the variance of these instances that x and y show, shape (2,).
        rest: Share of the variance outside the plane.
    """

    points: Floats
    explained: Floats
    rest: float


def cell_plane(
    probe: Principal, rows: NDArray[np.intp], actual: Floats, predicted: Floats
) -> Plane:
    """Project instances of a probe onto the plane of a cell.

    Arguments:
        probe: The activations of the probe.
        rows: Which of its instances to show.
        actual, predicted: Means of the two classes, shape (units,).
    """
    way = predicted.astype(np.float64) - actual
    length = float(np.linalg.norm(way))
    coordinates = probe.coordinates[rows].astype(np.float64)
    if not length or not len(rows):
        nothing = np.full((len(rows), 2), np.nan)
        return Plane(nothing, np.full(2, np.nan), float("nan"))
    direction = way / length
    along = probe.basis.T.astype(np.float64) @ direction
    x = (float((probe.center - actual) @ direction) + coordinates @ along) / length
    centered = coordinates - coordinates.mean(axis=0)
    # Lengths in the space without x equal those of coordinates @ left.
    part = float(along @ along)
    factor = (1 - np.sqrt(max(1 - part, 0))) / part if part > 1e-12 else 0.0
    left = np.eye(len(along)) - factor * np.outer(along, along)
    others = centered @ left
    _, sizes, axes = np.linalg.svd(others, full_matrices=False)
    y = others @ axes[0] / length if len(sizes) else np.zeros(len(rows))
    total = (centered**2).sum(axis=1).mean() + float(probe.rest[rows].mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = np.array([np.var(x), np.var(y)]) * length**2 / total
    return Plane(np.stack([x, y], axis=1), explained, float(1 - explained.sum()))


def facing(points: Sequence[Floats]) -> list[Floats]:
    """Flip the y axis of an epoch if it points away from that of the epoch before.

    Arguments:
        points: The points of each epoch, shape (instances, 2), the same instances; NaN for absent
            ones.
    """
    faced: list[Floats] = []
    for each in points:
        turned = each.copy()
        if faced:
            known = ~np.isnan(each[:, 1]) & ~np.isnan(faced[-1][:, 1])
            if known.any() and each[known, 1] @ faced[-1][known, 1] < 0:
                turned[:, 1] = -turned[:, 1]
        faced.append(turned)
    return faced
