"""Find the units that push a decision from the actual class to the predicted one."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from copy import copy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from confusionflow.errors import ShapeError
from confusionflow.integrations.torch.layers import Layer, tensor_of
from confusionflow.log.outputs import main_output


def class_scores(outputs: Any, *, are_logits: bool | None = None) -> torch.Tensor:
    """Turn a model's outputs into one score for each class; scores differ as logits do.

    Arguments:
        outputs: Logits or probabilities, shape (instances, classes); or one number for each
            instance, for the second of two classes. If it holds several things, they have usual
            names.
        are_logits: Whether a single number is a logit; None if only the numbers tell.

    Returns:
        Logits unchanged, or the logarithms of probabilities, shape (instances, classes).

    Raises:
        ShapeError: an instance has several labels, as images of labelled pixels do.

    Examples:
        >>> class_scores(torch.tensor([[0.25, 0.75]])).exp()
        tensor([[0.2500, 0.7500]])
        >>> class_scores(torch.tensor([[-3.0], [2.0]]))
        tensor([[ 0., -3.],
                [ 0.,  2.]])
    """
    scores = tensor_of(main_output(outputs), "output").float()
    scores = scores.flatten(1) if scores.ndim > 1 else scores.unsqueeze(1)
    width = scores.shape[1]
    if width != main_width(outputs):
        raise ShapeError(
            "The model outputs several rows of scores for each instance, as for tokens or pixels. "
            "Features are logged for models that classify whole instances."
        )
    within = bool(((scores >= 0) & (scores < 1.01)).all())
    if width == 1:
        is_logit = are_logits if are_logits is not None else not within
        numbers = scores if is_logit else torch.logit(scores, eps=1e-6)
        return torch.cat([torch.zeros_like(numbers), numbers], 1)
    if within and torch.allclose(scores.sum(1), scores.new_ones(()), atol=0.01):
        return scores.clamp(min=torch.finfo(scores.dtype).tiny).log()
    return scores


def main_width(outputs: Any) -> int:
    """Count the scores that an instance has."""
    scores = tensor_of(main_output(outputs), "output")
    lengths = [length for length in scores.shape[1:] if length != 1]
    return 1 if not lengths else lengths[0] if len(lengths) == 1 else -1


def attribution(
    call: Callable[[], Any],
    layer: Layer,
    actual: NDArray[np.int64],
    predicted: NDArray[np.int64],
    *,
    are_logits: bool | None = None,
) -> NDArray[np.float32]:
    """Compute gradient times activation for the difference of the predicted and the actual logit.

    With A the activations of a unit at all positions of an instance and z the logits, this is the
    sum over the positions of A · ∂(z_predicted - z_actual)/∂A: gradient times input of Shrikumar
    et al. 2016 (arXiv 1605.01713), within the network. A positive number pushes towards the
    predicted class. The parameters' gradients stay as they are.

    Arguments:
        call: Runs the model, in evaluation mode, and returns its output.
        layer: The layer of the units. If the model uses it several times, its last use counts.
        actual, predicted: Class indices, shape (instances,).
        are_logits: As for `class_scores`.

    Returns:
        Shape (instances, units).
    """
    used: list[torch.Tensor] = []

    def cut(_module: Any, _inputs: Any, output: Any) -> Any:
        activations = tensor_of(output, layer.name).detach().requires_grad_()
        used[:] = [activations]
        return _replaced(output, activations.clone())  # the model may change it in place

    # A recurrent layer of cuDNN has no gradients in evaluation mode.
    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        torch.backends.cudnn.flags(enabled=False),
    ):
        hook = layer.module.register_forward_hook(cut)
        try:
            scores = class_scores(call(), are_logits=are_logits)
        finally:
            hook.remove()
        rows = torch.arange(len(scores), device=scores.device)
        towards, away = (torch.as_tensor(c, device=scores.device) for c in (predicted, actual))
        difference = (scores[rows, towards] - scores[rows, away]).sum()
        (gradient,) = torch.autograd.grad(difference, used[0], allow_unused=True)
        if gradient is None:  # the classifier does not depend on the layer
            gradient = torch.zeros_like(used[0])
    # In half precision a sum over many positions would lose its last digits, or overflow.
    summed = layer.summed((used[0].float() * gradient.float()).detach())
    pushes: NDArray[np.float32] = summed.cpu().numpy()
    return pushes


def _replaced(output: Any, activations: torch.Tensor) -> Any:
    """Replace the activations in a layer's output."""
    if isinstance(output, torch.Tensor):
        return activations
    first = tensor_of(output, "")
    if isinstance(output, MutableMapping):
        changed = copy(output)
        changed[next(name for name, part in output.items() if part is first)] = activations
        return changed
    parts = [activations if part is first else part for part in output]
    return type(output)(*parts) if hasattr(output, "_fields") else type(output)(parts)
