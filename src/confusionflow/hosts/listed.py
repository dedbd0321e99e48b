"""Find the instances that a view lists, as client/src/state/instances.svelte.ts does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ArgumentError
from confusionflow.hosts import link
from confusionflow.reading.instances import Cells, Instances, Passing
from confusionflow.reading.listing import Filter, Listing, Sort, places
from confusionflow.reading.run import Series

PASSINGS: tuple[Passing, ...] = ("ever", "half", "came", "stayed", "left")


@dataclass(frozen=True)
class Listed:
    """The instances of a series that a view lists.

    Attributes:
        series: The series.
        listing: Which of its instances, and how they are sorted.
        without: A series in which they must not be in the same cells, or None.
    """

    series: Series
    listing: Listing
    without: Series | None

    def instances(self) -> tuple[Instances, NDArray[np.intp]]:
        """The instances of the cells, and the positions of those that are listed, in order.

        Raises:
            NoPredictionsError: the series was logged as matrices.
            InstancesError: its instances can't be followed.
        """
        found = self._found(self.series)
        other = self.without and self._found(self.without)
        return found, places(found, self.listing, other or None)

    def table(self) -> Any:
        """The listed instances, in order, as the pyarrow table that `Series.instances` returns.

        Raises:
            NoPredictionsError: the series was logged as matrices.
            InstancesError: its instances can't be followed.
        """
        found, places = self.instances()
        return found.table().take(places)

    def _found(self, series: Series) -> Instances:
        return Instances(series.predictions(), self.listing.cells, self.listing.passing)


def listed_in(view: str, shown: Sequence[Series]) -> Listed | None:
    """Find what the page lists in a view; None if it shows no series.

    Arguments:
        view: The fragment of a link.
        shown: The series that the page shows, in its order.

    Raises:
        ArgumentError: what is selected is a group that the page found by similarity.
    """
    by_ref = {(one.run.stored.api_id, one.id): one for one in shown}
    if not by_ref:
        return None
    series = by_ref.get(link.read_ref(view, "listed") or ("", "")) or shown[-1]
    beside = by_ref.get(link.read_ref(view, "beside") or ("", ""))
    is_apart = link.read_text(view, "only") == "1" and beside is not None and beside != series
    said = link.read_text(view, "passing")
    passing: Passing = next((each for each in PASSINGS if each == said), "ever")
    column, _, direction = link.read_text(view, "rows").rpartition("-")
    sort = _sort(column)
    listing = Listing(
        Cells(*_cells(view, shown), *(_range(view, shown) or (None, None))),
        passing,
        link.read_text(view, "find"),
        tuple(Filter.parse(each) for each in link.read_names(view, "where")),
        sort or "share",
        direction != "up" if sort else True,
    )
    return Listed(series, listing, beside if is_apart else None)


def _sort(column: str) -> Sort | None:
    known: tuple[Sort, ...] = tuple(name for part in get_args(Sort) for name in get_args(part))
    return next((each for each in known if each == column), None)


def _range(view: str, shown: Sequence[Series]) -> tuple[int, int] | None:
    """The first and last epoch of the view, limited to the epochs of the series."""
    epochs = [one.epochs for one in shown if len(one.epochs)]
    if not epochs:
        return None
    low, high = min(int(one[0]) for one in epochs), max(int(one[-1]) for one in epochs)
    first, last = link.read_range(view) or (low, high)
    first, last = max(first, low), min(last, high)
    return (first, last) if first <= last else (low, high)


def _cells(view: str, shown: Sequence[Series]) -> tuple[Any, Any, Any]:
    """Actual and predicted classes of the selection, and whether to list all or only wrong ones."""
    kind, *names = link.read_selection(view)
    try:
        members = [_members(name, shown) for name in names]
    except KeyError:
        return None, None, "wrong"
    if kind == "cell":
        return members[0], members[1], "all"
    if kind == "fn":
        return members[0], None, "wrong"
    if kind in ("fp", "precision"):
        return None, members[0], "wrong"
    return (members[0], None, "all") if members else (None, None, "wrong")


def _members(name: str, shown: Sequence[Series]) -> tuple[str, ...]:
    """The classes of a group, or a single class.

    Raises:
        KeyError: no series has it, so the page selects nothing.
        ArgumentError: it is a group that the page found by similarity.
    """
    if any(name in one.classes for one in shown):
        return (name,)
    for one in shown:
        tree = one.run.tree
        if tree is not None and name in tree.groups:
            return tree.classes_in(name)
    if " … " in name:
        raise ArgumentError(
            f"The view selects {name!r:.80}, a group that the page found by similarity. Select a "
            "class, a cell, or a group of declared classes."
        )
    raise KeyError(name)
