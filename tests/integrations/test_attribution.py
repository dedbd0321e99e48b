"""Layers of a model, and which of their units push a decision."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from confusionflow.errors import ArgumentError, ShapeError

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from confusionflow.integrations.torch.attribution import attribution, class_scores  # noqa: E402
from confusionflow.integrations.torch.layers import Tap, find_layer  # noqa: E402


class Convolutional(nn.Module):  # type: ignore[misc]
    """A residual network whose layer is changed in place after it was used."""

    def __init__(self, *, gives: str = "logits") -> None:
        super().__init__()
        torch.manual_seed(1)
        self.gives = gives
        self.first = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Sequential(nn.Conv2d(4, 5, 2), nn.Tanh(), nn.Flatten(), nn.Linear(45, 3))

    def forward(self, x: Any) -> Any:
        h = self.norm(self.first(x))
        h += x.mean(1, keepdim=True)
        logits = self.head(self.relu(h))
        if self.gives == "probabilities":
            return logits.softmax(1)
        return {"logits": logits, "hidden": h} if self.gives == "dict" else logits


def by_brute_force(model: nn.Module, x: Any, actual: Any, predicted: Any) -> Any:
    """Each unit's share by numerical derivatives at each position, one instance after the other."""
    module = model.double()
    plain = module.norm(module.first(x.double())).detach()

    def difference(h: Any, i: int) -> Any:
        h = h + x[i : i + 1].double().mean(1, keepdim=True)
        z = module.head(h.clamp(min=0))
        return z[0, predicted[i]] - z[0, actual[i]]

    result = np.zeros(plain.shape[:2])
    step = 1e-6
    for i, unit, row, column in np.ndindex(*plain.shape):
        ends = []
        for change in (step, -step):
            h = plain[i : i + 1].clone()
            h[0, unit, row, column] += change
            ends.append(float(difference(h, i)))
        slope = (ends[0] - ends[1]) / (2 * step)
        result[i, unit] += slope * float(plain[i, unit, row, column])
    return result


@pytest.mark.parametrize("gives", ["logits", "probabilities", "dict"])
def test_attribution_is_what_numerical_derivatives_say(gives: str) -> None:
    model = Convolutional(gives=gives).eval()
    x = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(2))
    actual, predicted = np.array([0, 1, 2]), np.array([2, 0, 1])
    with torch.inference_mode():  # as evaluations are
        x_within = x.clone()
    layer = find_layer(model, "norm")
    found = attribution(lambda: model(x_within.clone()), layer, actual, predicted)
    with torch.no_grad():
        expected = by_brute_force(model, x, actual, predicted)
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model.norm._forward_hooks


