"""Keras 3, on any backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from confusionflow.errors import ArgumentError, did_you_mean
from confusionflow.integrations.batches import Batches
from confusionflow.integrations.declared import check_declares_classes
from confusionflow.integrations.guard import Guard
from confusionflow.integrations.predictions import class_labels
from confusionflow.integrations.samples import SamplesOf, SplitSamples
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset, taken
from confusionflow.log import Run

# Instances of each split with which the wiring is tried before the training.
TRIED = 2

# Losses whose outputs are margins around 0, by name.
MARGINS = ("hinge", "squared_hinge")


class ConfusionFlow(keras.callbacks.Callback):  # type: ignore[misc]
    """Logs what the model predicts at the end of each epoch.

    If the model has one output, its last activation or its loss tells whether that is a probability
    or a logit (`from_logits=True`). If neither does, a number outside of 0 … 1 shows that it is a
    logit. The learning rate is
    logged beside the epochs.

    Arguments:
        run: Where to log.
        data: For each split a pair of features and labels, or a triple with weights, which are not
            used. Or batches of them: a `PyDataset`, `tf.data.Dataset` or torch `DataLoader` that
            does not shuffle, or a function that makes a generator. Labels are class indices, names
            or one-hot rows.
        every: Epochs from one evaluation to the next.
        subset: Instances to evaluate of each pair, or their share; the same in each epoch, each
            class by its share. None for all.
        batch_size: For pairs; 32 by default.
        threshold: For two classes, the probability or logit above which the second one is
            predicted; None for 0.5 or 0.
        features: Name of a layer of a functional or sequential model whose activations are logged
            too, in the same pass. If the layer has positions, the mean over them is logged.
        samples: What the instances look like, logged once for each split: True for the
            features of pairs, or by split a data set, images, texts, or a dict of
            arguments of `Run.log_samples`.

    Raises:
        ConfusionFlowError: an argument can't be used; when the training starts, that the model's
            outputs and the labels don't fit.
    """

    def __init__(
        self,
        run: Run,
        data: Mapping[str, Any],
        *,
        every: int = 1,
        subset: int | float | None = None,
        batch_size: int | None = None,
        threshold: float | None = None,
        features: str | None = None,
        samples: SamplesOf = False,
    ) -> None:
        super().__init__()
        self._run = run
        self._samples = SplitSamples(run, samples)
        self._layer = features
        self._both: Any = None
        if features is not None:
            check_declares_classes(run)
        self._every = check_every(every)
        self._batch_size = batch_size
        self._threshold = threshold
        self._guard = Guard(run.name)
        self._data = {split: _read(split, value, subset) for split, value in data.items()}
        self._newest = -1
        self._newest_before = -1
        self._rate: float | None = None

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Try the model on a few instances of each split.

        Raises:
            ConfusionFlowError: its outputs and the labels don't fit.
        """
        self._newest_before = self._newest
        if self._layer is not None:
            self._both = with_layer(self.model, self._layer)
        for data in self._data.values():
            batches = self._batches()
            for features, labels in data(TRIED):
                batches.add(labels, self.model.predict_on_batch(features))
                break

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Note the learning rate of the epoch; other callbacks change it at its end."""
        if batch == 0 and not self._guard.has_stopped:
            with self._guard("the first batch of an epoch"):
                rate = getattr(self.model.optimizer, "learning_rate", None)
                if rate is not None:
                    self._rate = float(keras.ops.convert_to_numpy(rate))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Evaluate and log, if the epoch is due."""
        if epoch <= self._newest_before and not self._guard.has_stopped:
            self._guard.stop_second_training("If one goes on, pass fit(initial_epoch=…).")
        if self._guard.has_stopped:
            return
        self._newest = epoch
        if not is_due(epoch, self._every):
            return
        with self._guard(f"epoch {epoch}"):
            if self._rate is not None:
                self._run.log_scalar(epoch, "lr", self._rate)
            for split, data in self._data.items():
                batches = self._batches()
                if self._layer is not None:
                    self._collect_both(epoch, split, data, batches)
                else:
                    for labels, outputs in self._evaluated(self.model, data):
                        batches.add(labels, outputs)
                batches.log(self._run, epoch, split)
                pair = data if isinstance(data, _Pair) else _Pair(None, None)
                self._samples.log(split, pair.features, count=batches.size, kept=pair.kept)

    def _evaluated(self, model: Any, data: Callable[[Any], Any]) -> Iterator[tuple[Any, Any]]:
        """Yield labels and the model's outputs, of all data or batch by batch."""
        if isinstance(data, _Pair):
            size = self._batch_size
            yield data.labels, model.predict(data.features, batch_size=size, verbose=0)
            return
        for features, labels in data(None):
            yield labels, model.predict_on_batch(features)

    def _collect_both(
        self, epoch: int, split: str, data: Callable[[Any], Any], batches: Batches
    ) -> None:
        """Evaluate a split, and log the activations of the layer."""
        with self._run.feature_batches(epoch, split, layer=str(self._layer)) as kept:
            for labels, (activations, outputs) in self._evaluated(self._both, data):
                batches.add(labels, outputs)
                part = self._batches()
                part.add(labels, outputs)
                kept.add(activations, y_true=part.actual, y_pred=part.predicted)

    def _batches(self) -> Batches:
        return Batches(
            self._run.n_classes,
            are_logits=_are_logits(self.model),
            threshold=self._threshold,
            class_axis=-1,
        )


