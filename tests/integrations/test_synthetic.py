"""Synthetic images: a unit that detects a stripe gets an image with that stripe."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from confusionflow.integrations.torch.layers import find_layer  # noqa: E402
from confusionflow.integrations.torch.synthetic import (  # noqa: E402
    Colours,
    colours_of,
    synthetic_images,
)

SIDE = 32
PERIOD = 5.0  # pixels
DEAD = 3


def detector() -> nn.Module:
    """Units for stripes that run down, across and diagonally, and a dead one."""
    y, x = torch.meshgrid(torch.arange(9.0) - 4, torch.arange(9.0) - 4, indexing="ij")
    window = torch.exp(-(x**2 + y**2) / 12)
    layer = nn.Conv2d(1, 4, 9, padding=4)
    with torch.no_grad():
        for unit, along in enumerate([x, y, (x + y) / math.sqrt(2)]):
            stripes = torch.cos(2 * math.pi * along / PERIOD) * window
            layer.weight[unit, 0] = stripes - stripes.mean()
        layer.weight[DEAD], layer.bias[:] = 0, -0.1
    return nn.Sequential(layer, nn.ReLU(), nn.Flatten(), nn.LazyLinear(2)).eval()


def within(image: Any, direction: float, period: float = PERIOD) -> float:
    """Share of an image's energy that stripes of a period have in a direction, degrees."""
    spectrum = np.abs(np.fft.fft2(image - image.mean())) ** 2
    rows, columns = np.meshgrid(*[np.fft.fftfreq(len(image))] * 2, indexing="ij")
    off = np.abs((np.degrees(np.arctan2(rows, columns)) - direction + 90) % 180 - 90)
    is_near = (off <= 20) & (np.abs(np.hypot(rows, columns) - 1 / period) <= 0.07)
    return float(spectrum[is_near].sum() / spectrum.sum())


def make(model: nn.Module, units: list[int], **options: Any) -> dict[int, Any]:
    model(torch.zeros(1, 1, SIDE, SIDE))
    colours = colours_of(torch.rand(8, 1, SIDE, SIDE))
    arguments = {"steps": 96, "seed": 0, "device": torch.device("cpu")} | options
    return synthetic_images(
        model, find_layer(model, "1"), units, colours, (SIDE, SIDE), **arguments
    )


def test_the_image_of_a_stripe_detector_has_its_stripe() -> None:
    images, start = make(detector(), [0, 1, 2]), make(detector(), [0, 1, 2], steps=1)
    for unit, direction in ((0, 0.0), (1, 90.0), (2, 45.0)):
        image = images[unit][0]
        assert image.min() >= 0
        assert image.max() <= 1
        others = [within(image, other) for other in (0.0, 90.0, 45.0, 135.0) if other != direction]
        assert within(image, direction) > 2 * max(others)
        assert within(image, direction) > 0.2
    assert max(within(start[unit][0], 0.0) for unit in start) < 0.1


def test_the_same_seed_makes_the_same_image_whatever_is_drawn_beside_it() -> None:
    model = detector()
    alone, beside = make(model, [1], steps=8)[1], make(model, [2, 1], steps=8)[1]
    np.testing.assert_allclose(alone, beside, atol=1e-4)
    assert np.abs(alone - make(model, [1], steps=8, seed=1)[1]).max() > 0.1


def test_a_dead_unit_has_no_image() -> None:
    assert list(make(detector(), [DEAD, 0], steps=4)) == [0]


def test_a_unit_that_grey_images_do_not_activate_gets_its_image() -> None:
    model = detector()
    with torch.no_grad():
        model[0].bias[0] = -1.5
    image = make(model, [0])[0][0]
    assert within(image, 0.0) > 0.1
    assert within(image, 0.0) > 3 * within(image, 90.0)


def test_the_model_has_neither_gradients_nor_hooks_afterwards() -> None:
    model = detector()
    make(model, [0], steps=2)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model[1]._forward_hooks


def test_colours_correlate_as_those_of_the_data_do() -> None:
    generator = torch.Generator().manual_seed(0)
    plain = torch.rand(64, 3, 8, 8, generator=generator)
    mixing = torch.tensor([[1.0, 0.2, 0.0], [0.9, 0.1, 0.1], [0.1, 0.0, 1.0]])
    data = torch.einsum("dc,nchw->ndhw", mixing, plain) * 3 - 1
    colours = colours_of(data)
    assert isinstance(colours, Colours)
    np.testing.assert_allclose(colours.low, data.amin((0, 2, 3)))
    np.testing.assert_allclose(colours.high, data.amax((0, 2, 3)))
    shares = (data - colours.low[:, None, None]) / (colours.high - colours.low)[:, None, None]
    covariance = np.cov(shares.movedim(1, 0).flatten(1))
    found = (colours.mixing @ colours.mixing.T).numpy()
    np.testing.assert_allclose(found / found.trace(), covariance / covariance.trace(), atol=1e-5)
    assert float(colours.mixing.norm(dim=1).max()) == pytest.approx(1)


def test_a_data_set_of_one_colour_makes_images_nevertheless() -> None:
    colours = colours_of(torch.full((4, 1, SIDE, SIDE), 0.5))
    np.testing.assert_array_equal(colours.mixing, [[1]])


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_network_in_half_precision_gets_the_same_image(dtype: Any) -> None:
    model = detector()
    model(torch.zeros(1, 1, SIDE, SIDE))
    colours = colours_of(torch.rand(8, 1, SIDE, SIDE).to(dtype))
    layer, size = find_layer(model.to(dtype), "1"), (SIDE, SIDE)
    found = synthetic_images(
        model, layer, [0], colours, size, steps=96, seed=0, device=torch.device("cpu")
    )
    assert within(found[0][0], 0.0) > 0.2
    assert colours_of(torch.zeros(2, 1, 4, 4, dtype=torch.uint8)).dtype == torch.float32
