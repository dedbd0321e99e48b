"""The classes of a split, and the index of each label among them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ClassesError
from confusionflow.log.columns import LabelColumn
from confusionflow.log.spelling import (
    TRUTH_VALUES,
    WHOLE_NUMBER,
    in_order,
    other_truth,
    spelled,
    spelled_alike,
)
from confusionflow.store.format.limits import MOST_CLASSES
from confusionflow.store.format.tables import narrow
from confusionflow.store.format.text import storable


class ClassList:
    """Class names in their order.

    Labels that are text are found by name, even if they are spelled differently. Integers are
    positions in a declared list of names; in other lists they are found by value.

    Arguments:
        values: Names, or whole numbers that labels are equal to.
        is_declared: False for a list that was made from labels; it grows with new ones.
    """

    def __init__(self, values: Sequence[str | int], *, is_declared: bool) -> None:
        self.names = tuple(str(value) for value in values)
        self.is_declared = is_declared
        self._numbers = tuple(int(v) for v in values if not isinstance(v, str))
        self._index = {name: i for i, name in enumerate(self.names)}
        keys = Counter(spelled(name) for name in self.names)
        self._spelled = {
            key: i for i, name in enumerate(self.names) if keys[key := spelled(name)] == 1
        }
        self._truth = {name.lower(): i for i, name in enumerate(self.names)}
        if set(self._truth) != set(TRUTH_VALUES):
            self._truth = {}
        self.has_positions = bool(is_declared and not self._numbers and not self._truth)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def values(self) -> tuple[str | int, ...]:
        """The classes as they were given: names, or whole numbers."""
        return self._numbers or self.names

    @property
    def are_other_numbers(self) -> bool:
        """Whether the names are whole numbers and not just the positions.

        An integer can mean a position or a name of such a list.
        """
        if not self.has_positions or not all(map(WHOLE_NUMBER.fullmatch, self.names)):
            return False
        return [int(spelled(name)) for name in self.names] != list(range(len(self)))

    def fixed(self) -> ClassList:
        """The same classes, closed to further labels."""
        fixed = copy(self)
        fixed.is_declared = True
        return fixed

    def by_value(self) -> ClassList:
        """The same classes, with integers as values and not as positions."""
        return ClassList([int(spelled(name)) for name in self.names], is_declared=self.is_declared)

    @classmethod
    def declare(cls, classes: Iterable[Any]) -> ClassList:
        """Take a list of classes as a user gives it.

        Raises:
            ClassesError: it is empty, or holds anything but names or whole numbers, or one of them
                twice.
        """
        if isinstance(classes, (str, bytes)):
            raise ClassesError(f"classes is the text {classes!r}. Pass a list of class names.")
        if not isinstance(classes, Iterable):
            raise ClassesError(
                f"classes is {classes!r:.60}, a {type(classes).__name__}. Pass a list of class "
                "names, or range(10) if the classes have only numbers."
            )
        values = [_plain(value) for value in itertools.islice(classes, MOST_CLASSES + 1)]
        _check_number(len(values))
        if not values:
            raise ClassesError("classes is empty. Pass the names of all classes, or leave it out.")
        kinds = {type(value) for value in values}
        if kinds == {int, str}:
            raise ClassesError("classes mixes names and numbers. Pass either.")
        seen: set[object] = set()
        for value in values:
            if value in seen:
                raise ClassesError(f"classes has {value!r} twice. Class names must differ.")
            seen.add(value)
            if isinstance(value, str) and storable(value) != value:
                raise ClassesError(
                    f"classes has {value!r:.60}, which is not valid Unicode. Pass another name."
                )
        return cls(values, is_declared=True)

    def indices(self, labels: LabelColumn) -> NDArray[np.integer]:
        """Index of each label, or len(self) if it is not a class, shape (instances,).

        The integers are as narrow as the number of classes allows: memory limits a large epoch.
        """
        size = len(self)
        array = labels.array
        by_position = self.has_positions or self._numbers == tuple(range(size))
        if array.dtype.kind in "iu" and by_position:
            if array.min(initial=0) >= 0 and array.max(initial=0) < size:
                return narrow(array, size)
            return narrow(np.where((array >= 0) & (array < size), array, size), size)
        known = narrow(np.array([self.find(value) for value in labels.distinct], int), size)
        return known[labels.positions]

    def find(self, label: str | int | None) -> int:
        """Index of a label, or len(self) if it is not a class.

        Examples:
            >>> ClassList(["cat", "dog"], is_declared=True).find(" dog")
            1
            >>> ClassList([3, 7], is_declared=True).find("7.0")
            1
            >>> ClassList(["3", "7"], is_declared=True).find(1)
            1
        """
        size = len(self)
        if label is None:
            return size
        if isinstance(label, int) and self.has_positions:
            return label if 0 <= label < size else size
        if isinstance(label, str) and label in self._index:
            return self._index[label]
        key = spelled(label)
        if key in self._spelled:
            return self._spelled[key]
        truth = other_truth(key)
        return self._spelled.get(truth or "", self._truth.get(truth or "", size))

    def respelled(self, labels: LabelColumn) -> dict[str, str]:
        """Find labels that are spelled differently from the class that they are taken for."""
        if labels.array.dtype.kind in "iu":
            return {}
        return {
            value: self.names[index]
            for value in labels.distinct
            if isinstance(value, str)
            and value not in self._index
            and (index := self.find(value)) < len(self)
        }

    def grown(self, labels: Iterable[str | int | None]) -> ClassList:
        """The list, with the labels that it lacks appended in order."""
        alike = spelled_alike(v for v in labels if v is not None and self.find(v) == len(self))
        new: dict[str, str | int] = {}
        for label, key in alike.items():
            known = new.setdefault(key, label)
            if isinstance(known, str) and str(label) == key:  # the plainest spelling is the name
                new[key] = label
        if not new:
            return self
        new_labels = in_order(new.values())
        old: list[str | int] = list(self.values)
        if any(isinstance(v, str) for v in (*old, *new_labels)):
            old, new_labels = [str(v) for v in old], [str(v) for v in new_labels]
        return ClassList([*old, *new_labels][:MOST_CLASSES], is_declared=False)


def numbered(size: int) -> ClassList:
    """Make classes for a matrix or for probabilities, named by their indices.

    Raises:
        ClassesError: there are too many.
    """
    _check_number(size)
    return ClassList(list(range(size)), is_declared=True)


def _check_number(size: int) -> None:
    if size > MOST_CLASSES:
        raise ClassesError(
            f"There are more than {MOST_CLASSES:,} classes, the most that a split can have. Log "
            "groups of them."
        )


def from_labels(labels: Iterable[str | int | None]) -> ClassList:
    """Make classes of the distinct labels, sorted.

    Examples:
        >>> from_labels(["True", "False", 1, 0]).names
        ('0', '1')
        >>> from_labels(["10", "9.0", "-1", "9"]).names
        ('-1', '9', '10')
    """
    return ClassList([], is_declared=False).grown(labels)


def _plain(value: Any) -> str | int:
    if isinstance(value, (str, np.str_)):
        return str(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise ClassesError(
        f"classes holds a {type(value).__name__} ({value!r:.60}). Pass class names as text."
    )
