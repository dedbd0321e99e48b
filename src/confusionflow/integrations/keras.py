"""Keras 3, on any backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from confusionflow.integrations.batches import Batches
from confusionflow.integrations.predictions import class_labels
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset
from confusionflow.log import Run


class ConfusionFlow(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs what the model predicts at the end of each epoch.

    Arguments:
        run: Where to log.
        data: For each split a pair of features and labels, or anything that `model.predict` and a
            loop over batches take: a `PyDataset`, `tf.data.Dataset` or torch `DataLoader` of pairs
            that does not shuffle. Labels are class indices, names or one-hot rows.
        every: Epochs from one evaluation to the next.
        subset: Instances to evaluate of each pair, or their share; the same in each epoch, each
            class by its share. None for all.
        batch_size: For pairs; 32 by default.
    """

    def __init__(
        self,
        run: Run,
        data: Mapping[str, Any],
        *,
        every: int = 1,
        subset: int | float | None = None,
        batch_size: int | None = None,
    ) -> None:
        super().__init__()
        self._run = run
        self._every = check_every(every)
        self._batch_size = batch_size
        self._data = {split: _chosen(value, subset) for split, value in data.items()}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate and log, if the epoch is due."""
        if not is_due(epoch, self._every):
            return
        for split, data in self._data.items():
            batches = Batches(self._run.n_classes, class_axis=-1)
            if isinstance(data, tuple):
                outputs = self.model.predict(data[0], batch_size=self._batch_size, verbose=0)
                batches.add(data[1], outputs)
            else:
                for x, y in _batches(data):
                    batches.add(y, self.model.predict_on_batch(x))
            batches.log(self._run, epoch, split)


def _chosen(data: Any, subset: int | float | None) -> Any:
    if not isinstance(data, tuple):
        return data
    features, labels = data
    kept = stratified_subset(class_labels(labels), subset)
    return data if kept is None else (features[kept], labels[kept])


def _batches(data: Any) -> Any:
    """The pairs of a data set, once each; a PyDataset's iterator would begin anew."""
    if isinstance(data, keras.utils.PyDataset):
        return (data[i][:2] for i in range(len(data)))
    return (batch[:2] for batch in data)
