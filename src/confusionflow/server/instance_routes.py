"""The routes of instances: lists, one of them, and flows."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Response

from confusionflow.analysis.scores import SCORES
from confusionflow.reading.instances import Cells, decoded
from confusionflow.reading.listed_contrasts import contrasts_of
from confusionflow.reading.run import Series
from confusionflow.server.instance_answers import flow_of, paths_of, row_of, series_of
from confusionflow.server.instance_models import (
    InstanceContrasts,
    InstanceDetail,
    InstanceFlow,
    InstanceIds,
    InstanceList,
    InstancePath,
)
from confusionflow.server.known_samples import KnownSamples
from confusionflow.server.listed_instances import (
    Actual,
    AskedFor,
    ListedInstances,
    Refs,
    names_of,
    or_reason,
)
from confusionflow.server.query import First, Last, ref_of

MOST_ROWS = 200


def add_instance_routes(
    router: APIRouter,
    find: Callable[[str, str], Series],
    samples: KnownSamples,
    listed: ListedInstances,
) -> None:
    """Add the routes to those of the API.

    Arguments:
        router: The API's.
        find: Finds a series by the ids of its run and its split.
        samples: Knows what instances look like.
        listed: Finds what is listed.
    """

    @router.get("/instances")
    def instances(
        asked: AskedFor,
        offset: Annotated[int, Query(ge=0, le=2**40, description="Rows before the page")] = 0,
        limit: Annotated[int, Query(ge=0, le=MOST_ROWS, description="Rows of the page")] = 50,
    ) -> InstanceList:
        """One page of the instances of some cells, in one or more series."""
        found = listed.of(asked)
        count = len(found.positions)
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
        """The ids of all listed instances, in order."""
        return InstanceIds(ids=listed.of(asked).ids())

    @router.get("/instances/table.csv", response_class=Response)
    def instance_table(asked: AskedFor) -> Response:
        """All listed instances of one series as CSV, with scores."""
        import pyarrow.csv

        found = listed.of(asked)
        each = found.only()
        sink = io.BytesIO()
        table = each.table().take(found.positions)
        if looks := samples.readable(find(*asked.series[0])):
            table = looks.beside(table, paths=False)
        pyarrow.csv.write_csv(decoded(table), sink)
        return Response(sink.getvalue(), media_type="text/csv; charset=utf-8")

    @router.get("/instances/contrasts")
    def instance_contrasts(asked: AskedFor) -> InstanceContrasts:
        """What sets the listed instances of one series apart from right ones of their classes."""
        found = listed.of(asked)
        each = found.only()
        looks = samples.readable(find(*asked.series[0]))
        filtered = {condition.column for condition in asked.query.where}
        told = contrasts_of(each, found.positions, looks, without=filtered)
        return InstanceContrasts(**asdict(told))

    @router.get("/instance")
    def instance(
        id: Annotated[str, Query(max_length=10_000, description="Id or position, as text")],  # noqa: A002
        series: Refs,
        first: First = None,
        last: Last = None,
    ) -> InstanceDetail:
        """One instance, in those of several series that know its id."""
        paths: list[InstancePath] = []
        for run_id, split_id in map(ref_of, series):
            read = or_reason(listed.known.predictions, find(run_id, split_id))
            if not isinstance(read, str):
                paths += paths_of(run_id, split_id, read, id, first, last)
        answer = InstanceDetail(instance=id, scores=list(SCORES), paths=paths)
        return samples.add_to_detail(answer, {ref: find(*ref_of(ref)) for ref in series})

    @router.get("/instances/flow")
    def instances_flow(
        series: Refs, actual: Actual = None, first: First = None, last: Last = None
    ) -> InstanceFlow:
        """How the instances of some classes were predicted, epoch by epoch."""
        cells = Cells(names_of(actual), None, "all", first, last)
        flows = []
        for run_id, split_id in map(ref_of, series):
            found = or_reason(listed.known.instances, find(run_id, split_id), cells, "ever")
            flows.append(flow_of(run_id, split_id, found))
        return InstanceFlow(series=flows)
