"""Keep tables of features for all requests for the same layer."""

from __future__ import annotations

import threading
from typing import Any

from cachetools import LRUCache

from confusionflow.reading.feature_reader import MOST_BYTES, size_of
from confusionflow.reading.features import Features
from confusionflow.reading.run import Series


class KnownFeatures:
    """Reads each table of features once. Threads may share it."""

    def __init__(self) -> None:
        self._tables: LRUCache[Any, Any] = LRUCache(MOST_BYTES, getsizeof=size_of)
        self.lock = threading.RLock()

    def of(self, series: Series, layer: str | None) -> Features:
        """The features of a layer. Hold the lock while you use them.

        Raises:
            NoFeaturesError: there are none, or none of that layer.
        """
        return Features(series.stored, layer, self._tables)
