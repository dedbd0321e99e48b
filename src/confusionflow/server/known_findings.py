"""A cache of findings, shared by all clients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from confusionflow.reading.findings.marks import marks
from confusionflow.reading.findings.plain import plain
from confusionflow.reading.run import LoggedRun, Series
from confusionflow.server.models import CellMarks, Finding, FindingList
from confusionflow.server.once_per_key import OncePerKey

Epochs = tuple[int, int]
T = TypeVar("T")

MOST_ANSWERS = 64
# Cells with too few instances are listed for at most this many classes.
MOST_CLASSES = 60


class KnownFindings:
    """Computes the findings of each version of a run once, and keeps those used recently.

    Only one search runs at a time, so that the server's other answers do not wait for it. Threads
    may share it.
    """

    def __init__(self) -> None:
        self._lists = OncePerKey[FindingList](MOST_ANSWERS)
        self._marks = OncePerKey[CellMarks](MOST_ANSWERS)
        self._searching = threading.Lock()

    def of(self, run: LoggedRun, baseline: LoggedRun | None, epochs: Epochs | None) -> FindingList:
        """Return the findings of a run; with a range of epochs, they are exploratory."""
        key = (_version(run), None if baseline is None else _version(baseline), epochs)

        def find() -> FindingList:
            found = run.findings(baseline=baseline, epochs=epochs, exploratory=epochs is not None)
            return FindingList(findings=[Finding(**values) for values in plain(found)])

        return self._lists.get(key, lambda: self._alone(find))

    def marks(
        self, series: Series, baseline: Series, epochs: Epochs | None, shown: Sequence[str] | None
    ) -> CellMarks:
        """Find the cells in which a series differs from its baseline by more than noise."""
        chosen = None if shown is None else frozenset(shown)
        both = [(s.run.stored.api_id, s.id, s.version) for s in (series, baseline)]

        def find() -> CellMarks:
            made = marks(baseline, series, epochs, chosen)
            few = len(made.classes) <= MOST_CLASSES
            untold = list(zip(*(x.tolist() for x in made.untold.nonzero()), strict=True))
            return CellMarks(
                classes=list(made.classes),
                different=list(zip(*(x.tolist() for x in made.different.nonzero()), strict=True)),
                untold=untold if few else [],
            )

        return self._marks.get((*both, epochs, chosen), lambda: self._alone(find))

    def _alone(self, find: Callable[[], T]) -> T:
        with self._searching:
            return find()


def _version(run: LoggedRun) -> Hashable:
    splits = tuple((run[name].id, run[name].version) for name in run)
    return run.stored.api_id, run.state, splits
