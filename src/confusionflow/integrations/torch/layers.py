"""Find a layer of a model by its name, and pool its activations to one number for each unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from confusionflow.errors import ArgumentError, ShapeError, did_you_mean

# The attribute in which DataParallel, DistributedDataParallel and torch.compile wrap a model; the
# names of its layers begin with it.
WRAPPERS = ("module", "_orig_mod")
ONE_DIMENSIONAL = (nn.Conv1d, nn.ConvTranspose1d)


def unwrapped(model: nn.Module) -> nn.Module:
    """Unwrap a model that is trained on several devices or compiled.

    Examples:
        >>> type(unwrapped(nn.DataParallel(nn.Linear(2, 2)))).__name__
        'Linear'
    """
    wraps = (nn.DataParallel, nn.parallel.DistributedDataParallel)
    while isinstance(model, wraps) or hasattr(model, "_orig_mod"):
        model = model.module if isinstance(model, wraps) else model._orig_mod
    return model


@dataclass(frozen=True)
class Layer:
    """A layer whose activations are logged.

    Attributes:
        name: Its name within the unwrapped model.
        module: The layer.
        axis: The axis of its units; None to find it by `unit_axis`.
    """

    name: str
    module: nn.Module
    axis: int | None = None

    def unit_axis(self, activations: torch.Tensor) -> int:
        """Find the axis of the units: the second of maps and channels, the last of tokens.

        Raises:
            ShapeError: there is none.
        """
        if activations.ndim < 2:
            raise ShapeError(
                f"Layer {self.name!r} outputs shape {tuple(activations.shape)}, without an axis "
                "of units. Choose a layer that outputs (instances, units) or more axes."
            )
        if self.axis is not None:
            if not self.axis % activations.ndim > 0 or self.axis >= activations.ndim:
                raise ShapeError(
                    f"axis is {self.axis}, and layer {self.name!r} outputs shape "
                    f"{tuple(activations.shape)}. Pass the axis of its units, such as 1 or -1."
                )
            return int(self.axis % activations.ndim)
        is_channels = any(isinstance(part, ONE_DIMENSIONAL) for part in self.module.modules())
        return 2 if activations.ndim == 3 and not is_channels else 1

    def summed(self, values: torch.Tensor) -> torch.Tensor:
        """Sum values over all positions; shape (instances, units)."""
        values = values.movedim(self.unit_axis(values), 1)
        return values.flatten(2).sum(2) if values.ndim > 2 else values

    def pooled(self, values: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Average over all positions of an image, or over all tokens that a mask does not hide.

        Arguments:
            values: Activations, such as (instances, channels, height, width).
            mask: 1 for tokens and 0 for padding, shape (instances, tokens).

        Returns:
            Float32, shape (instances, units).
        """
        values = values.float().movedim(self.unit_axis(values), 1)
        if values.ndim == 2:
            return values.clone()  # the layer's own tensor may be changed in place later
        values = values.flatten(2)
        if mask is None or mask.shape != (len(values), values.shape[2]):
            return values.mean(2)
        weights = mask.to(values).unsqueeze(1)
        return (values * weights).sum(2) / weights.sum(2).clamp(min=1)


def find_layer(model: nn.Module, name: str, axis: int | None = None) -> Layer:
    """Find a layer by its name in `model.named_modules()`; names in a wrapped model are found, too.

    Raises:
        ArgumentError: there is no such layer.

    Examples:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
        >>> find_layer(nn.DataParallel(model), "module.1").name
        '1'
    """
    layers = {known: module for known, module in unwrapped(model).named_modules() if known}
    plain = str(name)
    while plain not in layers and plain.split(".")[0] in WRAPPERS:
        plain = plain.partition(".")[2]
    if plain not in layers:
        whole_first = sorted(layers, key=lambda known: known.count("."))
        raise ArgumentError(
            f"The model has no layer {name!r}. {did_you_mean(plain, whole_first)} "
            "dict(model.named_modules()) has all names."
        )
    return Layer(plain, layers[plain], axis)


def tensor_of(output: Any, name: str) -> torch.Tensor:
    """Find the activations in a layer's output: the tensor itself, or the first of several values.

    Raises:
        ShapeError: there is no tensor in it.
    """
    if isinstance(output, torch.Tensor):
        return output
    parts = output.values() if isinstance(output, Mapping) else output
    if isinstance(parts, (list, tuple)) or isinstance(output, Mapping):
        for part in parts:
            if isinstance(part, torch.Tensor):
                return part
    raise ShapeError(
        f"Layer {name!r} outputs a {type(output).__name__} without a tensor. Choose another layer."
    )


class Tap:
    """Keeps the pooled activations of a layer's last forward pass.

    If a layer, such as a shared ReLU, is used several times in one pass, these are the activations
    of its last use.

    Arguments:
        layer: The layer.
    """

    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._kept: torch.Tensor | None = None
        self._mask: torch.Tensor | None = None
        self._hook: Any = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        """Start watching the layer."""
        self._hook = self._layer.module.register_forward_hook(self._keep)

    def close(self) -> None:
        """Stop watching the layer."""
        if self._hook is not None:
            self._hook.remove()
        self._hook = self._kept = None

    def take(self) -> NDArray[np.float32]:
        """Return the activations of the last forward pass, shape (instances, units), and drop them.

        Raises:
            ArgumentError: the layer was not used.
        """
        kept, self._kept = self._kept, None
        if kept is None:
            raise ArgumentError(
                f"Layer {self._layer.name!r} took no part in the forward pass. Choose a layer that "
                "the model calls."
            )
        activations: NDArray[np.float32] = kept.cpu().numpy()
        return activations

    def hide(self, mask: torch.Tensor | None) -> None:
        """From now on, leave padding out of the means; see `Layer.pooled`."""
        self._mask = mask

    def _keep(self, _module: nn.Module, _inputs: Any, output: Any) -> None:
        activations = tensor_of(output, self._layer.name).detach()
        self._kept = self._layer.pooled(activations, self._mask)
