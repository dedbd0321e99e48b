"""Match the labels of a table with classes, so that actual and predicted ones meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from confusionflow.errors import ClassesError, LabelError, did_you_mean
from confusionflow.log.spelling import first_score, in_order, is_whole_number, spelled_alike


@dataclass(frozen=True)
class Meeting:
    """The classes of a table, and the class of each of its labels.

    Attributes:
        classes: Class names in order.
        actual, predicted: The class of each label, by the label's text. A label that is not there
            has no class.
        notes: Interpretations that the user should know about.
    """

    classes: tuple[str, ...]
    actual: Mapping[str, str]
    predicted: Mapping[str, str]
    notes: list[str] = field(default_factory=list)


def meet(
    actual: Iterable[str],
    predicted: Iterable[str],
    classes: Sequence[str] | None = None,
    columns: Sequence[str] = ("actual", "predicted"),
    *,
    are_categories: bool = False,
) -> Meeting:
    """Find the classes that the labels of a table mean.

    Arguments:
        actual, predicted: The distinct labels of both columns, as they are written.
        classes: Class names in order. None: the labels, sorted.
        columns: Names of the columns in errors.
        are_categories: The classes are categories of the columns, so that a number is not an index.

    Raises:
        LabelError: no label is one of the classes, or the predictions are scores.

    Examples:
        >>> meet(["1.0", "0.0"], ["1", "0"]).classes
        ('0', '1')
        >>> meet(["cat", "dog"], ["1", "0"], ["cat", "dog"]).predicted
        {'1': 'dog', '0': 'cat'}
    """
    sides = [list(actual), list(predicted)]
    _refuse_scores(sides, classes or (), columns)
    if classes is None:
        _refuse_strangers(sides, columns)
        names, notes = _named([*sides[0], *sides[1]])
        order = in_order(dict.fromkeys(names.values()))
        found = [{label: names[label] for label in side} for side in sides]
        return Meeting(tuple(map(str, order)), found[0], found[1], notes)
    found, notes = [], []
    for side, column in zip(sides, columns, strict=True):
        means = _known(side, classes)
        if not means and side and not are_categories:
            means = _by_index(side, classes, column)
            notes.append(
                f"Column {column!r} holds numbers. They were taken for positions in the classes, "
                "from 0 on."
            )
        found.append(means)
    return Meeting(tuple(classes), found[0], found[1], notes)


def _refuse_scores(
    sides: Sequence[Sequence[str]], classes: Sequence[str], columns: Sequence[str]
) -> None:
    for side, other, column in zip(sides, sides[::-1], columns, strict=True):
        score = first_score(side)
        if score is not None and score not in {label.strip() for label in (*other, *classes)}:
            raise LabelError(
                f"Column {column!r} holds scores, such as {score}. Pass classes: the most probable "
                "one, or for two classes which side of a threshold the score is on. Scores of the "
                "predicted class can be kept beside it, as confidence (--confidence-column)."
            )


def _refuse_strangers(sides: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    """Refuse columns that have no label in common, if that must be wrong."""
    keys = spelled_alike([*sides[0], *sides[1]])
    one, other = ({keys[label] for label in side} for side in sides)
    if not one or not other or one & other:
        return
    kinds = [{is_whole_number(label) for label in side} for side in (one, other)]
    if kinds[0] == kinds[1] and min(len(one), len(other)) == 1:
        return  # a table of few rows, all of them wrong
    message = (
        f"Column {columns[0]!r} holds {_some(one)}, column {columns[1]!r} holds {_some(other)}, "
        "and no label is in both."
    )
    if kinds[0] != kinds[1] and all(len(kind) == 1 for kind in kinds):
        message += " If the numbers are class indices, pass the class names in their order: "
        message += "--classes A,B,C (in Python classes=[…])."
    else:
        message += " Write classes in the same way in both, or name the columns that hold them: "
        message += "--actual-column, --predicted-column."
    raise LabelError(message)


def _named(labels: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Find the class name of each label, and which labels were taken for the same."""
    keys = spelled_alike(labels)
    spellings: dict[str, list[str]] = {}
    for label in dict.fromkeys(labels):
        spellings.setdefault(keys[label], []).append(label)
    all_whole = all(is_whole_number(key) for key in spellings)
    names, same = {}, []
    for key, alike in spellings.items():
        stripped = {label.strip() for label in alike}
        name = stripped.pop() if len(stripped) == 1 and not all_whole else key
        names.update(dict.fromkeys(alike, name))
        if len(alike) > 1:
            same.append(" and ".join(map(repr, alike)))
    if not same:
        return names, []
    more = f" (and {len(same) - 3} more)" if len(same) > 3 else ""
    return names, [
        "Labels that are written differently were taken for one class: "
        f"{', '.join(same[:3])}{more}."
    ]


def _known(labels: Sequence[str], classes: Sequence[str]) -> dict[str, str]:
    """Find the class of each label that is one, however it is written."""
    exact = set(classes)
    keys = spelled_alike([*classes, *labels])
    by_key = {keys[name]: name for name in reversed(classes)}
    return {
        label: label if label in exact else by_key[keys[label]]
        for label in labels
        if label in exact or keys[label] in by_key
    }


def _by_index(labels: Sequence[str], classes: Sequence[str], column: str) -> dict[str, str]:
    """Find the class of each label by its position.

    Raises:
        LabelError: the labels are not positions.
    """
    if not all(is_whole_number(label) for label in labels):
        label = in_order(labels)[0]
        raise LabelError(
            f"Column {column!r} holds {_some(labels)}, and none of them is one of the "
            f"{len(classes)} classes. {did_you_mean(label, classes)}"
        )
    numbers = {label: int(float(label)) for label in labels}
    values = set(numbers.values())
    if len(classes) in values and 0 not in values:
        raise LabelError(
            f"Column {column!r} holds numbers from {min(values)} to {max(values)}, and there are "
            f"{len(classes)} classes, which are counted from 0. If the labels count from 1, pass "
            "a name for 0 as well: --classes unused,A,B,…"
        )
    means = {label: classes[at] for label, at in numbers.items() if 0 <= at < len(classes)}
    if not means:
        raise ClassesError(
            f"Column {column!r} holds {_some(labels)}, and there are {len(classes)} classes, which "
            "are counted from 0."
        )
    return means


def _some(labels: Iterable[str]) -> str:
    ordered = in_order(labels)
    shown = ", ".join(map(repr, ordered[:3]))
    return f"{shown}, …" if len(ordered) > 3 else shown
