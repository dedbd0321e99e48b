"""The version of the package that runs the server."""

from importlib.metadata import version

VERSION = version("confusionflow")
