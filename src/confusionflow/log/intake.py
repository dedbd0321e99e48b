"""Turn what a training passes into the rows of an epoch, and remember what later calls need."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from confusionflow.errors import (
    ArgumentError,
    ClassesError,
    ConfusionFlowWarning,
    DistributedError,
    LabelError,
    ShapeError,
)
from confusionflow.log import notes
from confusionflow.log.arguments import instances_of
from confusionflow.log.arrays import to_counts, to_labels
from confusionflow.log.cells import check_lengths, count_cells, to_cell_counts, to_left_out
from confusionflow.log.checks import as_meant, check_labels, check_left_out
from confusionflow.log.classes import ClassList, numbered
from confusionflow.log.columns import LabelColumn
from confusionflow.log.feature_labels import LoggedLabels
from confusionflow.log.frames import named_matrix, plain_name, positions_of
from confusionflow.log.outputs import check_threshold
from confusionflow.log.predictions import Predictions, only_one_of, read_labels, read_scores
from confusionflow.log.probabilities import margins, numbers_of
from confusionflow.log.repeats import rows_without_repeats
from confusionflow.log.rows import RowOrder, are_same_ids, class_rows, count_rows, ignored_labels
from confusionflow.log.single_output import SingleOutput
from confusionflow.log.split_classes import SplitClasses
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.format.cells import Cells


class Intake:
    """Takes what is logged for the splits of one run. A call that raises leaves no trace.

    Arguments:
        run_name: What the run is called.
        declared: The classes of the run, if they are declared.
        before: Class names by split, from earlier attempts.
        ignored: Labels to be ignored.
        world_size: How many processes evaluate together.
    """

    def __init__(
        self,
        run_name: str,
        declared: ClassList | None,
        before: Mapping[str, tuple[str, ...]],
        ignored: frozenset[int | str],
        world_size: int,
    ) -> None:
        self._run_name = run_name
        self._ignored = ignored
        self._world_size = world_size
        self._classes = SplitClasses(declared, before, world_size)
        self._orders: dict[str, RowOrder] = {}
        self._last: dict[str, LoggedLabels] = {}
        self._logged: set[tuple[str, int]] = set()
        self._single = SingleOutput()
        self._left_out = notes.LeftOut()
        self._told: set[tuple[object, ...]] = set()

    def predictions(
        self,
        split: str,
        epoch: int,
        *,
        y_true: Any,
        y_pred: Any,
        y_prob: Any,
        y_logit: Any,
        numbers: Mapping[str, Any],
        ids: Any,
        classes: Iterable[Any] | None,
        threshold: Any,
    ) -> tuple[ClassList, EpochRows]:
        """Take the predictions of one epoch.

        Arguments:
            numbers: What `Run.log` got as `confidence` and `margin`, by these names.

        The others are those of `Run.log`.

        Raises:
            ConfusionFlowError: the call can't be right.
        """
        name, outputs = only_one_of(y_pred=y_pred, y_prob=y_prob, y_logit=y_logit)
        numbers = {name: value for name, value in numbers.items() if value is not None}
        known = self._classes.of(split, classes)
        read = self._read(split, known, y_true, name, outputs, threshold, tuple(numbers))
        size = read.actual.size
        kept = {column: numbers_of(each, size, column) for column, each in numbers.items()}
        instances = instances_of(ids, size)
        if instances is None and self._world_size > 1:
            raise DistributedError(
                f"log() got no ids, and {self._world_size} ranks evaluate together. Pass ids=, the "
                "index of each instance in the data set: samplers give some instances to several "
                "ranks, and these count once."
            )
        last = self._orders.get(split)
        is_known = last is not None and are_same_ids(instances, last.ids)
        if instances is not None and self._world_size == 1 and not is_known:
            rows_kept = rows_without_repeats(instances, read.actual, read.predicted)
            if rows_kept is not None:
                again = notes.repeated(split, epoch, size - rows_kept.size)
                read.notes["repeats", split] = again
                read.take(rows_kept)
                kept = {column: each[rows_kept] for column, each in kept.items()}
                taken = pa.array(rows_kept) if isinstance(instances, pa.Array) else rows_kept
                instances = instances.take(taken)
        actual, predicted = LabelColumn(read.actual), LabelColumn(read.predicted)
        check_labels(read.known, actual, predicted)
        ignored = ignored_labels(actual, self._ignored)
        meant = actual if ignored is None else LabelColumn(actual.array[~ignored])
        settled, doubt = self._classes.settle(
            split, read.known, meant, predicted, from_scores=read.scores is not None
        )
        told = {**read.notes, **self._class_notes(split, known, doubt)}
        check_left_out(settled, "y_true", actual, ignored)
        check_left_out(settled, "y_pred", predicted, None)
        indices = class_rows(settled, actual, ignored)
        if read.scores is not None:
            kept["confidence"] = read.scores.confidence
            kept["margin"] = margins(read.scores.values, indices, are_logits=read.scores.are_logits)
        order = RowOrder.find(indices, instances, len(settled), last)
        rows = count_rows(settled, actual, predicted, order, kept)
        columns = (actual, predicted)
        told["spelling", split] = notes.respelled(split, settled, columns)
        if rows.left_out:
            note = self._left_out.note(split, epoch, settled, columns, ignored=ignored)
            told["left out", note] = note
        if read.single is not None:
            wrong = self._single.remember(split, epoch, are_logits=read.single)
            if wrong:
                told["single", split, epoch] = notes.wrongly_cut(split, epoch, wrong)
        self._remember(split, epoch, settled, told)
        self._orders[split] = order
        if rows.predictions is not None:
            self._last[split] = LoggedLabels(
                epoch, {n: rows.predictions[n] for n in ("instance", "actual", "predicted")}
            )
        return settled, rows

    def labels_of(
        self, split: str, epoch: int, y_true: Any, y_pred: Any, instances: NDArray[Any]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Find the classes of instances whose features are logged.

        Arguments:
            y_true, y_pred: Their labels; or None for those that were logged for this epoch.
            instances: What identifies them, shape (instances,).

        Returns:
            Indices of actual and predicted classes, each shape (instances,), and the number of
            classes, which is the index of a label that is not a class.

        Raises:
            ConfusionFlowError: the call can't be right.
        """
        if (y_true is None) != (y_pred is None):
            raise LabelError("Only one of y_true and y_pred was passed. Pass both or neither.")
        known = self._classes.of(split)
        if y_true is None:
            last = self._last.get(split)
            if last is None or last.epoch != epoch or known is None:
                raise ArgumentError(
                    f"No predictions of epoch {epoch} of split {split!r} were logged before its "
                    "features. Call log() first, or pass y_true= and y_pred=."
                )
            return *last.find(instances, len(known)), len(known)
        if known is None:
            raise ClassesError(
                f"The classes of split {split!r} are not known yet. Declare them, Run(..., "
                "classes=[...]), or log the predictions of the epoch first."
            )
        read = read_labels(known, y_true, y_pred)
        actual, predicted = LabelColumn(read.actual), LabelColumn(read.predicted)
        check_labels(known, actual, predicted)
        ignored = ignored_labels(actual, self._ignored)
        known = as_meant(known, [actual, predicted])
        rows = class_rows(known, actual, ignored).astype(np.int64)
        return rows, known.indices(predicted).astype(np.int64), len(known)

    def class_names(self, split: str) -> tuple[str, ...]:
        """Names of a split's classes, if these are known; else none."""
        known = self._classes.of(split)
        return known.names if known else ()

    def matrix(
        self, split: str, epoch: int, matrix: Any, classes: Iterable[Any] | None
    ) -> tuple[ClassList, EpochRows]:
        """Take the counts of one epoch; the arguments are those of `Run.log_matrix`.

        Raises:
            ConfusionFlowError: the call can't be right.
        """
        known = self._classes.of(split, classes)
        had_classes = known is not None
        named = named_matrix(matrix)
        if named is None:
            counts = to_counts(matrix)
            known = known or numbered(len(counts))
        else:
            values, rows, columns = named
            known = known or _from_names(rows, columns)
            counts = to_counts(values, is_square=False)
            square = np.zeros((len(known), len(known)), np.int64)
            positions = (
                positions_of(rows, known, "The rows"),
                positions_of(columns, known, "The columns"),
            )
            square[np.ix_(*positions)] = counts
            counts = square
        if len(counts) != len(known):
            raise ShapeError(
                f"The matrix has {len(counts)} rows and split {split!r} has {len(known)} classes. "
                "Pass a row and a column for each class."
            )
        actual, predicted = counts.nonzero()
        rows_ = EpochRows(Cells(actual, predicted, counts[actual, predicted]))
        told: dict[tuple[object, ...], str | None] = {}
        if not had_classes and named is None:
            told["classes",] = notes.undeclared(self._run_name, split)
        self._remember(split, epoch, known, told)
        return known, rows_

    def counts(
        self,
        split: str,
        epoch: int,
        actual: Any,
        predicted: Any,
        count: Any,
        left_out: Any,
        classes: Iterable[Any] | None,
    ) -> tuple[ClassList, EpochRows]:
        """Take the cells of one epoch; the arguments are those of `Run.log_counts`.

        Raises:
            ConfusionFlowError: the call can't be right.
        """
        known = self._classes.of(split, classes)
        rows = LabelColumn(to_labels(actual, "actual").ravel())
        columns = LabelColumn(to_labels(predicted, "predicted").ravel())
        check_lengths(rows.array, columns.array)
        counts = to_cell_counts(count, len(rows))
        others = to_left_out(left_out)
        check_labels(known, rows, columns)
        settled, doubt = self._classes.settle(split, known, rows, columns, from_scores=False)
        told = self._class_notes(split, known, doubt)
        cells = count_cells(settled, rows, columns, counts, others)
        told["spelling", split] = notes.respelled(split, settled, (rows, columns))
        if cells.left_out > others:
            unknown = cells.left_out - others
            note = self._left_out.note(split, epoch, settled, (rows, columns), count=unknown)
            told["left out", note] = note
        self._remember(split, epoch, settled, told)
        return settled, cells

    def _read(
        self,
        split: str,
        known: ClassList | None,
        y_true: Any,
        name: str,
        outputs: Any,
        threshold: Any,
        numbers: tuple[str, ...],
    ) -> Predictions:
        """Read labels and what the model says, which was passed as `name`.

        Arguments:
            numbers: Which of `confidence` and `margin` were passed too.

        Raises:
            ConfusionFlowError: they can't be right.
        """
        cut = check_threshold(threshold)
        if name == "y_pred":
            if cut is not None:
                raise LabelError("threshold is for scores. Pass y_prob or y_logit with it.")
            return read_labels(known, y_true, outputs)
        if numbers:
            said = " and ".join(numbers)
            raise LabelError(
                f"log() got {name} and {said}, but {name} implies {said}. Pass {name} alone."
            )
        return read_scores(
            split,
            known,
            y_true,
            outputs,
            name,
            threshold=cut,
            single=self._single,
            ignored=self._ignored,
        )

    def _class_notes(
        self, split: str, known: ClassList | None, doubt: str | None
    ) -> dict[tuple[object, ...], str | None]:
        """Say what is doubtful about classes that were not declared."""
        if known is not None and known.is_declared:
            return {}
        return {
            ("apart", split): f"Split {split!r}: {doubt}." if doubt else None,
            ("classes",): notes.undeclared(self._run_name, split),
        }

    def _remember(
        self,
        split: str,
        epoch: int,
        known: ClassList,
        told: dict[tuple[object, ...], str | None],
    ) -> None:
        """Remember an epoch that was taken, and warn of each subject that was not told yet."""
        if (split, epoch) in self._logged:
            told["again", split] = notes.logged_again(split, epoch)
        self._logged.add((split, epoch))
        self._classes.remember(split, known)
        for subject, text in told.items():
            if text and subject not in self._told:
                self._told.add(subject)
                warnings.warn(text, ConfusionFlowWarning, stacklevel=4)


def _from_names(*axes: list[Any]) -> ClassList:
    """Make classes of the names on the axes of a matrix, in the order of the first."""
    return ClassList.declare(dict.fromkeys(plain_name(name) for names in axes for name in names))
