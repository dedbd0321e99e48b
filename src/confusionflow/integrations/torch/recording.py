"""Record a layer's outputs for the instances of one split, batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from confusionflow.integrations.batches import Batches
from confusionflow.integrations.declared import check_declares_classes
from confusionflow.integrations.losses import are_logits
from confusionflow.integrations.torch.attribution import attribution
from confusionflow.integrations.torch.layers import Layer, Tap
from confusionflow.integrations.torch.running import device_of, each_tensor, moved
from confusionflow.log import Run
from confusionflow.log.features import FeatureBatches

Labels = NDArray[Any]


@dataclass(frozen=True)
class Call:
    """A forward pass that can be repeated for some of its instances.

    Attributes:
        model: What was called.
        args, kwargs: The arguments; tensors of the batch's length hold a row for each instance.
        size: How many instances the batch has.
    """

    model: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    size: int

    def again(self, rows: NDArray[np.intp]) -> Any:
        """Run the model again for some of the instances, and return its output."""

        def chosen(tensor: torch.Tensor) -> torch.Tensor:
            if tensor.ndim == 0 or len(tensor) != self.size:
                return tensor
            # A copy: autograd does not take tensors of inference mode.
            return tensor[torch.as_tensor(rows, device=tensor.device)].clone()

        return self.model(*each_tensor(self.args, chosen), **each_tensor(self.kwargs, chosen))


def run_with_layer(
    model: nn.Module, inputs: Any, layer: Layer
) -> tuple[Any, NDArray[np.float32], Call]:
    """Run a model without gradients, on its device.

    Returns:
        Its output, the pooled activations of the layer, and the pass itself.
    """
    inputs = moved(inputs, device_of(model))
    with Tap(layer) as tap, torch.inference_mode():
        outputs = model(inputs)
        features = tap.take()
    return outputs, features, Call(model, (inputs,), {}, len(features))


class Recorder:
    """Logs the activations of a layer.

    Arguments:
        run: Where to log.
        name: The layer's name in the log.
        instances: How many instances of each split the probe has.
        seed: Another seed chooses others.
        threshold: For two classes, the score above which the second one is predicted.

    Raises:
        ArgumentError: the run declares no classes.
    """

    def __init__(
        self,
        run: Run,
        name: str,
        *,
        instances: int = 2000,
        seed: int = 0,
        threshold: float | None = None,
    ) -> None:
        check_declares_classes(run)
        self._run = run
        self._name = name
        self._probe = {"instances": instances, "seed": seed}
        self._threshold = threshold

    def epoch(self, epoch: int, split: str, layer: Layer) -> Epoch:
        """Begin an epoch of a split."""
        batches = self._run.feature_batches(epoch, split, layer=self._name, **self._probe)
        return Epoch(batches, layer)

    def images(self, epoch: int, split: str, images: Mapping[int, NDArray[np.float32]]) -> None:
        """Log synthetic images by unit, each of shape (channels, height, width), from 0 to 1."""
        if images:
            drawn = np.stack(list(images.values()))
            drawn = drawn[:, 0] if drawn.shape[1] == 1 else np.moveaxis(drawn, 1, -1)
            self._run.log_unit_images(epoch, split, drawn, units=list(images), layer=self._name)

    def units_apart(self, split: str, most: int) -> list[int]:
        """Units that set the most frequent confusions apart; see `Run.units_apart`."""
        return self._run.units_apart(split, self._name, most)

    def classes(self, labels: Any, outputs: Any, model: nn.Module) -> tuple[Labels, Labels]:
        """Find the actual and the predicted class of each instance of a batch.

        Raises:
            ConfusionFlowError: labels and outputs don't fit each other or the run.
        """
        part = Batches(
            self._run.n_classes,
            are_logits=are_logits(model),
            threshold=self._threshold,
            class_axis=1,
        )
        part.add(labels, outputs)
        return part.actual, part.predicted


class Epoch:
    """The activations of a layer in one epoch of a split; written when it is closed.

    Arguments:
        batches: From `Run.feature_batches`.
        layer: The layer.
    """

    def __init__(self, batches: FeatureBatches, layer: Layer) -> None:
        self._batches = batches
        self._layer = layer
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.cancel()

    def close(self) -> None:
        """Write what was added."""
        self._batches.close()

    def cancel(self) -> None:
        """Discard what was added."""
        self._batches.cancel()

    def add(
        self,
        features: NDArray[np.float32],
        classes: tuple[Labels, Labels],
        ids: NDArray[Any] | None,
        call: Call | None,
    ) -> None:
        """Add a batch, and which units pushed the wrong predictions of the probe in it.

        Arguments:
            features: Pooled activations, shape (instances, units).
            classes: Actual and predicted ones, each shape (instances,).
            ids: The instances' ids; None if their positions identify them.
            call: The forward pass, for the attribution; None to do without.
        """
        actual, predicted = classes
        pushes = None
        if call is not None:
            places = np.arange(self._size, self._size + len(features))
            in_probe = self._batches.in_probe(places if ids is None else ids)
            pushes = pushes_of(call, self._layer, features, actual, predicted, in_probe)
        self.add_attributed(features, classes, pushes, ids)

    def add_attributed(
        self,
        features: NDArray[np.float32],
        classes: tuple[Labels, Labels],
        pushes: NDArray[np.float32] | None,
        ids: NDArray[Any] | None = None,
    ) -> None:
        """Add a batch whose attribution is known, shape (instances, units)."""
        self._size += len(features)
        self._batches.add(
            features, ids=ids, y_true=classes[0], y_pred=classes[1], attribution=pushes
        )


def pushes_of(
    call: Call,
    layer: Layer,
    features: NDArray[np.float32],
    actual: Labels,
    predicted: Labels,
    chosen: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """Attribute the chosen instances that were taken for another class; the others are NaN.

    Arguments:
        call: The forward pass.
        layer: The layer.
        features: Its activations, shape (instances, units).
        actual, predicted: Classes, shape (instances,).
        chosen: Whether an instance is chosen, shape (instances,).
    """
    pushes = np.full(features.shape, np.nan, np.float32)
    if len(actual) != len(features):  # tokens or pixels, which are refused later
        return pushes
    rows = _wrong(actual, predicted, chosen)
    if rows.size:
        pushes[rows] = attribution(
            lambda: call.again(rows),
            layer,
            actual[rows].astype(np.int64),
            predicted[rows].astype(np.int64),
            are_logits=are_logits(call.model),
        )
    return pushes


def _wrong(
    actual: NDArray[Any], predicted: NDArray[Any], chosen: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Find chosen instances that were taken for another class; labels are class indices."""
    if actual.dtype.kind not in "iu":
        return np.empty(0, np.intp)
    known = np.array([isinstance(label, (int, np.integer)) for label in predicted], bool)
    known &= actual >= 0
    return np.flatnonzero(chosen & known & (actual != predicted))
