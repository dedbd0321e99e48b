"""Describe instances for the API."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.passages import PASSAGES, flow
from confusionflow.analysis.scores import SCORES, Scores, label_quality, scores
from confusionflow.reading.instances import Instances
from confusionflow.reading.predictions import Predictions
from confusionflow.server.instance_models import (
    InstancePath,
    InstanceRow,
    InstanceSeries,
    SeriesFlow,
)


def series_of(run_id: str, split_id: str, found: Instances | str) -> InstanceSeries:
    """Describe a series, or say why there is nothing to list."""
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


def row_of(series: int, listed: Instances, position: int) -> InstanceRow:
    """Make a row of the list.

    Arguments:
        series: Index of the series.
        listed: Its instances.
        position: Position of the instance among them.
    """
    read, passed = listed.predictions, listed.passages
    at = int(listed.positions[position])
    return InstanceRow(
        series=series,
        instance=str(read.ids[at]),
        is_number=read.ids.dtype != object,
        actual=int(read.actual[at]),
        share=_number(passed.share[position]),
        first=int(passed.first[position]),
        last=int(passed.last[position]),
        passage=PASSAGES[passed.passage[position]],  # type: ignore[arg-type]
        scores=_scores_of(listed.scores, position),
        strip=_runs(read.predicted[:, at]),
    )


def _scores_of(found: Scores, position: int) -> list[float | None]:
    values = [_number(getattr(found, name)[position]) for name in SCORES]
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


def paths_of(
    run_id: str, split_id: str, read: Predictions, text: str, first: int | None, last: int | None
) -> list[InstancePath]:
    """Describe an instance in a series; there are several if its id has several classes."""
    if read.ids.dtype == object:
        (positions,) = np.nonzero(read.ids == text)
    else:
        try:
            (positions,) = np.nonzero(read.ids == int(text))
        except (ValueError, OverflowError):
            return []
    part = read.trajectories.of(positions)
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
        for at in range(len(positions))
    ]


def _numbers(values: NDArray[np.floating]) -> list[float | None]:
    return [_number(value) for value in values]


def flow_of(run_id: str, split_id: str, found: Instances | str) -> SeriesFlow:
    """Describe how some instances of a series are predicted, epoch by epoch."""
    if isinstance(found, str):
        said: dict[str, Any] = {
            "reason": found,
            "classes": [],
            "epochs": [],
            "right": [],
            "counts": [],
            "predicted": [],
        }
    else:
        counts = flow(found.trajectories)
        (predicted,) = np.nonzero(counts.wrong.any(axis=0))
        said = {
            "reason": None,
            "classes": list(found.predictions.classes),
            "epochs": found.trajectories.epochs.tolist(),
            "right": counts.right.tolist(),
            "counts": counts.wrong[:, predicted].T.tolist(),
            "predicted": predicted.tolist(),
        }
    return SeriesFlow(run_id=run_id, split_id=split_id, **said)
