"""The classes of each split: declared, logged before, or made from labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from confusionflow.errors import ClassesError
from confusionflow.log.checks import as_meant, check_first_index, check_undeclared, shown
from confusionflow.log.classes import ClassList, from_labels
from confusionflow.log.columns import LabelColumn


class SplitClasses:
    """Knows the classes of the splits of one run.

    Arguments:
        declared: The classes of the run, if they are declared.
        before: Class names by split, from earlier attempts.
        world_size: How many processes evaluate together.
    """

    def __init__(
        self, declared: ClassList | None, before: Mapping[str, tuple[str, ...]], world_size: int
    ) -> None:
        self._declared = declared
        self._before = before
        self._world_size = world_size
        self._known: dict[str, ClassList] = {}

    def of(self, split: str, classes: Iterable[Any] | None = None) -> ClassList | None:
        """Look up the classes of a split; None if they will come from its labels.

        Arguments:
            split: Name of the split.
            classes: Names that the caller passed for it.

        Raises:
            ClassesError: other names were passed or logged before.
        """
        known = self._known.get(split)
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

    def settle(
        self,
        split: str,
        known: ClassList | None,
        actual: LabelColumn,
        predicted: LabelColumn,
        *,
        from_scores: bool,
    ) -> tuple[ClassList, str | None]:
        """Decide the classes of a split, now that its labels are known.

        Arguments:
            split: Name of the split.
            known: The classes, as far as they are known.
            actual, predicted: The labels, without those to be ignored.
            from_scores: Whether predictions were made from scores, so that they are positions.

        Returns:
            The classes, and a doubt that the user should be told of, or None.

        Raises:
            ClassesError: none were declared, and several ranks evaluate together.
            LabelError: the labels can't be right.
        """
        if known is None or not known.is_declared:
            if self._world_size > 1:
                raise ClassesError(
                    f"{self._world_size} ranks evaluate together, and no classes were declared: "
                    "each would make its own from its labels. Declare them: Run(..., "
                    "classes=[...])."
                )
            doubt = check_undeclared(actual.distinct, predicted.distinct, known)
            labels = [*actual.distinct, *predicted.distinct]
            return known.grown(labels) if known else from_labels(labels), doubt
        if split not in self._known:
            known = as_meant(known, [actual] if from_scores else [actual, predicted])
            check_first_index(known, actual)
        return known, None

    def remember(self, split: str, known: ClassList) -> None:
        """Note the classes of a split; from now on they only grow."""
        self._known[split] = known
