"""Check that labels fit the classes and each other, before anything is logged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import LabelError, did_you_mean
from confusionflow.log.classes import ClassList
from confusionflow.log.columns import LabelColumn
from confusionflow.log.spelling import first_score, is_whole_number, spelled, spelled_alike

# Values that mark what to leave out: in PyTorch and Hugging Face, and in segmentation masks.
PADDING = (-100, 255)

# The most labels that a message lists.
MOST_SHOWN = 5

Label = TypeVar("Label")


def check_labels(known: ClassList | None, actual: LabelColumn, predicted: LabelColumn) -> None:
    """Refuse values that can't be meant as labels.

    Raises:
        LabelError: labels are texts of scores ("0.93"), neither classes nor on the other side.
    """
    sides = ((actual, predicted, "y_true"), (predicted, actual, "y_pred"))
    for labels, others, name in sides:
        if labels.array.dtype.kind in "iu":
            continue
        score = first_score([label for label in labels.distinct if label is not None])
        if score is None or (known and known.find(score) < len(known)):
            continue
        if spelled(score) not in {spelled(v) for v in others.distinct if v is not None}:
            raise LabelError(
                f"{name} holds scores such as {score!r}, where class indices or names are "
                "expected. Scores go to y_prob, as numbers."
            )


def check_undeclared(
    actual: Sequence[str | int | None],
    predicted: Sequence[str | int | None],
    known: ClassList | None = None,
) -> str | None:
    """Refuse labels from which no classes can be made.

    Arguments:
        actual, predicted: The distinct labels, without those to be ignored.
        known: The classes so far, if some were made from labels; these are not checked again.

    Returns:
        What to warn of, if no label is in both.

    Raises:
        LabelError: names are on one side and indices on the other; a label marks what is to be left
            out; or no label is in both.
    """
    lists = [[v for v in side if v is not None] for side in (actual, predicted)]
    if known is not None and all(known.find(v) < len(known) for side in lists for v in side):
        return None
    sides = lists
    if not all(sides):
        return None
    keys = spelled_alike([*sides[0], *sides[1]])
    true, pred = ({keys[v] for v in side} for side in sides)
    are_numbers = [all(map(is_whole_number, side)) for side in (true, pred)]
    if are_numbers[0] != are_numbers[1] and not true & pred:
        names = "y_pred" if are_numbers[0] else "y_true"
        raise LabelError(
            f"y_true holds {shown(sides[0])} and y_pred {shown(sides[1])}: names on one side, "
            f"numbers on the other. Declare the classes in the order of their indices, "
            f"Run(..., classes=[...]), or pass the indices of {names}, too."
        )
    for mark in PADDING:
        others = {int(spelled(v)) for v in sides[0] if is_whole_number(v)} - set(PADDING)
        marked = str(mark) in true and str(mark) not in pred and are_numbers[0]
        if marked and others and min(others) >= min(0, mark + 1) and max(others) < 200:
            raise LabelError(
                f"y_true holds {mark}, which y_pred does not, beside {shown(sorted(others))}. It "
                f"probably marks what is to be left out: Run(..., ignore_index={mark}). If it is a "
                "class, declare the classes: Run(..., classes=[...])."
            )
    if true & pred:
        return None
    text = (
        f"no label of y_true ({shown(sides[0])}) occurs in y_pred ({shown(sides[1])}), so that "
        "no prediction is right"
    )
    if min(len(true), len(pred)) > 1:
        raise LabelError(
            f"This can't be right: {text}. Pass labels of one kind, or declare the classes if this "
            "is right: Run(..., classes=[...])."
        )
    return text


def check_first_index(known: ClassList, labels: LabelColumn) -> None:
    """Refuse indices that count from 1.

    Arguments:
        known: The classes.
        labels: The actual classes of a split's first epoch, without those to be ignored.

    Raises:
        LabelError: the index 0 is missing, and the number of classes is there.
    """
    size = len(known)
    if not known.has_positions or labels.array.dtype.kind not in "iu":
        return
    array = labels.array
    if array.size and array.min() == 1 and array.max() == size:
        raise LabelError(
            f"y_true holds 1 to {size} and no 0, and the indices of {size} classes are 0 to "
            f"{size - 1}. If the labels count from 1, pass y_true - 1; if {size} marks what is to "
            f"be left out, Run(..., ignore_index={size})."
        )


def as_meant(known: ClassList, columns: Iterable[LabelColumn]) -> ClassList:
    """Decide how integers are read if the names of the classes are numbers.

    Classes '1', '2', '3' have the positions 0, 1, 2: a 0 among the labels says that these are
    positions, a 3 that they are the names.

    Raises:
        LabelError: the labels can be both.
    """
    if not known.are_other_numbers:
        return known
    found = {v for c in columns for v in c.distinct if isinstance(v, int)}
    if not found:
        return known
    values = known.by_value()
    are_positions = all(0 <= v < len(known) for v in found)
    are_values = all(values.find(v) < len(known) for v in found)
    if are_positions and are_values:
        raise LabelError(
            f"The labels are {shown(sorted(found))}, the classes {shown(known.names)}: these can "
            "be names or positions. Pass the labels as text, or declare numbers, "
            f"Run(..., classes={list(values.values)[:MOST_SHOWN]!r}), if they are names."
        )
    return values if are_values else known


def check_left_out(
    known: ClassList,
    name: str,
    labels: LabelColumn,
    ignored: NDArray[np.bool_] | None,
) -> None:
    """Refuse an epoch in which every instance would be left out because of its label.

    Missing and ignored labels do not count: a model that diverged predicts nothing.

    Raises:
        LabelError: no label is a class, and some are neither missing nor to be ignored.
    """
    kept = labels if ignored is None else LabelColumn(labels.array[~ignored])
    if not (known.indices(kept) == len(known)).all():
        return
    strangers = [label for label in kept.distinct if label is not None]
    if strangers:
        raise LabelError(
            f"No label of {name} is a class: they are {shown(strangers)}, and the classes are "
            f"{shown(known.names)}. {not_a_class(strangers[0], known)}."
        )


def not_a_class(label: str | int, known: ClassList) -> str:
    """Say that a label is not a class, and what it probably is.

    Examples:
        >>> classes = ClassList(["cat", "dog"], is_declared=True)
        >>> not_a_class("dgo", classes)
        "'dgo' is not a class; did you mean 'dog'?"
        >>> not_a_class(2, classes)
        '2 is not an index of the 2 classes (0 to 1)'
    """
    if isinstance(label, int):
        if label in PADDING:
            return (
                f"{label} is not a class; pass Run(..., ignore_index={label}) if it marks padding"
            )
        if known.has_positions or known.values == tuple(range(len(known))):
            return f"{label} is not an index of the {len(known)} classes (0 to {len(known) - 1})"
        return f"{label} is not a class"
    if known.has_positions and is_whole_number(label):
        return f"{label!r:.60} is not a class; pass indices as integers"
    alike = [name for name in known.names if name.casefold() == label.strip().casefold()]
    hint = did_you_mean(label, known.names) if not alike else f"Did you mean {alike[0]!r}?"
    close = hint.startswith("Did")
    return f"{label!r:.60} is not a class" + (f"; d{hint[1:]}" if close else "")


def shown(labels: Iterable[object]) -> str:
    """List the first few of some labels.

    Examples:
        >>> shown(range(10))
        '0, 1, 2, 3, 4, … (10)'
    """
    values = list(labels)
    listed = ", ".join(f"{value!r:.40}" for value in values[:MOST_SHOWN])
    return f"{listed}, … ({len(values):,})" if len(values) > MOST_SHOWN else listed
