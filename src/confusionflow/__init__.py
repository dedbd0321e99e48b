"""See how a classifier's confusion changes while it learns."""

__version__ = "0.1.0"
