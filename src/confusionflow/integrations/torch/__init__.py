"""PyTorch: evaluate loaders in a plain training loop, and log the outputs of a layer."""

from confusionflow.integrations.torch.evaluator import Evaluator, predict
from confusionflow.integrations.torch.probe import FeatureProbe

__all__ = ["Evaluator", "FeatureProbe", "predict"]
