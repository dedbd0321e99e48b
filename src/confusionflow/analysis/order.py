"""Put classes in order."""

import re
from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import metrics
from confusionflow.analysis.align import align
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.similarity import similarity_linkage
from confusionflow.errors import ArgumentError, ClassesError

Order = Literal["declared", "name", "support", "confused", "similarity"]


def order(cubes: Sequence[Cube], by: Order, *, names: Sequence[str] | None = None) -> list[int]:
    """Order classes over all epochs of some series; ties keep the declared order.

    Each series weighs the same, however many instances it has. Restrict the range with
    `Cube.between` first; bring series to one class list with `align` and `Cube.relabel`.

    Arguments:
        cubes: Series that share one class list; at least one.
        by: "declared" keeps the order;
            "name" sorts by name, numbers within names by value;
            "support" puts the class with the largest share of the instances first;
            "confused" puts the class with the largest share of errors first, that is
            (FN + FP) / (support + predicted total) = 1 - F1 of the summed counts;
            "similarity" puts classes that are mixed up with each other side by side.
        names: Class names, for "name".

    Returns:
        A permutation of the class indices.

    Raises:
        ArgumentError: `by` has another value.
        ClassesError: the cubes differ in their number of classes, or names are missing.

    Examples:
        >>> cube = Cube.from_dense([0], [[[9, 0, 1], [0, 9, 0], [4, 0, 6]]])
        >>> order([cube], "confused")
        [2, 0, 1]
        >>> order([cube], "similarity")
        [0, 2, 1]
        >>> order([cube], "name", names=["dog", "cat", "ant"])
        [2, 1, 0]
        >>> order([cube], "name", names=["size 10", "size 9", "Cat"])
        [2, 1, 0]
    """
    if by not in get_args(Order):
        known = ", ".join(map(repr, get_args(Order)))
        raise ArgumentError(f"No order {by!r}. Pass one of {known}.")
    sizes = sorted({cube.n_classes for cube in cubes})
    if len(sizes) != 1:
        raise ClassesError(
            f"Got series with {sizes or 'no'} classes. Pass at least one series, all with the "
            "same class list; align() makes one."
        )
    n_classes = sizes[0]
    if by == "declared":
        return list(range(n_classes))
    if by == "name":
        if names is None or len(names) != n_classes:
            raise ClassesError(
                f"Got {len(names or ())} names for {n_classes} classes. Pass names=, one for "
                "each class."
            )
        return sorted(range(n_classes), key=lambda index: _name_key(names[index]))
    if by == "similarity":
        return _similarity(cubes, n_classes)
    key = _support_share if by == "support" else _error_share
    # argsort puts NaN last, so classes without any instance close the list.
    return [int(index) for index in np.argsort(-_mean([key(c) for c in cubes]), kind="stable")]


def common_order(
    class_lists: Sequence[Sequence[str]], cubes: Sequence[Cube], by: Order
) -> list[str]:
    """Order the classes of series that may have different ones; classes are matched by name.

    Arguments:
        class_lists: Class names of each series.
        cubes: The series' counts, in the order of `class_lists`.
        by: As for `order`.

    Examples:
        >>> few, more = Cube.from_dense([0], [[[5]]]), Cube.from_dense([0], [[[4, 1], [3, 2]]])
        >>> common_order([["dog"], ["dog", "cat"]], [few, more], "confused")
        ['cat', 'dog']
    """
    common = align(class_lists)
    aligned = [
        cube.relabel(index_map, len(common.classes))
        for cube, index_map in zip(cubes, common.index_maps, strict=True)
    ]
    return [common.classes[index] for index in order(aligned, by, names=common.classes)]


def _name_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Split a name into text and numbers, so that a number with more digits is the greater one."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [
        (len(digits := part.lstrip("0")), digits) if index % 2 else (0, part)
        for index, part in enumerate(parts)
    ], name


def _support_share(cube: Cube) -> NDArray[np.float64]:
    """Share of a series' instances that each class has, shape (classes,)."""
    support = metrics.support(cube).sum(axis=0)
    return metrics.ratio(support, support.sum())


def _error_share(cube: Cube) -> NDArray[np.float64]:
    """(FN + FP) / (support + predicted total) over all epochs, shape (classes,)."""
    involved = metrics.support(cube) + metrics.predicted_total(cube)
    errors = involved - 2 * metrics.true_positives(cube)
    return metrics.ratio(errors.sum(axis=0), involved.sum(axis=0))


def _mean(shares: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Average what is defined over the series, NaN if nothing is; nanmean would warn."""
    stacked = np.stack(shares)
    defined = ~np.isnan(stacked)
    summed = np.where(defined, stacked, 0.0).sum(axis=0)
    result = np.full(summed.shape, np.nan)
    np.divide(summed, defined.sum(axis=0), out=result, where=defined.any(axis=0))
    return result


def _similarity(cubes: Sequence[Cube], n_classes: int) -> list[int]:
    """Leaves of the optimally ordered tree of classes, by mean symmetrised rate."""
    if n_classes < 3:
        return list(range(n_classes))
    return similarity_linkage(cubes, n_classes)[1]
