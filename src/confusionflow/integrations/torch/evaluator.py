"""Evaluate loaders in a plain training loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Subset

from confusionflow.errors import ArgumentError
from confusionflow.integrations.batches import Batches
from confusionflow.integrations.guard import Guard
from confusionflow.integrations.losses import are_logits
from confusionflow.integrations.predictions import class_labels
from confusionflow.integrations.samples import SamplesOf, SplitSamples
from confusionflow.integrations.sampling import check_every, is_due, stratified_subset
from confusionflow.integrations.torch.layers import Layer, find_layer, unwrapped
from confusionflow.integrations.torch.loaders import (
    Loader,
    Unpack,
    check_reusable,
    first_of,
    pair,
)
from confusionflow.integrations.torch.recording import Recorder, run_with_layer
from confusionflow.integrations.torch.running import (
    device_of,
    evaluating,
    moved,
    same_random_numbers,
)
from confusionflow.log import Run
from confusionflow.log.arrays import to_labels
from confusionflow.log.shapes import one_hot_labels


class Evaluator:
    """Evaluates a model on some loaders and logs what it predicts.

    The model runs in evaluation mode and without gradients, on the device where its parameters are,
    and returns to its mode afterwards. If it has one output for each instance, these are logits if
    any in the split is outside of 0 … 1, or if a `BCEWithLogitsLoss` is among the model's parts.

    Arguments:
        run: Where to log.
        loaders: A loader for each split. It must not shuffle if `subset` is given or instances are
            to be followed from epoch to epoch.
        every: Epochs from one evaluation to the next.
        subset: Instances to evaluate of each split, or their share; the same in each epoch, each
            class by its share. None for all.
        unpack: Takes inputs and labels out of a batch; by default the batch is the pair of them.
        threshold: For two classes, the probability or logit above which the second one is
            predicted; None for 0.5 or 0.
        features: Name of a layer whose activations are logged too, in the same pass; see
            `FeatureProbe`.
        samples: What the instances look like, logged once for each split: True for the
            data sets of the loaders, or by split a data set, images, texts, or a dict of
            arguments of `Run.log_samples`.

    Raises:
        ConfusionFlowError: an argument can't be used, or the first instances of a loader are not
            inputs and labels.
    """

    def __init__(
        self,
        run: Run,
        loaders: Mapping[str, Loader],
        *,
        every: int = 1,
        subset: int | float | None = None,
        unpack: Unpack | None = None,
        threshold: float | None = None,
        features: str | None = None,
        samples: SamplesOf = False,
    ) -> None:
        self._run = run
        self._samples = SplitSamples(run, samples, same_random_numbers)
        self._features = features
        self._recorder = Recorder(run, features, threshold=threshold) if features else None
        self._loaders = dict(loaders)
        self._whole = dict(loaders)
        self._every = check_every(every)
        self._subset = subset
        self._unpack = unpack or pair
        self._threshold = threshold
        self._guard = Guard(run.name)
        self._are_chosen = subset is None
        for split, loader in loaders.items():
            self._check(split, loader)

    def log(self, epoch: int, model: nn.Module) -> None:
        """Evaluate and log, if the epoch is due. If that fails, it warns and stops logging.

        Raises:
            ArgumentError: the model has no layer of the name in `features`.
        """
        if self._guard.has_stopped or not is_due(epoch, self._every):
            return
        layer = find_layer(model, self._features) if self._features else None
        with self._guard(f"epoch {epoch}"):
            if not self._are_chosen:
                self._loaders = {s: self._smaller(loader) for s, loader in self._loaders.items()}
                self._are_chosen = True
            for split, loader in self._loaders.items():
                batches = Batches(
                    self._run.n_classes,
                    are_logits=are_logits(model),
                    threshold=self._threshold,
                    class_axis=1,
                )
                if layer is None:
                    _collect(batches, model, loader, self._unpack)
                else:
                    self._collect_both(epoch, split, loader, batches, model, layer)
                batches.log(self._run, epoch, split)
                dataset = getattr(loader, "dataset", None)
                is_whole = loader is self._whole[split]
                kept = None if is_whole else np.asarray(getattr(dataset, "indices", None))
                self._samples.log(split, dataset, count=batches.size, kept=kept)

    def _collect_both(
        self,
        epoch: int,
        split: str,
        loader: Loader,
        batches: Batches,
        model: nn.Module,
        layer: Layer,
    ) -> None:
        """Evaluate a model on a loader, and log the activations of a layer."""
        assert self._recorder
        model = unwrapped(model)
        with evaluating(model), self._recorder.epoch(epoch, split, layer) as kept:
            for batch in loader:
                inputs, labels = self._unpack(batch)
                outputs, features, call = run_with_layer(model, inputs, layer)
                kept.add(features, self._recorder.classes(labels, outputs, model), None, call)
                batches.add(labels, outputs)

    def _check(self, split: str, loader: Loader) -> None:
        """Try the first instances of a loader, and leave random numbers as they were."""
        check_reusable(split, loader)
        if not isinstance(loader, DataLoader) and self._subset is not None:
            raise ArgumentError(
                f"subset needs a torch DataLoader, and split {split!r} is a "
                f"{type(loader).__name__}. Pass one, or leave subset out."
            )
        with same_random_numbers():
            batch = first_of(loader)
            if batch is None:
                return
            _, labels = self._unpack(batch)
        one_hot_labels(to_labels(labels, "The labels"), self._run.n_classes)

    def _smaller(self, loader: Loader) -> Loader:
        """Make a loader of the chosen instances; the labels are read once."""
        assert isinstance(loader, DataLoader)
        labels = [class_labels(self._unpack(batch)[1]) for batch in loader]
        kept = stratified_subset(np.concatenate(labels), self._subset)
        whole: Loader = loader
        if kept is None:
            return whole
        smaller: Loader = DataLoader(
            Subset(loader.dataset, kept.tolist()),
            batch_size=loader.batch_size or 1,
            collate_fn=loader.collate_fn,
            num_workers=loader.num_workers,
            pin_memory=loader.pin_memory,
        )
        return smaller


def predict(
    model: nn.Module, loader: Loader, *, unpack: Unpack | None = None
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Evaluate a model on a loader.

    Returns:
        Actual and predicted class of each instance, each shape (instances,).
    """
    batches = Batches(class_axis=1)
    _collect(batches, model, loader, unpack or pair)
    return batches.actual, batches.predicted


def _collect(batches: Batches, model: nn.Module, loader: Loader, take: Unpack) -> None:
    """Evaluate a model on a loader."""
    device = device_of(model)
    with evaluating(model), torch.inference_mode():
        for batch in loader:
            inputs, labels = take(batch)
            batches.add(labels, model(moved(inputs, device)))
