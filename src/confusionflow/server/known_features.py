"""Keep tables of features, and answers that follow from them, for all requests."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from cachetools import LRUCache
from pydantic import BaseModel, ValidationError

from confusionflow.reading.feature_reader import MOST_BYTES, size_of
from confusionflow.reading.features import Features
from confusionflow.reading.run import Series
from confusionflow.server.version import VERSION
from confusionflow.store.format.ids import digest_of
from confusionflow.store.places.kept import KeptFiles

Answer = TypeVar("Answer", bound=BaseModel)

MOST_KEPT_BYTES = 256 << 20

# Raise it when answers of the same tables change.
FORMULAS = 1


class KnownFeatures:
    """Reads each table of features once, and keeps answers for the next process.

    An answer is kept in the user's cache folder under the names of all files of features, which
    have digests, so that it is found without opening them. Threads may share this.
    """

    def __init__(self) -> None:
        self._tables: LRUCache[Any, Any] = LRUCache(MOST_BYTES, getsizeof=size_of)
        self._lock = threading.RLock()

    @contextmanager
    def of(self, series: Series, layer: str | None) -> Iterator[Features]:
        """The features of a layer, for this thread alone until the block ends.

        Raises:
            NoFeaturesError: there are none, or none of that layer.
        """
        with self._lock:
            yield Features(series.stored, layer, self._tables)

    def answer(
        self,
        series: Series,
        layer: str | None,
        kind: type[Answer],
        find: Callable[[Features], Answer],
        *of: object,
    ) -> Answer:
        """Look up an answer about a layer, or find it.

        Arguments:
            series: The series.
            layer: Name of the layer; None for the first.
            kind: What the answer is.
            find: Finds it.
            of: What else it depends on.

        Raises:
            NoFeaturesError: there are none, or none of that layer.
        """
        stored = series.stored
        files = KeptFiles("features", stored.features.filesystem, MOST_KEPT_BYTES)
        about = [
            VERSION,
            FORMULAS,
            kind.__name__,
            stored.features.files_version,
            stored.classes,
            layer,
            of,
        ]
        key = digest_of(json.dumps(about).encode())
        kept = files.get(key)
        if kept is not None:
            try:
                return kind.model_validate_json(kept)
            except ValidationError:
                pass  # from another build of this version
        with self.of(series, layer) as features:
            found = find(features)
        if stored.features.is_whole:
            files.keep(key, found.model_dump_json().encode())
        return found
