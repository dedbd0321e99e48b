"""Run a model on a loader without leaving a trace in either."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from confusionflow.integrations.torch.loaders import Loader, generators_of


def device_of(model: nn.Module) -> torch.device:
    """The device of the model's parameters; the CPU if it has none."""
    return next((p.device for p in model.parameters()), torch.device("cpu"))


@contextmanager
def same_random_numbers(device: torch.device | None = None) -> Iterator[None]:
    """Restore the random number generators afterwards, as if nothing had been drawn.

    Arguments:
        device: Where the model runs; those of the CPU are kept anyway.
    """
    of_python, of_numpy = random.getstate(), np.random.get_state()
    devices = [device] if device is not None and device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Put each module in evaluation mode, and restore its mode afterwards."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def moved(inputs: Any, device: torch.device) -> Any:
    """Move tensors to a device, including those inside dicts, lists and tuples."""
    return each_tensor(inputs, lambda tensor: tensor.to(device))


def each_tensor(values: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """Apply a function to each tensor in dicts, lists and tuples; other values stay unchanged.

    Examples:
        >>> each_tensor({"x": torch.arange(3), "note": "a"}, lambda tensor: tensor[1:])
        {'x': tensor([1, 2]), 'note': 'a'}
    """
    if isinstance(values, torch.Tensor):
        return change(values)
    if isinstance(values, Mapping):
        return {name: each_tensor(value, change) for name, value in values.items()}
    if isinstance(values, tuple) and hasattr(values, "_fields"):
        return type(values)(*(each_tensor(value, change) for value in values))
    if isinstance(values, (list, tuple)):
        return type(values)(each_tensor(value, change) for value in values)
    return values


@contextmanager
def untouched(model: nn.Module, loader: Loader) -> Iterator[None]:
    """Run a model in evaluation mode on a loader, and restore the state of both afterwards."""
    states = [(generator, generator.get_state()) for generator in generators_of(loader)]
    with same_random_numbers(device_of(model)), evaluating(model):
        try:
            yield
        finally:
            for generator, state in states:
                generator.set_state(state)
