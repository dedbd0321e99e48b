"""Instances of some cells in a range of epochs, with their scores."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.passages import PASSAGES, Passages, inside, passages
from confusionflow.analysis.scores import SCORES, Scores, label_quality, scores, suggested_class
from confusionflow.analysis.trajectories import Trajectories
from confusionflow.errors import ArgumentError, did_you_mean
from confusionflow.reading.predictions import Predictions

Only = Literal["all", "wrong", "right"]
Passing = Literal["ever", "half", "came", "stayed", "left", "passed"]
Quality = Literal["self_confidence", "normalized_margin"]
# Classes as a user passes them: names or indices, one or several; None for all.
Classes = str | int | Iterable[str | int] | None

# A high value of these is worth a look; cleanlab's are low for a possible error.
LABEL_SCORES = ("suspicious_label", "hard", "outlier", "aum", *get_args(Quality))
LOW_IS_SUSPICIOUS = ("aum", *get_args(Quality))


@dataclass(frozen=True)
class Cells:
    """Some cells of a confusion matrix in a range of epochs.

    Attributes:
        actual, predicted: Names of the classes whose rows and columns to take; None for all.
        only: "wrong" leaves the diagonal out, "right" keeps only the diagonal.
        first, last: First and last epoch, both included; None is open.
    """

    actual: tuple[str, ...] | None = None
    predicted: tuple[str, ...] | None = None
    only: Only = "all"
    first: int | None = None
    last: int | None = None


class Instances:
    """The instances that are in some cells at one or more epochs of the range.

    Arguments:
        predictions: All predictions of the series.
        cells: The cells and the range.
        passing: Which of them: those that were "ever" in the cells, were there in at least "half"
            of the epochs, or "came", "stayed", "left" or "passed"; see
            `confusionflow.analysis.passages`.

    Attributes:
        positions: Positions of the instances in the predictions, shape (instances,).
        counts: How many there are of each kind of passing.
        passages: How they passed through the cells.
    """

    def __init__(self, predictions: Predictions, cells: Cells, passing: Passing = "ever") -> None:
        self.predictions = predictions
        self.cells = cells
        rows = _indices(cells.actual, predictions.classes)
        columns = _indices(cells.predicted, predictions.classes)
        of_rows = _positions(predictions, rows)
        # Instances are in class order, so a class is one slice.
        part = predictions.trajectories.labels.of(of_rows).between(cells.first, cells.last)
        is_inside = inside(
            part,
            None,
            columns,
            only_wrong=cells.only == "wrong",
            only_right=cells.only == "right",
        )
        found = passages(part, is_inside)
        kinds = {name: found.passage == PASSAGES.index(name) for name in PASSAGES[1:]}
        kinds = {"ever": found.passage > 0, "half": found.share >= 0.5, **kinds}
        self.counts = {name: int(kind.sum()) for name, kind in kinds.items()}
        kept = kinds[passing]
        all_positions = np.arange(len(predictions.actual))
        self.positions: NDArray[np.intp] = all_positions[of_rows][kept]
        self.passages = Passages(*(getattr(found, field.name)[kept] for field in fields(found)))

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def trajectories(self) -> Trajectories:
        """Their predictions in the range."""
        whole = self.predictions.trajectories.of(self.positions)
        return whole.between(self.cells.first, self.cells.last)

    @cached_property
    def scores(self) -> Scores:
        """Their scores over the range."""
        return scores(self.trajectories)

    @property
    def ids(self) -> NDArray[Any]:
        """What identifies them."""
        return self.predictions.ids[self.positions]

    def table(self) -> Any:
        """A table of them, of pyarrow: instance, actual, share, first, last, passage, scores."""
        import pyarrow as pa

        passage = pa.array(self.passages.passage)
        return pa.table(
            {
                "instance": pa.array(self.ids),
                "actual": _named(self.predictions.actual[self.positions], self.predictions.classes),
                "share": self.passages.share,
                "first": self.passages.first,
                "last": self.passages.last,
                "passage": pa.DictionaryArray.from_arrays(passage, pa.array(PASSAGES)),
                **score_columns(self.scores),
            }
        )


def cells_of(
    classes: Sequence[str],
    actual: Classes,
    predicted: Classes,
    epochs: tuple[int, int] | None,
    only: Only,
    passing: Passing,
) -> Cells:
    """Check which cells a user names; the arguments are those of `Series.instances`.

    Raises:
        ArgumentError: there is no such class or word.
    """
    for name, word, known in (("only", only, Only), ("passing", passing, Passing)):
        if word not in get_args(known):
            raise ArgumentError(f"No {name} {word!r}. Pass one of {get_args(known)}.")
    rows, columns = class_names(actual, classes), class_names(predicted, classes)
    return Cells(rows, columns, only, *(epochs or (None, None)))


def scores_table(predictions: Predictions, epochs: tuple[int, int] | None) -> Any:
    """Make a pyarrow table of the scores of all instances: instance, actual, scores."""
    import pyarrow as pa

    first, last = epochs or (None, None)
    found = scores(predictions.trajectories.between(first, last))
    return pa.table(
        {
            "instance": pa.array(predictions.ids),
            "actual": _named(predictions.actual, predictions.classes),
            **score_columns(found),
        }
    )


def score_columns(found: Scores) -> dict[str, Any]:
    """Turn scores into pyarrow columns; undefined ones are null."""
    import pyarrow as pa

    columns: dict[str, Any] = {name: getattr(found, name) for name in SCORES}
    never = columns["last_forgotten"] < 0
    columns["last_forgotten"] = pa.array(columns["last_forgotten"], mask=never)
    return {name: pa.array(values, from_pandas=True) for name, values in columns.items()}


def label_errors_table(
    predictions: Predictions, by: str, epochs: tuple[int, int] | None, most: int | None
) -> Any:
    """Possible label errors, the likeliest first: instance, actual, suggested, score.

    Raises:
        ArgumentError: there is no such score, or what it needs was not logged.
    """
    import pyarrow as pa

    if by not in LABEL_SCORES:
        known = ", ".join(map(repr, LABEL_SCORES))
        raise ArgumentError(f"No score {by!r} of possible label errors. Pass one of {known}.")
    first, last = epochs or (None, None)
    part = predictions.trajectories.between(first, last)
    if by in get_args(Quality):
        with np.errstate(invalid="ignore"):
            score = np.nanmean(label_quality(part, by), axis=0) if len(part.epochs) else None
        score = np.full(len(part.actual), np.nan, np.float32) if score is None else score
    else:
        score = getattr(scores(part), by)
    if len(score) and np.isnan(score).all():
        need = "confidences and margins" if by in LOW_IS_SUSPICIOUS else "confidences"
        raise ArgumentError(
            f"{by!r} needs {need}, which were not logged. Log y_prob= or y_logit=, or pass "
            "by='suspicious_label'."
        )
    suggested = suggested_class(part)
    ranked = np.argsort(score if by in LOW_IS_SUSPICIOUS else -score, kind="stable")
    # An instance that is never taken for another class has no other class to suggest.
    ranked = ranked[~np.isnan(score[ranked]) & (suggested[ranked] >= 0)][:most]
    return pa.table(
        {
            "instance": pa.array(predictions.ids[ranked]),
            "actual": _named(predictions.actual[ranked], predictions.classes),
            "suggested": _named(suggested[ranked], predictions.classes),
            "score": score[ranked].astype(np.float32),
        }
    )


def decoded(table: Any) -> Any:
    """Replace dictionary columns by their names, for CSV."""
    import pyarrow as pa

    columns = {
        name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    }
    return pa.table(columns)


def _named(indices: NDArray[np.integer], classes: Sequence[str]) -> Any:
    import pyarrow as pa

    names = pa.array(classes, pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(indices.astype(np.int32)), names)


def class_names(given: Classes, classes: Sequence[str]) -> tuple[str, ...] | None:
    """Names of classes as a user passes them: a name or an index, several, or None for all.

    Raises:
        ArgumentError: there is no such class.

    Examples:
        >>> class_names(1, ["cat", "dog"]), class_names(["dog", 0], ["cat", "dog"])
        (('dog',), ('dog', 'cat'))
    """
    if given is None:
        return None
    several = [given] if isinstance(given, str | int | np.integer) else given
    return tuple(_class_name(one, classes) for one in several)


def _class_name(given: Any, classes: Sequence[str]) -> str:
    if isinstance(given, int | np.integer) and 0 <= given < len(classes):
        return classes[int(given)]
    name = str(given)
    if name not in classes:
        raise ArgumentError(f"No class {name!r}. {did_you_mean(name, classes)}")
    return name


def _indices(names: tuple[str, ...] | None, classes: Sequence[str]) -> list[int] | None:
    """Return the indices of classes; those that the series does not have are ignored."""
    if names is None:
        return None
    known = {name: index for index, name in enumerate(classes)}
    return sorted(known[name] for name in set(names) if name in known)


def _positions(predictions: Predictions, rows: list[int] | None) -> slice | NDArray[np.intp]:
    """Find the positions of the instances of some classes."""
    if rows is None:
        return slice(None)
    starts = np.searchsorted(predictions.actual, rows, "left")
    stops = np.searchsorted(predictions.actual, rows, "right")
    if len(rows) == 1:
        return slice(int(starts[0]), int(stops[0]))
    parts = [np.arange(start, stop) for start, stop in zip(starts, stops, strict=True)]
    return np.concatenate(parts) if parts else np.empty(0, np.intp)
