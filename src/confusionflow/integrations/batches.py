"""Labels and outputs of an evaluation, batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ShapeError
from confusionflow.integrations.predictions import class_indices, class_labels
from confusionflow.integrations.sampling import stratified_subset
from confusionflow.log import Run


class Batches:
    """Labels and outputs of one split in one epoch."""

    def __init__(self) -> None:
        self._actual: list[NDArray[Any]] = []
        self._predicted: list[NDArray[Any]] = []

    def add(self, labels: Any, outputs: Any) -> None:
        """Keep what is needed of a batch.

        Raises:
            ShapeError: labels and outputs are of different numbers of instances.
        """
        actual, predicted = class_labels(labels), class_indices(outputs)
        if actual.shape != predicted.shape:
            raise ShapeError(
                f"A batch has labels of shape {actual.shape} and predictions of shape "
                f"{predicted.shape}. There should be one of each for each instance."
            )
        self._actual.append(actual)
        self._predicted.append(predicted)

    def digest_of_labels(self) -> bytes:
        """What tells data sets apart: the labels of their instances, in any order."""
        return np.sort(np.concatenate(self._actual)).tobytes()

    @property
    def size(self) -> int:
        """Number of instances."""
        return sum(map(len, self._actual))

    def log(
        self,
        run: Run,
        epoch: int,
        split: str,
        subset: int | float | None = None,
        ids: NDArray[np.int64] | None = None,
    ) -> None:
        """Log all batches, or a subset of their instances."""
        actual, predicted = np.concatenate(self._actual), np.concatenate(self._predicted)
        kept = stratified_subset(actual, subset)
        if kept is not None:
            actual, predicted = actual[kept], predicted[kept]
            ids = kept if ids is None else ids[kept]
        run.log(epoch, split, y_true=actual, y_pred=predicted, ids=ids)
