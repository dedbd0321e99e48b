"""Encoded series, kept for all who ask for the same."""

from __future__ import annotations

import threading
from operator import attrgetter

from cachetools import LRUCache, cachedmethod

from confusionflow.reading.run import Series
from confusionflow.server.arrow_series import SeriesPart, encode_series

MOST_BYTES = 64 * 2**20


class SeriesCache:
    """Encodes a version of a series once, while it was asked for lately.

    Every page asks for a new epoch in the moment in which it is logged. Threads may share it.
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