def test_attribution_of_a_linear_head_is_its_weights_times_the_activations() -> None:
    """The two sides add up to the difference of the logits, less that of the biases."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).eval()
    x = torch.randn(4, 6)
    actual, predicted = np.array([0, 0, 1, 2]), np.array([1, 2, 2, 2])
    found = attribution(lambda: model(x), find_layer(model, "1"), actual, predicted)
    hidden = model[1](model[0](x))
    weights = model[2].weight[predicted] - model[2].weight[actual]
    np.testing.assert_allclose(found, (weights * hidden).detach(), atol=1e-6)
    assert (found[3] == 0).all()


def test_half_precision_loses_nothing_in_the_sum_over_positions() -> None:
    torch.manual_seed(0)
    head = nn.Sequential(nn.Conv2d(2, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model = nn.Sequential(nn.Identity(), head).to(torch.float16).eval()
    x = torch.randn(4, 2, 7, 9).to(torch.float16)
    actual, predicted = np.zeros(4, int), np.full(4, 2)
    found = attribution(lambda: model(x), find_layer(model, "0"), actual, predicted)
    weight = head[0].weight[:, :, 0, 0]
    # What autograd hands over is rounded to half precision; all after it is not.
    share = (torch.tensor(1.0, dtype=torch.float16) / 63).double()
    gradient = (weight[2].double() * share).half() + (-weight[0].double() * share).half()
    exact = (x.double() * gradient.double()[None, :, None, None]).sum((2, 3))
    np.testing.assert_allclose(found, exact.detach(), rtol=1e-5, atol=1e-6)


def test_a_single_logit_pushes_towards_the_second_class_or_away_from_it() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)).eval()
    x = torch.randn(2, 3)
    found = attribution(
        lambda: model(x), find_layer(model, "0"), np.array([0, 1]), np.array([1, 0])
    )
    expected = (model[0](x) * model[1].weight).detach().numpy() * [[1], [-1]]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_scores_of_pixels_are_refused() -> None:
    with pytest.raises(ShapeError, match="classify whole instances"):
        class_scores(torch.zeros(2, 3, 8, 8))


def test_a_recurrent_layer_that_returns_a_tuple_is_attributed() -> None:
    class Recurrent(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.rnn = nn.GRU(3, 4, batch_first=True)
            self.head = nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            steps, _ = self.rnn(x)
            return self.head(steps[:, -1])

    model = Recurrent().eval()
    x = torch.randn(2, 5, 3)
    layer = find_layer(model, "rnn")
    found = attribution(lambda: model(x), layer, np.array([0, 1]), np.array([1, 0]))
    weights = (model.head.weight[[1, 0]] - model.head.weight[[0, 1]]).detach()
    np.testing.assert_allclose(found, model.rnn(x)[0][:, -1].detach() * weights, atol=1e-6)


def test_activations_are_means_over_positions_before_anything_changes_them() -> None:
    model = Convolutional().eval()
    x = torch.randn(3, 2, 4, 4)
    with Tap(find_layer(model, "norm")) as tap:
        model(x)
        found = tap.take()
    expected = model.norm(model.first(x)).mean((2, 3)).detach()
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert not model.norm._forward_hooks


def test_units_of_tokens_are_on_the_last_axis_and_those_of_sequences_on_the_second() -> None:
    tokens = nn.LayerNorm(6)
    channels = nn.Sequential(nn.Conv1d(3, 4, 1))
    for module, x, units in (
        (tokens, torch.randn(2, 5, 6), 6),
        (channels, torch.randn(2, 3, 7), 4),
    ):
        model = nn.Sequential(module)
        with Tap(find_layer(model, "0")) as tap:
            model(x)
            assert tap.take().shape == (2, units)
    with Tap(find_layer(nn.Sequential(tokens), "0", axis=1)) as tap:
        tokens(torch.randn(2, 5, 6))
        assert tap.take().shape == (2, 5)
    wrong = Tap(find_layer(nn.Sequential(tokens), "0", axis=0))
    with wrong, pytest.raises(ShapeError, match=r"axis is 0.*such as 1 or -1"):
        tokens(torch.randn(2, 5, 6))


def test_padding_is_left_out_of_the_mean_over_tokens() -> None:
    tokens = nn.Identity()
    x = torch.arange(12.0).reshape(2, 3, 2)
    with Tap(find_layer(nn.Sequential(tokens), "0")) as tap:
        tap.hide(torch.tensor([[1, 1, 0], [1, 1, 1]]))
        tokens(x)
        np.testing.assert_allclose(tap.take(), [[1, 2], [8, 9]])


@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.compile, lambda model: model])
def test_a_layer_has_the_names_of_the_wrapped_and_of_the_plain_model(wrap: Any) -> None:
    model = Convolutional()
    wrapped = wrap(model)
    for name in ("head.0", *(n for n, m in wrapped.named_modules() if m is model.head[0])):
        assert find_layer(wrapped, name).module is model.head[0]


def test_a_layer_that_is_not_there_is_told_with_its_neighbours() -> None:
    with pytest.raises(ArgumentError, match=r"no layer 'hed'. Did you mean 'head'\?"):
        find_layer(Convolutional(), "hed")
    with pytest.raises(ArgumentError, match=re.escape("There are 'first', 'norm', 'relu', 'head'")):
        find_layer(Convolutional(), "zzz")
