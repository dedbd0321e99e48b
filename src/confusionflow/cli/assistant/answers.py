"""Make the answers of the tools: plain fields, numbers as logged, never more rows than fit."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

import confusionflow as cf
from confusionflow.analysis.thin import thin
from confusionflow.errors import ClassNotFoundError
from confusionflow.reading.samples import Samples
from confusionflow.store.listing.overview import RunOverview

MOST_ROWS = 200
# Limit of an answer's rows in characters of JSON, about 20,000 tokens.
MOST_LENGTH = 60_000
# Limits of a text of an instance, and of its columns.
MOST_CHARACTERS = 500
MOST_COLUMNS = 8
# Limits of a run: characters of its configuration, and splits.
MOST_CONFIG = 2_000
MOST_SPLITS = 50
# A line that is thinned keeps its ends and its extremes.
FEWEST_POINTS = 4

Answer = dict[str, Any]


def page_of(
    items: Sequence[Any], start: int, limit: int, row_of: Callable[[Any], Answer]
) -> Answer:
    """Take some of many rows: their total, which these are, and where the next ones start.

    There are fewer than `limit` if more would be too long for an answer, but never none.
    """
    rows: list[Answer] = []
    length = 0
    for item in items[start : start + limit]:
        row = row_of(item)
        length += len(json.dumps(row, ensure_ascii=False, default=str))
        if rows and length > MOST_LENGTH:
            break
        rows.append(row)
    end = start + len(rows)
    following = {"next_start": end} if end < len(items) and rows else {}
    return {"total": len(items), "start": start, "rows": rows, **following}


def number(value: float) -> float | None:
    """Convert a number for JSON: None if it is undefined."""
    return None if not math.isfinite(value) else round(float(value), 6)


def lines_of(
    series: cf.Series,
    measures: Iterable[str],
    classes: Sequence[str],
    cells: Sequence[Sequence[str]],
    epochs: tuple[int, int],
    start: int,
) -> Answer:
    """Make lines over the epochs: measures of the whole or of classes, and rates of cells.

    Together, the lines of an answer have at most `MOST_ROWS` points.

    Raises:
        ClassNotFoundError: there is no such class.
    """
    kept = (series.epochs >= epochs[0]) & (series.epochs <= epochs[1])
    at = series.epochs[kept]
    named: list[tuple[Answer, Any]] = []
    for measure in measures:
        values = getattr(series, measure)()
        if measure == "accuracy":
            named.append(({"measure": measure}, values[kept]))
            continue
        for name in classes or series.classes:
            line = values[kept, _index(series, name)]
            named.append(({"measure": measure, "class": name}, line))
    if cells:
        rates = series.confusion("actual")[kept]
        for actual, predicted in cells:
            line = rates[:, _index(series, actual), _index(series, predicted)]
            named.append(({"measure": "rate", "actual": actual, "predicted": predicted}, line))
    most_lines = MOST_ROWS // max(1, min(len(at), FEWEST_POINTS))
    points = MOST_ROWS // max(1, min(len(named) - start, most_lines))

    def row_of(item: tuple[Answer, Any]) -> Answer:
        names, values = item
        return {**names, **_line(at, values, points)}

    return page_of(named, start, most_lines, row_of)


def _index(series: cf.Series, name: str) -> int:
    if name not in series.classes:
        raise ClassNotFoundError(name, series.classes)
    return series.classes.index(name)


def _line(epochs: Any, values: Any, points: int) -> Answer:
    chosen = thin(values, points)
    return {
        "epochs": [int(epoch) for epoch in epochs[chosen]],
        "values": [number(value) for value in values[chosen]],
        "epoch_count": len(epochs),
        "is_thinned": len(chosen) < len(epochs),
    }


def finding_of(finding: Any, link: str, under: int | None) -> Answer:
    """A finding with its evidence; effects and intervals are in percentage points."""
    row: Answer = {
        "level": finding.level,
        "kind": finding.kind,
        "sentence": finding.sentence,
        "actual": finding.actual,
        "predicted": finding.predicted,
        "splits": list(finding.splits),
        "exploratory": finding.exploratory,
        "epochs": finding.epochs and list(finding.epochs),
        "effect_points": _points(finding.effect),
        "interval_points": [_points(end) for end in finding.interval],
        "adjusted_interval_points": [_points(end) for end in finding.adjusted_interval],
        "p": _probability(finding.p),
        "q": _probability(finding.q),
        "q_bh": _probability(finding.q_bh),
        "test": finding.test,
        "n": list(finding.n),
        "family_size": finding.family_size,
        "link": link,
    }
    return row if under is None else row | {"under": under}


def _points(share: float) -> float | None:
    return None if not math.isfinite(share) else round(100 * share, 2)


def _probability(value: float) -> float | None:
    return None if not math.isfinite(value) else float(f"{value:.3g}")


def run_of(run: RunOverview) -> Answer:
    """A run with its configuration and splits; those of a large run are cut, and counted."""
    config = _config(run.config)
    splits = list(run.splits)
    row = {
        "run": _cut(run.name),
        "run_id": run.id,
        "state": run.state,
        "created_at": run.created_at.isoformat(),
        "time_unit": run.time_unit,
        "config": config,
        "splits": [
            {
                "split": split.name,
                "first_epoch": split.first_epoch,
                "last_epoch": split.last_epoch,
                "epoch_count": split.epoch_count,
                "class_count": split.class_count,
                "last_accuracy": None
                if split.last_accuracy is None
                else number(split.last_accuracy),
            }
            for split in splits[:MOST_SPLITS]
        ],
        "damaged_files": len(run.problems),
    }
    if len(config) < len(run.config):
        row["config_key_count"] = len(run.config)
    if len(splits) > MOST_SPLITS:
        row["split_count"] = len(splits)
    return row


def _config(config: Mapping[str, Any]) -> Answer:
    """The first keys of a configuration; long values are cut, nested ones as their JSON text."""
    kept: Answer = {}
    size = 0
    for key, value in config.items():
        text = json.dumps(value, ensure_ascii=False)
        if len(text) > MOST_CHARACTERS:
            value = _cut(value if isinstance(value, str) else text)
        size += len(key) + min(len(text), MOST_CHARACTERS)
        if size > MOST_CONFIG:
            break
        kept[key] = value
    return kept


def instance_of(row: Mapping[str, Any]) -> Answer:
    """An instance with its scores; those that are undefined are None."""
    return {
        name: number(value) if isinstance(value, float) else value for name, value in row.items()
    }


def sample_of(instance: Any, samples: Samples | None) -> Answer:
    """Describe in words what an instance looks like; nothing if that is unknown."""
    row = -1 if samples is None else int(samples.find(np.array([instance], object))[0])
    if samples is None or row < 0:
        return {}
    values = samples.row(row)
    text, group = values.get("text"), values.get("group")
    columns = {name: _plain(values[name]) for name in samples.columns[:MOST_COLUMNS]}
    said = {
        "text": None if text is None else _cut(text),
        "group": None if group is None else _cut(group),
        "columns": columns or None,
        "has_image": bool(values.get("width")),
    }
    return {name: value for name, value in said.items() if value is not None}


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return number(value)
    return _cut(value) if isinstance(value, str) else value


def matches(words: str, texts: Mapping[str, Any]) -> bool:
    """Whether each word occurs in one of the texts, or is one of them as `key=value`.

    Examples:
        >>> matches("adam lr=0.1", {"name": "adam-deep", "lr": 0.1})
        True
        >>> matches("lr=0.01", {"name": "adam-deep", "lr": 0.1})
        False
    """
    known = {name.lower(): str(text).lower() for name, text in texts.items()}
    for word in words.lower().split():
        key, equals, value = word.partition("=")
        if equals and key in known:
            if known[key] != value:
                return False
        elif not any(word in text for text in known.values()):
            return False
    return True
