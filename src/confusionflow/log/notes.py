"""What a user is told about labels and epochs that are not as expected."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from confusionflow.log.checks import not_a_class, shown
from confusionflow.log.classes import ClassList
from confusionflow.log.columns import LabelColumn

# At most this many labels that are not classes are named in a message, and of each split of a run.
MOST_REASONS = 3
MOST_TOLD = 100

Columns = tuple[LabelColumn, LabelColumn]


def undeclared(run_name: str, split: str) -> str:
    """Say that the classes of a split are made from its labels."""
    return (
        f"Run {run_name!r} has no classes; those of split {split!r} are made from its "
        "labels. Declare them, so that names, order and absent classes are right: "
        "Run(..., classes=[...])."
    )


def logged_again(split: str, epoch: int) -> str:
    """Say that an epoch replaces one that was logged before."""
    return (
        f"Split {split!r}: epoch {epoch} was logged again. The last one counts; "
        "the one before stays in the log."
    )


def repeated(split: str, epoch: int, count: int) -> str:
    """Say that instances occurred several times in an epoch."""
    return (
        f"Split {split!r}, epoch {epoch}: {count:,} instance{'s' * (count > 1)} occurred again "
        "with the same labels, as samplers repeat them. Each was counted once."
    )


def respelled(split: str, known: ClassList, columns: Columns) -> str | None:
    """Say which labels are spelled differently from their class; None if none are."""
    actual, predicted = columns
    found = {**known.respelled(actual), **known.respelled(predicted)}
    if not found:
        return None
    pairs = [f"{label!r:.40} for {name!r:.40}" for label, name in found.items()]
    more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    return (
        f"Split {split!r}: labels are spelled differently and taken to be the same: "
        f"{', '.join(pairs[:3])}{more}."
    )


def wrongly_cut(split: str, epoch: int, wrong: list[tuple[str, int]]) -> str:
    """Say which earlier epochs are wrong, because their logits were taken for probabilities."""
    epochs: dict[str, list[int]] = {}
    for name, at in wrong:
        epochs.setdefault(name, []).append(at)
    listed = "; ".join(f"{name!r}: {shown(found)}" for name, found in epochs.items())
    return (
        f"Split {split!r}, epoch {epoch}: y_prob holds numbers outside of 0 … 1, so the model's "
        "outputs are logits, which are cut at 0 from now on. Earlier epochs were taken for "
        f"probabilities and cut at 0.5; they are wrong ({listed}). Log them again with y_logit=."
    )


class LeftOut:
    """Reports labels that are not classes, each label of a split once."""

    def __init__(self) -> None:
        self._told: dict[str, set[str | int | None]] = {}

    def note(
        self,
        split: str,
        epoch: int,
        known: ClassList,
        columns: Columns,
        *,
        ignored: NDArray[np.bool_] | None = None,
        count: int | None = None,
    ) -> str | None:
        """Say which labels are not classes; None if that was told of all.

        Arguments:
            split, epoch: What this is about.
            known: The classes.
            columns: Actual and predicted labels.
            ignored: Which of these are to be ignored; None for none.
            count: How many instances are left out, if a label is not one instance.
        """
        told = self._told.setdefault(split, set())
        found: list[str | int | None] = []
        for labels in columns:
            kept = labels if ignored is None else LabelColumn(labels.array[~ignored])
            found += [label for label in kept.distinct if known.find(label) == len(known)]
        new = [label for label in dict.fromkeys(found) if label not in told]
        if not new or len(told) >= MOST_TOLD:
            return None
        told.update(new[:MOST_TOLD])
        if count is None:
            actual, predicted = (known.indices(labels) == len(known) for labels in columns)
            wrong = actual | predicted
            count = int((wrong if ignored is None else wrong & ~ignored).sum())
        reasons = [_reason(label, known) for label in new[:MOST_REASONS]]
        more = f"; and {len(new) - MOST_REASONS} more" if len(new) > MOST_REASONS else ""
        return (
            f"Split {split!r}, epoch {epoch}: {count:,} instance{'s' * (count > 1)} "
            f"{'are' if count > 1 else 'is'} left out of the counts and kept in the log: "
            f"{'; '.join(reasons)}{more}."
        )


def _reason(label: str | int | None, known: ClassList) -> str:
    return "a label or a prediction is missing" if label is None else not_a_class(label, known)
