"""Read what a layer of the model says about the instances of a series, epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from confusionflow.analysis.features.alignment import aligned_map, linear_cka, steps
from confusionflow.analysis.features.distance import apart, separation
from confusionflow.analysis.features.plane import cell_plane, facing
from confusionflow.errors import ClassNotFoundError, EpochNotFoundError, NoFeaturesError
from confusionflow.reading.feature_tables import (
    Means,
    Probe,
    Subset,
    Units,
    attribution_of,
    means_of,
    probe_of,
    rebuild,
    units_of,
)
from confusionflow.store.features import FeatureTable
from confusionflow.store.format.file_names import Kind
from confusionflow.store.split import StoredSplit

T = TypeVar("T")
Floats = NDArray[np.floating]
Class = str | int

# Of tables that were read, in memory.
MOST_BYTES = 512 << 20


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


@dataclass(frozen=True, eq=False)
class Change:
    """How much a layer changed: linear CKA of the probe, 1 for no change.

    Attributes:
        epochs: Shape (epochs,).
        before: With the epoch before, shape (epochs,); NaN for the first.
        last: With the last epoch, shape (epochs,).
    """

    epochs: NDArray[np.int64]
    before: Floats
    last: Floats


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


class Features:
    """The features of one layer of a series. `Series.features` makes it.

    Arguments:
        stored: The split.
        layer: Name of the layer; None for the one that was logged first.
        kept: Keeps what was read, for others too.

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
        self._stored = stored.features
        self._split = stored
        self.layers = tuple(self._stored.layers)
        if not self.layers or (layer is not None and layer not in self.layers):
            raise NoFeaturesError(stored.name, layer, self.layers)
        self.layer = self.layers[0] if layer is None else layer
        self.classes = stored.classes
        self._layer = self._stored.layers[self.layer]
        self.epochs = np.array(self._stored.epochs(self._layer), np.int64)
        self._names = self._stored.names(self._layer, self.epochs.tolist())
        self._kept = LRUCache(MOST_BYTES, getsizeof=size_of) if kept is None else kept

    # ---- what is in the log ------------------------------------------------------------------

    def means(self, epoch: int) -> Means:
        """Means and spreads by class and by cell.

        Raises:
            EpochNotFoundError: the epoch has no features, or they can't be read.
        """
        return self._one("features-means", epoch, self._read_means)

    def probe(self, epoch: int) -> Probe:
        """The probe's instances and their coordinates.

        Raises:
            EpochNotFoundError: the epoch has no features, or they can't be read.
        """
        return self._one("features-probe", epoch, self._read_probes)

    def exemplars(self, epoch: int) -> Units:
        """The instances that activate each unit most.

        Raises:
            EpochNotFoundError: the epoch has no features, or they can't be read.
        """
        return self._one("features-units", epoch, self._read_units)

    def attribution(self, epoch: int, actual: Class, predicted: Class) -> Floats | None:
        """How much each unit pushes the decision of a cell, on average over its instances.

        It is gradient times activation of (logit of the predicted class - logit of the actual one).

        Returns:
            Shape (units,), or None if it was not logged for the cell.
        """
        kind: Kind = "features-attribution"
        key = (self._names.get(int(epoch), ""), kind)
        found = self._kept.get(key)
        if found is None:
            tables = self._stored.tables(self._layer, kind, [int(epoch)]).get(int(epoch), [])
            found = attribution_of([(table, self._places(table)) for table in tables])
            self._kept[key] = found
        n, sums = found.get(Subset(self._index(actual), self._index(predicted)), (0, None))
        return None if sums is None else sums / n

    def images(self, epoch: int) -> dict[int, bytes]:
        """Synthetic images of units at an epoch: PNG by unit."""
        found: dict[int, bytes] = {}
        for table in self._stored.images(self._layer, int(epoch)):
            units, images = table.rows["unit"].to_pylist(), table.rows["png"].to_pylist()
            found.update(zip(units, images, strict=True))
        return dict(sorted(found.items()))

    @property
    def image_epochs(self) -> tuple[int, ...]:
        """Epochs that have synthetic images of units."""
        return self._stored.image_epochs(self._layer)

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

        It is the accuracy of the features without the layers after them.

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
        probes = self._all(self._read_probes, "features-probe", self.epochs.tolist())
        epochs = [epoch for epoch in self.epochs.tolist() if epoch in probes]
        before = [self._alike(probes, one, other) for one, other in pairwise(epochs)]
        last = [self._alike(probes, epoch, epochs[-1]) for epoch in epochs]
        return Change(
            np.array(epochs, np.int64),
            np.array([np.nan, *before][: len(epochs)]),
            np.array(last),
        )

    def _alike(self, probes: dict[int, Probe], one: int, other: int) -> float:
        def find() -> float:
            a, b = probes[one], probes[other]
            if np.array_equal(a.ids, b.ids):
                return linear_cka(a.features.coordinates, b.features.coordinates)
            _, rows, columns = np.intersect1d(a.ids, b.ids, return_indices=True)
            if not len(rows):
                return float("nan")
            return linear_cka(a.features.coordinates[rows], b.features.coordinates[columns])

        return self._remember((self._names[one], self._names[other], "cka"), find)

    def map(self, epochs: Sequence[int] | None = None) -> Points:
        """All instances of the probe: principal components, turned so that only the layer moves.

        Arguments:
            epochs: These epochs only.
        """
        return self._remember(self._key("map", epochs), lambda: self._map(epochs))

    def _map(self, epochs: Sequence[int] | None) -> Points:
        probes = self._probes(epochs)
        ids, rows = _places(list(probes.values()))
        coordinates = [_laid(p.features.coordinates, at, len(ids)) for p, at in rows]
        rest = [_laid(p.features.rest[:, None], at, len(ids))[:, 0] for p, at in rows]
        found = aligned_map(coordinates, rest)
        return self._points(
            probes, ids, rows, found.points, found.explained, found.rest, found.step
        )

    def plane(self, actual: Class, predicted: Class, epochs: Sequence[int] | None = None) -> Points:
        """Instances of two classes, from the mean of one (x = 0) to that of the other (x = 1).

        y is the first component of the rest, in the same unit.

        Arguments:
            actual, predicted: The classes.
            epochs: These epochs only.
        """
        one, other = self._index(actual), self._index(predicted)
        key = self._key("plane", epochs, one, other)
        return self._remember(key, lambda: self._plane(one, other, epochs))

    def _plane(self, one: int, other: int, epochs: Sequence[int] | None) -> Points:
        probes = self._probes(epochs)
        means = self._all(self._read_means, "features-means", list(probes))
        probes = {
            epoch: probe
            for epoch, probe in probes.items()
            if epoch in means and {Subset(one), Subset(other)} <= means[epoch].subsets.keys()
        }
        kept = {e: np.flatnonzero(np.isin(p.actual, [one, other])) for e, p in probes.items()}
        ids, rows = _places(list(probes.values()), list(kept.values()))
        points, explained, rest = [], [], []
        for (epoch, probe), (_, at) in zip(probes.items(), rows, strict=True):
            of = means[epoch]
            centers = [of.moments.mean[of.subsets[Subset(index)]] for index in (one, other)]
            plane = cell_plane(probe.features, kept[epoch], *centers)
            points.append(_laid(plane.points, at, len(ids)))
            explained.append(plane.explained)
            rest.append(plane.rest)
        laid = np.stack(facing(points)) if points else np.empty((0, 0, 2))
        return self._points(
            probes,
            ids,
            rows,
            laid,
            np.array(explained).reshape(-1, 2),
            np.array(rest),
            steps(laid),
            kept,
        )

    def units(
        self,
        epoch: int,
        cells: Sequence[tuple[Class, Class]],
        *,
        most: int = 24,
        instances: int = 0,
        listed: Iterable[Any] | None = None,
        only: Sequence[int] | None = None,
    ) -> UnitRows:
        """Find the units that set cells apart from the right ones of their class (as in ActiVis).

        Arguments:
            epoch: The epoch.
            cells: Cells, (actual, predicted); the first one decides which units come first.
            most: How many units at most.
            instances: How many instances of the probe to add as rows, those of the first cell.
            listed: Ids of instances to add as one row, as far as they are in the probe.
            only: These units, in this order.
        """
        means = self.means(epoch)
        rows: list[tuple[str, str] | str] = []
        values: list[NDArray[np.floating]] = []
        count: list[int] = []
        pairs = [(self._index(a), self._index(p)) for a, p in cells]
        for a, p in pairs:
            at = means.subsets.get(Subset(a, p))
            of_cell = None if at is None else self._apart(means, a, means.moments.mean[at])
            if at is not None and of_cell is not None:
                rows.append((self.classes[a], self.classes[p]))
                values.append(of_cell)
                count.append(int(means.moments.count[at]))
        if instances or listed is not None:
            probe = self.probe(epoch)
            rebuilt = rebuild(probe.features)
            if listed is not None:
                texts = {str(each) for each in listed}
                chosen = np.flatnonzero(np.isin(probe.ids.astype(np.str_), list(texts)))
                each = [self._apart(means, int(probe.actual[i]), rebuilt[i]) for i in chosen]
                known = [found for found in each if found is not None]
                if known:
                    rows.append("listed")
                    values.append(np.mean(known, axis=0))
                    count.append(len(known))
            for a, p in pairs[:1] if instances else []:
                chosen = np.flatnonzero((probe.actual == a) & (probe.predicted == p))
                for i in chosen[:instances].tolist():
                    found = self._apart(means, a, rebuilt[i])
                    if found is not None:
                        rows.append(str(probe.ids[i]))
                        values.append(found)
                        count.append(1)
        units = means.moments.mean.shape[1]
        table = np.stack(values) if values else np.empty((0, units))
        if only is not None:
            order = np.array([unit for unit in only if 0 <= unit < units], np.int64)
        else:
            size = np.nan_to_num(np.abs(table[0])) if values else np.zeros(0)
            order = np.argsort(-size, kind="stable")[:most]
        return UnitRows(order, tuple(rows), np.array(count, np.int64), table[:, order])

    def units_over_time(
        self, actual: Class, predicted: Class, units: Sequence[int]
    ) -> NDArray[np.float64]:
        """How far units set a cell apart from its class's right ones, shape (epochs, units)."""
        a, p = self._index(actual), self._index(predicted)
        means = self._all(self._read_means, "features-means", self.epochs.tolist())
        found = np.full((len(self.epochs), len(units)), np.nan)
        for row, epoch in enumerate(self.epochs.tolist()):
            of = means.get(epoch)
            at = None if of is None else of.subsets.get(Subset(a, p))
            if of is not None and at is not None:
                values = self._apart(of, a, of.moments.mean[at])
                if values is not None:
                    found[row] = values[list(units)]
        return found

    @staticmethod
    def _apart(
        means: Means, actual: int, values: NDArray[np.floating]
    ) -> NDArray[np.floating] | None:
        right, of_class = (
            means.subsets.get(Subset(actual, actual)),
            means.subsets.get(Subset(actual)),
        )
        if right is None or of_class is None:
            return None
        moments = means.moments
        return apart(
            values, moments.mean[right], moments.squares[of_class], int(moments.count[of_class])
        )

    def __repr__(self) -> str:
        return f"Features({self.layer!r}, {len(self.epochs)} epochs)"

    # ---- reading -----------------------------------------------------------------------------

    def _index(self, name: Class) -> int:
        if isinstance(name, str) and name in self.classes:
            return self.classes.index(name)
        if isinstance(name, (int, np.integer)) and 0 <= name < len(self.classes):
            return int(name)
        raise ClassNotFoundError(name, self.classes)

    def _places(self, table: FeatureTable) -> NDArray[np.integer]:
        return self._split.class_places(table.metadata)

    def _one(self, kind: Kind, epoch: int, read: Callable[[list[int]], dict[int, T]]) -> T:
        found = self._all(read, kind, [int(epoch)])
        if int(epoch) not in found:
            raise EpochNotFoundError(
                f"Epoch {epoch} has no features of layer {self.layer!r} that can be read. It has "
                f"{len(self.epochs)} epochs: see `epochs`."
            )
        return found[int(epoch)]

    def _all(
        self, read: Callable[[list[int]], dict[int, T]], kind: Kind, epochs: list[int]
    ) -> dict[int, T]:
        """Look up epochs in the cache, and read the missing ones together."""
        found: dict[int, T] = {}
        missing = []
        for epoch in epochs:
            kept = self._kept.get((self._names.get(epoch, ""), kind))
            if kept is None:
                missing.append(epoch)
            else:
                found[epoch] = kept
        if missing:
            for epoch, each in read(missing).items():
                found[epoch] = each
                key = (self._names[epoch], kind)
                if size_of(each) <= self._kept.maxsize:
                    self._kept[key] = each
        return dict(sorted(found.items()))

    def _remember(self, key: tuple[Any, ...], find: Callable[[], T]) -> T:
        found: T | None = self._kept.get(key)
        if found is None:
            found = find()
            if size_of(found) <= self._kept.maxsize:
                self._kept[key] = found
        return found

    def _key(self, what: str, epochs: Sequence[int] | None, *of: int) -> tuple[Any, ...]:
        wanted = self.epochs.tolist() if epochs is None else [int(epoch) for epoch in epochs]
        return what, *of, tuple(self._names.get(epoch, "") for epoch in wanted)

    def _course(self, measure: Callable[[Means], float]) -> Floats:
        means = self._all(self._read_means, "features-means", self.epochs.tolist())
        return np.array(
            [measure(means[e]) if e in means else np.nan for e in self.epochs.tolist()], np.float64
        )

    def _read_means(self, epochs: list[int]) -> dict[int, Means]:
        tables = self._stored.tables(self._layer, "features-means", epochs)
        found = {
            epoch: means_of([(table, self._places(table)) for table in each])
            for epoch, each in tables.items()
        }
        return {epoch: means for epoch, means in found.items() if means}

    def _read_probes(self, epochs: list[int]) -> dict[int, Probe]:
        probes = self._stored.tables(self._layer, "features-probe", epochs)
        units = self._stored.tables(self._layer, "features-units", epochs)
        found = {}
        for epoch, tables in probes.items():
            of_rank = {table.metadata.rank: table for table in units.get(epoch, [])}
            both = [
                (table, of_rank[table.metadata.rank], self._places(table))
                for table in tables
                if table.metadata.rank in of_rank
            ]
            probe = probe_of(both)
            if probe is not None:
                found[epoch] = probe
        return found

    def _read_units(self, epochs: list[int]) -> dict[int, Units]:
        tables = self._stored.tables(self._layer, "features-units", epochs)
        found = {epoch: units_of(each) for epoch, each in tables.items()}
        return {epoch: units for epoch, units in found.items() if units}

    def _probes(self, epochs: Sequence[int] | None) -> dict[int, Probe]:
        wanted = self.epochs.tolist() if epochs is None else sorted({int(e) for e in epochs})
        known = set(self.epochs.tolist())
        return self._all(self._read_probes, "features-probe", [e for e in wanted if e in known])

    def _points(
        self,
        probes: dict[int, Probe],
        ids: NDArray[Any],
        rows: list[tuple[Probe, NDArray[np.intp]]],
        points: NDArray[np.floating],
        explained: NDArray[np.floating],
        rest: NDArray[np.floating],
        step: NDArray[np.floating],
        kept: dict[int, NDArray[np.intp]] | None = None,
    ) -> Points:
        actual = np.zeros(len(ids), np.int64)
        predicted = np.full((len(rows), len(ids)), -1, np.int64)
        for row, (epoch, (probe, at)) in enumerate(zip(probes, rows, strict=True)):
            chosen = slice(None) if kept is None else kept[epoch]
            actual[at] = probe.actual[chosen]
            predicted[row, at] = probe.predicted[chosen]
        epochs = np.array(list(probes), np.int64)
        return Points(epochs, ids, actual, predicted, points, explained, rest, step)


