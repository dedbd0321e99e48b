"""Log a layer's activations from your own training loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from confusionflow.errors import ArgumentError
from confusionflow.integrations.guard import Guard
from confusionflow.integrations.sampling import check_every, is_due
from confusionflow.integrations.torch.layers import find_layer, unwrapped
from confusionflow.integrations.torch.loaders import Loader, Source, Unpack, pair
from confusionflow.integrations.torch.recording import Call, Recorder, run_with_layer
from confusionflow.integrations.torch.running import (
    device_of,
    evaluating,
    same_random_numbers,
    untouched,
)
from confusionflow.integrations.torch.synthetic import (
    Colours,
    colours_of,
    is_image,
    synthetic_images,
)
from confusionflow.integrations.torch.watching import Watching, check_watchable
from confusionflow.log import Run

# Instances whose colours are measured.
COLOURED = 512


class FeatureProbe:
    """Logs the outputs of a model's layer: class means of all instances, and a fixed probe.

    If a layer has positions, as a convolution has, the mean over them is logged: one number for
    each channel. For the probe's wrong predictions it also logs which units pushed them:
    the gradient of (logit of the predicted class - logit of the actual one) times the activation.

    The model runs in evaluation mode, without gradients, on the device where its parameters are.
    Afterwards its modules are in the mode that they were in, random numbers go on as if nothing had
    happened, and no hooks are left.

    Arguments:
        run: Where to log. It must declare its classes.
        model: The model, which may be wrapped in `DataParallel`, `DistributedDataParallel` or
            `torch.compile`.
        layer: Name of a layer in `model.named_modules()`.
        data: A loader for each split. One that shuffles needs ids.
        instances: How many instances of each split the probe has, each class by its share.
        seed: Another seed chooses others.
        every: Epochs from one that is logged to the next.
        unpack: Takes inputs and labels, and perhaps ids, out of a batch; by default the batch is
            the pair of inputs and labels. Without ids, positions identify the instances.
        axis: The axis of the layer's units; left out, the second one, or for tokens the last.
        threshold: For two classes, the probability or logit above which the second one is
            predicted; None for 0.5 or 0.

    Raises:
        ConfusionFlowError: an argument can't be used, or the model can't be run on a loader's first
            instances.
    """

    def __init__(
        self,
        run: Run,
        model: nn.Module,
        layer: str,
        data: Mapping[str, Loader],
        *,
        instances: int = 2000,
        seed: int = 0,
        every: int = 1,
        unpack: Unpack | None = None,
        axis: int | None = None,
        threshold: float | None = None,
    ) -> None:
        self._wrapped = model
        self._model = unwrapped(model)
        self._layer = find_layer(model, layer, axis)
        self._name = layer
        self._recorder = Recorder(run, layer, instances=instances, seed=seed, threshold=threshold)
        self._seed = seed
        self._every = check_every(every)
        self._guard = Guard(run.name)
        self._first: tuple[Any, int] | None = None
        self._drawn: dict[int, None] = {}
        self._seen: tuple[Colours, tuple[int, int]] | None = None
        self._sources = {
            split: Source(split, loader, unpack or pair) for split, loader in data.items()
        }
        for source in self._sources.values():
            self._try(source)

    def log(self, epoch: int) -> None:
        """Run the model on all loaders and log, if the epoch is due. If that fails, it warns and
        stops logging; the training goes on.
        """
        if self._guard.has_stopped or not is_due(epoch, self._every):
            return
        with self._guard(f"epoch {epoch}"):
            for split, source in self._sources.items():
                with (
                    untouched(self._model, source.loader),
                    self._recorder.epoch(epoch, split, self._layer) as kept,
                ):
                    for inputs, labels, ids in source.read():
                        outputs, features, call = run_with_layer(self._model, inputs, self._layer)
                        classes = self._recorder.classes(labels, outputs, self._model)
                        kept.add(features, classes, ids, call)

    @contextmanager
    def watch(self, epoch: int, split: str | None = None) -> Iterator[None]:
        """Log your own evaluation, if the epoch is due, without running the model again.

        Within the block, run the model in evaluation mode on the split's loader, once and in its
        order. The labels are read from the loader before the first block.

        Arguments:
            epoch: The epoch.
            split: Name of the data set; it can be left out if there is only one.

        Raises:
            ArgumentError: the split is not known, its loader shuffles, or the model is compiled or
                copied to several devices, where its layers can't be watched.
        """
        split = self._split(split)
        check_watchable(self._wrapped)
        if self._guard.has_stopped or not is_due(epoch, self._every):
            yield
            return
        source = self._sources[split]
        with untouched(self._model, source.loader):
            labels, ids = source.labels()
        kept = self._recorder.epoch(epoch, split, self._layer)

        def take(features: NDArray[np.float32], outputs: Any, rows: slice, call: Call) -> None:
            classes = self._recorder.classes(labels[rows], outputs, self._model)
            kept.add(features, classes, None if ids is None else ids[rows], call)

        watching = Watching(self._model, self._layer, len(labels), take)
        try:
            yield
        except BaseException:
            kept.cancel()
            raise
        finally:
            watching.close()
        with self._guard(f"epoch {epoch}"):
            try:
                watching.check_whole()
            except Exception:
                kept.cancel()
                raise
            kept.close()

    def visualise(
        self,
        epoch: int,
        units: Sequence[int] | Literal["auto"] = "auto",
        *,
        most: int = 8,
        steps: int = 256,
    ) -> None:
        """Make synthetic images that activate units of the layer most, and log them.

        For networks of images of one or three channels. The images of one unit start alike at all
        epochs, so that two epochs can be compared. If that fails, it warns and stops logging.

        Arguments:
            epoch: The epoch that the model's weights come from.
            units: Indices of units (channels); or "auto": units that were chosen before, and units
                that set the most frequent confusions of the last logged epoch apart from right
                predictions.
            most: How many units "auto" adds.
            steps: Steps of optimisation. Published images took 512; each costs a forward and a
                backward pass up to the layer.

        Raises:
            ArgumentError: the network does not take such images, or the layer has no such units.
        """
        self._check_images(units)
        if self._guard.has_stopped:
            return
        with self._guard(f"the images of epoch {epoch}"):
            chosen = self._units(units, most)
            if not chosen:
                return
            colours, size = self._looks()
            device = device_of(self._model)
            with same_random_numbers(device), evaluating(self._model):
                images = synthetic_images(
                    self._model,
                    self._layer,
                    chosen,
                    colours,
                    size,
                    steps=steps,
                    seed=self._seed,
                    device=device,
                )
            self._drawn |= dict.fromkeys(chosen)
            for split in self._sources:
                self._recorder.images(epoch, split, images)

    def _units(self, units: Sequence[int] | Literal["auto"], most: int) -> list[int]:
        if units != "auto":
            return [int(unit) for unit in units]
        chosen = dict(self._drawn)
        for split in self._sources:
            chosen |= dict.fromkeys(self._recorder.units_apart(split, most))
        return list(chosen)

    def _check_images(self, units: Sequence[int] | Literal["auto"]) -> None:
        inputs, size = self._first or (None, 0)
        if inputs is not None and not is_image(inputs):
            shape = tuple(getattr(inputs, "shape", ()))
            raise ArgumentError(
                f"The network's inputs are a {type(inputs).__name__} of shape {shape}. Synthetic "
                "images are made for networks that take images of shape (instances, channels, "
                "height, width), with one channel or three."
            )
        if isinstance(units, str) and units != "auto":
            raise ArgumentError(f'units is {units!r}. Pass indices of units, or "auto".')
        wrong = [] if units == "auto" else [u for u in units if not 0 <= int(u) < size]
        if wrong and inputs is not None:
            raise ArgumentError(
                f"Layer {self._name!r} has {size:,} units, but {wrong[0]} is not one of them."
                f" Pass indices from 0 to {size - 1}."
            )

    def _looks(self) -> tuple[Colours, tuple[int, int]]:
        """Measure colours and size of the images in the first loader, once."""
        if self._seen is None:
            source = next(iter(self._sources.values()))
            images: list[torch.Tensor] = []
            with untouched(self._model, source.loader):
                for inputs, _, _ in source.read():
                    images.append(inputs)
                    if sum(map(len, images)) >= COLOURED:
                        break
            some = torch.cat(images)
            self._seen = colours_of(some), (some.shape[2], some.shape[3])
        return self._seen

    def _try(self, source: Source) -> None:
        """Run the model on the first instances, to report early what can't be logged."""
        with untouched(self._model, source.loader):
            first = source.first()
            if first is None:
                return
            inputs, labels = first
            outputs, features, _ = run_with_layer(self._model, inputs, self._layer)
            self._first = inputs, features.shape[1]
            self._recorder.classes(labels, outputs, self._model)

    def _split(self, split: str | None) -> str:
        if split is None and len(self._sources) == 1:
            return next(iter(self._sources))
        if split is None or split not in self._sources:
            raise ArgumentError(
                f"There is no data for split {split!r}. Pass one of "
                f"{', '.join(map(repr, self._sources))}."
            )
        return split
