"""Import confusion that trainings logged to Weights & Biases from its folders on a disk.

It reads `wandb.plot.confusion_matrix` and any `wandb.Table` of cells, with columns of actual class,
predicted class and count. The numbers are in JSON files. Only the run's `.wandb` file tells the
step of each: the steps in the names of the JSON files are not always those of the log.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confusionflow.errors import (
    ConfigError,
    ConfusionFlowError,
    ImportSourceError,
    did_you_mean,
)
from confusionflow.importers.helpers.cells import Cells, is_whole, read_table
from confusionflow.importers.helpers.names import refuse_known_name, unlike_names
from confusionflow.importers.helpers.splits import ImportedRun, check_name, write_runs
from confusionflow.importers.helpers.steps import Progress, step_counter
from confusionflow.importers.helpers.wandb_records import read_records
from confusionflow.log.config import plain_config

RUN_FILE = "run-*.wandb"
# What wandb.plot adds to the name that a chart was logged under.
CHART_PREFIX, CHART_SUFFIX = "Custom Chart Tables/", "_table"
OWN = "_wandb"  # what W&B adds to a run's config
Values = dict[str, Any]


@dataclass
class Tracked:
    """What a run's file holds.

    Attributes:
        file: The file.
        name, run_id: As W&B shows them; a run that was never named has no name.
        config: The run's configuration.
        rows: Values that were logged together, by step; nested ones are in dicts.
    """

    file: Path
    name: str = ""
    run_id: str = ""
    config: Values = field(default_factory=dict)
    rows: list[tuple[int, Values]] = field(default_factory=list)


def import_wandb(
    source: str | os.PathLike[str],
    log_dir: str | os.PathLike[str],
    *,
    epoch: str | None = None,
    classes: Sequence[str] | None = None,
    progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> list[str]:
    """Import all runs below a folder that logged tables of cells.

    Everything is read and checked before anything is written.

    Arguments:
        source: The folder `wandb`, or that of a run in it.
        log_dir: The log directory to write into; it is made if it is missing.
        epoch: Name of a number, logged with each table, that is its epoch. None: W&B's step.
        classes: Class names in order. None: those of the tables, in the order in which they came.
        progress: Called with (done, total) runs, each read and then written.
        tell: Called with a sentence for each table that was left out.

    Returns:
        The ids of the new runs.

    Raises:
        ImportSourceError: something is not as described; names the file.
        ConfusionFlowError: the log directory already has a run of one of the names.
    """
    root = Path(source)
    files = sorted(root.rglob(RUN_FILE), key=lambda file: file.parent.name.removeprefix("offline-"))
    # `latest-run` is a link to a folder that is also there under its own name.
    files = list({file.resolve(): file for file in files}.values())
    if not files:
        raise ImportSourceError(
            f"There is no {RUN_FILE} in it. Pass the folder wandb that a training wrote.",
            file=str(root),
        )
    step = step_counter(progress, 2 * len(files))
    found = [_read(file) for file in files]
    names = unlike_names((run.name, run.run_id) for run in found)
    runs: dict[str, ImportedRun] = {}
    passed_over: list[str] = []
    for run, name in zip(found, names, strict=True):
        cells = _cells(run, name, epoch, tell or (lambda _: None), passed_over)
        step()
        if not cells.counts:
            step()  # there is nothing to write
            continue
        check_name(name, run.file)
        refuse_known_name(log_dir, name)
        if name in runs:
            raise ConfusionFlowError(
                f"Two folders hold run {name!r}, which was resumed; one is {run.file.parent}. "
                "Import them one by one, each into another log directory."
            )
        try:
            config = plain_config(run.config)
        except ConfigError as error:
            raise ImportSourceError(str(error), file=str(run.file)) from None
        runs[name] = ImportedRun(
            cells.splits(classes), config, "epoch" if epoch is not None else "step"
        )
    if not runs:
        seen = ", ".join(dict.fromkeys(passed_over))
        raise ImportSourceError(
            "None of its runs logged numbers of confusion, as wandb.plot.confusion_matrix does, or "
            "a wandb.Table with columns of actual class, predicted class and count. "
            + (f"There are only: {seen}." if seen else "There are neither tables nor pictures."),
            file=str(root),
        )
    return write_runs(runs, log_dir, step)


def _read(file: Path) -> Tracked:
    run = Tracked(file)
    for record in read_records(file):
        kind = record.WhichOneof("record_type")
        if kind == "run":
            run.name, run.run_id = record.run.display_name, record.run.run_id
            run.config.update(_nested(record.run.config.update, file))
        elif kind == "config":
            run.config.update(_nested(record.config.update, file))
        elif kind == "history":
            values = _nested(record.history.item, file)
            logged = values.get("_step", -1)
            at = int(logged) if is_whole(logged) else record.history.step.num
            run.rows.append((at, values))
    run.config.pop(OWN, None)
    run.run_id = run.run_id or file.stem.removeprefix("run-")
    return run


def _nested(items: Any, file: Path) -> Values:
    """Values by name; those whose names have several parts are in dicts."""
    values: Values = {}
    for item in items:
        *outer, last = item.nested_key or [item.key]
        try:
            value = json.loads(item.value_json)
        except (ValueError, RecursionError) as error:
            raise ImportSourceError(f"{last!r} is not JSON: {error}.", file=str(file)) from error
        inner = values
        for part in outer:
            if not isinstance(inner.get(part), dict):
                inner[part] = {}  # the last value counts, as in W&B
            inner = inner[part]
        inner[last] = value
    return values


def _media(values: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, Values]]:
    """Name and description of each table, picture and so on in a row."""
    for key, value in values.items():
        if isinstance(value, dict):
            full = f"{name}.{key}" if name else key
            if "_type" in value:
                yield full, value
            else:
                yield from _media(value, full)


def _cells(
    run: Tracked,
    name: str,
    epoch: str | None,
    tell: Callable[[str], None],
    passed_over: list[str],
) -> Cells:
    """Read a run's cells; `passed_over` gets the names of what has no cells."""
    cells = Cells()
    steps: dict[tuple[str, int], int] = {}
    for at, values in run.rows:
        for key, media in _media(values):
            table = None
            if media["_type"] == "table-file":
                table = read_table(_inside(run.file, media.get("path")))
            if table is None or not table.has_cells:
                what = f"with columns {', '.join(table.columns)}" if table else media["_type"]
                passed_over.append(f"{key!r} ({what})")
                continue
            split = key.removeprefix(CHART_PREFIX).removesuffix(CHART_SUFFIX) or key
            n_logged = media.get("nrows", len(table.rows))
            if n_logged != len(table.rows):
                passed_over.append(f"{key!r} (cut short by W&B)")
                tell(
                    f"Run {name!r}: step {at} of {split!r} was left out. W&B kept "
                    f"{len(table.rows):,} of its {n_logged:,} cells, because it cuts tables at "
                    "wandb.Table.MAX_ROWS."
                )
                continue
            number = _epoch(run, at, values, epoch)
            before = steps.setdefault((split, number), at)
            if before != at:
                raise ImportSourceError(
                    f"Steps {before} and {at} of {split!r} both have {epoch} {number}. Choose a "
                    "number that differs, or none, so that steps are epochs.",
                    file=str(run.file),
                )
            cells.add(table, split, number)
    return cells


def _epoch(run: Tracked, at: int, values: Values, epoch: str | None) -> int:
    if epoch is None:
        return at
    numbers = [
        name for name, value in values.items() if is_whole(value) and not name.startswith("_")
    ]
    if epoch not in values:
        hint = did_you_mean(epoch, numbers) if numbers else "No whole number was logged with it."
        raise ImportSourceError(
            f"No {epoch!r} was logged together with the table at step {at}. {hint}",
            file=str(run.file),
        )
    if epoch not in numbers:
        raise ImportSourceError(
            f"At step {at}, {epoch} is {values[epoch]!r:.40}. Epochs are whole numbers from 0 on.",
            file=str(run.file),
        )
    return int(values[epoch])


def _inside(run_file: Path, path: Any) -> Path:
    """Find a file of a run's folder; its path comes from a file and must not lead elsewhere."""
    files = run_file.parent / "files"
    file = files / str(path)
    if "\0" in str(path) or not file.resolve().is_relative_to(files.resolve()):
        raise ImportSourceError(f"{path!r:.80} is not a file of the run.", file=str(run_file))
    return file
