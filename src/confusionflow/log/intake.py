"""What a training passes, turned into the rows of an epoch, and what is learnt of its splits."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
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
from confusionflow.log.arguments import instances_of
from confusionflow.log.arrays import to_counts, to_labels
from confusionflow.log.cells import check_lengths, count_cells, to_cell_counts, to_left_out
from confusionflow.log.checks import (
    as_meant,
    check_first_index,
    check_labels,
    check_left_out,
    check_undeclared,
    not_a_class,
    shown,
)
from confusionflow.log.classes import ClassList, from_labels, numbered
from confusionflow.log.columns import LabelColumn
from confusionflow.log.feature_labels import LoggedLabels
from confusionflow.log.frames import (
    category_names,
    column_names,
    named_matrix,
    named_rows,
    places_of,
    plain_name,
)
from confusionflow.log.outputs import (
    Floats,
    SingleOutput,
    are_probabilities,
    check_threshold,
    predicted_classes,
    scores_by_instance,
    to_scores,
    two_columns,
)
from confusionflow.log.probabilities import margins, numbers_of
from confusionflow.log.repeats import rows_without_repeats
from confusionflow.log.rows import RowOrder, class_rows, count_rows, ignored_labels
from confusionflow.log.shapes import labels_for_scores, paired_labels
from confusionflow.store.format.cells import Cells
from confusionflow.store.write import EpochRows

# Labels of a split that are not classes are told of, this many in a message and in all.
MOST_REASONS = 3
MOST_TOLD = 100


@dataclass(frozen=True)
class Scores:
    """What a model put out for each class.

    Attributes:
        values: Shape (instances, classes).
        are_logits: Whether these are logits, or else probabilities.
        confidence: Probability of each prediction, shape (instances,).
    """

    values: Floats
    are_logits: bool
    confidence: NDArray[np.float32]


@dataclass
class Reading:
    """One call, as far as it was read.

    Attributes:
        actual, predicted: Labels, shape (instances,).
        scores: What the predictions were made from, or None.
        known: The classes, as far as they are known.
        single: Whether a model's single numbers were logits; None if there are none.
        notes: What to tell, by a subject that is told of once.
    """

    actual: NDArray[Any]
    predicted: NDArray[Any]
    scores: Scores | None
    known: ClassList | None
    single: bool | None = None
    notes: dict[tuple[object, ...], str] = field(default_factory=dict)

    def take(self, rows: NDArray[np.intp]) -> None:
        """Keep these rows only."""
        self.actual, self.predicted = self.actual[rows], self.predicted[rows]
        if self.scores is not None:
            values, confidence = self.scores.values[rows], self.scores.confidence[rows]
            self.scores = Scores(values, self.scores.are_logits, confidence)


class Intake:
    """Takes what is logged for the splits of one run. Nothing is remembered of a call that raises.

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
        self._declared = declared
        self._before = before
        self._ignored = ignored
        self._world_size = world_size
        self._classes: dict[str, ClassList] = {}
        self._orders: dict[str, RowOrder] = {}
        self._last: dict[str, LoggedLabels] = {}
        self._logged: set[tuple[str, int]] = set()
        self._single = SingleOutput()
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
        given = {"y_pred": y_pred, "y_prob": y_prob, "y_logit": y_logit}
        names = [name for name, value in given.items() if value is not None]
        numbers = {name: value for name, value in numbers.items() if value is not None}
        if len(names) != 1:
            got = " and ".join(names) or "none"
            raise LabelError(f"log() got {got} of y_pred, y_prob and y_logit. Pass one of them.")
        name = names[0]
        known = self._classes_of(split, classes)
        cut = check_threshold(threshold)
        if name == "y_pred":
            if cut is not None:
                raise LabelError("threshold decides by scores. Pass y_prob or y_logit with it.")
            read = self._read_labels(known, y_true, y_pred)
        else:
            if numbers:
                said = " and ".join(numbers)
                raise LabelError(f"log() got {name} and {said}, which {name} says. Pass {name}.")
            read = self._read_scores(split, known, y_true, given[name], name, cut)
        size = read.actual.size
        kept = {column: numbers_of(each, size, column) for column, each in numbers.items()}
        instances = instances_of(ids, size)
        if instances is None and self._world_size > 1:
            raise DistributedError(
                f"log() got no ids, and {self._world_size} ranks evaluate together. Pass ids=, the "
                "index of each instance in the data set: samplers give some instances to several "
                "ranks, and these count once."
            )
        if instances is not None and self._world_size == 1:
            rows_kept = rows_without_repeats(instances, read.actual, read.predicted)
            if rows_kept is not None:
                again = size - rows_kept.size
                read.notes["repeats", split] = (
                    f"Split {split!r}, epoch {epoch}: {again:,} instance{'s' * (again > 1)} came "
                    "again with the same labels, as samplers pad. Each was counted once."
                )
                read.take(rows_kept)
                kept = {column: each[rows_kept] for column, each in kept.items()}
                taken = pa.array(rows_kept) if isinstance(instances, pa.Array) else rows_kept
                instances = instances.take(taken)
        actual, predicted = LabelColumn(read.actual), LabelColumn(read.predicted)
        check_labels(read.known, actual, predicted)
        ignored = ignored_labels(actual, self._ignored)
        settled = self._settle(split, read, actual, predicted, ignored)
        if known is None or not known.is_declared:
            read.notes["classes",] = self._undeclared(split)
        check_left_out(settled, "y_true", actual, ignored)
        check_left_out(settled, "y_pred", predicted, None)
        places = class_rows(settled, actual, ignored)
        if read.scores is not None:
            kept["confidence"] = read.scores.confidence
            kept["margin"] = margins(read.scores.values, places, are_logits=read.scores.are_logits)
        order = RowOrder.find(places, instances, len(settled), self._orders.get(split))
        rows = count_rows(settled, actual, predicted, order, kept)
        self._note_spelling(split, settled, actual, predicted, read.notes)
        if rows.left_out:
            self._note_left_out(split, epoch, settled, (actual, predicted), ignored, read.notes)
        if read.single is not None:
            wrong = self._single.remember(split, epoch, are_logits=read.single)
            if wrong:
                read.notes["single", split, epoch] = _wrongly_cut(split, epoch, wrong)
        self._remember(split, epoch, settled, read.notes)
        self._orders[split] = order
        if rows.predictions is not None:
            self._last[split] = LoggedLabels(
                epoch, {n: rows.predictions[n] for n in ("instance", "actual", "predicted")}
            )
        return settled, rows

    def labels_of(
        self, split: str, epoch: int, y_true: Any, y_pred: Any, instances: NDArray[Any]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Find the classes of instances of which more is logged than their predictions.

        Arguments:
            y_true, y_pred: Their labels; or None for those that were logged for this epoch.
            instances: What identifies them, shape (instances,).

        Returns:
            Indices of actual and predicted classes, each shape (instances,), and the number of
            classes, which stands for a label that is no class.

        Raises:
            ConfusionFlowError: the call can't be right.
        """
        if (y_true is None) != (y_pred is None):
            raise LabelError("Only one of y_true and y_pred was passed. Pass both or neither.")
        if y_true is None:
            last = self._last.get(split)
            if last is None or last.epoch != epoch:
                raise ArgumentError(
                    f"No predictions of epoch {epoch} of split {split!r} were logged before its "
                    "features. Call log() first, or pass y_true= and y_pred=."
                )
            size = len(self._classes[split])
            return *last.find(instances, size), size
        known = self._classes_of(split, None)
        if known is None:
            raise ClassesError(
                f"The classes of split {split!r} are not known yet. Declare them, Run(..., "
                "classes=[...]), or log the predictions of the epoch first."
            )
        read = self._read_labels(known, y_true, y_pred)
        actual, predicted = LabelColumn(read.actual), LabelColumn(read.predicted)
        check_labels(known, actual, predicted)
        ignored = ignored_labels(actual, self._ignored)
        known = as_meant(known, [actual, predicted])
        rows = class_rows(known, actual, ignored).astype(np.int64)
        return rows, known.indices(predicted).astype(np.int64), len(known)

    def class_names(self, split: str) -> tuple[str, ...]:
        """Names of a split's classes, if these are known; else none."""
        known = self._classes_of(split, None)
        return known.names if known else ()

    def matrix(
        self, split: str, epoch: int, matrix: Any, classes: Iterable[Any] | None
    ) -> tuple[ClassList, EpochRows]:
        """Take the counts of one epoch; the arguments are those of `Run.log_matrix`.

        Raises:
            ConfusionFlowError: the call can't be right.
        """
        known = self._classes_of(split, classes)
        had_classes = known is not None
        named = named_matrix(matrix)
        if named is None:
            counts = to_counts(matrix)
            known = known or numbered(len(counts))
        else:
            values, rows, columns = named
            known = known or from_names(rows, columns)
            counts = to_counts(values, is_square=False)
            square = np.zeros((len(known), len(known)), np.int64)
            places = (places_of(rows, known, "The rows"), places_of(columns, known, "The columns"))
            square[np.ix_(*places)] = counts
            counts = square
        if len(counts) != len(known):
            raise ShapeError(
                f"The matrix has {len(counts)} rows and split {split!r} has {len(known)} classes. "
                "Pass a row and a column for each class."
            )
        actual, predicted = counts.nonzero()
        rows_ = EpochRows(Cells(actual, predicted, counts[actual, predicted]))
        notes: dict[tuple[object, ...], str] = {}
        if not had_classes and named is None:
            notes["classes",] = self._undeclared(split)
        self._remember(split, epoch, known, notes)
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
        known = self._classes_of(split, classes)
        rows = LabelColumn(to_labels(actual, "actual").ravel())
        columns = LabelColumn(to_labels(predicted, "predicted").ravel())
        check_lengths(rows.array, columns.array)
        counts = to_cell_counts(count, len(rows))
        others = to_left_out(left_out)
        check_labels(known, rows, columns)
        read = Reading(rows.array, columns.array, None, known)
        settled = self._settle(split, read, rows, columns, None)
        if known is None or not known.is_declared:
            read.notes["classes",] = self._undeclared(split)
        cells = count_cells(settled, rows, columns, counts, others)
        self._note_spelling(split, settled, rows, columns, read.notes)
        if cells.left_out > others:
            self._note_left_out(
                split, epoch, settled, (rows, columns), None, read.notes, cells.left_out - others
            )
        self._remember(split, epoch, settled, read.notes)
        return settled, cells

    # ---- reading -----------------------------------------------------------------------------

    def _read_labels(self, known: ClassList | None, y_true: Any, y_pred: Any) -> Reading:
        carried = known or _carried_classes(y_true, y_pred)
        actual, predicted = paired_labels(
            to_labels(named_rows(y_true), "y_true"),
            to_labels(named_rows(y_pred), "y_pred"),
            len(carried) if carried and carried.is_declared else None,
        )
        return Reading(actual, predicted, None, carried)

    def _read_scores(
        self,
        split: str,
        known: ClassList | None,
        y_true: Any,
        y_score: Any,
        name: str,
        threshold: float | None,
    ) -> Reading:
        scores, known = _in_class_order(y_score, name, known or _carried_classes(y_true))
        known = known.fixed() if known else None
        n_classes = len(known) if known else None
        actual = labels_for_scores(to_labels(named_rows(y_true), "y_true"), scores.shape, n_classes)
        scores = scores_by_instance(scores, actual.shape, name, n_classes=n_classes)
        actual = actual.ravel()
        is_single = scores.ndim == 1
        are_logits = name == "y_logit" or (
            self._single.look(scores) if is_single else not are_probabilities(scores)
        )
        width = 2 if is_single else scores.shape[1]
        if known is not None and width != len(known):
            found = "one number for each instance" if is_single else f"{width} columns"
            raise ShapeError(
                f"{name} has {found} and split {split!r} has {len(known)} "
                f"class{'es' * (len(known) != 1)}. Pass a number for each class, in the order of "
                "the classes; for two classes, a number for the second is enough."
            )
        notes: dict[tuple[object, ...], str] = {}
        if is_single:
            scores = two_columns(scores, are_logits=are_logits)
        elif are_logits and name == "y_prob":
            notes["logits", split] = (
                f"Split {split!r}: y_prob holds numbers outside of 0 … 1, so it is taken for "
                "logits; confidences are their softmax. Pass logits as y_logit=."
            )
        predicted, confidence = predicted_classes(
            scores, are_logits=are_logits, threshold=threshold
        )
        single = are_logits if is_single and name == "y_prob" else None
        known = known or self._numbered(width, actual, name)
        kept = Scores(scores, are_logits, confidence)
        return Reading(actual, predicted, kept, known, single, notes)

    # ---- classes -----------------------------------------------------------------------------

    def _classes_of(self, split: str, classes: Iterable[Any] | None) -> ClassList | None:
        """The classes that a split has, or is to have; None if they come from its labels."""
        known = self._classes.get(split)
        if classes is None and known:
            return known
        given = ClassList.declare(classes) if classes is not None else self._declared
        before = known.names if known else self._before.get(split)
        if given and before and given.names != before:
            raise ClassesError(
                f"The classes of split {split!r} changed: they were {shown(before)} and are now "
                f"{shown(given.names)}. Log to a split of another name."
            )
        if given is None and before:
            return ClassList(before, is_declared=False)
        return given

    def _numbered(self, width: int, actual: NDArray[Any], name: str) -> ClassList:
        """Classes that have no names, if the labels are their indices.

        Raises:
            LabelError: the labels are not indices.
        """
        labels = LabelColumn(actual)
        ignored = ignored_labels(labels, self._ignored)
        kept = labels if ignored is None else LabelColumn(actual[~ignored])
        strangers = [
            label
            for label in kept.distinct
            if label is not None and numbered(width).find(label) == width
        ]
        texts = [label for label in strangers if isinstance(label, str)]
        if texts or len(strangers) == len([v for v in kept.distinct if v is not None]) > 0:
            raise LabelError(
                f"y_true holds {shown(texts or strangers)}, and the {width} columns of {name} have "
                "no names. Declare the classes in their order: Run(..., classes=[...])."
            )
        return numbered(width)

    def _settle(
        self,
        split: str,
        read: Reading,
        actual: LabelColumn,
        predicted: LabelColumn,
        ignored: NDArray[np.bool_] | None,
    ) -> ClassList:
        """The classes of the split, once the labels are known."""
        known = read.known
        meant = actual if ignored is None else LabelColumn(actual.array[~ignored])
        if known is None or not known.is_declared:
            if self._world_size > 1:
                raise ClassesError(
                    f"{self._world_size} ranks evaluate together, and no classes were declared: "
                    "each would make its own from its labels. Declare them: Run(..., "
                    "classes=[...])."
                )
            doubt = check_undeclared(meant.distinct, predicted.distinct, known)
            if doubt:
                read.notes["apart", split] = f"Split {split!r}: {doubt}."
            labels = [*meant.distinct, *predicted.distinct]
            return known.grown(labels) if known else from_labels(labels)
        if split in self._classes:
            return known
        indices = [] if read.scores is not None else [predicted]
        known = as_meant(known, [meant, *indices])
        check_first_index(known, meant)
        return known

    def _remember(
        self, split: str, epoch: int, known: ClassList, notes: dict[tuple[object, ...], str]
    ) -> None:
        if (split, epoch) in self._logged:
            notes["again", split] = (
                f"Split {split!r}: epoch {epoch} was logged again. The last one counts; "
                "the one before stays in the log."
            )
        self._logged.add((split, epoch))
        self._classes[split] = known
        for subject, text in notes.items():
            if subject not in self._told:
                self._told.add(subject)
                warnings.warn(text, ConfusionFlowWarning, stacklevel=4)

    # ---- what is told ------------------------------------------------------------------------

    def _undeclared(self, split: str) -> str:
        return (
            f"Run {self._run_name!r} has no classes; those of split {split!r} are made from its "
            "labels. Declare them, so that names, order and absent classes are right: "
            "Run(..., classes=[...])."
        )

    def _note_spelling(
        self,
        split: str,
        known: ClassList,
        actual: LabelColumn,
        predicted: LabelColumn,
        notes: dict[tuple[object, ...], str],
    ) -> None:
        respelled = {**known.respelled(actual), **known.respelled(predicted)}
        if respelled:
            pairs = [f"{label!r:.40} for {name!r:.40}" for label, name in respelled.items()]
            more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
            notes["spelling", split] = (
                f"Split {split!r}: labels are spelled differently and taken to be the same: "
                f"{', '.join(pairs[:3])}{more}."
            )

    def _note_left_out(
        self,
        split: str,
        epoch: int,
        known: ClassList,
        columns: tuple[LabelColumn, LabelColumn],
        ignored: NDArray[np.bool_] | None,
        notes: dict[tuple[object, ...], str],
        count: int | None = None,
    ) -> None:
        """Tell of labels that are not classes, each once.

        Arguments:
            split, epoch, known, notes: What this is about.
            columns: Actual and predicted labels.
            ignored: Which of them are to be ignored; None for none.
            count: How many instances these are, if each label is not one of them.
        """
        told = {subject for subject in self._told if subject[:2] == ("left out", split)}
        found: list[str | int | None] = []
        for labels in columns:
            kept = labels if ignored is None else LabelColumn(labels.array[~ignored])
            found += [v for v in kept.distinct if known.find(v) == len(known)]
        new = [v for v in dict.fromkeys(found) if ("left out", split, v) not in told]
        if not new or len(told) >= MOST_TOLD:
            return
        reasons = [_reason(label, known) for label in new[:MOST_REASONS]]
        more = f"; and {len(new) - MOST_REASONS} more" if len(new) > MOST_REASONS else ""
        if count is None:
            wrong = [known.indices(labels) == len(known) for labels in columns]
            meant = True if ignored is None else ~ignored
            count = int(((wrong[0] | wrong[1]) & meant).sum())
        for label in new[1:MOST_TOLD]:
            self._told.add(("left out", split, label))
        notes["left out", split, new[0]] = (
            f"Split {split!r}, epoch {epoch}: {count:,} instance{'s' * (count > 1)} "
            f"{'are' if count > 1 else 'is'} left out of the counts and kept in the log: "
            f"{'; '.join(reasons)}{more}."
        )


def from_names(*axes: list[Any]) -> ClassList:
    """The names on the axes of a matrix as classes, in the order of the first."""
    return ClassList.declare(dict.fromkeys(plain_name(name) for names in axes for name in names))


def _carried_classes(*columns: Any) -> ClassList | None:
    """The classes that categorical columns carry, in their order."""
    names = [name for column in columns for name in category_names(column) or []]
    plain = list(dict.fromkeys(plain_name(name) for name in names))
    return ClassList(plain, is_declared=False) if plain else None


def _in_class_order(
    y_score: Any, name: str, known: ClassList | None
) -> tuple[Floats, ClassList | None]:
    """Scores whose named columns are in the order of the classes, or give them."""
    names = column_names(y_score)
    scores = to_scores(y_score, name)
    if names is None or len(names) < 2:
        return scores, known
    if known is None or not known.is_declared:
        return scores, ClassList.declare([plain_name(n) for n in names])
    places = places_of(names, known, f"The columns of {name}")
    if len(places) < len(known):
        return scores, known  # too few, as the caller says
    return scores[:, np.argsort(places)], known


def _reason(label: str | int | None, known: ClassList) -> str:
    return "a label or a prediction is missing" if label is None else not_a_class(label, known)


def _wrongly_cut(split: str, epoch: int, wrong: list[tuple[str, int]]) -> str:
    epochs: dict[str, list[int]] = {}
    for name, at in wrong:
        epochs.setdefault(name, []).append(at)
    listed = "; ".join(f"{name!r}: {shown(found)}" for name, found in epochs.items())
    return (
        f"Split {split!r}, epoch {epoch}: y_prob holds numbers outside of 0 … 1, so the model puts "
        "out logits, which are cut at 0 from now on. Earlier epochs were taken for probabilities "
        f"and cut at 0.5; they are wrong ({listed}). Log them again with y_logit=."
    )
