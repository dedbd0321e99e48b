"""The routes of instances: lists, one of them, and flows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

import numpy as np
from fastapi import APIRouter, Query
from numpy.typing import NDArray

from confusionflow.analysis.passages import PASSAGES, flow
from confusionflow.analysis.scores import SCORES, Scores, label_quality, scores
from confusionflow.errors import InstancesError, NoPredictionsError
from confusionflow.reading.instances import Cells, Instances, Only, Passing
from confusionflow.reading.predictions import Predictions
from confusionflow.reading.run import Series
from confusionflow.server.instance_models import (
    InstanceDetail,
    InstanceFlow,
    InstanceList,
    InstancePath,
    InstanceRow,
    InstanceSeries,
    SeriesFlow,
)
from confusionflow.server.known_instances import KnownInstances

T = TypeVar("T")
P = ParamSpec("P")

MOST_ROWS = 200
MOST_SERIES = 64

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
Sort = (
    Literal["share", "instance", "first", "last"]
    | Literal[
        "hard",
        "forgotten",
        "last_forgotten",
        "never_learned",
        "unsteady",
        "suspicious_label",
        "outlier",
        "aum",
        "confidence_mean",
        "confidence_sd",
    ]
)


def add_instance_routes(router: APIRouter, find: Callable[[str, str], Series]) -> None:
    """Add the routes to those of the API.

    Arguments:
        router: The API's.
        find: Finds a series by the ids of its run and its split.
    """
    known = KnownInstances()

    @router.get("/instances")
    def instances(
        series: Refs,
        actual: Actual = None,
        predicted: Predicted = None,
        only: OnlyOf = "all",
        first: First = None,
        last: Last = None,
        passing: Annotated[Passing, Query(description="Which instances of the cells")] = "ever",
        search: Annotated[str, Query(max_length=200, description="Text that the id has")] = "",
        sort: Annotated[Sort, Query(description="What they are sorted by")] = "share",
        descending: Annotated[bool, Query(description="The highest first")] = True,
        offset: Annotated[int, Query(ge=0, le=2**40, description="Rows before the page")] = 0,
        limit: Annotated[int, Query(ge=0, le=MOST_ROWS, description="Rows of the page")] = 50,
    ) -> InstanceList:
        """Instances of some cells of one or more series, a page of them."""
        cells = Cells(_names(actual), _names(predicted), only, first, last)
        answered, lists = [], []
        for run_id, split_id in map(_ref, series):
            found = _tried(known.instances, find(run_id, split_id), cells, passing)
            answered.append(_series_of(run_id, split_id, found))
            lists.append(None if isinstance(found, str) else found)
        keys: list[NDArray[Any]] = []
        places: list[tuple[int, int]] = []
        for index, listed in enumerate(lists):
            if listed is None:
                continue
            kept = _matching(listed.ids, search)
            places += [(index, int(place)) for place in kept]
            keys.append(_sort_key(listed, sort)[kept])
        order = _ordered(keys, descending=descending)
        page = [places[at] for at in order[offset : offset + limit]]
        rows = _rows(lists, page)
        return InstanceList(series=answered, scores=list(SCORES), found=len(places), rows=rows)

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
                paths += _paths(run_id, split_id, read, id, first, last)
        return InstanceDetail(instance=id, scores=list(SCORES), paths=paths)

    @router.get("/instances/flow")
    def instances_flow(
        series: Refs, actual: Actual = None, first: First = None, last: Last = None
    ) -> InstanceFlow:
        """How the instances of some classes were predicted, epoch by epoch."""
        cells = Cells(_names(actual), None, "all", first, last)
        flows = []
        for run_id, split_id in map(_ref, series):
            found = _tried(known.instances, find(run_id, split_id), cells, "ever")
            flows.append(_flow(run_id, split_id, found))
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


def _series_of(run_id: str, split_id: str, found: Instances | str) -> InstanceSeries:
    if isinstance(found, str):
        kinds = dict.fromkeys(("ever", "half", "came", "stayed", "left", "passed"), 0)
        said: dict[str, Any] = {"reason": found, "classes": [], "epochs": [], "total": 0, **kinds}
    else:
        read = found.predictions
        said = {
            "reason": None,
            "classes": list(read.classes),
            "epochs": read.epochs.tolist(),
            "total": len(read.ids),
            **found.counts,
        }
    return InstanceSeries(run_id=run_id, split_id=split_id, **said)


def _matching(ids: NDArray[Any], search: str) -> NDArray[np.intp]:
    """Places of the ids that have a text in them."""
    if not search:
        return np.arange(len(ids))
    text = search.casefold()
    return np.array([at for at, each in enumerate(ids) if text in str(each).casefold()], np.intp)


def _sort_key(listed: Instances, sort: str) -> NDArray[Any]:
    if sort == "instance":
        return listed.ids
    if sort in ("share", "first", "last"):
        found: NDArray[Any] = getattr(listed.passages, sort)
        return found
    score: NDArray[Any] = getattr(listed.scores, sort)
    return score


def _ordered(keys: Sequence[NDArray[Any]], *, descending: bool) -> Sequence[int]:
    """Places in order; what is undefined comes last, equal ones as they came."""
    if not keys:
        return []
    if any(key.dtype == object for key in keys):
        texts = [str(each) for key in keys for each in key]
        return sorted(range(len(texts)), key=texts.__getitem__, reverse=descending)
    joined = np.concatenate(keys).astype(np.float64 if keys[0].dtype.kind in "fb" else np.int64)
    found: list[int] = np.argsort(-joined if descending else joined, kind="stable").tolist()
    return found


def _rows(lists: Sequence[Instances | None], page: Iterable[tuple[int, int]]) -> list[InstanceRow]:
    rows = []
    for index, place in page:
        listed = lists[index]
        if listed is None:
            continue
        read = listed.predictions
        at = int(listed.places[place])
        passed = listed.passages
        rows.append(
            InstanceRow(
                series=index,
                instance=str(read.ids[at]),
                is_number=read.ids.dtype != object,
                actual=int(read.actual[at]),
                share=_number(passed.share[place]),
                first=int(passed.first[place]),
                last=int(passed.last[place]),
                passage=PASSAGES[passed.passage[place]],  # type: ignore[arg-type]
                scores=_scores_of(listed.scores, place),
                strip=_runs(read.predicted[:, at]),
            )
        )
    return rows


def _scores_of(found: Scores, place: int) -> list[float | None]:
    values = [_number(getattr(found, name)[place]) for name in SCORES]
    last = SCORES.index("last_forgotten")
    values[last] = None if values[last] == -1 else values[last]
    return values


def _number(value: Any) -> float | None:
    number = float(value)
    return round(number, 4) if math.isfinite(number) else None


def _runs(predicted: NDArray[np.signedinteger]) -> list[int]:
    """Write predictions as runs: a class, for how many epochs, the next class, and so on.

    Examples:
        >>> _runs(np.array([3, 3, -1, 3]))
        [3, 2, -1, 1, 3, 1]
    """
    if not len(predicted):
        return []
    starts = np.flatnonzero(np.concatenate([[True], predicted[1:] != predicted[:-1]]))
    lengths = np.diff(np.append(starts, len(predicted)))
    found: list[int] = np.stack([predicted[starts], lengths], axis=1).ravel().tolist()
    return found


def _paths(
    run_id: str, split_id: str, read: Predictions, text: str, first: int | None, last: int | None
) -> list[InstancePath]:
    """An instance in one series; several where its id has several classes."""
    if read.ids.dtype == object:
        (places,) = np.nonzero(read.ids == text)
    else:
        try:
            (places,) = np.nonzero(read.ids == int(text))
        except (ValueError, OverflowError):
            return []
    part = read.trajectories.of(places)
    found = scores(part.between(first, last))
    own = label_quality(part) if part.margin is not None else None
    return [
        InstancePath(
            run_id=run_id,
            split_id=split_id,
            classes=list(read.classes),
            epochs=read.epochs.tolist(),
            actual=int(part.actual[at]),
            strip=_runs(part.predicted[:, at]),
            confidence=None if part.confidence is None else _numbers(part.confidence[:, at]),
            actual_probability=None if own is None else _numbers(own[:, at]),
            scores=_scores_of(found, at),
        )
        for at in range(len(places))
    ]


def _numbers(values: NDArray[np.floating]) -> list[float | None]:
    return [_number(value) for value in values]


def _flow(run_id: str, split_id: str, found: Instances | str) -> SeriesFlow:
    if isinstance(found, str):
        said: dict[str, Any] = {
            "reason": found,
            "classes": [],
            "epochs": [],
            "counts": [],
            "predicted": [],
        }
    else:
        counts = flow(found.trajectories)
        (predicted,) = np.nonzero(counts.any(axis=0))
        said = {
            "reason": None,
            "classes": list(found.predictions.classes),
            "epochs": found.trajectories.epochs.tolist(),
            "counts": counts[:, predicted].T.tolist(),
            "predicted": predicted.tolist(),
        }
    return SeriesFlow(run_id=run_id, split_id=split_id, **said)
