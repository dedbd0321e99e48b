"""Collect a layer's outputs from a framework's evaluation steps, without a second pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from confusionflow.integrations.torch.layers import Tap, find_layer
from confusionflow.integrations.torch.recording import Call, Epoch, Recorder
from confusionflow.log import Run


class StepFeatures:
    """Keeps a layer's outputs while a framework evaluates, split by split.

    Arguments:
        run: Where to log.
        name: Name of the layer.
        threshold: For two classes, the score above which the second one is predicted.

    Raises:
        ArgumentError: the run declares no classes.
    """

    def __init__(self, run: Run, name: str, threshold: float | None = None) -> None:
        self._name = name
        self._recorder = Recorder(run, name, threshold=threshold)
        self._epochs: dict[str, Epoch] = {}
        self._module: nn.Module | None = None
        self._tap: Tap | None = None
        self._hook: Any = None
        self._call: tuple[tuple[Any, ...], dict[str, Any]] | None = None

    def check(self, module: nn.Module) -> None:
        """Check that a module has the layer.

        Raises:
            ArgumentError: it does not have it.
        """
        find_layer(module, self._name)

    def begin(self, module: nn.Module) -> None:
        """Watch a module that is going to be evaluated."""
        self._module = module
        self._layer = find_layer(module, self._name)
        self._tap = Tap(self._layer)
        self._tap.open()
        self._hook = module.register_forward_hook(self._called, with_kwargs=True)

    def add(
        self, at: int, split: str, labels: Any, outputs: Any, order: NDArray[np.int64] | None
    ) -> None:
        """Add the batch that was evaluated last.

        Arguments:
            at: The epoch or step.
            split: Name of the data set.
            labels, outputs: As found in the step.
            order: Positions of this process's instances in the data set, up to this batch; None if
                one process has them all.
        """
        assert self._tap is not None
        assert self._module is not None
        features = self._tap.take()
        classes = self._recorder.classes(labels, outputs, self._module)
        if split not in self._epochs:
            self._epochs[split] = self._recorder.epoch(at, split, self._layer)
        ids = None if order is None else order[-len(features) :]
        call = self._call and Call(self._module, *self._call, len(features))
        self._call = None
        self._epochs[split].add(features, classes, ids, call)
        self._call = None  # the module may have been called again

    def write(self, split: str) -> None:
        """Write what was added for a split."""
        if split in self._epochs:
            self._epochs.pop(split).close()

    def forget(self) -> None:
        """Discard what was not written."""
        for epoch in self._epochs.values():
            epoch.cancel()
        self._epochs = {}

    def end(self) -> None:
        """Stop watching, and remove the hooks from the module."""
        if self._tap is not None:
            self._tap.close()
            self._hook.remove()
        self._tap = self._module = self._call = None

    def _called(self, _module: nn.Module, args: Any, kwargs: Any, _output: Any) -> None:
        if self._call is None:  # the first one is the step's own
            self._call = args, kwargs
