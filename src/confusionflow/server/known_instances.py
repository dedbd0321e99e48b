"""Keep predictions and lists of instances for all requests for the same ones."""

from __future__ import annotations

import numpy as np

from confusionflow.reading.instances import Cells, Instances, Passing
from confusionflow.reading.predictions import Predictions
from confusionflow.reading.run import Series
from confusionflow.server.kept_predictions import KeptPredictions
from confusionflow.server.once_per_key import OncePerKey

# Limit of predictions in memory.
MOST_BYTES = 2 << 30
MOST_LISTS = 64


class KnownInstances:
    """Reads the predictions of each version of a series once. Threads may share it.

    Arguments:
        kept: Keeps those of large series in the cache folder.
    """

    def __init__(self, kept: KeptPredictions | None = None) -> None:
        self._kept = kept or KeptPredictions()
        self._read = OncePerKey[Predictions](MOST_BYTES, _size)
        self._lists = OncePerKey[Instances](MOST_LISTS)

    def predictions(self, series: Series) -> Predictions:
        """The predictions of a series.

        Raises:
            NoPredictionsError: it was logged as matrices.
            InstancesError: its instances can't be followed.
        """
        return self._read.get(_key(series), lambda: self._kept.read(series))

    def instances(self, series: Series, cells: Cells, passing: Passing) -> Instances:
        """The instances of some cells of a series."""
        return self._lists.get(
            (_key(series), cells, passing),
            lambda: Instances(self.predictions(series), cells, passing),
        )


def _key(series: Series) -> tuple[str, str, str]:
    return series.run.stored.api_id, series.id, series.version


def _size(read: Predictions) -> int:
    arrays = (read.ids, read.actual, read.predicted, read.confidence, read.margin)
    texts = sum(map(len, read.ids.tolist())) if read.ids.dtype == object else 0
    # Mapped arrays take no memory.
    return texts + sum(array.nbytes for array in arrays if isinstance(array, np.ndarray))
