"""A tree of pairs of classes that are confused with each other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from confusionflow.analysis import metrics
from confusionflow.analysis.cube import Cube
from confusionflow.errors import ClassesError

# Distances are kept for all pairs: 0.4 GB in all.
MOST_SIMILAR = 4_000
# The time of the best order grows with the third power: 0.1 s for 500 classes, 2 s for 1,000.
MOST_OPTIMAL = 500


def similarity_linkage(
    cubes: Sequence[Cube], n_classes: int, kept: Sequence[int] | None = None
) -> tuple[NDArray[np.float64], list[int]]:
    """Merge classes by their mean confusion with each other, the most confused ones first.

    The distance of two classes is 1 - the mean of both rates, over all epochs and series, each
    series with the same weight; that of groups is the mean over their pairs.

    Arguments:
        cubes: Series that share one class list.
        n_classes: Number of classes.
        kept: Indices of the classes to merge, at least 2; None for all. Rates are those among all
            classes.

    Returns:
        What `scipy.cluster.hierarchy.linkage` returns, shape (kept - 1, 4), and an order, as
        positions in `kept`, that keeps merged classes together and puts similar ones side by side.
        Up to 500 classes it is the best such order; beyond, merged parts are joined at their nearer
        ends. It begins at the end that is nearer to the declared order.

    Raises:
        ClassesError: there are too many classes.
    """
    n_kept = n_classes if kept is None else len(kept)
    if n_classes > MOST_SIMILAR:
        raise ClassesError(
            f"There are {n_classes:,} classes; the similar ones are found among at most "
            f"{MOST_SIMILAR:,}. Keep the declared order, or declare groups: "
            "Run(..., classes={'group': [...]})."
        )
    # scipy takes 0.2 s to import, and only this needs it.
    from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
    from scipy.spatial.distance import squareform

    rates = np.zeros((n_classes, n_classes))
    for cube in cubes:
        support = metrics.support(cube).sum(axis=0)
        share = metrics.ratio(cube.count, support[cube.actual])
        np.add.at(rates, (cube.actual, cube.predicted), share / len(cubes))
    distance = 1.0 - (rates + rates.T) / 2
    np.fill_diagonal(distance, 0.0)
    if kept is not None:
        distance = distance[np.ix_(kept, kept)]
    pairs = squareform(distance, checks=False)
    merges: NDArray[np.float64] = linkage(pairs, "average")
    if n_kept <= MOST_OPTIMAL:
        merges = optimal_leaf_ordering(merges, pairs)
        leaves = [int(leaf) for leaf in leaves_list(merges)]
    else:
        leaves = _joined_ends(merges, distance)
    return merges, leaves if leaves[0] < leaves[-1] else leaves[::-1]


def _joined_ends(merges: NDArray[np.float64], distance: NDArray[np.float64]) -> list[int]:
    """Orient the merged parts so that nearer ends meet (Gruvaeus and Wainer, 1972)."""
    orders = [[leaf] for leaf in range(len(distance))]
    for one, other in merges[:, :2].astype(int).tolist():
        a, b = orders[one], orders[other]
        turned = [(a, b), (a, b[::-1]), (a[::-1], b), (a[::-1], b[::-1])]
        left, right = min(turned, key=lambda pair: distance[pair[0][-1], pair[1][0]])
        orders.append(left + right)
        orders[one] = orders[other] = []
    return orders[-1]
