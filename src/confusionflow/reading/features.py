"""What a layer of the model says about the instances of a series, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from confusionflow.analysis.features.alignment import Centered, linear_cka
from confusionflow.analysis.features.distance import separation
from confusionflow.errors import ClassNotFoundError, EpochNotFoundError
from confusionflow.reading.feature_points import Points, map_of, plane_of
from confusionflow.reading.feature_reader import FeatureReader
from confusionflow.reading.feature_tables import Means, Probe, Subset, Units, rebuild
from confusionflow.reading.unit_rows import (
    UnitRows,
    in_probe,
    row_of_listed,
    rows_of_cells,
    rows_of_classes,
    rows_of_instances,
    subset_apart,
    unit_rows,
)
from confusionflow.store.split import StoredSplit

Floats = NDArray[np.floating]
Class = str | int
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Change:
    """How much a layer changed: linear CKA of the probe, 1 for no change.

    Attributes:
        epochs: Shape (epochs,).
        before: Compared with the epoch before, shape (epochs,); NaN for the first.
        last: Compared with the last epoch, shape (epochs,).
    """

    epochs: NDArray[np.int64]
    before: Floats
    last: Floats


class Features:
    """The features of one layer of a series. `Series.features` makes it.

    Arguments:
        stored: The split.
        layer: Name of the layer; None for the one that was logged first.
        kept: Cache of what was read, which several objects may share.

    Attributes:
        layers: Names of all layers.
        layer: Name of this one.
        epochs: Epochs that have features of it, int64, shape (epochs,).
        classes: Class names.

    Raises:
        NoFeaturesError: there are none, or none of that layer.
    """

    def __init__(
        self, stored: StoredSplit, layer: str | None = None, kept: LRUCache[Any, Any] | None = None
    ) -> None:
        self._reader = FeatureReader(stored, layer, kept)
        self.layers = self._reader.layers
        self.layer = self._reader.layer
        self.epochs = np.array(self._reader.epochs, np.int64)
        self.classes = stored.classes

    # ---- what is in the log ------------------------------------------------------------------

    def means(self, epoch: int) -> Means:
        """Means and spreads by class and by cell.

        Raises:
            EpochNotFoundError: the epoch has no features, or they can't be read.
        """
        return self._at(epoch, self._reader.means([int(epoch)]))

    def probe(self, epoch: int) -> Probe:
        """The probe's instances and their coordinates.

        Raises:
            EpochNotFoundError: the epoch has no features, or they can't be read.
        """
        return self._at(epoch, self._reader.probes([int(epoch)]))

    def exemplars(self, epoch: int) -> Units:
        """The instances that activate each unit most.

        Raises:
            EpochNotFoundError: the epoch has no features, or they can't be read.
        """
        return self._at(epoch, self._reader.units([int(epoch)]))

    def attribution(self, epoch: int, actual: Class, predicted: Class) -> Floats | None:
        """How much each unit pushes the decision of a cell, on average over its instances.

        It is gradient times activation of (logit of the predicted class - logit of the actual one).

        Returns:
            Shape (units,), or None if it was not logged for the cell.
        """
        cell = Subset(self._index(actual), self._index(predicted))
        n, sums = self._reader.attribution(int(epoch)).get(cell, (0, None))
        return None if sums is None else sums / n

    def images(self, epoch: int) -> dict[int, bytes]:
        """Synthetic images of units at an epoch: PNG by unit."""
        return self._reader.images(int(epoch))

    @property
    def image_epochs(self) -> tuple[int, ...]:
        """Epochs that have synthetic images of units."""
        return self._reader.image_epochs

    # ---- what follows from it ----------------------------------------------------------------

    def separation(self, actual: Class, predicted: Class) -> Floats:
        """Distance between two class means in units of the spread within, shape (epochs,)."""
        one, other = self._index(actual), self._index(predicted)
        return self._course(lambda means: self._separation(means, one, other))

    def _separation(self, means: Means, one: int, other: int) -> float:
        rows = [means.subsets.get(Subset(index)) for index in (one, other)]
        if None in rows:
            return float("nan")
        return separation(means.moments.take(np.array(rows)), 0, 1)

    def nearest(self, actual: Class | None = None, predicted: Class | None = None) -> Floats:
        """The share of instances that are nearest to the mean of their actual class.

        This is the accuracy of the features without the layers after them.

        Arguments:
            actual: Of this class only.
            predicted: Of this cell only, with `actual`.

        Returns:
            Shape (epochs,); NaN where the class or cell has no means.
        """
        to = None if predicted is None else self._index(predicted)
        wanted = None if actual is None else Subset(self._index(actual), to)

        def share(means: Means) -> float:
            rows = [
                at
                for subset, at in means.subsets.items()
                if subset == wanted or (wanted is None and subset.predicted is None)
            ]
            tried = means.tried[rows].sum()
            return float(means.nearest[rows].sum() / tried) if tried else float("nan")

        return self._course(share)

    def change(self) -> Change:
        """How much the layer changed from epoch to epoch, and how far it is from its last state."""
        return self._reader.remember("change", self.epochs.tolist(), self._change)

    def _change(self) -> Change:
        probes = self._reader.probes(self.epochs.tolist())
        epochs = [epoch for epoch in self.epochs.tolist() if epoch in probes]
        centered = {e: Centered.of(probes[e].coordinates) for e in epochs}

        def alike(one: int, other: int) -> float:
            if np.array_equal(probes[one].ids, probes[other].ids):
                return centered[one].cka(centered[other])
            return _alike(probes[one], probes[other])

        before = [alike(one, other) for one, other in pairwise(epochs)]
        last = [alike(epoch, epochs[-1]) for epoch in epochs]
        return Change(
            np.array(epochs, np.int64),
            np.array([np.nan, *before][: len(epochs)]),
            np.array(last),
        )

    @property
    def version(self) -> str:
        """Changes if and only if the features of the series do."""
        return self._reader.version

    def map(self, epochs: Sequence[int] | None = None) -> Points:
        """All instances of the probe: principal components, turned so that only the layer moves.

        Arguments:
            epochs: These epochs only.
        """
        wanted = self._wanted(epochs)
        return self._reader.remember("map", wanted, lambda: map_of(self._reader.probes(wanted)))

    def plane(self, actual: Class, predicted: Class, epochs: Sequence[int] | None = None) -> Points:
        """Instances of two classes, from the mean of one (x = 0) to that of the other (x = 1).

        y is the first component of the rest, in the same unit.

        Arguments:
            actual, predicted: The classes.
            epochs: These epochs only.
        """
        one, other = self._index(actual), self._index(predicted)
        wanted = self._wanted(epochs)

        def find() -> Points:
            probes = self._reader.probes(wanted)
            known = list(probes)
            means, activations = self._reader.means(known), self._reader.activations(known)
            return plane_of(probes, activations, means, one, other)

        return self._reader.remember("plane", wanted, find, one, other)

    def units(
        self,
        epoch: int,
        cells: Sequence[tuple[Class, Class]],
        *,
        most: int = 24,
        classes: Sequence[Class] = (),
        instances: int | Iterable[Any] = 0,
        listed: Iterable[Any] | None = None,
        only: Sequence[int] | None = None,
    ) -> UnitRows:
        """Find the units that set cells apart from the right instances of their class (as in
        ActiVis).

        Arguments:
            epoch: The epoch.
            cells: Cells, (actual, predicted); the first one decides which units come first.
            most: How many units at most.
            classes: Classes to add as rows: all of their instances, compared with the right ones of
                the first cell's actual class.
            instances: Instances of the probe to add as rows, by id; or how many of the first cell.
            listed: Ids of instances to add as one row; those outside the probe are ignored.
            only: These units, in this order.
        """
        means = self.means(epoch)
        pairs = [(self._index(a), self._index(p)) for a, p in cells]
        rows = list(rows_of_cells(means, pairs, self.classes))
        if pairs:
            wanted = [self._index(each) for each in classes]
            rows += rows_of_classes(means, wanted, pairs[0][0], self.classes)
        if instances or listed is not None:
            probe = self.probe(epoch)
            rebuilt = rebuild(self._at(epoch, self._reader.activations([int(epoch)])))
            if listed is not None:
                rows += row_of_listed(means, probe, rebuilt, listed)
            if not isinstance(instances, int):
                chosen = in_probe(probe, instances)
            else:
                actual, predicted = pairs[0] if pairs else (-1, -1)
                of_cell = (probe.actual == actual) & (probe.predicted == predicted)
                chosen = np.flatnonzero(of_cell)[:instances].tolist()
            rows += rows_of_instances(means, probe, rebuilt, chosen)
        return unit_rows(rows, means.moments.mean.shape[1], most=most, only=only)

    def units_over_time(
        self,
        actual: Class,
        predicted: Class | None,
        units: Sequence[int],
        *,
        of: Class | None = None,
    ) -> NDArray[np.float64]:
        """How far units set a cell or a class apart, epoch by epoch, shape (epochs, units).

        Arguments:
            actual, predicted: The cell; a class if `predicted` is None.
            units: Indices of the units.
            of: The class whose right instances they are compared with; None for `actual`.
        """
        a = self._index(actual)
        subset = Subset(a, None if predicted is None else self._index(predicted))
        reference = a if of is None else self._index(of)
        means = self._reader.means(self.epochs.tolist())
        found = np.full((len(self.epochs), len(units)), np.nan)
        for row, epoch in enumerate(self.epochs.tolist()):
            values = subset_apart(means[epoch], subset, reference) if epoch in means else None
            if values is not None:
                found[row] = values[list(units)]
        return found

    def __repr__(self) -> str:
        return f"Features({self.layer!r}, {len(self.epochs)} epochs)"

    def _course(self, measure: Callable[[Means], float]) -> Floats:
        means = self._reader.means(self.epochs.tolist())
        return np.array(
            [measure(means[e]) if e in means else np.nan for e in self.epochs.tolist()], np.float64
        )

    def _wanted(self, epochs: Sequence[int] | None) -> list[int]:
        """Return those of the given epochs that have features, increasing."""
        known = self.epochs.tolist()
        return known if epochs is None else sorted({int(e) for e in epochs} & set(known))

    def _index(self, name: Class) -> int:
        if isinstance(name, str) and name in self.classes:
            return self.classes.index(name)
        if isinstance(name, (int, np.integer)) and 0 <= name < len(self.classes):
            return int(name)
        raise ClassNotFoundError(name, self.classes)

    def _at(self, epoch: int, found: Mapping[int, T]) -> T:
        if int(epoch) not in found:
            raise EpochNotFoundError(
                f"Epoch {epoch} has no features of layer {self.layer!r} that can be read. The "
                f"layer has {len(self.epochs)} epochs: see `epochs`."
            )
        return found[int(epoch)]


def _alike(one: Probe, other: Probe) -> float:
    """Linear CKA of the instances that two probes share."""
    _, rows, columns = np.intersect1d(one.ids, other.ids, return_indices=True)
    if not len(rows):
        return float("nan")
    return linear_cka(one.coordinates[rows], other.coordinates[columns])
