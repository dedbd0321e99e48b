"""Log from a training, which trouble with files never stops."""

from confusionflow.log.run import Run

__all__ = ["Run"]
