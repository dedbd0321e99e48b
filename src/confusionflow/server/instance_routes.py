"""The routes of instances: lists, one of them, and flows."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, NamedTuple, ParamSpec, TypeVar

import numpy as np
from cachetools import LRUCache
from fastapi import APIRouter, Depends, Query, Response
from numpy.typing import NDArray

from confusionflow.analysis.scores import SCORES
from confusionflow.errors import ArgumentError, InstancesError, NoPredictionsError
from confusionflow.reading.instances import Cells, Instances, Only, Passing, decoded
from confusionflow.reading.listed_contrasts import contrasts_of
from confusionflow.reading.listing import (
    Filter,
    Listing,
    Sort,
    listed,
)
from confusionflow.reading.run import Series
from confusionflow.reading.samples import Samples
from confusionflow.server.instance_answers import flow_of, paths_of, row_of, series_of
from confusionflow.server.instance_models import (
    InstanceContrasts,
    InstanceDetail,
    InstanceFlow,
    InstanceIds,
    InstanceList,
    InstancePath,
)
from confusionflow.server.known_instances import KnownInstances
from confusionflow.server.known_samples import KnownSamples

T = TypeVar("T")
P = ParamSpec("P")

MOST_ROWS = 200
MOST_SERIES = 64
MOST_ORDERS = 64

Refs = Annotated[
    list[str],
    Query(min_length=1, max_length=MOST_SERIES, description="run_id/split_id of each series"),
]
Actual = Annotated[list[str] | None, Query(description="Actual classes; all if left out")]
Predicted = Annotated[list[str] | None, Query(description="Predicted classes; all if left out")]
OnlyOf = Annotated[Only, Query(description="wrong: without the diagonal; right: nothing else")]
First = Annotated[int | None, Query(ge=0, le=2**53, description="First epoch; all from the start")]
Last = Annotated[
    int | None, Query(ge=0, le=2**53, description="Last epoch, included; all to the end")
]
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


@dataclass(frozen=True)
class Asked:
    """What is listed, of which series."""

    listing: Listing
    series: tuple[tuple[str, str], ...]
    without: tuple[str, str] | None


def asked(
    series: Refs,
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
    without: Without = None,
    sort: Annotated[Sort, Query(description="What they are sorted by")] = "share",
    descending: Annotated[bool, Query(description="The highest first")] = True,
) -> Asked:
    """Read what is asked for from the query."""
    cells = Cells(_names(actual), _names(predicted), only, first, last)
    filters = tuple(map(Filter.parse, where or ()))
    listing = Listing(cells, passing, search, filters, sort, descending)
    return Asked(listing, tuple(map(_ref, series)), (without and _ref(without)) or None)


AskedFor = Annotated[Asked, Depends(asked)]


class Found(NamedTuple):
    """What is listed, in order.

    Attributes:
        instances: The instances of each series, or why there are none.
        series, places: Index of the series of each row, and which of its instances it is.
    """

    instances: list[Instances | str]
    series: NDArray[np.intp]
    places: NDArray[np.intp]

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
        return series, instances, int(self.places[at])


def add_instance_routes(
    router: APIRouter, find: Callable[[str, str], Series], samples: KnownSamples
) -> None:
    """Add the routes to those of the API.

    Arguments:
        router: The API's.
        find: Finds a series by the ids of its run and its split.
        samples: Says what instances look like.
    """
    known = KnownInstances()
    # Whoever scrolls asks for the same order again, page by page.
    orders: LRUCache[tuple[Asked, Hashable], Found] = LRUCache(MOST_ORDERS)
    lock = threading.Lock()

    def find_listed(asked: Asked) -> Found:
        others = [asked.without] if asked.without else []
        series = [find(*ref) for ref in [*asked.series, *others]]
        key = (asked, tuple((each.version, each.stored.samples) for each in series))
        with lock:
            listed = orders.get(key)
        if listed is None:
            cells, passing = asked.listing.cells, asked.listing.passing
            found = [_tried(known.instances, each, cells, passing) for each in series]
            other = found.pop() if asked.without else None
            looks = [samples.tried(each) for each in series[: len(found)]]
            asked.listing.check(looks)
            listed = _ordered(found, asked.listing, other, looks)
            with lock:
                orders[key] = listed
        return listed

    @router.get("/instances")
    def instances(
        asked: AskedFor,
        offset: Annotated[int, Query(ge=0, le=2**40, description="Rows before the page")] = 0,
        limit: Annotated[int, Query(ge=0, le=MOST_ROWS, description="Rows of the page")] = 50,
    ) -> InstanceList:
        """Instances of some cells of one or more series, a page of them."""
        found = find_listed(asked)
        count = len(found.places)
        answered = zip(asked.series, found.instances, strict=True)
        answer = InstanceList(
            series=[series_of(*ref, each) for ref, each in answered],
            scores=list(SCORES),
            found=count,
            rows=[row_of(*found.row(at)) for at in range(offset, min(offset + limit, count))],
        )
        return samples.add_to_list(answer, [find(*ref) for ref in asked.series])

    @router.get("/instances/ids")
    def instance_ids(asked: AskedFor) -> InstanceIds:
        """The ids of all that is listed, in order."""
        found = find_listed(asked)
        rows = map(found.row, range(len(found.places)))
        return InstanceIds(ids=[str(each.ids[place]) for _, each, place in rows])

    @router.get("/instances/table.csv", response_class=Response)
    def instance_table(asked: AskedFor) -> Response:
        """All that is listed as CSV, with scores; of one series."""
        import pyarrow.csv

        found = find_listed(asked)
        each = found.only()
        sink = io.BytesIO()
        table = each.table().take(found.places)
        if looks := samples.tried(find(*asked.series[0])):
            table = looks.beside(table, paths=False)
        pyarrow.csv.write_csv(decoded(table), sink)
        return Response(sink.getvalue(), media_type="text/csv; charset=utf-8")

    @router.get("/instances/contrasts")
    def instance_contrasts(asked: AskedFor) -> InstanceContrasts:
        """What sets all that is listed of one series apart from the right ones of its classes."""
        found = find_listed(asked)
        each = found.only()
        looks = samples.tried(find(*asked.series[0]))
        filtered = {condition.column for condition in asked.listing.where}
        told = contrasts_of(each, found.places, looks, without=filtered)
        return InstanceContrasts(**asdict(told))

    @router.get("/instance")
    def instance(
        id: Annotated[str, Query(max_length=10_000, description="Id or position, as text")],  # noqa: A002
        series: Refs,
        first: First = None,
        last: Last = None,
    ) -> InstanceDetail:
        """One instance in every one of several series that knows its id."""
        paths: list[InstancePath] = []
        for run_id, split_id in map(_ref, series):
            read = _tried(known.predictions, find(run_id, split_id))
            if not isinstance(read, str):
                paths += paths_of(run_id, split_id, read, id, first, last)
        answer = InstanceDetail(instance=id, scores=list(SCORES), paths=paths)
        return samples.add_to_detail(answer, {ref: find(*_ref(ref)) for ref in series})

    @router.get("/instances/flow")
    def instances_flow(
        series: Refs, actual: Actual = None, first: First = None, last: Last = None
    ) -> InstanceFlow:
        """How the instances of some classes were predicted, epoch by epoch."""
        cells = Cells(_names(actual), None, "all", first, last)
        flows = []
        for run_id, split_id in map(_ref, series):
            found = _tried(known.instances, find(run_id, split_id), cells, "ever")
            flows.append(flow_of(run_id, split_id, found))
        return InstanceFlow(series=flows)


def _ref(ref: str) -> tuple[str, str]:
    run_id, _, split_id = ref.partition("/")
    return run_id, split_id


def _names(given: list[str] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(given)


def _tried(read: Callable[P, T], *args: P.args, **options: P.kwargs) -> T | str:
    """What is read of a series, or why nothing is known of its instances."""
    try:
        return read(*args, **options)
    except (NoPredictionsError, InstancesError) as error:
        return str(error)


def _ordered(
    found: list[Instances | str],
    listing: Listing,
    without: Instances | str | None,
    samples: Sequence[Samples | None],
) -> Found:
    """What of the instances of some series is listed, in order."""
    other = None if isinstance(without, str) else without
    known = [None if isinstance(without, str) or isinstance(e, str) else e for e in found]
    return Found(found, *listed(known, listing, other, samples))
