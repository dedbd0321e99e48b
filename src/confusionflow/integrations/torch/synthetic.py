"""Make images that activate a unit: feature visualisation.

After C. Olah, A. Mordvintsev, L. Schubert: Feature Visualization, Distill 2017
(doi.org/10.23915/distill.00007). An image is optimised by its Fourier coefficients, each scaled by
1/frequency, in colours that do not correlate, and is moved, turned and scaled at random before
each step. Here the colours' correlation and range are those of the data.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from confusionflow.integrations.torch.layers import Layer, tensor_of

RATE = 0.05  # of Adam, as published
START = 0.01  # standard deviation of the coefficients that an image starts with, as published
MORE, MOST_START = 1.5, 1.0  # how it grows while nothing activates the unit
# Largest random changes of an image: share of its side, share of its size, degrees.
SHIFT = 1 / 16
SCALE = 0.1
TURN = 10.0

MOST_AT_ONCE = 16


@dataclass(frozen=True)
class Colours:
    """The colours of the pixels in a data set; shapes (channels,) and (channels, channels).

    Attributes:
        low, high: The least and the greatest value of each channel.
        mixing: Turns uncorrelated numbers into colours that are correlated as those of the data.
        dtype: Of the images that the network takes, which may be of half precision.
    """

    low: torch.Tensor
    high: torch.Tensor
    mixing: torch.Tensor
    dtype: torch.dtype


def is_image(inputs: Any) -> bool:
    """Whether a network's inputs are images of one channel or three."""
    return isinstance(inputs, torch.Tensor) and inputs.ndim == 4 and inputs.shape[1] in (1, 3)


def colours_of(images: torch.Tensor) -> Colours:
    """Measure the colours of images, shape (images, channels, height, width).

    `mixing` times its own transpose is the covariance of the channels, up to a factor, which makes
    the longest of its rows 1.
    """
    dtype = images.dtype if images.is_floating_point() else torch.float32
    images = images.detach().cpu().double()  # not every device has double precision
    low, high = images.amin((0, 2, 3)), images.amax((0, 2, 3))
    pixels = images.movedim(1, 0).flatten(1)
    pixels = (pixels - low[:, None]) / (high - low).clamp(min=1e-12)[:, None]
    pixels = pixels - pixels.mean(1, keepdim=True)
    values, vectors = torch.linalg.eigh(pixels @ pixels.T / pixels.shape[1])
    mixing = vectors * values.clamp(min=0).sqrt()
    longest = mixing.norm(dim=1).max()
    mixing = mixing / longest if longest > 0 else torch.eye(len(low), dtype=mixing.dtype)
    return Colours(low.float(), high.float(), mixing.float(), dtype)


def synthetic_images(
    model: nn.Module,
    layer: Layer,
    units: Sequence[int],
    colours: Colours,
    size: tuple[int, int],
    *,
    steps: int,
    seed: int,
    device: torch.device,
) -> dict[int, NDArray[np.float32]]:
    """Make images that maximise the mean activation of units over all positions.

    The image of a unit depends only on the model, the unit and the seed, so that the images of two
    epochs start alike.

    Arguments:
        model: The network, in evaluation mode.
        layer: The layer.
        units: The units.
        colours: The colours of the data that the network was trained on.
        size: Height and width of the network's input.
        steps: Steps of optimisation.
        seed: Seed of the start and of the random changes.
        device: Where to compute.

    Returns:
        By unit, from 0 to 1, shape (channels, height, width). A dead unit, which no image
        activates, has none.
    """
    found: dict[int, NDArray[np.float32]] = {}
    for start in range(0, len(units), MOST_AT_ONCE):
        some = list(units[start : start + MOST_AT_ONCE])
        images, are_alive = _optimised(model, layer, some, colours, size, steps, seed, device)
        found |= {u: images[i] for i, u in enumerate(some) if are_alive[i]}
    return found


