"""Keep tables of features for all requests for the same layer."""

from __future__ import annotations

import threading
from typing import Any

from cachetools import LRUCache

from confusionflow.reading.features import MOST_BYTES, Features, size_of
from confusionflow.reading.run import Series

MOST_LAYERS = 64


class KnownFeatures:
    """Reads each table of features once. Threads may share it."""

    def __init__(self) -> None:
        self._tables: LRUCache[Any, Any] = LRUCache(MOST_BYTES, getsizeof=size_of)
        self._layers: LRUCache[Any, Features] = LRUCache(MOST_LAYERS)
        self.lock = threading.RLock()

    def of(self, series: Series, layer: str | None) -> Features:
        """The features of a layer. Hold the lock while you use them.

        Raises:
            NoFeaturesError: there are none, or none of that layer.
        """
        stored = series.stored
        key = (series.run.stored.api_id, series.id, stored.features.version, layer)
        if key not in self._layers:
            self._layers[key] = Features(stored, layer, self._tables)
        return self._layers[key]