def _places(
    probes: list[Probe], kept: list[NDArray[np.intp]] | None = None
) -> tuple[NDArray[Any], list[tuple[Probe, NDArray[np.intp]]]]:
    """Find all ids of some probes, and where each probe's instances are among them."""
    chosen = [p.ids if kept is None else p.ids[kept[i]] for i, p in enumerate(probes)]
    if not chosen:
        return np.empty(0, np.int64), []
    if all(np.array_equal(each, chosen[0]) for each in chosen):
        same = np.arange(len(chosen[0]))
        return chosen[0], [(probe, same) for probe in probes]
    if len({each.dtype.kind for each in chosen}) > 1:
        chosen = [each.astype(np.str_) for each in chosen]
    ids = np.unique(np.concatenate(chosen))
    places = [np.searchsorted(ids, each) for each in chosen]
    return ids, list(zip(probes, places, strict=True))


def _laid(values: NDArray[np.floating], places: NDArray[np.intp], size: int) -> NDArray[np.float64]:
    """Put rows at their places among all instances; the others are NaN."""
    laid = np.full((size, values.shape[1]), np.nan)
    laid[places] = values
    return laid


def size_of(kept: Any) -> int:
    """Estimate how many bytes a value takes in memory."""
    if isinstance(kept, np.ndarray):
        return int(kept.nbytes)
    if isinstance(kept, dict):
        return 1 + sum(size_of(each) for each in kept.values())
    if isinstance(kept, tuple):
        return 1 + sum(map(size_of, kept))
    return 1 + sum(map(size_of, vars(kept).values())) if hasattr(kept, "__dict__") else 1
