"""Read from a trainer of Lightning what it evaluates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from lightning.pytorch import Trainer
from numpy.typing import NDArray
from torch.utils.data import DistributedSampler

from confusionflow.errors import ArgumentError, DistributedError


def check_one_an_epoch(trainer: Trainer) -> None:
    """Refuse several validations in one epoch, of which only the last would be seen."""
    batches, between = trainer.num_training_batches, trainer.val_check_batch
    if getattr(trainer, "_val_check_time_interval", None) is not None:
        often = "at fixed intervals of time, which may be several times an epoch"
    elif between is None or between >= batches:
        return
    elif trainer.check_val_every_n_epoch is None or batches // between > 1:
        often = f"every {between} of an epoch's {batches} batches"
    else:
        return
    raise ArgumentError(
        f"The trainer validates {often}, and the run counts epochs: of several validations in an "
        'epoch only the last would be seen. Make the run with time_unit="step": '
        'Run(..., time_unit="step"); or validate once an epoch.'
    )


def learning_rates(trainer: Trainer) -> dict[str, float]:
    """The learning rate of each optimizer; that of its first group of parameters."""
    optimizers = trainer.optimizers
    names = ["lr"] if len(optimizers) == 1 else [f"lr {i}" for i in range(len(optimizers))]
    return {
        name: optimizer.param_groups[0]["lr"]
        for name, optimizer in zip(names, optimizers, strict=True)
    }


def splits(trainer: Trainer) -> list[tuple[str, Any]]:
    """Name and loader of each data set that is evaluated."""
    loop = {"fit": trainer.fit_loop.epoch_loop.val_loop, "validate": trainer.validate_loop}.get(
        trainer.state.fn, trainer.test_loop
    )
    loaders = loop._combined_loader.iterables
    stage = "test" if trainer.testing else "val"
    if isinstance(loaders, Mapping):
        return [(str(name), loader) for name, loader in loaders.items()]
    if isinstance(loaders, (list, tuple)) and len(loaders) > 1:
        return [(f"{stage} {index}", loader) for index, loader in enumerate(loaders)]
    return [(stage, loaders[0] if isinstance(loaders, (list, tuple)) else loaders)]


def indices(loader: Any, size: int, world_size: int) -> NDArray[np.int64] | None:
    """Positions of this process's instances in the data set; None if one process has them all."""
    if world_size == 1:
        return None
    sampler: Iterable[int] | None = getattr(loader, "sampler", None)
    if not isinstance(sampler, DistributedSampler):
        raise DistributedError(
            f"{world_size} processes evaluate together, and a {type(sampler).__name__} does not "
            "tell which instances this one has. Use a DistributedSampler, as Lightning does by "
            "itself (use_distributed_sampler=True)."
        )
    return np.fromiter(sampler, np.int64)[:size]
