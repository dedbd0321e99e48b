"""Collect the instances that a one-file report holds: those that are listed in its view."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from confusionflow.analysis.scores import SCORES
from confusionflow.analysis.tree import Tree
from confusionflow.errors import InstancesError, NoPredictionsError
from confusionflow.hosts import link
from confusionflow.hosts.listed import listed_in
from confusionflow.reading.predictions import Predictions
from confusionflow.reading.run import Series
from confusionflow.server.arrow_series import SeriesPart
from confusionflow.server.instance_answers import paths_of, row_of, series_of
from confusionflow.server.instance_models import InstanceDetail, InstanceList
from confusionflow.server.known_samples import KnownSamples
from confusionflow.server.models import FIRST_SPLITS
from confusionflow.server.pictures import thumbnail_type


def held_instances(
    view: str, parts: Sequence[SeriesPart], similar: Tree, most: int, *, with_samples: bool
) -> dict[str, Any]:
    """Collect the answers to the page's requests for instances.

    Arguments:
        view: The fragment of the link that the report begins with.
        parts: The series of the report.
        similar: Its groups of classes by similarity. most: How many instances to hold: the first
            ones of the list.
        with_samples: Whether to include their thumbnails, texts and columns.

    Returns:
        `request`: what is listed; `list`: the answer to it, with `most` rows; `details`: the answer
        for each of them.

    Raises:
        InstancesError: the listed series has no instances.
        NoPredictionsError: it was logged as matrices.
    """
    shown = _shown(view, [part.series for part in parts])
    listed = listed_in(_within(view, parts, shown), shown, similar)
    if listed is None:
        raise InstancesError("The view shows no series of the report. There is nothing to list.")
    found, positions = listed.instances()
    ref = listed.series.run.stored.api_id, listed.series.id
    rows = [row_of(0, found, int(position)) for position in positions[:most]]
    said = series_of(*ref, found)
    cells = listed.query.cells
    own = [(ref, found.predictions), *_predictions(parts, listed.series)]
    details = []
    for row in rows:
        paths = [
            path
            for where, read in own
            for path in paths_of(*where, read, row.instance, cells.first, cells.last)
        ]
        details.append(InstanceDetail(instance=row.instance, scores=list(SCORES), paths=paths))
    answer = InstanceList(series=[said], scores=list(SCORES), found=len(rows), rows=rows)
    if with_samples:
        _add_samples(answer, details, listed.series)
    return {
        "request": {
            "series": {"runId": ref[0], "splitId": ref[1]},
            "actual": cells.actual,
            "predicted": cells.predicted,
            "only": cells.only,
            "epochs": [cells.first, cells.last],
            "lasso": link.read_names(view, "lasso"),
        },
        "list": answer.model_dump(mode="json"),
        "details": [detail.model_dump(mode="json") for detail in details],
    }


def _add_samples(answer: InstanceList, details: list[InstanceDetail], series: Series) -> None:
    """Add what the instances look like, their thumbnails as data URIs."""
    known = KnownSamples(series.stored.filesystem)
    known.add_to_list(answer, [series])
    found = known.readable(series)
    if found is None:
        return
    ref = f"{series.run.stored.api_id}/{series.id}"
    for row, detail in zip(answer.rows, details, strict=True):
        own = InstanceDetail(
            instance=detail.instance,
            scores=[],
            paths=[path for path in detail.paths if f"{path.run_id}/{path.split_id}" == ref],
        )
        known.add_to_detail(own, {ref: series})
        for sample in (row.sample, *(path.sample for path in own.paths)):
            if sample is None:
                continue
            position = int(found.find(np.array([row.instance], object))[0])
            data = found.image(position) if sample.thumbnail else None
            media_type = thumbnail_type(data) if data else None
            encoded = base64.b64encode(data or b"").decode()
            sample.thumbnail = f"data:{media_type};base64,{encoded}" if media_type else None
            sample.image = None


def _predictions(
    parts: Sequence[SeriesPart], listed: Series
) -> Iterator[tuple[tuple[str, str], Predictions]]:
    """Yield the predictions of the same split in other runs of the report, if they have any."""
    for one in (part.series for part in parts):
        if one.name == listed.name and one != listed:
            with contextlib.suppress(NoPredictionsError, InstancesError):
                yield (one.run.stored.api_id, one.id), one.predictions()


def _within(view: str, parts: Sequence[SeriesPart], shown: Sequence[Series]) -> str:
    """Limit the range of the view to the epochs that the report holds of the shown series."""
    epochs = [part.cube.epochs for part in parts if part.series in shown]
    if not epochs:
        return view
    low, high = min(int(one[0]) for one in epochs), max(int(one[-1]) for one in epochs)
    first, last = link.read_range(view) or (low, high)
    first, last = max(first, low), min(last, high)
    return link.with_range(view, (first, last) if first <= last else (low, high))


def _shown(view: str, series: Sequence[Series]) -> list[Series]:
    """The series that the page of the report begins with."""
    chosen = link.read_series(view)
    by_ref = {(one.run.stored.api_id, one.id): one for one in series}
    if chosen is not None:
        return [by_ref[run, split] for run, split, _ in chosen if (run, split) in by_ref]
    wanted = link.read_run(view) or (series[-1].run.stored.api_id if series else None)
    return [one for (run, _), one in by_ref.items() if run == wanted][:FIRST_SPLITS]
