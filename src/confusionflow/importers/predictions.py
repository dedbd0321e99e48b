"""Import tables of predictions: a row for each instance and epoch, or for each cell."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from confusionflow.errors import ConfusionFlowError, LabelError, did_you_mean
from confusionflow.importers.helpers.columns import Columns, ignoring, naming
from confusionflow.importers.helpers.evaluations import first_of_each, repeated
from confusionflow.importers.helpers.meeting import Meeting, meet
from confusionflow.importers.helpers.run_names import run_names
from confusionflow.importers.helpers.sorter import Part, Sorter
from confusionflow.importers.helpers.tables import Piece
from confusionflow.log import Run


def import_predictions(
    pieces: Iterable[Piece],
    log_dir: str | os.PathLike[str],
    run_name: str | None,
    columns: Columns | None = None,
    *,
    split: str | None = None,
    epoch: int | None = None,
    time_unit: str | None = None,
    classes: Sequence[str] | None = None,
    config: Mapping[str, Any] | None = None,
    progress: Callable[[int], None] | None = None,
    tell: Callable[[str], None] | None = None,
    one_run: bool = False,
    given_id: str | None = None,
) -> list[str]:
    """Import predictions, or counts of them; no more than an epoch is held in memory.

    Everything is read and checked before anything is written into the log directory.

    Arguments:
        pieces: The table, its rows in any order.
        log_dir: The log directory to write into; it is made if it is missing.
        run_name: Name of the new run. A run of that name must not be there yet. If a column holds
            several runs, their names begin with it. None: the names in the column.
        columns: Which column holds what; None: the columns with the usual names.
        split: Name of the split, if no column says it.
        epoch: The epoch, if no column says it.
        time_unit: What an epoch is; None: the name of the column of epochs tells.
        classes: Class names in their order; None: the categories of the columns, or the distinct
            labels, sorted.
        config: Hyperparameters of the runs.
        progress: Called with the number of rows read so far.
        tell: Called with a sentence about each interpretation that could surprise.
        one_run: Refuse a table that holds several runs.
        given_id: What the user calls this one run, which is continued if it is there. It keeps its
            classes, and new labels are appended.

    Returns:
        The ids of the new runs.

    Raises:
        ImportSourceError: a column is missing, or a value can't be what it should; names file and
            row.
        LabelError: actual and predicted labels don't meet.
        ConfusionFlowError: an epoch has several evaluations, or the log directory has a run of
            that name.
    """
    tell = tell or (lambda _: None)
    with tempfile.TemporaryDirectory(prefix="confusionflow-") as folder:
        sorter = Sorter(columns or Columns(), split, epoch, progress)
        sorter.sort(pieces, Path(folder))
        runs = list(dict.fromkeys(part.run for part in sorter.parts))
        if (one_run or given_id) and len(runs) > 1:
            column = sorter.found.get("run", sorter.found.get("run_id", ""))
            raise ConfusionFlowError(
                f"Column {column!r} holds {len(runs)} runs. Log the rows of each run with "
                f"a separate call. If the column holds something else, pass {ignoring(column)}."
            )
        names = run_names(runs, run_name, None if given_id else log_dir, tell)
        table = _Table(sorter, _meeting(sorter, classes), Path(folder))
        table.check()
        for note in [*table.meeting.notes, *table.notes]:
            tell(note)
        unit = time_unit or sorter.time_unit
        ids = []
        for key, run_name in names.items():
            listed = classes if given_id else table.meeting.classes
            run = Run(log_dir, run_name, config, listed, time_unit=unit, strict=True, id=given_id)
            ids.append(table.log(key, run))
        return ids


def _meeting(sorter: Sorter, classes: Sequence[str] | None) -> Meeting:
    """Choose the classes: those that were passed, the categories, or the labels."""
    actual, predicted = list(sorter.labels["actual"]), list(sorter.labels["predicted"])
    columns = (sorter.found["actual"], sorter.found["predicted"])
    declared = dict.fromkeys(name for names in sorter.categories.values() for name in names)
    if classes is not None or not set(declared).issuperset([*actual, *predicted]):
        return meet(actual, predicted, classes, columns)
    return meet(actual, predicted, list(declared), columns, are_categories=True)


@dataclass
class _Table:
    """A table that was sorted: checked as a whole, then logged run by run."""

    sorter: Sorter
    meeting: Meeting
    folder: Path
    notes: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Refuse an epoch that holds several evaluations.

        Raises:
            ConfusionFlowError: asks what tells them apart.
        """
        same = 0
        rows = instances = 0
        for part, number in self.sorter.parts_in_order():
            table = self._read(number)
            columns = table.column_names
            self._check_labels(part, table)
            if "instance" in columns:
                same += table.num_rows - len(self._rows(part, number, table))
            elif question := self.sorter.evaluations.question(number):
                raise ConfusionFlowError(f"{_place(part)} has several evaluations. {question}")
            if "count" in columns:
                self._check_cells(part, table)
                rows += table.num_rows
                instances += int(pc.sum(table.column("count")).as_py())
        if same:
            rows_again = "1 row that repeats" if same == 1 else f"{same:,} rows that repeat"
            self.notes.append(f"Left out {rows_again} an instance with the same labels.")
        if rows and not self.sorter.columns.is_given("count"):
            name = self.sorter.found["count"]
            self.notes.append(
                f"Column {name!r} holds counts: {rows:,} rows are {instances:,} instances."
            )

    def log(self, key: tuple[str | None, str | None], run: Run) -> str:
        """Log the parts of a run, and return its id."""
        with run, warnings.catch_warnings():
            # The classes of a continued run grow.
            warnings.filterwarnings("ignore", message=r".*has no classes; those of split")
            for part, number in self.sorter.parts_in_order():
                if part.run == key:
                    self._log(run, part, number)
        return run.id

    def _log(self, run: Run, part: Part, number: int) -> None:
        rows = self._read(number)
        if "count" in rows.column_names:
            run.log_counts(
                part.epoch,
                part.split,
                self._labels(rows, "actual"),
                self._labels(rows, "predicted"),
                rows.column("count").to_numpy(),
            )
            return
        if "instance" in rows.column_names:
            kept = self._rows(part, number, rows)
            rows = rows if len(kept) == rows.num_rows else rows.take(pa.array(kept))
        run.log(
            part.epoch,
            part.split,
            y_true=self._labels(rows, "actual"),
            y_pred=self._labels(rows, "predicted"),
            ids=_optional(rows, "instance"),
            confidence=_optional(rows, "confidence"),
        )

    def _read(self, number: int) -> pa.Table:
        return pa.parquet.read_table(self.folder / f"part={number}")

    def _rows(self, part: Part, number: int, table: pa.Table) -> np.ndarray[Any, Any]:
        """Read the rows of a part, without those that repeat an instance.

        Raises:
            ConfusionFlowError: an instance has several evaluations.
        """
        instances = table.column("instance")
        several = repeated(instances)
        if several is None:
            return np.arange(table.num_rows)
        place = np.flatnonzero(several)
        again = table.take(pa.array(place))
        sides = [self._labels(again, side) for side in ("actual", "predicted")]
        ids = again.column("instance").to_pylist()
        keep, differing = first_of_each(ids, *sides)
        question = self.sorter.evaluations.question(number)
        if differing is not None or question:
            one = ids[differing or 0]
            raise ConfusionFlowError(
                f"{_place(part)} has instance {one!r:.60} {ids.count(one)} times. "
                + (question or self._ask_for_column())
            )
        mask = ~several
        mask[place[keep]] = True
        return np.flatnonzero(mask)

    def _ask_for_column(self) -> str:
        return (
            "Keep one row for each instance, or say which column tells its evaluations apart: "
            "one of steps (--epoch-column), runs, seeds or folds (--run-column), or splits "
            f"(--split-column). If {self.sorter.found['instance']!r} does not tell instances "
            f"apart, pass --ignore {self.sorter.found['instance']}."
        )

    def _check_cells(self, part: Part, table: pa.Table) -> None:
        """Refuse a column that is only called count, if its rows don't look like cells."""
        name = self.sorter.found["count"]
        if self.sorter.columns.is_given("count"):
            return
        cells = table.group_by(["actual", "predicted"]).aggregate([([], "count_all")])
        if cells.num_rows == table.num_rows:
            return
        raise ConfusionFlowError(
            f"{_place(part)} has a cell twice. If column {name!r} holds counts to be added "
            f"up, pass {naming('count', name)}; if it holds something else, pass --ignore {name}."
        )

    def _check_labels(self, part: Part, table: pa.Table) -> None:
        """Refuse an epoch that would be left out as a whole, before `Run.log` does.

        Raises:
            LabelError: no label of a column is a class.
        """
        for side, means in (("actual", self.meeting.actual), ("predicted", self.meeting.predicted)):
            labels = [v for v in pc.unique(table.column(side)).to_pylist() if v is not None]
            if labels and not any(label in means for label in labels):
                raise LabelError(
                    f"{_place(part)}: no label in column {self.sorter.found[side]!r} is one of the "
                    f"{len(self.meeting.classes)} classes; one is {labels[0]!r:.60}. "
                    + did_you_mean(labels[0], self.meeting.classes)
                )

    def _labels(self, rows: pa.Table, side: str) -> Any:
        """Turn labels into class names; a label without a class stays as it is written."""
        texts = rows.column(side)
        means = self.meeting.actual if side == "actual" else self.meeting.predicted
        raw = pa.array(means.keys(), pa.string())
        named = pa.array(means.values(), pa.string()).take(pc.index_in(texts, value_set=raw))
        return pc.coalesce(named, texts).to_numpy()


def _place(part: Part) -> str:
    return f"Epoch {part.epoch} of split {part.split!r}"


def _optional(rows: pa.Table, name: str) -> Any:
    """Get a column as a numpy array, or None if it is not there."""
    return rows.column(name).to_numpy() if name in rows.column_names else None
