"""Find the instances that a view lists, as state/instances/instances.svelte.ts does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.tree import Tree
from confusionflow.errors import ArgumentError, DamagedFileError, NoSamplesError
from confusionflow.hosts import link
from confusionflow.hosts.listed_groups import Groups
from confusionflow.reading.instance_query import Filter, InstanceQuery, Sort, listed
from confusionflow.reading.instances import Cells, Instances, Only, Passing
from confusionflow.reading.lasso import Lasso
from confusionflow.reading.run import Series
from confusionflow.reading.samples import Samples, samples_of

PASSINGS: tuple[Passing, ...] = ("ever", "half", "came", "stayed", "left")


@dataclass(frozen=True)
class Listed:
    """The instances of a series that a view lists.

    Attributes:
        series: The series.
        query: Which of its instances, and how they are sorted.
        without: A series in which they must not be in the same cells, or None.
    """

    series: Series
    query: InstanceQuery
    without: Series | None

    def instances(self) -> tuple[Instances, NDArray[np.intp]]:
        """The instances of the cells, and the positions of those that are listed, in order.

        Raises:
            NoPredictionsError: the series was logged as matrices.
            InstancesError: its instances can't be followed.
            ArgumentError: there is no column to filter by.
        """
        found = self._found(self.series)
        other = None if self.without is None else self._found(self.without)
        samples = self._samples()
        self.query.check([samples])
        return found, listed([found], self.query, other, [samples], [self._held()])[1]

    def table(self) -> Any:
        """The listed instances, in order, as the pyarrow table that `Series.instances` returns.

        Raises:
            NoPredictionsError: the series was logged as matrices.
            InstancesError: its instances can't be followed.
            ArgumentError: there is no column to filter by.
        """
        found, positions = self.instances()
        return found.table().take(positions)

    def _samples(self) -> Samples | None:
        """What the instances look like; None if that is not known, or not needed."""
        if not self.query.search and not self.query.where:
            return None
        try:
            return samples_of(self.series.stored)
        except (NoSamplesError, DamagedFileError):
            return None

    def _held(self) -> frozenset[str] | None:
        """Return the ids inside the lasso; None if there is no lasso."""
        lasso = self.query.lasso
        return None if lasso is None else lasso.ids(self.series.features(lasso.layer))

    def _found(self, series: Series) -> Instances:
        return Instances(series.predictions(), self.query.cells, self.query.passing)


def listed_in(view: str, shown: Sequence[Series], similar: Tree | None = None) -> Listed | None:
    """Find what the page lists in a view; None if it shows no series.

    Arguments:
        view: The fragment of a link.
        shown: The series that the page shows, in its order.
        similar: The groups by similarity, if the page does not find them itself, as in a report.

    Raises:
        ArgumentError: the view aligns series by the share of their training, in which case the page
            lists nothing; or a filter is not valid.
    """
    if link.read_text(view, "align") == "share":
        raise ArgumentError(
            "The view aligns series by the share of their training. Instances are listed by "
            "epochs; align by epoch."
        )
    by_ref = {(one.run.stored.api_id, one.id): one for one in shown}
    if not by_ref:
        return None
    series = by_ref.get(link.read_ref(view, "listed") or ("", "")) or shown[-1]
    beside = by_ref.get(link.read_ref(view, "beside") or ("", ""))
    is_apart = link.read_text(view, "only") == "1" and beside is not None and beside != series
    said = link.read_text(view, "passing")
    passing: Passing = next((each for each in PASSINGS if each == said), "ever")
    lasso = link.read_names(view, "lasso")
    column, _, direction = link.read_text(view, "rows").rpartition("-")
    sort = _sort(column)
    # A lasso can enclose instances of all cells.
    cells = (None, None, "all") if lasso else _cells(view, shown, similar)
    query = InstanceQuery(
        Cells(*cells, *(_range(view, shown) or (None, None))),
        "ever" if lasso else passing,
        link.read_text(view, "find"),
        tuple(Filter.parse(each) for each in link.read_names(view, "where")),
        Lasso.parse(lasso) if lasso else None,
        sort or "share",
        direction != "up" if sort else True,
    )
    return Listed(series, query, beside if is_apart else None)


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


def _cells(
    view: str, shown: Sequence[Series], similar: Tree | None
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None, Only]:
    """Actual and predicted classes of the selection, and whether to list all or only wrong ones."""
    kind, *names = link.read_selection(view)
    groups = Groups(view, shown, similar)
    try:
        members = [groups.members(name) for name in names]
    except KeyError:
        return None, None, "wrong"
    if kind == "cell":
        return members[0], members[1], "all"
    if kind == "fn":
        return members[0], None, "wrong"
    if kind in ("fp", "precision"):
        return None, members[0], "wrong"
    return (members[0], None, "all") if members else (None, None, "wrong")
