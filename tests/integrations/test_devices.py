"""Logging a layer keeps each tensor on the model's device, tried with torch's device "meta".

Tensors of "meta" have no values, but torch refuses to mix them with those of another device, as it
does for a GPU. Where values are needed, the tests put some in.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from confusionflow.integrations.torch import attribution as attribution_module  # noqa: E402
from confusionflow.integrations.torch.attribution import attribution  # noqa: E402
from confusionflow.integrations.torch.layers import Tap, find_layer  # noqa: E402
from confusionflow.integrations.torch.recording import Call  # noqa: E402
from confusionflow.integrations.torch.synthetic import colours_of, synthetic_images  # noqa: E402

META = torch.device("meta")


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Devices from which tensors are copied to the CPU, where they get zeros as values."""
    devices: list[Any] = []

    def cpu(tensor: Any) -> Any:
        devices.append(tensor.device)
        return torch.zeros(tensor.shape, dtype=tensor.dtype)

    monkeypatch.setattr(torch.Tensor, "cpu", cpu)
    return devices


def network() -> nn.Module:
    layers = nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(800, 4)
    return nn.Sequential(*layers).eval().to(META)


def test_devices_must_not_be_mixed() -> None:
    with pytest.raises(RuntimeError, match="device"):
        torch.zeros(2, device=META) + torch.zeros(2)


def test_synthetic_images_are_made_on_the_models_device(
    left: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    colours, model = colours_of(torch.rand(4, 3, 12, 12)), network()
    nonzero = torch.nonzero

    def all_dead(flags: Any) -> Any:
        left.append(flags.device)
        return nonzero(torch.ones(flags.shape))

    monkeypatch.setattr(torch, "nonzero", all_dead)
    left.clear()
    synthetic_images(
        model, find_layer(model, "1"), [0, 5], colours, (12, 12), steps=2, seed=0, device=META
    )
    assert left == [META] * 4


def test_attribution_runs_on_the_models_device(
    left: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution_module, "class_scores", lambda outputs, are_logits: outputs)
    model = network()
    call = Call(model, (torch.zeros(6, 3, 12, 12, device=META),), {}, 6)
    rows = np.array([0, 3])
    found = attribution(
        lambda: call.again(rows), find_layer(model, "1"), np.array([0, 1]), np.array([1, 2])
    )
    assert found.shape == (2, 8)
    assert left == [META]


def test_activations_are_pooled_on_the_models_device(left: list[Any]) -> None:
    model = network()
    layer = find_layer(model, "1")
    with Tap(layer) as tap, torch.inference_mode():
        model(torch.zeros(6, 3, 12, 12, device=META))
        assert tap.take().shape == (6, 8)
    layer.pooled(torch.zeros(6, 5, 7, device=META), torch.ones(6, 5, device=META))
    assert left == [META]
