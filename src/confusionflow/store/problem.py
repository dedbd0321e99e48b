"""A file that could not be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A file that could not be read, relative to the log directory, and why."""

    file: str
    reason: str


def add_problem(problems: list[Problem], problem: Problem) -> bool:
    """Add a problem unless it is known. Returns whether it was added."""
    if problem in problems:
        return False
    problems.append(problem)
    return True
