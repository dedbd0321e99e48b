"""Collect a layer's outputs in an evaluation whose split is known only at its end."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from confusionflow.errors import ArgumentError
from confusionflow.integrations.batches import Batches
from confusionflow.integrations.torch.layers import Tap, find_layer
from confusionflow.integrations.torch.recording import Call, Recorder, pushes_of
from confusionflow.log import Run

Floats = NDArray[np.float32]


class HeldFeatures:
    """Holds a layer's outputs while a model evaluates, until the split is known.

    Forward passes in training mode are not evaluations. A pass with `labels` among its arguments
    is attributed, too.

    Arguments:
        run: Where to log.
        name: Name of the layer.

    Raises:
        ArgumentError: the run declares no classes.
    """

    def __init__(self, run: Run, name: str) -> None:
        self._name = name
        self._recorder = Recorder(run, name)
        self._batches: list[tuple[Floats, Floats | None]] = []
        self._whole: list[tuple[Floats, Floats | None]] = []
        self._hooks: list[Any] = []
        self._is_inside = False
        self._error: Exception | None = None

    def begin(self, model: nn.Module) -> None:
        """Start watching a model.

        Raises:
            ArgumentError: it has no such layer.
        """
        self.end()
        self._layer = find_layer(model, self._name)
        self._tap = Tap(self._layer)
        self._tap.open()
        self._hooks = [
            model.register_forward_pre_hook(self._before, with_kwargs=True),
            model.register_forward_hook(self._after, with_kwargs=True),
        ]

    def end(self) -> None:
        """Stop watching, and keep what is held."""
        if self._hooks:
            self._tap.close()
        for hook in self._hooks:
            hook.remove()
        self._hooks = []

    def turn_over(self) -> None:
        """End an evaluation: later passes belong to the next one."""
        self._whole, self._batches = self._batches, []

    def write(self, epoch: int, split: str, evaluated: Batches) -> None:
        """Log the evaluation that has ended.

        Arguments:
            epoch, split: Those of the evaluation.
            evaluated: Its labels and predictions.

        Raises:
            ConfusionFlowError: they don't fit each other.
        """
        whole, self._whole = self._whole, []
        if self._error:
            raise self._error
        if not whole:
            return
        rows = sum(len(features) for features, _ in whole)
        if rows != evaluated.size:
            raise ArgumentError(
                f"Layer {self._name!r} output {rows:,} rows, and there are {evaluated.size:,} "
                "labels. Features are logged for models that classify whole instances, such as "
                "sequences or images; leave features= out."
            )
        actual, predicted = evaluated.actual, evaluated.predicted
        with self._recorder.epoch(epoch, split, self._layer) as kept:
            start = 0
            for features, pushes in whole:
                part = slice(start, start + len(features))
                start = part.stop
                kept.add_attributed(features, (actual[part], predicted[part]), pushes)

    def _before(self, model: nn.Module, _args: Any, kwargs: dict[str, Any]) -> None:
        mask = kwargs.get("attention_mask")
        self._tap.hide(mask if isinstance(mask, torch.Tensor) else None)

    def _after(self, model: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if model.training or self._is_inside or self._error:
            return
        self._is_inside = True
        try:  # logging must not make an evaluation fail
            features = self._tap.take()
            labels = kwargs.get("labels")
            pushes = None
            if labels is not None:
                actual, predicted = self._recorder.classes(labels, output, model)
                call = Call(model, args, kwargs, len(features))
                everyone = np.ones(len(actual), np.bool_)
                pushes = pushes_of(call, self._layer, features, actual, predicted, everyone)
            self._batches.append((features, pushes))
        except Exception as error:
            self._error = error
        finally:
            self._is_inside = False
