"""A file that could not be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A file that could not be read, relative to the log directory, and why."""

    file: str
    reason: str
