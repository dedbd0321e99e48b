"""Finds a tree of classes from their confusion."""

from collections.abc import Collection, Sequence

from confusionflow.analysis.align import align
from confusionflow.analysis.cube import Cube
from confusionflow.analysis.similarity import similarity_linkage
from confusionflow.analysis.tree import TOP, Tree

# This few classes are one group, however they were merged.
SMALL = 6
# A group opens into at most this many parts, and a part holds at most this share of it.
MOST_PARTS = 12
LARGEST_SHARE = 4


def find_tree(
    class_lists: Sequence[Sequence[str]],
    cubes: Sequence[Cube],
    wanted: Collection[str] | None = None,
) -> Tree:
    """Put classes that are confused with each other into groups, over all epochs of some series.

    Agglomerative clustering by mean rate, as `order` has it for "similarity". Its tree of pairs
    is made shallow: a group is opened at its largest parts until each holds at most a quarter of
    it, or until there are twelve; six classes or fewer are one group. Classes are matched by name.

    Arguments:
        class_lists: Class names of each series.
        cubes: The series' counts, in the order of `class_lists`; see `Cube.between`.
        wanted: Names of the classes to put into groups; None for all.

    Returns:
        A tree whose classes are in the order by similarity, and whose groups are named after their
        first and last class.

    Raises:
        ClassesError: there are too many classes.

    Examples:
        >>> import numpy as np
        >>> counts = np.kron(np.eye(4, dtype=int), [[8, 2], [1, 9]])
        >>> counts[4, 7] = 1
        >>> tree = find_tree([list("abcdefgh")], [Cube.from_dense([0], [counts])])
        >>> tree.classes
        ('a', 'b', 'd', 'c', 'f', 'e', 'h', 'g')
        >>> tree.groups
        ('a … b', 'd … c', 'f … e', 'h … g')
    """
    common = align(class_lists)
    kept = [i for i, name in enumerate(common.classes) if wanted is None or name in wanted]
    names = tuple(common.classes[index] for index in kept)
    n = len(names)
    if n < 3:
        return Tree(names, (), (TOP,) * n)
    aligned = [
        cube.relabel(index_map, len(common.classes))
        for cube, index_map in zip(cubes, common.index_maps, strict=True)
    ]
    merges, order = similarity_linkage(aligned, len(common.classes), kept)
    pairs = merges[:, :2].astype(int).tolist()
    sizes = [*[1] * n, *merges[:, 3].astype(int).tolist()]
    first = [order.index(index) for index in range(n)]
    for one, other in pairs:
        first.append(min(first[one], first[other]))
    classes = [names[index] for index in order]
    of_classes: list[int] = []
    groups: list[str] = []
    of_groups: list[int] = []
    waiting = [(2 * n - 2, TOP)]
    while waiting:
        node, parent = waiting.pop()
        if node < n:
            of_classes.append(parent)
            continue
        if node != 2 * n - 2:
            last = first[node] + sizes[node] - 1
            groups.append(f"{classes[first[node]]} … {classes[last]}")
            of_groups.append(parent)
            parent = len(groups) - 1
        parts = sorted(_parts(node, pairs, sizes), key=lambda part: -first[part])
        waiting += [(part, parent) for part in parts]
    return Tree.from_lists(classes, groups, [*of_classes, *of_groups])


def _parts(node: int, pairs: Sequence[Sequence[int]], sizes: Sequence[int]) -> list[int]:
    """The parts into which a merged group opens."""
    most = 1 if sizes[node] <= SMALL else max(1, sizes[node] // LARGEST_SHARE)
    n = len(pairs) + 1
    parts = [node]
    while len(parts) < MOST_PARTS:
        largest = max(parts, key=lambda part: sizes[part])
        if sizes[largest] <= most:
            break
        parts.remove(largest)
        parts += pairs[largest - n]
    return parts
