"""Keep predictions and lists of instances for all requests for the same ones."""

from __future__ import annotations

import threading

import numpy as np
from cachetools import LRUCache

from confusionflow.reading.instances import Cells, Instances, Passing
from confusionflow.reading.predictions import Predictions
from confusionflow.reading.run import Series
from confusionflow.server.kept_predictions import KeptPredictions

# Limit of predictions in memory.
MOST_BYTES = 2 << 30
MOST_LISTS = 64

Key = tuple[str, str, str]


class KnownInstances:
    """Reads the predictions of each version of a series once. Threads may share it.

    Arguments:
        kept: Keeps those of large series in the cache folder.
    """

    def __init__(self, kept: KeptPredictions | None = None) -> None:
        self._kept = kept or KeptPredictions()
        self._read: LRUCache[Key, Predictions] = LRUCache(MOST_BYTES, getsizeof=_size)
        self._lists: LRUCache[tuple[Key, Cells, Passing], Instances] = LRUCache(MOST_LISTS)
        self._lock = threading.Lock()
        self._reading: dict[Key, threading.Lock] = {}

    def predictions(self, series: Series) -> Predictions:
        """The predictions of a series.

        Raises:
            NoPredictionsError: it was logged as matrices.
            InstancesError: its instances can't be followed.
        """
        key = _key(series)
        with self._lock:
            if found := self._read.get(key):
                return found
            lock = self._reading.setdefault(key, threading.Lock())
        with lock:  # if several threads ask at once, one reads
            with self._lock:
                if found := self._read.get(key):
                    return found
            read = self._kept.read(series)
            with self._lock:
                self._reading.pop(key, None)
                if _size(read) <= MOST_BYTES:
                    self._read[_key(series)] = read
        return read

    def instances(self, series: Series, cells: Cells, passing: Passing) -> Instances:
        """The instances of some cells of a series."""
        key = (_key(series), cells, passing)
        with self._lock:
            found = self._lists.get(key)
        if found is None:
            found = Instances(self.predictions(series), cells, passing)
            with self._lock:
                self._lists[key] = found
        return found


def _key(series: Series) -> Key:
    return series.run.stored.api_id, series.id, series.version


def _size(read: Predictions) -> int:
    arrays = (read.ids, read.actual, read.predicted, read.confidence, read.margin)
    texts = sum(map(len, read.ids.tolist())) if read.ids.dtype == object else 0
    # Mapped arrays take no memory.
    return texts + sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))
