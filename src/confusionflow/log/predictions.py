"""Actual and predicted labels of one call, from labels or from scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import LabelError, ShapeError
from confusionflow.log.arrays import to_labels
from confusionflow.log.checks import shown
from confusionflow.log.classes import ClassList, numbered
from confusionflow.log.columns import LabelColumn
from confusionflow.log.frames import (
    category_names,
    column_names,
    named_rows,
    plain_name,
    positions_of,
)
from confusionflow.log.outputs import (
    Floats,
    are_probabilities,
    predicted_classes,
    scores_by_instance,
    to_scores,
    two_columns,
)
from confusionflow.log.rows import ignored_labels
from confusionflow.log.shapes import labels_for_scores, paired_labels
from confusionflow.log.single_output import SingleOutput


@dataclass(frozen=True)
class Scores:
    """The outputs of a model for each class.

    Attributes:
        values: Shape (instances, classes).
        are_logits: Whether these are logits, or else probabilities.
        confidence: Probability of each prediction, shape (instances,).
    """

    values: Floats
    are_logits: bool
    confidence: NDArray[np.float32]


@dataclass
class Predictions:
    """What one call passed, as labels.

    Attributes:
        actual, predicted: Labels, shape (instances,).
        scores: The scores from which the predictions were made, or None.
        known: The classes, as far as they are known.
        single: Whether a model's single numbers were logits; None if there are none.
        notes: What to tell the user, by subject; each subject is reported once.
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


def only_one_of(**outputs: Any) -> tuple[str, Any]:
    """Return what the model says, of which `Run.log` takes one, with its name.

    Raises:
        LabelError: none was passed, or several were.
    """
    names = [name for name, value in outputs.items() if value is not None]
    if len(names) != 1:
        both = f"both {' and '.join(names)}"
        got = {0: "no predictions", 2: both, 3: "all three"}[len(names)]
        raise LabelError(f"log() got {got}. Pass one of y_pred, y_prob and y_logit.")
    return names[0], outputs[names[0]]


def read_labels(known: ClassList | None, y_true: Any, y_pred: Any) -> Predictions:
    """Read predictions that are labels.

    Arguments:
        known: The classes, as far as they are known.
        y_true, y_pred: As `Run.log` takes them.

    Raises:
        ConfusionFlowError: they can't be right.
    """
    known = known or _carried_classes(y_true, y_pred)
    actual, predicted = paired_labels(
        to_labels(named_rows(y_true), "y_true"),
        to_labels(named_rows(y_pred), "y_pred"),
        len(known) if known and known.is_declared else None,
    )
    return Predictions(actual, predicted, None, known)


def read_scores(
    split: str,
    known: ClassList | None,
    y_true: Any,
    y_score: Any,
    name: str,
    *,
    threshold: float | None,
    single: SingleOutput,
    ignored: frozenset[int | str],
) -> Predictions:
    """Read predictions that are scores.

    Arguments:
        split: Name of the split.
        known: The classes, as far as they are known.
        y_true: As `Run.log` takes it.
        y_score: What `Run.log` got as `y_prob` or `y_logit`.
        name: Which of these.
        threshold: As `Run.log` takes it.
        single: Knows what a model's single number means.
        ignored: Labels to be ignored.

    Raises:
        ConfusionFlowError: they can't be right.
    """
    scores, known = _in_class_order(y_score, name, known or _carried_classes(y_true))
    known = known.fixed() if known else None
    n_classes = len(known) if known else None
    actual = labels_for_scores(to_labels(named_rows(y_true), "y_true"), scores.shape, n_classes)
    scores = scores_by_instance(scores, actual.shape, name, n_classes=n_classes)
    actual = actual.ravel()
    is_single = scores.ndim == 1
    are_logits = name == "y_logit" or (
        single.look(scores) if is_single else not are_probabilities(scores)
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
    predicted, confidence = predicted_classes(scores, are_logits=are_logits, threshold=threshold)
    return Predictions(
        actual,
        predicted,
        Scores(scores, are_logits, confidence),
        known or _numbered_classes(width, actual, name, ignored),
        are_logits if is_single and name == "y_prob" else None,
        notes,
    )


def _carried_classes(*columns: Any) -> ClassList | None:
    """The classes that categorical columns carry, in their order."""
    names = [name for column in columns for name in category_names(column) or []]
    plain = list(dict.fromkeys(plain_name(name) for name in names))
    return ClassList(plain, is_declared=False) if plain else None


def _in_class_order(
    y_score: Any, name: str, known: ClassList | None
) -> tuple[Floats, ClassList | None]:
    """Put scores with named columns in the order of the classes, or take the classes from them."""
    names = column_names(y_score)
    scores = to_scores(y_score, name)
    if names is None or len(names) < 2:
        return scores, known
    if known is None or not known.is_declared:
        return scores, ClassList.declare([plain_name(n) for n in names])
    positions = positions_of(names, known, f"The columns of {name}")
    if len(positions) < len(known):
        return scores, known  # too few, which the caller reports
    return scores[:, np.argsort(positions)], known


def _numbered_classes(
    width: int, actual: NDArray[Any], name: str, ignored: frozenset[int | str]
) -> ClassList:
    """Make classes without names, if the labels are their indices.

    Raises:
        LabelError: the labels are not indices.
    """
    classes = numbered(width)
    labels = LabelColumn(actual)
    rows = ignored_labels(labels, ignored)
    kept = labels if rows is None else LabelColumn(actual[~rows])
    present = [label for label in kept.distinct if label is not None]
    strangers = [label for label in present if classes.find(label) == width]
    texts = [label for label in strangers if isinstance(label, str)]
    if texts or (present and len(strangers) == len(present)):
        raise LabelError(
            f"y_true holds {shown(texts or strangers)}, and the {width} columns of {name} have "
            "no names. Declare the classes in their order: Run(..., classes=[...])."
        )
    return classes
