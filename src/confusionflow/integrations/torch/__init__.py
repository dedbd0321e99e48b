"""PyTorch: evaluate loaders in a plain training loop, and log a layer's activations."""

from confusionflow.integrations.torch.evaluator import Evaluator, predict

__all__ = ["Evaluator", "predict"]
