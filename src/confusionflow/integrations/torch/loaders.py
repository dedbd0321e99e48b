"""Read the loaders of a training loop: what batches hold, and which instances they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import (
    DataLoader,
    DistributedSampler,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

from confusionflow.errors import ArgumentError, LabelError
from confusionflow.integrations.predictions import class_labels
from confusionflow.log.arrays import to_labels

Loader = Iterable[Any]
Unpack = Callable[[Any], Any]

# Instances of each loader that are tried at the start.
TRIED = 2
SHUFFLING = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)


def pair(batch: Any) -> tuple[Any, Any]:
    """Unpack a batch that is a pair of inputs and labels.

    Raises:
        LabelError: it is something else.
    """
    if isinstance(batch, (list, tuple)) and len(batch) == 2:
        return batch[0], batch[1]
    raise LabelError(
        f"A batch is a {type(batch).__name__}, not the pair of inputs and labels. Pass unpack=, a "
        "function that takes both out of a batch."
    )


def with_ids(batch: Any, unpack: Unpack) -> tuple[Any, Any, Any]:
    """Take inputs, labels and ids (or None) out of a batch.

    Raises:
        LabelError: `unpack` returned something else.

    Examples:
        >>> with_ids(("image", 3), pair)
        ('image', 3, None)
    """
    taken = unpack(batch)
    if not isinstance(taken, (tuple, list)) or len(taken) not in (2, 3):
        raise LabelError(
            f"unpack returned a {type(taken).__name__}. Let it return inputs and labels, or "
            "inputs, labels and ids."
        )
    return taken[0], taken[1], taken[2] if len(taken) == 3 else None


def check_reusable(split: str, loader: Loader) -> None:
    """Refuse a loader that can be read only once.

    Raises:
        ArgumentError: it is an iterator.
    """
    if hasattr(loader, "__next__"):
        raise ArgumentError(
            f"Split {split!r} is a {type(loader).__name__}, which is used up after one epoch. "
            "Pass a DataLoader, or a list of batches."
        )


def first_of(loader: Loader) -> Any:
    """Build a small batch of the first instances; None if that would consume a stream."""
    if isinstance(loader, (list, tuple)):
        return loader[0] if loader else None
    if not isinstance(loader, DataLoader) or loader.batch_size is None:
        return None
    if not hasattr(loader.dataset, "__len__"):
        return None
    size = min(TRIED, len(loader.dataset))
    return loader.collate_fn([loader.dataset[index] for index in range(size)])


class Source:
    """The instances of one split, in the order of its loader.

    Arguments:
        split: Name of the split, for errors.
        loader: The loader.
        unpack: Takes inputs and labels, and perhaps ids, out of a batch.

    Raises:
        ArgumentError: the loader can be read only once.
    """

    def __init__(self, split: str, loader: Loader, unpack: Unpack) -> None:
        check_reusable(split, loader)
        self.loader = loader
        self._split = split
        self._unpack = unpack
        self._labels: tuple[NDArray[Any], NDArray[Any] | None] | None = None

    def first(self) -> tuple[Any, Any] | None:
        """Read inputs and labels of the first instances; None if that would consume a stream.

        Raises:
            ArgumentError: the loader shuffles, and its batches have no ids.
        """
        batch = first_of(self.loader)
        if batch is None:
            return None
        inputs, labels, ids = with_ids(batch, self._unpack)
        if ids is None and self._shuffles():
            raise ArgumentError(
                f"The loader of split {self._split!r} shuffles, so positions do not identify its "
                "instances. Pass one that does not, or unpack=, a function that takes inputs, "
                "labels and ids out of a batch."
            )
        return inputs, labels

    def read(self) -> Iterator[tuple[Any, Any, NDArray[Any] | None]]:
        """Yield inputs, labels and ids of each batch; None for ids if positions are enough."""
        sampler = getattr(self.loader, "sampler", None)
        order = None
        if isinstance(sampler, DistributedSampler):
            order = np.fromiter(sampler, np.int64)
        done = 0
        for batch in self.loader:
            inputs, labels, ids = with_ids(batch, self._unpack)
            if ids is None and order is not None:
                ids = order[done : done + len(labels)]
            done += len(labels)
            yield inputs, labels, None if ids is None else to_labels(ids, "ids")

    def labels(self) -> tuple[NDArray[Any], NDArray[Any] | None]:
        """Read labels and ids in the order of the loader, once.

        Raises:
            ArgumentError: the loader shuffles.
        """
        if self._shuffles():
            raise ArgumentError(
                f"The loader of split {self._split!r} shuffles, so it is not known which "
                "instances go through the model. Pass one that does not, or call probe.log(epoch)."
            )
        if self._labels is None:
            read = [(class_labels(labels), ids) for _, labels, ids in self.read()]
            ids = [part for _, part in read if part is not None]
            labels = np.concatenate([part for part, _ in read])
            self._labels = labels, np.concatenate(ids) if ids else None
        return self._labels

    def _shuffles(self) -> bool:
        """Whether the order changes each time, as far as the sampler tells."""
        return isinstance(getattr(self.loader, "sampler", None), SHUFFLING)


def generators_of(loader: Loader) -> list[torch.Generator]:
    """Find the random number generators that belong to a loader."""
    found = (getattr(part, "generator", None) for part in (loader, getattr(loader, "sampler", 0)))
    return [generator for generator in found if isinstance(generator, torch.Generator)]
