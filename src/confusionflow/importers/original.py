"""Import the log directory of the ConfusionFlow package of 2018 to 2020.

It holds JSON files: `runs/RUN.json` lists a run's fold logs, `foldlogdata/FOLDLOG_data.json` has
their confusion matrices as flat lists (rows are actual), and `datasets/DATASET.json` names classes
and folds. A fold becomes a split.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ClassesError, ConfigError, ImportSourceError, NameTextError
from confusionflow.importers.helpers.names import refuse_known_name
from confusionflow.log import Run
from confusionflow.log.arguments import parse_name
from confusionflow.log.classes import ClassList
from confusionflow.log.config import plain_config

INDEX = "index.json"
FOLDLOG_FOLDERS = ("foldlogs", "foldlog")  # older versions had the second name

KINDS = {list: "a list", str: "text", int: "a whole number"}


@dataclass(frozen=True)
class FoldLog:
    """One fold of one run.

    Attributes:
        split: Name of the split that it becomes.
        classes: Class names.
        epochs: Counts by epoch, each int64, shape (classes, classes).
    """

    split: str
    classes: tuple[str, ...]
    epochs: dict[int, NDArray[np.int64]]


@dataclass(frozen=True)
class OriginalRun:
    """One run of the original."""

    name: str
    config: dict[str, Any]
    fold_logs: list[FoldLog]


def import_original(
    source: str | os.PathLike[str],
    log_dir: str | os.PathLike[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[str]:
    """Import all runs of an original log directory, each under its own name.

    Everything is read and checked before anything is written.

    Arguments:
        source: The original's log directory.
        log_dir: The log directory to write into; it is made if it is missing.
        progress: Called with (done, total) runs, each read and then written.

    Returns:
        The ids of the new runs, in the order of the runs' names.

    Raises:
        ImportSourceError: a file is not as described; names the file.
        ConfusionFlowError: the log directory already has a run of one of the names.
    """
    root = Path(source)
    paths = _json_files(root, "runs")
    folds = dict(_folds(root))
    total = 2 * len(paths)
    runs: list[OriginalRun] = []
    for path in paths:
        runs.append(_read_run(root, path, folds))
        refuse_known_name(log_dir, runs[-1].name)
        if progress is not None:
            progress(len(runs), total)
    ids = []
    for run in runs:
        with Run(log_dir, name=run.name, config=run.config, strict=True) as logged:
            for fold in run.fold_logs:
                for epoch, counts in sorted(fold.epochs.items()):
                    logged.log_matrix(epoch, fold.split, counts, classes=fold.classes)
            ids.append(logged.id)
        if progress is not None:
            progress(len(runs) + len(ids), total)
    return ids


def _folds(root: Path) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Read data set and class names of each fold, by the fold's id."""
    for path in _json_files(root, "datasets"):
        data = _read(path)
        classes = tuple(str(name) for name in _field(data, "classes", list, path))
        try:
            ClassList.declare(classes)
        except ClassesError as error:
            raise ImportSourceError(str(error), file=str(path)) from None
        for fold in _field(data, "folds", list, path):
            fold_id = str(_field(fold, "foldId", (str, int), path))
            yield fold_id, (str(_field(data, "datasetId", (str, int), path)), classes)


def _read_run(root: Path, path: Path, folds: dict[str, tuple[str, tuple[str, ...]]]) -> OriginalRun:
    data = _read(path)
    name = str(_field(data, "runId", (str, int), path))
    fold_logs: dict[str, FoldLog] = {}
    for entry in _field(data, "foldlogs", list, path):
        # A run lists its fold logs whole or by their ids.
        if not isinstance(entry, dict):
            entry = _read(_foldlog_file(root, str(entry), path))
        fold_id = str(_field(entry, "foldId", (str, int), path))
        if fold_id not in folds:
            raise ImportSourceError(
                f"Fold {fold_id!r} is in no file of datasets/. Add it there.", file=str(path)
            )
        dataset, classes = folds[fold_id]
        split = fold_id.removeprefix(f"{dataset}_") or fold_id
        if split in fold_logs:
            split = fold_id  # two data sets may both have a test fold
        foldlog_id = str(_field(entry, "foldlogId", (str, int), path))
        data_file = _inside(root / "foldlogdata", f"{foldlog_id}_data.json", path)
        fold_logs[split] = FoldLog(split, classes, _read_epochs(data_file, len(classes)))
    config = data.get("hyperparam") or {}
    try:
        for text in (name, *fold_logs):
            parse_name(text, "A name")
        kept = plain_config(config if isinstance(config, dict) else {})
    except (NameTextError, ConfigError) as error:
        raise ImportSourceError(str(error), file=str(path)) from None
    return OriginalRun(name, kept, list(fold_logs.values()))