def with_layer(model: Any, name: str) -> Any:
    """Make a model that also outputs a layer's activations, one number for each unit.

    Raises:
        ArgumentError: there is no such layer, or the model is not made of a graph of layers.
    """
    names = [layer.name for layer in model.layers]
    if name not in names:
        raise ArgumentError(
            f"The model has no layer {name!r}. {did_you_mean(name, names)} A layer inside "
            "another can't be watched."
        )
    try:
        layer = model.get_layer(name)
        activations = layer.output
        inputs, outputs = model.inputs, model.outputs
    except (AttributeError, ValueError) as error:
        raise ArgumentError(
            f"The layers of a {type(model).__name__} can't be watched, since it is not made of a "
            "graph of layers. Pass arrays to run.log_features in a callback of your own."
        ) from error
    rank = len(activations.shape)
    is_first = rank > 2 and getattr(layer, "data_format", None) == "channels_first"
    others = [axis for axis in range(1, rank) if axis != (1 if is_first else rank - 1)]
    pooled = keras.ops.mean(activations, axis=others) if others else activations
    one_or_all = [tensors[0] if len(tensors) == 1 else tensors for tensors in (inputs, outputs)]
    return keras.Model(one_or_all[0], [pooled, one_or_all[1]])


class _Pair:
    """The features and labels of a whole split."""

    def __init__(self, features: Any, labels: Any, kept: Any = None) -> None:
        self.features = features
        self.labels = labels
        self.kept = kept

    def __call__(self, first: int) -> Iterator[tuple[Any, Any]]:
        """The first few instances."""
        kept = np.arange(min(first, len(self.labels)))
        yield _tensors(taken(self.features, kept)), taken(self.labels, kept)


def _read(split: str, data: Any, subset: int | float | None) -> Callable[[Any], Any]:
    """Turn a split's data into a function that yields its batches, in each epoch again."""
    if _is_pair(data):
        features, labels = data[:2]
        kept = stratified_subset(class_labels(labels), subset)
        if kept is not None:
            features, labels = taken(features, kept), taken(labels, kept)
        return _Pair(features, labels, kept)
    if subset is not None:
        raise ArgumentError(
            f"Split {split!r} comes in batches, and subset chooses among pairs of features and "
            "labels. Pass a pair, or leave subset out."
        )
    if hasattr(data, "__next__"):
        raise ArgumentError(
            f"Split {split!r} is a {type(data).__name__}, which is used up after one epoch. Pass a "
            'function that makes it, such as {"val": make_batches}, or a keras.utils.PyDataset.'
        )
    if hasattr(data, "cardinality") and int(data.cardinality()) == -1:
        raise ArgumentError(f"Split {split!r} never ends. Pass the data set before its repeat().")
    is_function = callable(data) and not hasattr(data, "__iter__")
    if isinstance(data, keras.utils.PyDataset):  # its iterator would never end
        batches: Callable[[], Any] = lambda: (data[i] for i in range(len(data)))  # noqa: E731
    elif is_function and not hasattr(data, "__len__"):
        batches = data
    elif hasattr(data, "__iter__"):
        batches = lambda: data  # noqa: E731
    else:
        raise ArgumentError(
            f"Split {split!r} is a {type(data).__name__}. Pass a pair of features and labels, or "
            "batches of them."
        )
    return lambda _: ((batch[0], batch[1]) for batch in batches())


def _is_pair(data: Any) -> bool:
    """Whether data is features, labels and perhaps weights, and not a list of such batches."""
    if not isinstance(data, (tuple, list)) or len(data) not in (2, 3):
        return False
    return isinstance(data, tuple) or not isinstance(data[0], tuple)


def _tensors(features: Any) -> Any:
    """Convert features for `predict_on_batch`, which does not take data frames."""
    if isinstance(features, Mapping):
        return {name: _tensors(value) for name, value in features.items()}
    if isinstance(features, (list, tuple)):
        return [_tensors(value) for value in features]
    return features.to_numpy() if hasattr(features, "to_numpy") else features


def _are_logits(model: Any) -> bool | None:
    """Whether a single output is a logit, by the last activation or the loss; None if unknown."""
    activation = getattr(model.layers[-1] if model.layers else None, "activation", None)
    if getattr(activation, "__name__", "") == "sigmoid":
        return False
    loss = model.loss
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", ""))
    if name in MARGINS:
        return True
    if isinstance(loss, keras.losses.Loss):
        from_logits = loss.get_config().get("from_logits")
        return None if from_logits is None else bool(from_logits)
    return False if name == "binary_crossentropy" else None
