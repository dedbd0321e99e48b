"""Import a table that an engine holds: counted there, logged here."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from confusionflow.engines.cells import Wanted
from confusionflow.engines.sources import open_source
from confusionflow.errors import (
    ArgumentError,
    ConfusionFlowError,
    LabelError,
    LogDirectoryError,
)
from confusionflow.importers.helpers.columns import Columns, missing_column, naming
from confusionflow.importers.helpers.evaluations import KINDS, question_about
from confusionflow.importers.helpers.tables import Piece
from confusionflow.importers.predictions import import_predictions
from confusionflow.reading.logs import open_logs
from confusionflow.reading.run import LoggedRun

KEYS = ("run", "run_id", "split", "epoch", "actual", "predicted")


def import_counts(
    frame: Any,
    log_dir: str | os.PathLike[str],
    run_name: str | None,
    columns: Columns,
    *,
    split: str | None = None,
    epoch: int | None = None,
    time_unit: str | None = None,
    classes: Sequence[str] | None = None,
    config: Mapping[str, Any] | None = None,
    given_id: str | None = None,
    recount: int | None = None,
    tell: Callable[[str], None],
    one_run: bool = False,
    called: str = "the table",
) -> list[str]:
    """Count a table where it is, and log the cells; see `log_counts` and `import_predictions`.

    Arguments:
        called: What the table is called in errors, such as its path.

    Returns:
        The ids of the runs.
    """
    if recount is not None and (recount < 0 or given_id is None):
        raise ArgumentError(
            f"recount is {recount!r} and id {given_id!r}. Pass recount, 0 or more, with the id of "
            "the run to continue."
        )
    source = open_source(frame)
    found = columns.find(source.names, called)
    for what, given in (("split", split), ("epoch", epoch)):
        if what not in found and given is None:  # an early error: the engine may take an hour
            names = [name for name in source.names if name not in columns.ignore]
            raise missing_column(what, names, called)
    before = _known_run(log_dir, given_id)
    after = None
    if before is not None and recount is not None and "epoch" in found:
        after = _last_epoch(before) - recount
    used = {*found.values(), *columns.ignore}
    apart = tuple(n for n in source.names if n.strip().lower() in KINDS and n not in used)
    keys = {what: found[what] for what in KEYS if what in found}
    wanted = Wanted(keys, found.get("count"), after, apart)
    cells = source.count(wanted)
    check_cells(cells, wanted)
    if not cells.num_rows and before is not None:
        return [before.id]
    cells, named = _as_table(cells, wanted, columns)
    if "count" in found and not columns.is_given("count"):
        total = int(pc.sum(cells.column(found["count"])).as_py() or 0)
        tell(f"Column {found['count']!r} holds counts, of {total:,} instances.")
    return import_predictions(
        [Piece(batch, called, 0) for batch in cells.to_batches()],
        log_dir,
        run_name,
        named,
        split=split,
        epoch=epoch,
        time_unit=time_unit,
        classes=classes,
        config=config,
        tell=tell,
        one_run=one_run,
        given_id=given_id,
    )


def _known_run(log_dir: str | os.PathLike[str], given_id: str | None) -> LoggedRun | None:
    """The run of that id, if there is one."""
    if given_id is None:
        return None
    try:
        logs = open_logs(log_dir)
    except LogDirectoryError:
        return None
    return next((run for run in logs.runs if run.stored.given_id == given_id), None)


def _last_epoch(run: LoggedRun) -> int:
    """The last epoch of all splits; -1 if there is none."""
    return max((int(s.epochs.max()) for s in run.values() if len(s.epochs)), default=-1)


def check_cells(cells: pa.Table, wanted: Wanted) -> None:
    """Refuse cells that can't be logged.

    Raises:
        ConfusionFlowError: they are too many, a count is none, or an epoch has several evaluations.
    """
    if cells.num_rows > wanted.limit:
        raise ConfusionFlowError(
            f"The table has more than {wanted.limit:,} cells of split, epoch, actual and predicted "
            "class. Count some epochs or splits at a time, or groups of the classes. If a column "
            f"holds scores or ids, say which one holds the classes: {naming('predicted', 'NAME')}."
        )
    wrong = int(pc.sum(cells.column("wrong")).as_py() or 0)
    if wrong:
        row = cells.filter(pc.greater(cells.column("wrong"), 0)).slice(0, 1).to_pylist()[0]
        example = ", ".join(f"{wanted.keys[what]} {row[what]!r:.40}" for what in wanted.keys)
        raise LabelError(
            f"Column {wanted.count!r} holds the count, and in {wrong:,} "
            f"{'row' if wrong == 1 else 'rows'} it is missing, negative, not a whole number or "
            f"above 2**53, such as at {example}. Leave those rows out, or correct them."
        )
    for at, name in enumerate(wanted.apart):
        low, high = cells.column(f"apart_{at}_min"), cells.column(f"apart_{at}_max")
        within = [what for what in ("run", "run_id", "split", "epoch") if what in wanted.keys]
        spans = pa.table({**{w: cells.column(w) for w in within}, "low": low, "high": high})
        spans = spans.group_by(within).aggregate([("low", "min"), ("high", "max")])
        several = spans.filter(pc.not_equal(spans["low_min"], spans["high_max"]))
        if several.num_rows:
            row = several.slice(0, 1).to_pylist()[0]
            subject = ", ".join(f"{what.capitalize()} {row[what]!r:.40}" for what in within)
            raise ConfusionFlowError(
                f"{subject or 'The table'} has several evaluations. "
                + question_about(name, row["low_min"], row["high_max"])
            )


def _as_table(cells: pa.Table, wanted: Wanted, columns: Columns) -> tuple[pa.Table, Columns]:
    """The cells as a table whose columns are called as in the user's, and which is which."""
    count = wanted.count or "count"
    while count in wanted.keys.values():
        count += "_"
    table = cells.select([*wanted.keys, "count"]).rename_columns([*wanted.keys.values(), count])
    return table, replace(columns, count=count, ignore=(), instance=None, confidence=None)
