"""Measures of a series by name, and their difference from a baseline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import averages, metrics
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.fold import difference
from confusionflow.analysis.normalize import normalize
from confusionflow.errors import ArgumentError, did_you_mean

MEASURES: dict[str, Callable[[Cube], NDArray[Any]]] = {
    "accuracy": metrics.accuracy,
    **averages.AVERAGES,
    "precision": metrics.precision,
    "recall": metrics.recall,
    "f1": metrics.f1,
    "support": metrics.support,
    "false_negatives": metrics.false_negatives,
    "false_positives": metrics.false_positives,
    "false_negative_rate": metrics.false_negative_rate,
    "false_discovery_rate": metrics.false_discovery_rate,
    "counts": lambda cube: cube.dense(),
    "rates": lambda cube: normalize(cube.dense(), "actual"),
}


class Measured(Protocol):
    """Anything with a value of each measure at each epoch: `Series` and `FoldedSeries`."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of rows and columns."""

    def _line(self, measure: str) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """Epochs, shape (epochs,), and the measure at them, shape (epochs, …)."""


def measured(cube: Cube, measure: str) -> NDArray[Any]:
    """A measure at each epoch, shape (epochs, …).

    Raises:
        ArgumentError: there is no such measure.
    """
    if measure not in MEASURES:
        raise ArgumentError(f"No measure {measure!r}. {did_you_mean(measure, MEASURES)}")
    return MEASURES[measure](cube)


def minus(
    series: Measured, baseline: Measured, measure: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Subtract a baseline's measure at the epochs that both have; see `Series.minus`."""
    (epochs, values), (others, base) = series._line(measure), baseline._line(measure)
    return difference(
        epochs,
        by_classes(values, series.classes, series.classes),
        others,
        by_classes(base, baseline.classes, series.classes),
    )


def by_classes(
    values: NDArray[Any], own: Sequence[str], classes: Sequence[str]
) -> NDArray[np.float64]:
    """Reorder numbers by other classes; those of a missing class are NaN."""
    place = {name: index for index, name in enumerate(own)}
    index = np.array([place.get(name, -1) for name in classes], np.int64)
    placed = values.astype(np.float64)
    for axis in range(1, values.ndim):
        lacking = [(0, 0)] * values.ndim
        lacking[axis] = (0, 1)
        placed = np.pad(placed, lacking, constant_values=np.nan).take(index, axis=axis)
    return placed
