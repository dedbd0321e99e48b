"""Find the instances that a request lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple, ParamSpec, TypeVar

import numpy as np
from fastapi import Depends, Query
from numpy.typing import NDArray

from confusionflow.errors import (
    ArgumentError,
    ClassNotFoundError,
    InstancesError,
    NoFeaturesError,
    NoPredictionsError,
)
from confusionflow.reading.instance_query import Filter, InstanceQuery, Sort, listed
from confusionflow.reading.instances import Cells, Instances, Only, Passing
from confusionflow.reading.lasso import Lasso
from confusionflow.reading.run import Series
from confusionflow.reading.samples import Samples
from confusionflow.server.known_features import KnownFeatures
from confusionflow.server.known_instances import KnownInstances
from confusionflow.server.known_samples import KnownSamples
from confusionflow.server.once_per_key import OncePerKey
from confusionflow.server.query import First, Last, ref_of

T = TypeVar("T")
P = ParamSpec("P")

MOST_SERIES = 64
MOST_ORDERS = 64

Refs = Annotated[
    list[str],
    Query(min_length=1, max_length=MOST_SERIES, description="run_id/split_id of each series"),
]
Actual = Annotated[list[str] | None, Query(description="Actual classes; all if left out")]
Predicted = Annotated[list[str] | None, Query(description="Predicted classes; all if left out")]
OnlyOf = Annotated[Only, Query(description="wrong: without the diagonal; right: only the diagonal")]
Where = Annotated[
    list[str] | None,
    Query(
        max_length=20,
        description='Conditions such as "forgotten>=2" or, of a column of samples, '
        '"source=web", which all hold',
    ),
]
Without = Annotated[
    str | None,
    Query(
        description="run_id/split_id of another series: list only instances that it knows, but "
        "does not have in the cells"
    ),
]
LassoText = Annotated[
    list[str] | None,
    Query(
        max_length=5,
        description="List only instances in a polygon on the map of a layer: epochs such as 8-9, "
        "of the points and the last of the map, the layer, the two classes of the plane if it is "
        "one, and the corners as numbers between spaces",
    ),
]


@dataclass(frozen=True)
class Asked:
    """Which instances are listed, and of which series."""

    query: InstanceQuery
    series: tuple[tuple[str, str], ...]
    without: tuple[str, str] | None


def instance_query(
    actual: Actual = None,
    predicted: Predicted = None,
    only: OnlyOf = "all",
    first: First = None,
    last: Last = None,
    passing: Annotated[Passing, Query(description="Which instances of the cells")] = "ever",
    search: Annotated[
        str, Query(max_length=200, description="Text that the id or the sample's text contains")
    ] = "",
    where: Where = None,
    lasso: LassoText = None,
    sort: Annotated[Sort, Query(description="What they are sorted by")] = "share",
    descending: Annotated[bool, Query(description="The highest first")] = True,
) -> InstanceQuery:
    """Read what is listed from the query."""
    cells = Cells(names_of(actual), names_of(predicted), only, first, last)
    filters = tuple(map(Filter.parse, where or ()))
    held = Lasso.parse(lasso) if lasso else None
    return InstanceQuery(cells, passing, search, filters, held, sort, descending)


AskedQuery = Annotated[InstanceQuery, Depends(instance_query)]


def asked(series: Refs, query: AskedQuery, without: Without = None) -> Asked:
    """Read the whole request from the query."""
    return Asked(query, tuple(map(ref_of, series)), ref_of(without) if without else None)


AskedFor = Annotated[Asked, Depends(asked)]


class Found(NamedTuple):
    """What is listed, in order.

    Attributes:
        instances: The instances of each series, or why there are none.
        series, positions: Index of the series of each row, and which of its instances it is.
    """

    instances: list[Instances | str]
    series: NDArray[np.intp]
    positions: NDArray[np.intp]

    def only(self) -> Instances:
        """The instances of the only series.

        Raises:
            ArgumentError: there are several.
            InstancesError: its instances are unknown.
        """
        if len(self.instances) > 1:
            raise ArgumentError("This is available for one series at a time. Pass series once.")
        (each,) = self.instances
        if isinstance(each, str):
            raise InstancesError(each)
        return each

    def row(self, at: int) -> tuple[int, Instances, int]:
        """Index of the series, its instances, and which of them a row is."""
        series = int(self.series[at])
        instances = self.instances[series]
        assert not isinstance(instances, str)
        return series, instances, int(self.positions[at])

    def ids(self) -> list[str]:
        """The ids, in order."""
        rows = map(self.row, range(len(self.positions)))
        return [str(each.ids[position]) for _, each, position in rows]


class ListedInstances:
    """Finds each list once. Threads may share it.

    Arguments:
        find: Finds a series by the ids of its run and its split.
        samples: Says what instances look like.
        features: Says what layers of the model say about them.

    Attributes:
        known: The instances of the series.
    """

    def __init__(
        self, find: Callable[[str, str], Series], samples: KnownSamples, features: KnownFeatures
    ) -> None:
        self.known = KnownInstances()
        self._find = find
        self._samples = samples
        self._features = features
        # Scrolling asks for the same order again, page by page.
        self._orders = OncePerKey[Found](MOST_ORDERS)

    def of(self, asked: Asked) -> Found:
        """What is asked for.

        Raises:
            ArgumentError: there is no column to filter by.
        """
        others = [asked.without] if asked.without else []
        series = [self._find(*ref) for ref in [*asked.series, *others]]
        versions = tuple(
            (
                each.version,
                each.stored.samples,
                asked.query.lasso and each.stored.features.version,
            )
            for each in series
        )
        return self._orders.get((asked, versions), lambda: self._order(asked, series))

    def _order(self, asked: Asked, series: Sequence[Series]) -> Found:
        cells, passing = asked.query.cells, asked.query.passing
        found = [or_reason(self.known.instances, each, cells, passing) for each in series]
        other = found.pop() if asked.without else None
        shown = series[: len(found)]
        looks = [self._samples.readable(each) for each in shown]
        asked.query.check(looks)
        among = [self._held(asked.query.lasso, each) for each in shown]
        found = [
            held if isinstance(held, str) else each for each, held in zip(found, among, strict=True)
        ]
        return _ordered(found, asked.query, other, looks, among)

    def _held(self, lasso: Lasso | None, series: Series) -> frozenset[str] | str | None:
        """Return the ids inside a lasso, or why they are unknown; None without a lasso."""
        if lasso is None:
            return None
        try:
            with self._features.of(series, lasso.layer) as features:
                return lasso.ids(features)
        except (NoFeaturesError, ClassNotFoundError) as error:
            return str(error)


def names_of(given: list[str] | None) -> tuple[str, ...] | None:
    """Names of classes as they were passed; None for all."""
    return None if given is None else tuple(given)


def or_reason(read: Callable[P, T], *args: P.args, **options: P.kwargs) -> T | str:
    """Read something of a series, or return why nothing is known about its instances."""
    try:
        return read(*args, **options)
    except (NoPredictionsError, InstancesError) as error:
        return str(error)


def _ordered(
    found: list[Instances | str],
    query: InstanceQuery,
    without: Instances | str | None,
    samples: Sequence[Samples | None],
    held: Sequence[frozenset[str] | str | None],
) -> Found:
    """Find which instances of some series are listed, in order."""
    other = None if isinstance(without, str) else without
    known = [None if isinstance(without, str) or isinstance(e, str) else e for e in found]
    ids = [None if isinstance(each, str) else each for each in held]
    return Found(found, *listed(known, query, other, samples, ids))
