"""A tree of classes in groups, and groups in groups. A matrix shows a cut through it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from confusionflow.analysis.cut import Cut
from confusionflow.errors import ClassesError, did_you_mean

TOP = -1
MOST_LEVELS = 1_000
PASS_GROUPS = (
    "Pass a list of class names for each group, or groups of groups: "
    "{'animal': ['cat', 'dog'], 'vehicle': {'road': ['car'], 'air': ['plane']}}."
)


@dataclass(frozen=True)
class Tree:
    """Classes in groups of any depth; no two groups, and no group and class, share a name.

    The members of a group are ordered by their first classes. A group with one member is
    left out, because it would equal that member.

    Attributes:
        classes: Names of all classes.
        groups: Names of all groups, each after the one that it is in.
        parents: For each class, then for each group, the index of the group that it is in; -1 for
            none.

    Examples:
        >>> tree = Tree.from_nested({"animal": ["cat", "dog"], "car": None})
        >>> tree.classes, tree.groups, tree.parents
        (('cat', 'dog', 'car'), ('animal',), (0, 0, -1, -1))
    """

    classes: tuple[str, ...]
    groups: tuple[str, ...]
    parents: tuple[int, ...]

    def classes_in(self, group: str) -> tuple[str, ...]:
        """The classes in a group and in the groups within it.

        Raises:
            ValueError: there is no such group.

        Examples:
            >>> tree = Tree.from_nested({"animal": {"pet": ["cat", "dog"], "wild": ["fox", "elk"]}})
            >>> tree.classes_in("animal"), tree.classes_in("wild")
            (('cat', 'dog', 'fox', 'elk'), ('fox', 'elk'))
        """
        of = self.groups.index(group)
        inside = {of}
        # Each group comes after the one that it is in.
        for index, parent in enumerate(self.parents[len(self.classes) :]):
            if parent in inside:
                inside.add(index)
        return tuple(
            name
            for name, parent in zip(self.classes, self.parents, strict=False)
            if parent in inside
        )

    @classmethod
    def from_nested(cls, nested: Mapping[Any, Any]) -> Tree:
        """Make a tree from nested groups; the innermost are lists of class names.

        Arguments:
            nested: What each group holds: a list of class names, or more groups. A name with None
                is a class.

        Raises:
            ClassesError: a group is empty or holds something else, or a class occurs twice.
        """
        classes: list[str] = []
        groups: list[str] = []
        of_classes: list[int] = []
        of_groups: list[int] = []
        waiting: list[tuple[Any, Any, int, int]] = _members(None, nested, TOP, 0)
        while waiting:
            name, held, parent, level = waiting.pop()
            if held is None:
                classes.append(str(name))
                of_classes.append(parent)
                continue
            groups.append(str(name))
            of_groups.append(parent)
            waiting += _members(name, held, len(groups) - 1, level)
        return cls.from_lists(classes, groups, [*of_classes, *of_groups])

    @classmethod
    def from_parents(cls, classes: Iterable[Any], parents: Mapping[Any, Any]) -> Tree:
        """Make a tree from the group of each class and of each group.

        Arguments:
            classes: Class names.
            parents: The group of each class and of each group; those without one are at the top. A
                class that contains others becomes a group of that name with the class in it.

        Raises:
            ClassesError: a class occurs twice, a group contains itself, or a name is neither.

        Examples:
            >>> Tree.from_parents(["cat", "oak", "dog"], {"cat": "animal", "dog": "animal"}).parents
            (0, -1, 0, -1)
        """
        names = [str(name) for name in classes]
        group_of = {str(name): str(group) for name, group in parents.items() if group is not None}
        known = set(names) | set(group_of.values())
        for name in group_of:
            if name not in known:
                raise ClassesError(
                    f"parents has {name!r}, which is not a class and contains nothing. "
                    f"{did_you_mean(name, names)}"
                )
        place: dict[str, int] = {}
        above: list[int] = []

        def place_of(group: str) -> int:
            """The index of a group, placed after all groups that contain it."""
            path = [group]
            while path[-1] not in place and (outer := group_of.get(path[-1])) is not None:
                if outer in path:
                    chain = " in ".join(map(repr, [*path, outer]))
                    raise ClassesError(f"A group contains itself: {chain}. Remove one of these.")
                path.append(outer)
            for name in reversed(path):
                if name not in place:
                    outer = group_of.get(name)
                    above.append(TOP if outer is None else place[outer])
                    place[name] = len(place)
            return place[group]

        holders = set(group_of.values())
        of_classes = []
        for name in names:
            group = name if name in holders else group_of.get(name)
            of_classes.append(TOP if group is None else place_of(group))
        return cls.from_lists(names, list(place), [*of_classes, *above])

    @classmethod
    def from_lists(
        cls, classes: Sequence[str], groups: Sequence[str], parents: Sequence[int]
    ) -> Tree:
        """Make a tree from its attributes, as a log keeps them.

        Raises:
            ClassesError: they are not a tree, or a class occurs twice.
        """
        if twice := [name for name, count in Counter(classes).items() if count > 1]:
            raise ClassesError(f"classes has {twice[0]!r} twice. Class names must differ.")
        n = len(classes)
        if len(parents) != n + len(groups):
            raise ClassesError(
                f"Got {len(parents)} parents for {n} classes and {len(groups)} groups. Pass one "
                "for each."
            )
        for index, parent in enumerate(parents):
            if not TOP <= parent < (len(groups) if index < n else index - n):
                name = [*classes, *groups][index]
                raise ClassesError(
                    f"{name!r} is in group {parent}. Pass the index of a group before it, or -1."
                )
        return cls(tuple(classes), *_without_groups_of_one(n, classes, groups, parents))

    @cached_property
    def members(self) -> tuple[tuple[int, ...], ...]:
        """The members of each group, then those of the top, in order; groups follow classes."""
        n = len(self.classes)
        first = [*range(n), *[n] * len(self.groups)]
        for index in (*range(n), *reversed(range(n, len(first)))):
            if (parent := self.parents[index]) != TOP:
                first[n + parent] = min(first[n + parent], first[index])
        held: list[list[int]] = [[] for _ in range(len(self.groups) + 1)]
        for index in sorted(range(len(first)), key=lambda i: (first[i], -i)):
            held[self.parents[index]].append(index)
        return tuple(map(tuple, held))

    def cut(self, level: int | None = None, *, opened: Collection[str] = ()) -> Cut:
        """Cut the tree: a row for each class and group that is not inside a closed group.

        Arguments:
            level: Open all groups that are in fewer groups than this: 0 opens none.
            opened: Names of more groups to open; a group inside a closed group stays hidden.

        Raises:
            ClassesError: there is no such group.

        Examples:
            >>> tree = Tree.from_nested({"pet": {"cats": ["tom", "kit"], "dog": None}, "car": None})
            >>> tree.cut(0).names, tree.cut(1).names, tree.cut(opened=["pet"]).index
            (('pet', 'car'), ('cats', 'dog', 'car'), array([0, 0, 1, 2]))
        """
        for name in opened:
            if name not in self.groups:
                raise ClassesError(f"No group {name!r}. {did_you_mean(name, self.groups)}")
        n = len(self.classes)
        names: list[str] = []
        index = np.zeros(n, np.int64)
        waiting = [(member, 0, TOP) for member in reversed(self.members[TOP])]
        while waiting:
            node, depth, row = waiting.pop()
            if node < n:
                if row == TOP:
                    names.append(self.classes[node])
                index[node] = len(names) - 1 if row == TOP else row
                continue
            name = self.groups[node - n]
            if row == TOP and not (name in opened or depth < (level or 0)):
                names.append(name)
                row = len(names) - 1
            waiting += [(member, depth + 1, row) for member in reversed(self.members[node - n])]
        return Cut(tuple(names), self.classes, index)


def given_tree(
    classes: Sequence[object] | None, groups: Sequence[str], parents: Sequence[int]
) -> Tree | None:
    """The tree that a log keeps; None if it keeps none, or an invalid one."""
    if classes is None or not groups:
        return None
    try:
        tree = Tree.from_lists([str(name) for name in classes], groups, parents)
    except ClassesError:
        return None
    return tree if tree.groups else None


def _members(group: Any, held: Any, parent: int, level: int) -> list[tuple[Any, Any, int, int]]:
    """The members of a group, last first: name, content or None, parent and level."""
    if level > MOST_LEVELS:
        raise ClassesError(f"Groups are nested more than {MOST_LEVELS:,} levels deep.")
    if isinstance(held, Mapping):
        for name in held:
            _check_name(name, group)
        found = [(name, inner, parent, level + 1) for name, inner in held.items()]
    elif isinstance(held, (str, bytes)) or not isinstance(held, Iterable):
        raise ClassesError(f"Group {group!r} holds {held!r:.60}. {PASS_GROUPS}")
    else:
        found = []
        for one in held:
            if isinstance(one, Mapping):
                found += reversed(_members(group, one, parent, level + 1))
            else:
                _check_name(one, group)
                found.append((one, None, parent, level + 1))
    if not found:
        where = "classes is" if group is None else f"Group {group!r} is"
        raise ClassesError(f"{where} empty. {PASS_GROUPS}")
    return found[::-1]


def _check_name(name: Any, group: Any) -> None:
    if not isinstance(name, str):
        where = "classes holds" if group is None else f"Group {group!r} holds"
        raise ClassesError(f"{where} {name!r:.60}. {PASS_GROUPS}")


def _without_groups_of_one(
    n: int, classes: Sequence[str], groups: Sequence[str], parents: Sequence[int]
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Names and parents without groups of fewer than two members, each name once."""
    sizes = Counter(parents)
    # From the innermost group: an empty one is not a member of the one around it.
    for group in reversed(range(len(groups))):
        if not sizes[group]:
            sizes[parents[n + group]] -= 1
    kept: dict[int, int] = {TOP: TOP}
    names: list[str] = []
    of_groups: list[int] = []
    taken = set(classes)
    for group, name in enumerate(groups):
        parent = kept[parents[n + group]]
        if sizes[group] < 2:
            kept[group] = parent
            continue
        path = f"{names[parent]} / {name}" if parent != TOP else f"{name} (group)"
        unique, copy = (path if name in taken else name), 2
        while unique in taken:
            unique, copy = f"{path} {copy}", copy + 1
        taken.add(unique)
        kept[group] = len(names)
        names.append(unique)
        of_groups.append(parent)
    return tuple(names), (*(kept[parents[i]] for i in range(n)), *of_groups)
