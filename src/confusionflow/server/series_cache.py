"""A cache of encoded series, shared by all clients."""

from __future__ import annotations

import threading
from operator import attrgetter

from cachetools import LRUCache, cachedmethod

from confusionflow.reading.run import Series
from confusionflow.server.arrow_series import SeriesPart, encode_series

MOST_BYTES = 64 * 2**20


class SeriesCache:
    """Encodes each version of a series once, and keeps those used recently.

    Every page asks for a new epoch at the moment it is logged. Threads may share the cache.
    """

    def __init__(self) -> None:
        self._kept: LRUCache[tuple[str, str, str], bytes] = LRUCache(MOST_BYTES, getsizeof=len)
        self._condition = threading.Condition()

    def version_of(self, series: Series) -> str:
        """The version of a series, which depends on what turns out to be damaged."""
        if _key(series) not in self._kept:
            _ = series.epochs
        return series.version

    @cachedmethod(
        attrgetter("_kept"), key=lambda _, series: _key(series), condition=attrgetter("_condition")
    )
    def of(self, series: Series) -> bytes:
        """All of a series, as `encode_series` encodes it."""
        return encode_series(SeriesPart(series))


def _key(series: Series) -> tuple[str, str, str]:
    return series.run.stored.api_id, series.id, series.version
