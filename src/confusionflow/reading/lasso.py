"""The instances that lie in a polygon on the map of a layer."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.features.polygon import inside
from confusionflow.errors import ArgumentError
from confusionflow.reading.feature_points import thinned
from confusionflow.reading.features import Features

MOST_CORNERS = 200

_EPOCHS = re.compile(r"([0-9]{1,16})-([0-9]{1,16})")
_NUMBER = re.compile(r"-?[0-9]*\.?[0-9]+(?:e[-+]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True)
class Lasso:
    """A polygon on the map of a layer.

    Attributes:
        epoch: The epoch whose points it encloses.
        last: The last epoch of the map on which it was drawn. Later ones turn the map of all
            classes.
        layer: Name of the layer.
        cell: Names of the actual and the predicted class of the plane; None on the map of all
            classes.
        polygon: Its corners, (x, y).
    """

    epoch: int
    last: int
    layer: str
    cell: tuple[str, str] | None
    polygon: tuple[tuple[float, float], ...]

    @classmethod
    def parse(cls, parts: list[str]) -> Lasso:
        """Read the lasso of a link: epochs, layer, the cell's classes if any, corners.

        Raises:
            ArgumentError: it is not a lasso.

        Examples:
            >>> lasso = Lasso.parse(["8-9", "pool", "cat", "dog", "0 0 1 0 1 1"])
            >>> lasso.epoch, lasso.cell, lasso.polygon
            (8, ('cat', 'dog'), ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)))
        """
        epochs = _EPOCHS.fullmatch(parts[0]) if len(parts) in (3, 5) else None
        numbers = parts[-1].split(" ") if parts else []
        is_polygon = 6 <= len(numbers) <= 2 * MOST_CORNERS and len(numbers) % 2 == 0
        if not epochs or not is_polygon or not all(map(_NUMBER.fullmatch, numbers)):
            raise ArgumentError(
                f"The lasso is {','.join(parts)!r:.80}. Pass what a link to the page has: epoch "
                "and last epoch, layer, the classes of the plane, and three corners or more."
            )
        corners = [float(number) for number in numbers]
        return cls(
            int(epochs[1]),
            int(epochs[2]),
            parts[1],
            (parts[2], parts[3]) if len(parts) == 5 else None,
            tuple(zip(corners[::2], corners[1::2], strict=True)),
        )

    def ids(self, features: Features) -> frozenset[str]:
        """Return the ids of the instances inside, as text.

        Arguments:
            features: The features of its layer.

        Raises:
            ClassNotFoundError: the plane's classes are not those of the series.
        """
        epochs = thinned([epoch for epoch in features.epochs.tolist() if epoch <= self.last])
        points = features.plane(*self.cell, epochs) if self.cell else features.map(epochs)
        at = np.flatnonzero(points.epochs == self.epoch)
        if not len(at):
            return frozenset()
        held: NDArray[np.bool_] = inside(points.points[at[0]], np.array(self.polygon))
        return frozenset(map(str, points.ids[held].tolist()))
