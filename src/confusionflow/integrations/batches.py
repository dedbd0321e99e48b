"""Collect labels and outputs of an evaluation batch by batch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import LabelError, ShapeError
from confusionflow.integrations.sampling import stratified_subset
from confusionflow.log import Run
from confusionflow.log.arrays import to_array, to_labels
from confusionflow.log.frames import named_rows
from confusionflow.log.outputs import (
    are_probabilities,
    main_output,
    predicted_classes,
    scores_by_instance,
    to_scores,
    two_columns,
)
from confusionflow.log.shapes import labels_for_scores, paired_labels

OUTPUT = "output"


class Batches:
    """Labels and outputs of one split in one epoch.

    If each instance has several scores, only the predicted class is kept, batch by batch. The
    meaning of a single number for each instance is decided once all batches are there.

    Arguments:
        n_classes: How many classes the run declares, if it does (`Run.n_classes`).
        are_logits: Whether the scores are logits, by the loss or the objective; None if that is
            unknown: then they are if a number in any batch is outside of 0 … 1.
        threshold: For two classes, the probability or logit above which the second one is
            predicted; None for 0.5 or 0.
        class_axis: The axis of the classes, for outputs with more axes of one length: 1 in PyTorch,
            -1 in Keras and in Hugging Face.
        padding: A label that marks what is not an instance and is not logged.
    """

    def __init__(
        self,
        n_classes: int | None = None,
        *,
        are_logits: bool | None = None,
        threshold: float | None = None,
        class_axis: int | None = None,
        padding: int | None = None,
    ) -> None:
        self._n_classes = n_classes
        self._are_logits = are_logits
        self._threshold = threshold
        self._class_axis = class_axis
        self._padding = padding
        self._actual: list[NDArray[Any]] = []
        self._predicted: list[NDArray[Any]] = []
        self._has_scores: bool | None = None

    def add(self, labels: Any, outputs: Any) -> None:
        """Keep the parts of a batch that are needed.

        Arguments:
            labels: Class indices, names or one-hot rows, of instances, tokens or pixels.
            outputs: Class indices; or logits or probabilities, with an axis of classes or one
                number for each label. If it holds several things, they have usual names.

        Raises:
            ConfusionFlowError: they don't fit each other, or are of another kind than before.
        """
        actual = to_labels(named_rows(labels), "y_true")
        array = to_array(main_output(outputs), OUTPUT)
        if array.dtype.kind not in "fV":
            actual, predicted = paired_labels(actual, to_labels(array, OUTPUT), self._n_classes)
            has_scores = False
        else:
            actual, predicted = self._read_scores(actual, array)
            # One score, or two with a threshold, decide only when all batches are there.
            has_scores = predicted.ndim == 1 or (
                self._threshold is not None and predicted.shape[1] == 2
            )
            if not has_scores:
                predicted, _ = predicted_classes(
                    predicted,
                    are_logits=not are_probabilities(predicted),
                    threshold=self._threshold,
                )
        if self._has_scores not in (None, has_scores):
            raise LabelError(
                "Some batches hold a class index for each instance and others a score. Pass one "
                "kind."
            )
        self._has_scores = has_scores
        self._actual.append(actual.ravel())
        self._predicted.append(predicted)

    def _read_scores(
        self, actual: NDArray[Any], array: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return the actual classes and the scores of the instances of a batch.

        Raises:
            ConfusionFlowError: they don't fit each other, or the classes of the run.
        """
        scores = to_scores(array, OUTPUT)
        actual = labels_for_scores(actual, scores.shape, self._n_classes)
        scores = scores_by_instance(
            scores,
            actual.shape,
            OUTPUT,
            n_classes=self._n_classes,
            class_axis=self._class_axis,
        )
        if scores.ndim == 1 and self._n_classes not in (None, 2):
            raise ShapeError(
                "The model outputs one score for each instance, which decides between two "
                f"classes, and the run has {self._n_classes} classes. Declare these two."
            )
        if scores.ndim == 2 and self._n_classes not in (None, scores.shape[1]):
            raise ShapeError(
                f"The model outputs {scores.shape[1]} scores for each instance, and the "
                f"run has {self._n_classes} classes. Declare a class for each score, in their "
                "order."
            )
        return actual, scores

    @property
    def actual(self) -> NDArray[Any]:
        """The actual class of each instance."""
        return np.concatenate(self._actual) if self._actual else np.empty(0, np.int64)

    @property
    def predicted(self) -> NDArray[Any]:
        """The predicted class of each instance, as far as these batches tell."""
        joined: NDArray[Any] = np.empty(0, np.int64)
        if self._predicted:
            joined = np.concatenate(self._predicted)
        if not self._has_scores:
            return joined
        are_logits = not are_probabilities(joined) if self._are_logits is None else self._are_logits
        pairs = two_columns(joined, are_logits=are_logits) if joined.ndim == 1 else joined
        return predicted_classes(pairs, are_logits=are_logits, threshold=self._threshold)[0]

    def digest_of_labels(self) -> bytes:
        """A key for the evaluated data set: the labels of its instances, in any order."""
        return np.sort(self.actual.astype(str)).tobytes()

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
        actual = self.actual
        real = np.flatnonzero(actual != self._padding)
        kept = stratified_subset(actual[real], subset)
        if kept is not None or real.size < actual.size:
            kept = real if kept is None else real[kept]
            ids = kept if ids is None else ids[kept]
        chosen = slice(None) if kept is None else kept
        if not self._has_scores:
            run.log(epoch, split, y_true=actual[chosen], y_pred=self.predicted[chosen], ids=ids)
            return
        name = "y_logit" if self._are_logits else "y_prob"
        scores = np.concatenate(self._predicted)[chosen]
        run.log(
            epoch,
            split,
            y_true=actual[chosen],
            ids=ids,
            threshold=self._threshold,
            **{name: scores},
        )
