"""The classes of a split, and the index of each label among them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from confusionflow.errors import ClassesError
from confusionflow.store.format.limits import MOST_CLASSES
from confusionflow.store.format.tables import narrow
from confusionflow.store.format.text import storable


class ClassList:
    """Class names in their order.

    Arguments:
        values: Names, or whole numbers that labels are equal to.
        is_declared: False where the list was made from labels; it grows with new ones then.
    """

    def __init__(self, values: Sequence[str | int], *, is_declared: bool) -> None:
        self.names = tuple(str(value) for value in values)
        self.is_declared = is_declared
        self._index: dict[object, int] = {name: i for i, name in enumerate(self.names)}
        # Numbers that were given as classes are found by their value, and else by position.
        self._by_value = [int(v) for v in values if not isinstance(v, str)] if values else []
        self._values = {value: i for i, value in enumerate(self._by_value)}

    def __len__(self) -> int:
        return len(self.names)

    @property
    def values(self) -> tuple[str | int, ...]:
        """The classes as they were given: names, or whole numbers."""
        return tuple(self._by_value) or self.names

    @classmethod
    def restore(cls, names: Sequence[str], labels: NDArray[Any], *, is_declared: bool) -> ClassList:
        """Go on with a list that was stored, whose names may have been made from numbers."""
        has_numbers = any(isinstance(v, int) for v in labels.ravel()[:1000].tolist())
        if has_numbers and all(_is_number(name) for name in names):
            return cls([int(name) for name in names], is_declared=is_declared)
        return cls(names, is_declared=is_declared)

    @classmethod
    def declare(cls, classes: Iterable[Any]) -> ClassList:
        """Take a list of classes as a user gives it.

        Raises:
            ClassesError: it is empty, holds something else than names or whole numbers, or one
                twice.
        """
        if isinstance(classes, (str, bytes)):
            raise ClassesError(f"classes is the text {classes!r}. Pass a list of class names.")
        if not isinstance(classes, Iterable):
            raise ClassesError(
                f"classes is {classes!r:.60}, a {type(classes).__name__}. Pass a list of class "
                "names, such as range(10) where classes have numbers only."
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
                    f"classes has {value!r:.60}, which is no valid Unicode text. Pass another name."
                )
        return cls(values, is_declared=True)

    def indices(self, labels: NDArray[Any]) -> NDArray[np.integer]:
        """Index of each label, or len(self) where it is no class; shape as `labels`.

        As few bytes as the number of classes needs: a large epoch is bound by memory.
        """
        if labels.dtype.kind in "iu":
            return self._integer_indices(labels)
        distinct, inverse = _distinct(labels)
        known = narrow(np.array([self._find(value) for value in distinct]), len(self))
        return known[inverse].reshape(labels.shape)

    def grown(self, labels: NDArray[Any]) -> ClassList:
        """The list with the labels that it lacks at its end, sorted."""
        distinct, _ = _distinct(labels)
        lacking = (v for v in distinct if v is not None and self._find(v) == len(self))
        new = list(dict.fromkeys(lacking))
        if not new:
            return self
        old: list[Any] = list(self._by_value or self.names)
        if old and isinstance(old[0], int) != isinstance(new[0], int):
            return self  # names among numbers: no class of this split
        return ClassList([*old, *_sorted(new)][:MOST_CLASSES], is_declared=False)

    def _integer_indices(self, labels: NDArray[Any]) -> NDArray[np.integer]:
        size = len(self)
        if not self._by_value or self._by_value == list(range(size)):
            if labels.min(initial=0) >= 0 and labels.max(initial=0) < size:
                return narrow(labels, size)
            return narrow(np.where((labels >= 0) & (labels < size), labels, size), size)
        distinct, inverse = np.unique(labels, return_inverse=True)
        known = narrow(np.array([self._find(int(value)) for value in distinct]), size)
        return known[inverse].reshape(labels.shape)

    def _find(self, value: object) -> int:
        size = len(self)
        if isinstance(value, int):
            if self._by_value:
                return self._values.get(value, size)
            return value if 0 <= value < size else size
        return self._index.get(value, size) if isinstance(value, str) else size


def numbered(size: int) -> ClassList:
    """As many classes as a matrix or probabilities have, called by their indices.

    Raises:
        ClassesError: they are too many.
    """
    _check_number(size)
    return ClassList(list(range(size)), is_declared=True)


def _check_number(size: int) -> None:
    if size > MOST_CLASSES:
        raise ClassesError(
            f"There are more than {MOST_CLASSES:,} classes, the most that a split can have. Log "
            "groups of them."
        )


def from_labels(*labels: NDArray[Any]) -> ClassList:
    """The sorted distinct labels as classes."""
    return ClassList([], is_declared=False).grown(
        np.concatenate([np.asarray(part, dtype=object).ravel() for part in labels])
    )


def _is_number(name: str) -> bool:
    try:
        return str(int(name)) == name
    except ValueError:
        return False


def _plain(value: Any) -> str | int:
    if isinstance(value, (str, np.str_)):
        return str(value)
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return int(value)
    raise ClassesError(
        f"classes holds a {type(value).__name__} ({value!r:.60}). Pass class names as text."
    )


def _distinct(labels: NDArray[Any]) -> tuple[list[Any], NDArray[np.intp]]:
    """Distinct labels, and for each label its place among them; missing ones are None."""
    if labels.dtype.kind != "O":
        values, inverse = np.unique(labels, return_inverse=True)
        return [_key(value) for value in values.tolist()], inverse.ravel()
    place: dict[object, int] = {}
    inverse = np.empty(labels.size, np.intp)
    for i, value in enumerate(labels.flat):
        inverse[i] = place.setdefault(_key(value), len(place))
    return list(place), inverse


def _key(value: Any) -> str | int | None:
    if isinstance(value, (str, np.str_)):
        return storable(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    return None


def _sorted(values: list[Any]) -> list[Any]:
    return sorted(values, key=lambda v: (isinstance(v, str), v))
