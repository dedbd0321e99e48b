"""Keep encoded series for all clients."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Sequence
from operator import attrgetter

from cachetools import LRUCache, cachedmethod

from confusionflow.errors import ConfusionFlowError
from confusionflow.reading.run import Series
from confusionflow.server.arrow_series import SeriesPart, encode_series
from confusionflow.server.models import FIRST_SPLITS
from confusionflow.store.listing.overview import RunOverview

MOST_BYTES = 64 * 2**20
# The most that a page may fetch for nothing if it was opened by a link to other series.
MOST_BYTES_AHEAD = 2**20
# The most that one answer holds of several series, which stands in memory twice.
MOST_BYTES_TOGETHER = 16 * 2**20


class SeriesCache:
    """Encodes each version of a series once, and keeps those used recently.

    Every page asks for a new epoch at the moment it is logged. Threads may share the cache.
    """

    def __init__(self) -> None:
        self._kept: LRUCache[tuple[str, str, str], bytes] = LRUCache(MOST_BYTES, getsizeof=len)
        self._condition = threading.Condition()
        self._first: list[tuple[str, str]] = []

    def note_first(self, runs: Sequence[RunOverview]) -> None:
        """Note which series a page shows first, from all runs, oldest first."""
        newest = next((run for run in reversed(runs) if run.splits), None)
        self._first = (
            [(newest.id, split.id) for split in newest.splits[:FIRST_SPLITS]] if newest else []
        )

    def ahead(self) -> list[str]:
        """Paths of the series that a page will ask for first, for its browser to fetch ahead.

        There are none until they are encoded, and none if they are large: a link may show other
        series.
        """
        with self._condition:
            sizes = {key[:2]: len(encoded) for key, encoded in self._kept.items()}
        first = self._first
        if (
            not all(one in sizes for one in first)
            or sum(sizes[one] for one in first) > MOST_BYTES_AHEAD
        ):
            return []
        return [f"api/runs/{run_id}/splits/{split_id}/series" for run_id, split_id in first]

    def version_of(self, series: Series) -> str:
        """The version of a series, which changes if files are found to be damaged."""
        if _key(series) not in self._kept:
            _ = series.epochs
        return series.version

    @cachedmethod(
        attrgetter("_kept"), key=lambda _, series: _key(series), condition=attrgetter("_condition")
    )
    def of(self, series: Series) -> bytes:
        """Encode a whole series by `encode_series`, once."""
        return encode_series(SeriesPart(series))

    def together(self, all_series: Iterable[Series]) -> list[bytes]:
        """Encode several series, up to the first one that would make the answer too large.

        One that can't be read is left out; a request for it alone says why.
        """
        encoded: list[bytes] = []
        for series in all_series:
            with contextlib.suppress(ConfusionFlowError, OSError):
                one = self.of(series)
                if sum(map(len, encoded)) + len(one) > MOST_BYTES_TOGETHER:
                    break
                encoded.append(one)
        return encoded


def _key(series: Series) -> tuple[str, str, str]:
    return series.run.stored.api_id, series.id, series.version
