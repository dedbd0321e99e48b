"""Read what the page asks for first while the browser is still starting."""

from __future__ import annotations

import contextlib
import threading

from confusionflow.errors import ConfusionFlowError
from confusionflow.reading.run import LoggedRun, Series
from confusionflow.server.models import FIRST_SPLITS
from confusionflow.server.series_cache import SeriesCache
from confusionflow.store import Store


def prefetch_series(store: Store, cache: SeriesCache, ending: threading.Event) -> None:
    """Encode the series that the page shows first unless a link says otherwise.

    If pandas is installed, pyarrow takes some tenths of a second longer for its first column.
    Errors are reported to those who ask for the run. Once the server ends, no further split is
    begun.
    """
    with contextlib.suppress(ConfusionFlowError, OSError):
        overviews = store.overviews()
        cache.note_first(overviews)
        runs = [run for run in overviews if run.splits]
        if runs:
            run = store.run(runs[-1].id)
            for split in list(run.splits.values())[:FIRST_SPLITS]:
                if not ending.is_set():
                    cache.of(Series(split, LoggedRun(run)))
