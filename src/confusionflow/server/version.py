"""Which version of the package serves."""

from importlib.metadata import version

VERSION = version("confusionflow")
