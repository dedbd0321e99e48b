"""Trees of classes, cuts through them, and counts of groups, against brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from confusionflow.analysis import Cube, Tree, aggregate, find_tree, order
from confusionflow.analysis import metrics as m
from confusionflow.analysis.tree import given_tree
from confusionflow.errors import ClassesError

LIVING = {"animal": {"pet": ["cat", "dog"], "wild": ["fox", "elk"]}, "plant": ["oak", "ivy"]}


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Any tree of up to nine classes: a parent for each class and group, from those before it."""
    n, groups = draw(st.integers(1, 9)), draw(st.integers(0, 6))
    above = [draw(st.integers(-1, group - 1)) for group in range(groups)]
    of_classes = [draw(st.integers(-1, groups - 1)) for _ in range(n)]
    names = draw(st.lists(st.sampled_from(["g", "h", "c0"]), min_size=groups, max_size=groups))
    return Tree.from_lists([f"c{i}" for i in range(n)], names, [*of_classes, *above])


@st.composite
def cut_cubes(draw: st.DrawFn) -> tuple[Tree, list[str], Any]:
    tree = draw(trees())
    opened = draw(st.lists(st.sampled_from(tree.groups), unique=True)) if tree.groups else []
    n = len(tree.classes)
    shape = (draw(st.integers(1, 3)), n, n)
    return tree, opened, draw(arrays(np.int64, shape, elements=st.integers(0, 4)))


def ancestors(tree: Tree, index: int) -> list[int]:
    """Groups that a class is in, the outermost first, one step at a time."""
    path: list[int] = []
    parent = tree.parents[index]
    while parent >= 0:
        path.insert(0, parent)
        parent = tree.parents[len(tree.classes) + parent]
    return path


@given(cut_cubes())
def test_counts_of_any_cut_are_sums_over_its_classes(case: tuple[Tree, list[str], Any]) -> None:
    tree, opened, dense = case
    cut = tree.cut(opened=opened)
    row_of = []
    for index, name in enumerate(tree.classes):
        closed = [tree.groups[g] for g in ancestors(tree, index) if tree.groups[g] not in opened]
        row_of.append(closed[0] if closed else name)
    assert set(cut.names) == set(row_of)
    assert len(set(cut.names)) == len(cut.names)
    assert [cut.names[row] for row in cut.index] == row_of
    shuffled = np.random.default_rng(0).permutation(len(tree.classes))
    cube = Cube.from_dense(range(len(dense)), dense[:, shuffled][:, :, shuffled])
    between, inside = aggregate(cube, [tree.classes[i] for i in shuffled], cut)
    expected = np.zeros((len(dense), len(cut.names), len(cut.names)), np.int64)
    confused = np.zeros((len(dense), len(cut.names)), np.int64)
    for epoch, matrix in enumerate(dense):
        for actual, row in enumerate(cut.index):
            for predicted, column in enumerate(cut.index):
                expected[epoch, row, column] += matrix[actual, predicted]
                if row == column and actual != predicted:
                    confused[epoch, row] += matrix[actual, predicted]
    np.testing.assert_array_equal(between.dense(), expected)
    np.testing.assert_array_equal(inside, confused)
    correct = np.trace(dense, axis1=1, axis2=2)
    stays = m.true_positives(between).sum(axis=1)
    np.testing.assert_array_equal(stays - inside.sum(axis=1), correct)


@given(trees())
def test_any_tree_has_groups_of_two_at_least_and_each_name_once(tree: Tree) -> None:
    names = [*tree.classes, *tree.groups]
    assert len(set(names)) == len(names)
    assert all(len(held) > 1 for held in tree.members[:-1])
    seen: list[int] = []
    waiting = [*reversed(tree.members[-1])]
    while waiting:
        node = waiting.pop()
        seen.append(node)
        if node >= len(tree.classes):
            waiting += reversed(tree.members[node - len(tree.classes)])
    assert sorted(seen) == list(range(len(names)))
    again = Tree.from_lists(tree.classes, tree.groups, tree.parents)
    assert again == tree


def test_levels_open_one_group_after_the_other() -> None:
    tree = Tree.from_nested(LIVING)
    assert tree.cut().names == ("animal", "plant")
    assert tree.cut(1).names == ("pet", "wild", "oak", "ivy")
    assert tree.cut(2).names == tree.classes
    assert tree.cut(opened=["animal", "wild"]).names == ("pet", "fox", "elk", "plant")


def test_parents_and_nested_groups_make_one_tree() -> None:
    parents = {"pet": "animal", "wild": "animal", "cat": "pet", "dog": "pet", "fox": "wild"}
    parents |= {"elk": "wild", "oak": "plant", "ivy": "plant"}
    classes = ["cat", "dog", "fox", "elk", "oak", "ivy"]
    assert Tree.from_parents(classes, parents) == Tree.from_nested(LIVING)


