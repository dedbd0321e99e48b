"""Tell from the loss whether a PyTorch model's single output is a logit."""

from __future__ import annotations

from torch import nn


def are_logits(module: nn.Module) -> bool | None:
    """Tell whether a single output is a logit, by a loss among the module's parts.

    Returns:
        True for a loss of logits, False for one of probabilities; None if there is none, or both.

    Examples:
        >>> are_logits(nn.ModuleDict({"net": nn.Linear(2, 1), "loss": nn.BCEWithLogitsLoss()}))
        True
        >>> are_logits(nn.Linear(2, 1)) is None
        True
    """
    found = {
        isinstance(part, (nn.BCEWithLogitsLoss, nn.SoftMarginLoss))
        for part in module.modules()
        if isinstance(part, (nn.BCEWithLogitsLoss, nn.SoftMarginLoss, nn.BCELoss))
    }
    return found.pop() if len(found) == 1 else None
