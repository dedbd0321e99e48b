"""Read classes as a user declares them: a list, nested groups, or a list and the group of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from confusionflow.analysis.tree import Tree
from confusionflow.errors import ClassesError
from confusionflow.log.classes import ClassList
from confusionflow.store.format.text import storable


def declare_classes(
    classes: Iterable[Any] | Mapping[Any, Any] | None, parents: Mapping[Any, Any] | None
) -> tuple[ClassList | None, Tree | None]:
    """Read declared classes and their groups.

    Arguments:
        classes: Names in the order of class indices, or groups of names, of any depth.
        parents: The group of each class and of each group, for a list of classes.

    Raises:
        ClassesError: they can't be what was meant.
    """
    if parents is not None and not isinstance(parents, Mapping):
        raise ClassesError(
            f"parents is a {type(parents).__name__}. Pass a dict from each class to its group: "
            "{'cat': 'animal', 'dog': 'animal'}."
        )
    if classes is None:
        if parents is not None:
            raise ClassesError(
                "parents is given without classes. Pass both: Run(..., classes=[...], parents=...)."
            )
        return None, None
    if not isinstance(classes, Mapping):
        listed = ClassList.declare(classes)
        return listed, None if parents is None else _grouped(
            Tree.from_parents(listed.names, parents)
        )
    if parents is not None:
        raise ClassesError(
            "classes is already in groups, and parents is given too. Pass only one of them."
        )
    if list(classes.values()) == list(range(len(classes))):
        return ClassList.declare(classes), None  # names to indices, as in torchvision
    tree = Tree.from_nested(classes)
    return ClassList.declare(tree.classes), _grouped(tree)


def _grouped(tree: Tree) -> Tree | None:
    """None if nothing is in a group, so that there is nothing to open or close."""
    for name in tree.groups:
        if storable(name) != name:
            raise ClassesError(f"Group {name!r:.60} is not valid Unicode text. Pass another name.")
    return tree if tree.groups else None
