"""Aligns series with different class lists to one common list."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Alignment:
    """A common class list, and the position of each list's classes in it.

    Attributes:
        classes: All class names, each once.
        index_maps: For each list given, the common index of its classes, int64, shape (classes,);
            `Cube.relabel` takes it.
    """

    classes: tuple[str, ...]
    index_maps: tuple[NDArray[np.int64], ...]

    def missing(self, position: int) -> tuple[str, ...]:
        """Names that the list at `position` does not have.

        Examples:
            >>> align([["cat", "dog"], ["dog", "fox"]]).missing(0)
            ('fox',)
        """
        known = set(self.index_maps[position].tolist())
        return tuple(name for index, name in enumerate(self.classes) if index not in known)


def align(class_lists: Sequence[Sequence[str]]) -> Alignment:
    """Unite class lists by name, so that classes are never confused by position.

    The first list keeps its order; names that only later lists have are appended in theirs.

    Arguments:
        class_lists: One list of distinct class names for each series.

    Examples:
        >>> aligned = align([["cat", "dog"], ["dog", "fox"]])
        >>> aligned.classes
        ('cat', 'dog', 'fox')
        >>> aligned.index_maps[1]
        array([1, 2])
    """
    index_of: dict[str, int] = {}
    for names in class_lists:
        for name in names:
            index_of.setdefault(name, len(index_of))
    maps = (np.array([index_of[name] for name in names], np.int64) for names in class_lists)
    return Alignment(tuple(index_of), tuple(maps))
