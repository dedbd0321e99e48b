"""What an engine is asked for, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from confusionflow.errors import ConfusionFlowError

# More would take about a GB here.
MOST_CELLS = 5_000_000
# Of a row; doubles hold all whole numbers up to here.
MOST_COUNT = 2**53


@dataclass(frozen=True)
class Wanted:
    """The cells that an engine is asked for.

    Attributes:
        keys: What the rows are grouped by: the column for each thing, such as "epoch".
        count: The column that says how many instances a row stands for; None: each is one.
        after: Only epochs after this one; None for all.
        apart: Columns that must not differ within an epoch.
        limit: The largest number of cells.
    """

    keys: Mapping[str, str]
    count: str | None = None
    after: int | None = None
    apart: tuple[str, ...] = ()
    limit: int = MOST_CELLS


class EngineError(ConfusionFlowError, RuntimeError):
    """An engine that failed. Its own error is the cause."""

    def __init__(self, engine: str, error: BaseException, next_step: str = "") -> None:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = (lines[0] if lines else type(error).__name__)[:300].removesuffix(".")
        then = next_step or "All that it said is the cause of this error (__cause__)."
        super().__init__(f"{engine} could not count the table: {said}. {then}")