def test_a_class_that_others_are_in_is_in_a_group_of_its_name() -> None:
    tree = Tree.from_parents(["dog", "pug", "cat"], {"pug": "dog", "dog": "animal"})
    assert tree.groups == ("dog (group)",)
    assert tree.cut(1).names == ("dog", "pug", "cat")


def test_groups_of_one_and_groups_of_nothing_are_left_out() -> None:
    tree = Tree.from_nested({"all": {"living": {"animal": ["cat", "dog"]}}})
    assert (tree.groups, tree.cut(1).names) == (("animal",), ("cat", "dog"))


def test_a_tree_may_be_hundreds_of_groups_deep() -> None:
    nested: Any = ["c0", "c1"]
    for level in range(900):
        nested = {f"g{level}": nested, f"side{level}": None}
    tree = Tree.from_nested(nested)
    assert len(tree.groups) == 900
    assert len(tree.cut(400).names) == 402


@pytest.mark.parametrize(
    ("nested", "says"),
    [
        ({}, "classes is empty"),
        ({"animal": []}, "Group 'animal' is empty"),
        ({"animal": "cat"}, "Group 'animal' holds 'cat'"),
        ({"animal": ["cat", 3]}, "Group 'animal' holds 3"),
        ({"animal": ["cat"], "plant": ["cat"]}, "'cat' twice"),
        ({"animal": 7}, "Group 'animal' holds 7"),
    ],
)
def test_what_is_no_tree_is_told_with_the_next_step(nested: Any, says: str) -> None:
    with pytest.raises(ClassesError, match=says):
        Tree.from_nested(nested)


def test_parents_that_go_round_or_name_nothing_are_told() -> None:
    with pytest.raises(ClassesError, match="contains itself: 'a' in 'b' in 'a'"):
        Tree.from_parents(["cat"], {"cat": "a", "a": "b", "b": "a"})
    with pytest.raises(ClassesError, match=r"'cot', which is not a class.*mean 'cat'"):
        Tree.from_parents(["cat"], {"cot": "animal"})


@pytest.mark.parametrize("parents", [[0], [0, 1, -1], [5, 0, -1], [0, 0, 0], [0, -2, -1]])
def test_a_log_that_keeps_no_tree_is_read_without_one(parents: list[int]) -> None:
    assert given_tree(["cat", "dog"], ["animal"], parents) is None


def test_groups_are_found_where_classes_are_confused() -> None:
    """Twenty blocks of five in four blocks of them, shuffled, with some confusion everywhere."""
    random = np.random.default_rng(4)
    place = random.permutation(100)
    rates = np.full((100, 100), 0.0002)
    rates += 0.005 * (place[:, None] // 25 == place // 25)
    rates += 0.03 * (place[:, None] // 5 == place // 5)
    np.fill_diagonal(rates, 1)
    dense = random.poisson(200 * rates)[None]
    names = [str(spot) for spot in place]
    tree = find_tree([names], [Cube.from_dense([0], dense)])
    for level, size in ((0, 25), (1, 5)):
        cut = tree.cut(level)
        blocks = [
            {int(n) // size for n, r in zip(tree.classes, cut.index, strict=True) if r == row}
            for row in range(len(cut.names))
        ]
        assert sorted(blocks, key=min) == [{block} for block in range(100 // size)]
    # Names say no size: where classes are hidden, a group has fewer.
    for at, group in enumerate(tree.groups):
        within = [c for i, c in enumerate(tree.classes) if at in ancestors(tree, i)]
        assert group == f"{within[0]} … {within[-1]}"
    ordered = order([Cube.from_dense([0], dense)], "similarity")
    assert tree.classes == tuple(names[index] for index in ordered)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 40, 600])
def test_classes_that_are_never_confused_or_never_seen_have_a_tree(n: int) -> None:
    counts = np.diag(np.arange(n)) // 2
    tree = find_tree([[str(i) for i in range(n)]], [Cube.from_dense([0], counts[None])])
    assert sorted(map(int, tree.classes)) == list(range(n))
    assert tree.cut(100).names == tree.classes


def test_series_of_other_classes_are_matched_by_name() -> None:
    first = Cube.from_dense([0], [np.kron(np.eye(4, dtype=int), [[8, 2], [2, 8]])])
    second = Cube.from_dense([0], [[[5, 5], [5, 5]]])
    tree = find_tree([list("abcdefgh"), ["h", "z"]], [first, second])
    path = ancestors(tree, tree.classes.index("z"))
    assert path
    assert ancestors(tree, tree.classes.index("h")) == path


def test_only_wanted_classes_are_put_into_groups() -> None:
    cube = Cube.from_dense([0], [np.kron(np.eye(5, dtype=int), [[8, 2], [2, 8]])])
    tree = find_tree([list("abcdefghij")], [cube], set("abcdefgh"))
    assert sorted(tree.classes) == list("abcdefgh")


def test_a_class_that_the_tree_lacks_is_told() -> None:
    with pytest.raises(ClassesError, match=r"no class 'elm'\. Did you mean 'elk'"):
        aggregate(Cube.from_dense([0], [[[1]]]), ["elm"], Tree.from_nested(LIVING).cut())
