"""Logging from a training: what is called there never stops it for trouble with files."""

from confusionflow.log.run import Run

__all__ = ["Run"]