def _optimised(
    model: nn.Module,
    layer: Layer,
    units: list[int],
    colours: Colours,
    size: tuple[int, int],
    steps: int,
    seed: int,
    device: torch.device,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    channels = len(colours.low)
    generators = [torch.Generator().manual_seed(seed * 1_000_003 + unit) for unit in units]
    shape = (channels, size[0], size[1] // 2 + 1, 2)
    begin = torch.stack([torch.randn(shape, generator=g) * START for g in generators]).to(device)
    draws = torch.stack([torch.rand((steps, 4), generator=g) for g in generators]).to(device)
    rows = torch.arange(len(units), device=device)
    chosen = torch.tensor(units, device=device)
    with torch.inference_mode(False), torch.enable_grad():
        coefficients = begin.clone().requires_grad_()
        optimizer = torch.optim.Adam([coefficients], RATE)
        are_alive = torch.zeros(len(units), dtype=torch.bool, device=device)
        for step in range(steps):
            images = _in_range(_painted(coefficients, colours, size), colours)
            images = _changed(images, draws[:, step]).to(colours.dtype)
            activations = _pooled(model, layer, images)
            (gradient,) = torch.autograd.grad(-activations[rows, chosen].sum(), coefficients)
            are_alive |= gradient.flatten(1).abs().amax(1) > 0
            coefficients.grad = gradient
            optimizer.step()
            for row in torch.nonzero(~are_alive)[:, 0].tolist():
                # A ReLU has no gradient where it is 0: start from elsewhere, with more contrast.
                deviation = min(MOST_START, START * MORE ** (step + 1))
                other = torch.randn(shape, generator=generators[row]) * deviation
                with torch.no_grad():
                    coefficients[row] = other.to(device)
        painted = _painted(coefficients, colours, size).detach()
    return painted.cpu().numpy(), are_alive.cpu().numpy()


def _painted(coefficients: torch.Tensor, colours: Colours, size: tuple[int, int]) -> torch.Tensor:
    """Make images from 0 to 1 from Fourier coefficients in decorrelated colours."""
    height, width = size
    rows = torch.fft.fftfreq(height, device=coefficients.device)[:, None]
    columns = torch.fft.rfftfreq(width, device=coefficients.device)[None, :]
    frequency = (rows**2 + columns**2).sqrt().clamp(min=1 / max(height, width))
    scale = math.sqrt(height * width) / frequency
    plain = torch.fft.irfft2(torch.view_as_complex(coefficients) * scale, s=size) / 4
    return torch.sigmoid(torch.einsum("dc,nchw->ndhw", colours.mixing.to(plain), plain))


def _in_range(images: torch.Tensor, colours: Colours) -> torch.Tensor:
    low, high = (ends[:, None, None].to(images) for ends in (colours.low, colours.high))
    return low + (high - low) * images


def _changed(images: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
    """Move, turn and scale each image by its own random numbers, shape (images, 4)."""
    drawn = draws * 2 - 1
    angle = drawn[:, 0] * math.radians(TURN)
    scale = 1 + drawn[:, 1] * SCALE
    shift = drawn[:, 2:] * 2 * SHIFT  # a side is 2 long
    cos, sin = torch.cos(angle) * scale, torch.sin(angle) * scale
    matrices = torch.stack(
        [
            torch.stack([cos, -sin, shift[:, 0]], 1),
            torch.stack([sin, cos, shift[:, 1]], 1),
        ],
        1,
    )
    grid = nn.functional.affine_grid(matrices, list(images.shape), align_corners=False)
    return nn.functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


class _ReachedError(Exception):
    """The layer was reached, so the rest of the model need not run."""


def _pooled(model: nn.Module, layer: Layer, images: torch.Tensor) -> torch.Tensor:
    """Mean activation of each unit, shape (images, units)."""
    kept: list[torch.Tensor] = []

    def stop(_module: Any, _inputs: Any, output: Any) -> None:
        kept.append(layer.pooled(tensor_of(output, layer.name)))
        raise _ReachedError

    hook = layer.module.register_forward_hook(stop)
    try:
        model(images)
    except _ReachedError:
        pass
    finally:
        hook.remove()
    return kept[0]
