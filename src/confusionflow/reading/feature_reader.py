"""Read the features of a layer from the log, each table once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from confusionflow.analysis.features.principal import Principal
from confusionflow.errors import NoFeaturesError
from confusionflow.reading.feature_tables import (
    Axes,
    Means,
    Probe,
    Subset,
    Units,
    attribution_of,
    axes_of,
    joined_probe,
    means_of,
    probe_of,
    units_of,
)
from confusionflow.store.features import FeatureTable
from confusionflow.store.format.file_names import Kind
from confusionflow.store.split import StoredSplit

T = TypeVar("T")

PROBE: Kind = "features-probe"
UNITS: Kind = "features-units"

# Of the tables that are kept in memory.
MOST_BYTES = 512 << 20


class FeatureReader:
    """Reads the tables of one layer and remembers them.

    Arguments:
        stored: The split.
        layer: Name of the layer; None for the one that was logged first.
        kept: Cache of what was read, which several objects may share.

    Attributes:
        layers: Names of all layers.
        layer: Name of this one.
        epochs: Epochs that have features of it.

    Raises:
        NoFeaturesError: there are none, or none of that layer.
    """

    def __init__(self, stored: StoredSplit, layer: str | None, kept: LRUCache[Any, Any] | None):
        self._split = stored
        self._stored = stored.features
        self.layers = tuple(self._stored.layers)
        if not self.layers or (layer is not None and layer not in self.layers):
            raise NoFeaturesError(stored.name, layer, self.layers)
        self.layer = self.layers[0] if layer is None else layer
        self._layer = self._stored.layers[self.layer]
        self.epochs = tuple(self._stored.epochs(self._layer))
        self._names = self._stored.names(self._layer, list(self.epochs))
        self._kept = LRUCache(MOST_BYTES, getsizeof=size_of) if kept is None else kept

    def means(self, epochs: Sequence[int]) -> dict[int, Means]:
        """Means and spreads by class and by cell, of the epochs for which they can be read."""
        return self._look_up("features-means", epochs, self._read_means)

    def probes(self, epochs: Sequence[int]) -> dict[int, Probe]:
        """The probes of the epochs for which they can be read."""
        return self._look_up("features-probe", epochs, self._read_probes)

    def activations(self, epochs: Sequence[int]) -> dict[int, Principal]:
        """Activations of the probes, of the epochs for which they can be read."""
        probes = self.probes(epochs)
        axes = self._look_up("features-axes", list(probes), self._read_axes)
        found = ((epoch, each.of(probes[epoch])) for epoch, each in axes.items())
        return {epoch: activations for epoch, activations in found if activations}

    def units(self, epochs: Sequence[int]) -> dict[int, Units]:
        """The exemplars of the epochs for which they can be read."""
        return self._look_up("features-units", epochs, self._read_units)

    def attribution(self, epoch: int) -> dict[Subset, tuple[int, NDArray[np.float64]]]:
        """The attribution of an epoch: instances and sums by unit, by cell."""

        def read() -> dict[Subset, tuple[int, NDArray[np.float64]]]:
            tables = self._stored.tables(self._layer, "features-attribution", [epoch])
            return attribution_of(self._with_index_maps(tables.get(epoch, [])))

        return self.remember("attribution", [epoch], read)

    def images(self, epoch: int) -> dict[int, bytes]:
        """Synthetic images of units at an epoch: PNG by unit."""
        found: dict[int, bytes] = {}
        for table in self._stored.images(self._layer, epoch):
            units, images = table.rows["unit"].to_pylist(), table.rows["png"].to_pylist()
            found.update(zip(units, images, strict=True))
        return dict(sorted(found.items()))

    @property
    def version(self) -> str:
        """Changes if and only if the features of the split do."""
        return self._stored.version

    @property
    def image_epochs(self) -> tuple[int, ...]:
        """Epochs that have synthetic images of units."""
        return self._stored.image_epochs(self._layer)

    def remember(self, what: str, epochs: Iterable[int], find: Callable[[], T], *of: int) -> T:
        """Look up a value that follows from the tables of some epochs, or compute it.

        Arguments:
            what: What the value is.
            epochs: The epochs that it follows from.
            find: Computes it.
            of: What else it depends on.
        """
        key = (what, *of, tuple(self._names.get(epoch, "") for epoch in epochs))
        found: T | None = self._kept.get(key)
        if found is None:
            found = find()
            self._keep(key, found)
        return found

    def _look_up(
        self, kind: str, epochs: Sequence[int], read: Callable[[list[int]], dict[int, T]]
    ) -> dict[int, T]:
        """Look up epochs in the cache, and read the missing ones together."""
        found: dict[int, T] = {}
        missing = []
        for epoch in epochs:
            kept = self._kept.get((kind, self._names.get(epoch, "")))
            if kept is None:
                missing.append(epoch)
            else:
                found[epoch] = kept
        if missing:
            for epoch, each in read(missing).items():
                found[epoch] = each
                self._keep((kind, self._names[epoch]), each)
        return dict(sorted(found.items()))

    def _keep(self, key: tuple[Any, ...], value: Any) -> None:
        if size_of(value) <= self._kept.maxsize:
            self._kept[key] = value

    def _read_means(self, epochs: list[int]) -> dict[int, Means]:
        tables = self._stored.tables(self._layer, "features-means", epochs)
        found = {epoch: means_of(self._with_index_maps(each)) for epoch, each in tables.items()}
        return {epoch: means for epoch, means in found.items() if means}

    def _read_probes(self, epochs: list[int]) -> dict[int, Probe]:
        found = {}
        for epoch, tables in self._stored.tables(self._layer, PROBE, epochs).items():
            if len(tables) > 1:
                joined = self._joined(epoch)
                probe = joined and joined[0]
            else:
                probe = probe_of(*self._with_index_maps(tables)[0])
            if probe:
                found[epoch] = probe
        return found

    def _read_axes(self, epochs: list[int]) -> dict[int, Axes]:
        found = {}
        units = self._stored.tables(self._layer, UNITS, epochs)
        for epoch, tables in units.items():
            joined = self._joined(epoch) if len(tables) > 1 else None
            found[epoch] = joined[1] if joined else axes_of(tables[0])
        return found

    def _joined(self, epoch: int) -> tuple[Probe, Axes] | None:
        """The probes of several ranks, and their axes."""

        def find() -> tuple[Probe, Axes] | None:
            probes, units = (
                self._stored.tables(self._layer, kind, [epoch]).get(epoch, [])
                for kind in (PROBE, UNITS)
            )
            of_rank = {table.metadata.rank: axes_of(table) for table in units}
            both = [
                (probe, of_rank[table.metadata.rank])
                for table, index_map in self._with_index_maps(probes)
                if table.metadata.rank in of_rank and (probe := probe_of(table, index_map))
            ]
            return joined_probe(both)

        return self.remember("joined-probe", [epoch], find)

    def _read_units(self, epochs: list[int]) -> dict[int, Units]:
        tables = self._stored.tables(self._layer, "features-units", epochs)
        found = {epoch: units_of(each) for epoch, each in tables.items()}
        return {epoch: units for epoch, units in found.items() if units}

    def _with_index_maps(
        self, tables: Sequence[FeatureTable]
    ) -> list[tuple[FeatureTable, NDArray[np.integer]]]:
        """Tables, each with the index in the split's classes of each class index that it has."""
        return [(table, self._split.index_map(table.metadata)) for table in tables]


def size_of(kept: Any) -> int:
    """Estimate how many bytes a value takes in memory."""
    if isinstance(kept, np.ndarray):
        return int(kept.nbytes)
    if isinstance(kept, dict):
        return 1 + sum(size_of(each) for each in kept.values())
    if isinstance(kept, tuple):
        return 1 + sum(map(size_of, kept))
    return 1 + sum(map(size_of, vars(kept).values())) if hasattr(kept, "__dict__") else 1
