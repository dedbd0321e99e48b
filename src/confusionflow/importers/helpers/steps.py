"""Report how far an import is."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

Progress = Callable[[int, int], None]


def step_counter(progress: Progress | None, total: int) -> Callable[[], None]:
    """Make the function to call after each of `total` steps; `progress` gets (done, total)."""
    numbers = count(1)

    def step() -> None:
        done = next(numbers)
        if progress is not None:
            progress(done, total)

    return step
