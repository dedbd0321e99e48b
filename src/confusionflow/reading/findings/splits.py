"""Splits of one run, in one class list and without partial epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.align import align
from confusionflow.analysis.cube import Cube
from confusionflow.reading.findings.logged import Split


@dataclass(frozen=True, eq=False)
class Splits:
    """Splits of one run that have complete epochs.

    Attributes:
        series: The splits.
        classes: Names of their common classes.
        cubes: Counts of each, of the common classes.
    """

    series: list[Split]
    classes: tuple[str, ...]
    cubes: list[Cube]

    @classmethod
    def of(cls, series: Sequence[Split]) -> Splits:
        """Read splits of one run."""
        aligned = align([one.classes for one in series])
        cubes = [
            _whole_epochs(one, index_map, len(aligned.classes))
            for one, index_map in zip(series, aligned.index_maps, strict=True)
        ]
        kept = [i for i, cube in enumerate(cubes) if len(cube.epochs)]
        return cls([series[i] for i in kept], aligned.classes, [cubes[i] for i in kept])

    @property
    def names(self) -> list[str]:
        """Names of the splits."""
        return [one.name for one in self.series]

    @property
    def unit(self) -> str:
        """What the time axis counts."""
        return self.series[0].run.time_unit if self.series else "epoch"


def _whole_epochs(one: Split, index_map: NDArray[np.int64], n_classes: int) -> Cube:
    """Counts without the epochs of which a rank's part is missing."""
    cube = one.cube()
    partial = one.partial
    if partial.any():
        rows = ~partial[cube.epoch_index]
        position = np.cumsum(~partial) - 1
        cube = Cube(
            cube.epochs[~partial],
            cube.n_classes,
            position[cube.epoch_index[rows]],
            cube.actual[rows],
            cube.predicted[rows],
            cube.count[rows],
        )
    return cube.relabel(index_map, n_classes)
