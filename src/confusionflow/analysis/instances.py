"""The instances of a series in one order, and the position of each epoch's instances."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Layout:
    """Instances in class order: by actual class, then by id.

    An id that was logged with several actual classes, or several times in an epoch, stands for that
    many instances, so that they are exactly those that cells count.

    Attributes:
        actual: Class index, int32, shape (instances,), not decreasing.
        code: Number of the id, int64, shape (instances,).
        occurrence: How often the same id and class were in an epoch before this one, int32, shape
            (instances,).

    Examples:
        >>> layout = Layout.empty().joined(np.array([1, 0, 1]), np.array([7, 5, 3]))
        >>> layout.actual, layout.code
        (array([0, 1, 1], dtype=int32), array([5, 3, 7]))
        >>> layout.positions(np.array([1, 0]), np.array([7, 5]))
        array([2, 0])
        >>> layout.joined(np.array([1]), np.array([5])).code
        array([5, 3, 5, 7])
    """

    actual: NDArray[np.int32]
    code: NDArray[np.int64]
    occurrence: NDArray[np.int32]

    @classmethod
    def empty(cls) -> Layout:
        """No instance."""
        return cls(np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.int32))

    def __len__(self) -> int:
        return len(self.actual)

    def has(self, actual: NDArray[np.integer], code: NDArray[np.int64]) -> bool:
        """Whether all instances of an epoch are in the layout.

        Arguments:
            actual, code: Those of the epoch, in any order.
        """
        return bool((self.positions(actual, code) >= 0).all())

    def joined(self, actual: NDArray[np.integer], code: NDArray[np.int64]) -> Layout:
        """The layout with the instances of an epoch that it lacks."""
        if len(self) and self.has(actual, code):
            return self
        order, occurrence = _sorted(actual, code)
        if not len(self):
            return Layout(actual[order].astype(np.int32), code[order], occurrence)
        keys = [
            np.concatenate([self.occurrence, occurrence]),
            np.concatenate([self.code, code[order]]),
            np.concatenate([self.actual, actual[order].astype(np.int32)]),
        ]
        by_key = np.lexsort(keys)
        occurrences, codes, classes = (key[by_key] for key in keys)
        is_new = np.ones(len(by_key), bool)
        is_new[1:] = (
            (occurrences[1:] != occurrences[:-1])
            | (codes[1:] != codes[:-1])
            | (classes[1:] != classes[:-1])
        )
        return Layout(classes[is_new], codes[is_new], occurrences[is_new])

    def positions(self, actual: NDArray[np.integer], code: NDArray[np.int64]) -> NDArray[np.intp]:
        """The positions of an epoch's instances, shape as `code`; -1 for those that are missing."""
        order, occurrence = _sorted(actual, code)
        actual, code = actual[order], code[order]
        found = np.empty(len(order), np.intp)
        if (
            len(order) == len(self)
            and np.array_equal(code, self.code)
            and np.array_equal(actual, self.actual)
            and np.array_equal(occurrence, self.occurrence)
        ):
            found[order] = np.arange(len(self))
            return found
        codes, keys, step = self._keys
        rank = np.searchsorted(codes, code)
        key = (actual.astype(np.int64) * (len(codes) + 1) + rank) * step + occurrence
        position = np.searchsorted(keys, key)
        is_here = np.zeros(len(key), bool)
        inside = (position < len(keys)) & (rank < len(codes)) & (occurrence < step)
        is_here[inside] = (keys[position[inside]] == key[inside]) & (
            codes[rank[inside]] == code[inside]
        )
        found[order] = np.where(is_here, position, -1)
        return found

    @cached_property
    def _keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Distinct codes, a number for each instance that grows with them, and its last part."""
        codes = np.unique(self.code)
        step = int(self.occurrence.max(initial=0)) + 1
        rank = np.searchsorted(codes, self.code)
        keys = (self.actual.astype(np.int64) * (len(codes) + 1) + rank) * step + self.occurrence
        return codes, keys, step


def _sorted(
    actual: NDArray[np.integer], code: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Return the order by class and id, and how often each pair came before."""
    rises = (actual[1:] > actual[:-1]) | ((actual[1:] == actual[:-1]) & (code[1:] > code[:-1]))
    if rises.all():
        return np.arange(len(code)), np.zeros(len(code), np.int32)
    order = np.lexsort((code, actual))
    classes, codes = actual[order], code[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (classes[1:] != classes[:-1]) | (codes[1:] != codes[:-1])
    if is_first.all():
        return order, np.zeros(len(order), np.int32)
    position = np.arange(len(order))
    begin = np.maximum.accumulate(np.where(is_first, position, 0))
    return order, (position - begin).astype(np.int32)
