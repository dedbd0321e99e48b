"""Watch, with hooks, the forward passes of an evaluation that other code runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from confusionflow.errors import ArgumentError
from confusionflow.integrations.torch.layers import Layer, Tap
from confusionflow.integrations.torch.recording import Call

# Activations, the model's output, the positions of the batch's instances, and the pass itself.
Take = Callable[[NDArray[np.float32], Any, slice, Call], None]


def check_watchable(model: nn.Module) -> None:
    """Refuse a model whose layers can't be watched.

    Raises:
        ArgumentError: it is compiled, or copied to several devices.
    """
    is_copied = isinstance(model, nn.DataParallel) and len(model.device_ids) > 1
    if is_copied or hasattr(model, "_orig_mod"):
        how = "copied to several devices" if is_copied else "compiled"
        raise ArgumentError(
            f"The model is {how}, where its layers can't be watched. Call probe.log(epoch) "
            "instead; it runs the model inside."
        )


class Watching:
    """Hands over each forward pass of a model, with the activations of a layer.

    Arguments:
        model: The model, unwrapped.
        layer: The layer.
        size: How many instances are expected.
        take: Gets each pass. The model may be called in it.
    """

    def __init__(self, model: nn.Module, layer: Layer, size: int, take: Take) -> None:
        self._size = size
        self._take = take
        self._done = 0
        self._is_inside = False
        self._error: Exception | None = None
        self._tap = Tap(layer)
        self._tap.open()
        self._hook = model.register_forward_hook(self._passed, with_kwargs=True)

    def close(self) -> None:
        """Stop watching, and remove the hooks from the model."""
        self._tap.close()
        self._hook.remove()

    def check_whole(self) -> None:
        """Check that all instances were seen, and raise the error of any that failed.

        Raises:
            ArgumentError: other instances than the split's went through the model.
        """
        if self._error:
            raise self._error
        if self._done != self._size:
            raise ArgumentError(
                f"{self._done:,} instances went through the model, and the split has "
                f"{self._size:,}. Run the model on the split's loader within the block, once."
            )

    def _passed(self, model: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        if self._is_inside or self._error:
            return
        self._is_inside = True
        try:  # logging must not make an evaluation fail
            self._pass_on(Call(model, args, kwargs, 0), output)
        except Exception as error:
            self._error = error
        finally:
            self._is_inside = False

    def _pass_on(self, call: Call, output: Any) -> None:
        if call.model.training:
            raise ArgumentError(
                "The model was run in training mode, in which activations depend on dropout and on "
                "the batch. Call model.eval() before."
            )
        features = self._tap.take()
        start, self._done = self._done, self._done + len(features)
        if self._done > self._size:
            self.check_whole()
        self._take(features, output, slice(start, self._done), replace(call, size=len(features)))
