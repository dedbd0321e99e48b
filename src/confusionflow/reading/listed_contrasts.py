"""Find what sets listed instances apart from the right ones of their classes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.contrasts import Contrast, contrasts
from confusionflow.analysis.trajectories import NONE
from confusionflow.reading.instances import Instances
from confusionflow.reading.samples import Samples


@dataclass(frozen=True)
class ListedContrasts:
    """What sets listed instances apart.

    Attributes:
        listed: How many are listed.
        right: How many others of their classes are right in half of the epochs or more.
        contrasts: The columns in which they differ most, the greatest effects first.
    """

    listed: int
    right: int
    contrasts: list[Contrast]


def contrasts_of(
    found: Instances,
    positions: NDArray[np.intp],
    samples: Samples | None = None,
    without: Collection[str] = (),
) -> ListedContrasts:
    """Compare listed instances with the right ones of their classes, over the range of epochs.

    Arguments:
        found: The instances of some cells.
        positions: Which of them are listed.
        samples: What the instances look like, or None; their columns and groups are compared.
        without: Names of columns to leave out, such as those that the list is filtered by.
    """
    read = found.predictions
    part = read.trajectories.between(found.cells.first, found.cells.last)
    is_listed = np.zeros(len(read.actual), bool)
    is_listed[found.positions[positions]] = True
    seen = (part.predicted != NONE).sum(axis=0)
    right = (part.predicted == part.actual).sum(axis=0)
    is_right = ~is_listed & (seen > 0) & (2 * right >= seen)
    is_right &= np.isin(read.actual, np.unique(read.actual[is_listed]))
    columns: dict[str, NDArray[Any]] = {}
    if samples is not None:
        rows = samples.find(read.ids)
        names = [name for name in samples.filtered if name not in without]
        columns = {name: samples.values(name, rows) for name in names}
    for name, values in (("confidence", part.confidence), ("margin", part.margin)):
        if values is not None and len(values):
            known = np.isfinite(values)
            totals = np.where(known, values, 0).sum(axis=0, dtype=np.float64)
            mean = np.full(len(read.actual), np.nan)
            np.divide(totals, known.sum(axis=0), out=mean, where=known.any(axis=0))
            columns.setdefault(name, mean)
    return ListedContrasts(
        int(is_listed.sum()),
        int(is_right.sum()),
        contrasts(columns, read.actual, is_listed, is_right),
    )
