"""A cut through a tree of classes: the rows of a matrix of groups, and the counts between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis.cube import Cube
from confusionflow.errors import ClassesError, did_you_mean


@dataclass(frozen=True, eq=False)
class Cut:
    """The rows of a matrix of groups.

    Attributes:
        names: Names of the classes and closed groups, one for each row.
        classes: Names of the tree's classes.
        index: The row of each of these, int64, shape (classes,).
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    index: NDArray[np.int64]


def aggregate(cube: Cube, classes: Sequence[str], cut: Cut) -> tuple[Cube, NDArray[np.int64]]:
    """Add up the counts of classes that share a row.

    Arguments:
        cube: Counts of a series.
        classes: The series' class names; the tree has them, in any order.
        cut: The rows.

    Returns:
        The counts between the rows, with everything that stays within a group on the diagonal; and
        how much of that is confused, int64, shape (epochs, rows): 0 for a class.

    Raises:
        ClassesError: the tree lacks a class.

    Examples:
        >>> from confusionflow.analysis import Tree
        >>> cube = Cube.from_dense([0], [[[5, 2, 1], [3, 6, 0], [0, 4, 7]]])
        >>> tree = Tree.from_nested({"animal": ["cat", "dog"], "car": None})
        >>> between, inside = aggregate(cube, ["cat", "dog", "car"], tree.cut(0))
        >>> between.dense()[0], inside
        (array([[16,  1],
               [ 4,  7]]), array([[5, 0]]))
    """
    row_of = dict(zip(cut.classes, cut.index, strict=True))
    if lacking := [name for name in classes if name not in row_of]:
        raise ClassesError(
            f"The tree has no class {lacking[0]!r}. {did_you_mean(lacking[0], cut.classes)}"
        )
    rows = np.array([row_of[name] for name in classes], np.int64)
    inside = np.zeros((len(cube.epochs), len(cut.names)), np.int64)
    confused = (cube.actual != cube.predicted) & (rows[cube.actual] == rows[cube.predicted])
    at = (cube.epoch_index[confused], rows[cube.actual[confused]])
    np.add.at(inside, at, cube.count[confused])
    return cube.relabel(rows, len(cut.names)), inside
