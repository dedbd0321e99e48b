"""The routes of the API. All are GET, and none changes anything."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path as FilePath
from typing import Annotated, Literal

import anyio
import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from fastapi import APIRouter, Path, Query, Request, Response
from sse_starlette import EventSourceResponse

from confusionflow.analysis.cube import Cube
from confusionflow.analysis.found_tree import find_tree
from confusionflow.analysis.order import common_order
from confusionflow.errors import (
    AttemptNotFoundError,
    ConfusionFlowError,
    ReportError,
    SplitNotFoundError,
)
from confusionflow.reading.run import LoggedRun, Series
from confusionflow.server.arrow_series import MEDIA_TYPE, encode_together
from confusionflow.server.feature_routes import add_feature_routes
from confusionflow.server.instance_routes import add_instance_routes
from confusionflow.server.known_features import KnownFeatures
from confusionflow.server.known_findings import KnownFindings
from confusionflow.server.known_samples import KnownSamples
from confusionflow.server.listed_instances import ListedInstances
from confusionflow.server.live import Live
from confusionflow.server.models import (
    CellMarks,
    ClassOrder,
    ClassTree,
    ErrorAnswer,
    FindingList,
    RunList,
    ScalarList,
)
from confusionflow.server.query import First, Last, epochs_of, ref_of
from confusionflow.server.sample_routes import add_sample_routes
from confusionflow.server.scalar_list import scalar_list
from confusionflow.server.series_cache import SeriesCache
from confusionflow.server.summaries import RunListText
from confusionflow.store import Store
from confusionflow.store.format.ids import digest_of

RunId = Annotated[str, Path(description="Id of the run; with ~0 its attempt 0, if it was resumed")]
SplitId = Annotated[str, Path(description="Id of the split")]
REFS = "run_id/split_id of each series, and /first-last of those whose own epochs are counted"
SeriesRefs = Annotated[list[str], Query(min_length=1, description=REFS)]

TABLE_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
# How long a server that is ending waits for its streams to end.
GRACE_S = 1.0
PING_S = 15
SEND_TIMEOUT_S = 60.0
BYTES = {"schema": {"type": "string", "format": "binary"}}


# Makes a report of some series in one file that begins with a view.
ReportMaker = Callable[[Sequence[Series], str], str]


def api_routes(
    store: Store,
    live: Live,
    cache: SeriesCache,
    roots: Mapping[str, FilePath],
    make_report: ReportMaker | None = None,
) -> APIRouter:
    """The routes for one log directory.

    Arguments:
        roots: For each split, by name, the folder from which its images are served in full size.
        make_report: Makes the answer of `/api/report`; None if there is none.
    """
    errors = {404: {"model": ErrorAnswer}, 422: {"model": ErrorAnswer}}
    router = APIRouter(prefix="/api", responses=errors)  # type: ignore[arg-type]

    texts = RunListText()
    found = KnownFindings()

    @router.get("/runs", response_model=RunList, responses={304: {"description": "Not changed"}})
    def runs(request: Request) -> Response:
        """All runs and their splits."""
        overviews = store.overviews_of_attempts()
        cache.note_first(overviews)
        text = texts.encode(store.filesystem, overviews, store.strays(), make_report is not None)
        headers = {"ETag": f'"{digest_of(text)}"', "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="application/json", headers=headers)

    @router.get(
        "/runs/{run_id}/splits/{split_id}/series",
        response_class=Response,
        responses={200: {"content": {MEDIA_TYPE: BYTES}}, 304: {"description": "Not changed"}},
    )
    def series(run_id: RunId, split_id: SplitId, request: Request) -> Response:
        """Every number of one series, as an Arrow IPC stream."""
        found = find_series(store, run_id, split_id)
        version = cache.version_of(found)
        headers = {"ETag": f'"{version}"', "Cache-Control": "no-cache"}
        if _is_known(request.headers.get("if-none-match", ""), version):
            return Response(status_code=304, headers=headers)
        return Response(cache.of(found), media_type=MEDIA_TYPE, headers=headers)

    @router.get(
        "/series",
        response_class=Response,
        responses={200: {"content": {MEDIA_TYPE: BYTES}}, 304: {"description": "Not changed"}},
    )
    def series_together(
        series: Annotated[
            list[str], Query(min_length=1, description="run_id/split_id of each series")
        ],
        request: Request,
    ) -> Response:
        """Several series in one answer, as many as are small enough together."""
        found = {}
        for ref in series:
            # A series that is missing here gets its own error when it is asked for alone.
            with contextlib.suppress(ConfusionFlowError, OSError):
                one = find_series(store, *ref_of(ref))
                found[ref] = one, cache.version_of(one)
        version = digest_of("\n".join(f"{ref} {found[ref][1]}" for ref in found).encode())
        headers = {"ETag": f'"{version}"', "Cache-Control": "no-cache"}
        if _is_known(request.headers.get("if-none-match", ""), version):
            return Response(status_code=304, headers=headers)
        encoded = cache.together(one for one, _ in found.values())
        return Response(encode_together(encoded), media_type=MEDIA_TYPE, headers=headers)

    @router.get("/runs/{run_id}/scalars")
    def scalars(run_id: RunId) -> ScalarList:
        """Numbers beside the epochs of a run, such as the learning rate."""
        return scalar_list(find_run(store, run_id))

    @router.get(
        "/runs/{run_id}/splits/{split_id}/table.{form}",
        response_class=Response,
        responses={200: {"content": dict.fromkeys(TABLE_TYPES.values(), BYTES)}},
    )
    def table(
        run_id: RunId,
        split_id: SplitId,
        form: Literal["csv", "parquet"],
        first: First = None,
        last: Last = None,
    ) -> Response:
        """The counts as a long table: epoch, actual, predicted, count."""
        rows: pa.Table = find_series(store, run_id, split_id).to_frame("pyarrow")
        epochs = rows.column("epoch").to_numpy()
        inside = np.ones(len(epochs), bool)
        if first is not None:
            inside &= epochs >= first
        if last is not None:
            inside &= epochs <= last
        return Response(
            _write_table(rows.filter(pa.array(inside)), form),
            media_type=TABLE_TYPES[form],
            # Without a name: the page chooses a safe one with run and split.
            headers={"Content-Disposition": "attachment"},
        )

    @router.get("/report", response_class=Response, responses={200: {"content": {"text/html": {}}}})
    def report(
        series: Annotated[
            list[str] | None,
            Query(description="run_id/split_id of each series; all if there is none"),
        ] = None,
        view: Annotated[str, Query(description="Fragment of a link: the view to begin with")] = "",
    ) -> Response:
        """The page with the data of some series in one HTML file."""
        if make_report is None:
            raise ReportError
        refs = series or [
            f"{run.id}/{split.id}" for run in store.overviews() for split in run.splits
        ]
        found = [find_series(store, *ref_of(ref)) for ref in refs]
        return Response(
            make_report(found, view),
            media_type="text/html; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="confusionflow.html"'},
        )

    @router.get("/order")
    def class_order(
        by: Literal["name", "support", "confused", "similarity"],
        series: SeriesRefs,
        first: First = None,
        last: Last = None,
    ) -> ClassOrder:
        """The classes of several series, by name or by their counts in a range of epochs."""
        return ClassOrder(classes=common_order(*_counts(store, series, first, last), by))

    @router.get("/tree")
    def class_tree(series: SeriesRefs, first: First = None, last: Last = None) -> ClassTree:
        """The classes of several series, in groups of those that are confused with each other."""
        tree = find_tree(*_counts(store, series, first, last))
        return ClassTree(**asdict(tree))

    @router.get("/runs/{run_id}/findings")
    def findings(
        run_id: RunId,
        first: First = None,
        last: Last = None,
        baseline: Annotated[
            str | None, Query(description="Id of a run that this one is compared with")
        ] = None,
    ) -> FindingList:
        """What a run shows, ranked by evidence. With first and last, it is exploratory."""
        base = None if baseline is None else find_run(store, baseline)
        return found.of(find_run(store, run_id), base, epochs_of(first, last))

    @router.get("/marks")
    def cell_marks(
        series: Annotated[str, Query(description="run_id/split_id of the series")],
        baseline: Annotated[str, Query(description="run_id/split_id of its baseline")],
        first: First = None,
        last: Last = None,
        classes: Annotated[
            list[str] | None, Query(description="Classes that are shown; all if there are none")
        ] = None,
    ) -> CellMarks:
        """Which differences between a series and its baseline are more than noise."""
        one, other = (find_series(store, *ref_of(ref)) for ref in (series, baseline))
        return found.marks(one, other, epochs_of(first, last), classes)

    @router.get(
        "/events",
        response_class=EventSourceResponse,
        responses={200: {"content": {"text/event-stream": {}}}},
    )
    async def events() -> EventSourceResponse:
        """Server-sent events: `hello` at the start, `changed` when something was logged."""
        ending = anyio.Event()
        return EventSourceResponse(
            live.events(ending),
            # A proxy that compresses would hold events back until it has enough of them.
            headers={"Cache-Control": "no-store, no-transform"},
            ping=PING_S,
            # Not every server reports that a client has gone; one that takes nothing for this long
            # has.
            send_timeout=SEND_TIMEOUT_S,
            shutdown_event=ending,
            shutdown_grace_period=GRACE_S,
        )

    def find(run_id: str, split_id: str) -> Series:
        return find_series(store, run_id, split_id)

    samples = KnownSamples(store.filesystem, tuple(roots))
    features = KnownFeatures()
    listed = ListedInstances(find, samples, features)
    add_instance_routes(router, find, samples, listed)
    add_sample_routes(router, find, samples, roots)
    add_feature_routes(router, find, samples, listed, features)
    return router


def find_run(store: Store, run_id: str) -> LoggedRun:
    """Find the run with an id from the API, which may end in an attempt.

    Raises:
        ConfusionFlowError: there is no such run or attempt.
    """
    known_id, _, attempt = run_id.partition("~")
    if attempt and not re.fullmatch("[0-9]{1,9}", attempt):
        raise AttemptNotFoundError(attempt, known_id, store.run(known_id).attempts)
    return LoggedRun(store.run(known_id, int(attempt) if attempt else None))


def find_series(store: Store, run_id: str, split_id: str) -> Series:
    """Find the series of a run and a split by their ids in the API.

    Raises:
        ConfusionFlowError: there is no such run, attempt or split.
    """
    run = find_run(store, run_id)
    splits = run.stored.splits.values()
    for split in splits:
        if split.id == split_id:
            return Series(split, run)
    raise SplitNotFoundError(split_id, [split.id for split in splits])


def _counts(
    store: Store, refs: list[str], first: int | None, last: int | None
) -> tuple[list[tuple[str, ...]], list[Cube]]:
    """Class names and counts of several series, in a range of epochs or each in its own."""
    classes, cubes = [], []
    for ref in refs:
        match = re.fullmatch(r"([^/]*)/([^/]*)/([0-9]{1,18})-([0-9]{1,18})", ref)
        own = (int(match[3]), int(match[4])) if match else (None, None)
        run_id, split_id = match.groups()[:2] if match else ref_of(ref)
        found = find_series(store, run_id, split_id)
        classes.append(found.classes)
        cubes.append(found.cube().between(first, last).between(*own))
    return classes, cubes


def _is_known(if_none_match: str, version: str) -> bool:
    """Whether a client already has a version; proxies mark versions as weak."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return f'"{version}"' in tags or tags == ["*"]


def _write_table(rows: pa.Table, form: str) -> bytes:
    sink = io.BytesIO()
    if form == "csv":
        names = {name: rows.column(name).cast(pa.string()) for name in ("actual", "predicted")}
        plain = {name: names.get(name, rows.column(name)) for name in rows.column_names}
        pa.csv.write_csv(pa.table(plain), sink)
    else:
        pa.parquet.write_table(rows, sink)
    return sink.getvalue()