def _read_epochs(path: Path, n_classes: int) -> dict[int, NDArray[np.int64]]:
    data = _read(path)
    epochs: dict[int, NDArray[np.int64]] = {}
    for position, entry in enumerate(_field(data, "epochdata", list, path)):
        epoch = _field(entry, "epochId", int, path)
        flat = _field(entry, "confmat", list, path)
        where = f"Entry {position} of epochdata (epoch {epoch})"
        if isinstance(epoch, bool) or not 0 <= epoch < 2**53:
            raise ImportSourceError(f"{where}: epochs are whole numbers from 0 on.", file=str(path))
        if epoch in epochs:
            raise ImportSourceError(f"{where} occurs twice. Keep one.", file=str(path))
        if len(flat) != n_classes**2:
            side = math.isqrt(len(flat))
            shape = f"{side} classes" if side**2 == len(flat) else f"{len(flat)} numbers"
            raise ImportSourceError(
                f"{where} has a matrix of {shape}; the data set has {n_classes} classes.",
                file=str(path),
            )
        for count in flat:
            if not _is_count(count):
                raise ImportSourceError(
                    f"{where} holds {count!r:.40}. Counts are whole numbers from 0 on.",
                    file=str(path),
                )
        epochs[epoch] = np.array(flat, np.int64).reshape(n_classes, n_classes)
    return epochs


def _is_count(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return 0 <= value < 2**53 and value == int(value)


def _foldlog_file(root: Path, foldlog_id: str, run_file: Path) -> Path:
    for folder in FOLDLOG_FOLDERS:
        path = _inside(root / folder, f"{foldlog_id}.json", run_file)
        if path.is_file():
            return path
    raise ImportSourceError(
        f"Fold log {foldlog_id!r} is neither in {' nor in '.join(FOLDLOG_FOLDERS)}.",
        file=str(run_file),
    )


def _inside(folder: Path, name: str, named_in: Path) -> Path:
    """Find a file of a folder; its name comes from another file and must not lead elsewhere."""
    path = folder / name
    if "\0" in name or path.name != name or not path.is_relative_to(folder):
        raise ImportSourceError(f"The id in {name!r} is not a file name.", file=str(named_in))
    return path


def _json_files(root: Path, folder: str) -> list[Path]:
    """List the JSON files of one of the original's folders, without its index."""
    path = root / folder
    if not path.is_dir():
        raise ImportSourceError(
            f"There is no folder {folder!r} in it. Pass the log directory of the original "
            "ConfusionFlow, which has runs/, datasets/ and foldlogdata/.",
            file=str(root),
        )
    files = sorted(file for file in path.glob("*.json") if file.name != INDEX)
    if not files:
        raise ImportSourceError("There is no file of a run or data set in it.", file=str(path))
    return files


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except OSError as error:
        reason = error.strerror or error
        raise ImportSourceError(f"It can't be read: {reason}.", file=str(path)) from error
    except json.JSONDecodeError as error:
        raise ImportSourceError(
            f"It is not JSON: {error.msg}.", file=str(path), line=error.lineno, column=error.colno
        ) from error
    except (ValueError, RecursionError) as error:
        raise ImportSourceError(f"It is not JSON: {error}.", file=str(path)) from error
    if not isinstance(data, dict):
        raise ImportSourceError("It does not hold a JSON object.", file=str(path))
    return data


def _field(data: Any, name: str, kind: type | tuple[type, ...], path: Path) -> Any:
    """Get a value of a JSON object, which must be there and have the right type."""
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        wanted = " or ".join(KINDS[k] for k in kinds)
        found = "missing" if value is None else f"{value!r:.40}"
        raise ImportSourceError(f"{name!r} must be {wanted} and is {found}.", file=str(path))
    return value
