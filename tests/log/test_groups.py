"""Groups of classes, from the call that declares them to what a reader gets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.analysis.tree import Tree
from confusionflow.errors import ClassesError

NESTED = {"animal": ["cat", "dog"], "vehicle": {"road": ["car", "bus"], "plane": None}}
TREE = Tree.from_nested(NESTED)


def tree_of(log_dir: Path) -> Tree | None:
    return cf.open_logs(log_dir)["run"].tree


def test_groups_are_logged_with_the_run_and_read_again(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=NESTED) as run:
        run.log(0, "test", y_true=["cat", "bus"], y_pred=["dog", "plane"])
    assert tree_of(tmp_path) == TREE
    series = cf.open_logs(tmp_path)["run"]["test"]
    assert series.classes == ("cat", "dog", "car", "bus", "plane")
    assert np.argwhere(series.confusion()[0]).tolist() == [[0, 1], [3, 4]]


def test_a_list_keeps_its_order_and_parents_say_the_groups(tmp_path: Path) -> None:
    parents = {"car": "road", "bus": "road", "road": "vehicle", "plane": "vehicle"}
    parents |= {"cat": "animal", "dog": "animal"}
    classes = ["bus", "car", "cat", "dog", "plane"]
    with cf.Run(tmp_path, "run", classes=classes, parents=parents) as run:
        run.log(0, "test", y_true=[0], y_pred=[4])
    tree = tree_of(tmp_path)
    assert tree
    assert tree.classes == tuple(classes)
    assert tree.cut().names == ("vehicle", "animal")
    assert tree.cut(1).names == ("road", "plane", "cat", "dog")


def test_a_resumed_run_keeps_its_groups_while_its_classes_are_the_same(tmp_path: Path) -> None:
    cf.Run(tmp_path, "run", classes=NESTED).close()
    again: dict[str, Any] = {"log_dir": tmp_path, "name": "run", "resume": True}
    cf.Run(**again).close()
    assert tree_of(tmp_path) == TREE
    cf.Run(**again, classes=list(TREE.classes)).close()
    assert tree_of(tmp_path) == TREE
    cf.Run(**again, classes=list(reversed(TREE.classes))).close()
    assert tree_of(tmp_path) is None


def test_names_with_indices_are_a_list_as_torchvision_has_it(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes={"cat": 0, "dog": 1}) as run:
        run.log(0, "test", y_true=["dog"], y_pred=[0])
    assert tree_of(tmp_path) is None
    assert cf.open_logs(tmp_path)["run"]["test"].classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"parents": {"cat": "animal"}}, "parents is given without classes"),
        ({"classes": NESTED, "parents": {"cat": "animal"}}, "already in groups"),
        ({"classes": ["cat"], "parents": [0]}, "parents is a list"),
        ({"classes": ["cat"], "parents": {"dog": "animal"}}, "'dog', which is not a class"),
        ({"classes": {"\ud800": ["cat", "dog"]}}, "not valid Unicode"),
        ({"classes": {"cat": 1, "dog": 0}}, "Group 'cat' holds 1"),
    ],
)
def test_groups_that_cannot_be_meant_are_refused_at_once(
    tmp_path: Path, arguments: dict[str, Any], says: str
) -> None:
    with pytest.raises(ClassesError, match=says):
        cf.Run(tmp_path, "run", **arguments)
    assert not list(tmp_path.iterdir())


def test_a_log_of_groups_has_the_plain_list_of_classes_for_readers_that_know_no_groups(
    tmp_path: Path,
) -> None:
    cf.Run(tmp_path, "run", classes=NESTED).close()
    (begun,) = tmp_path.glob("run-*/attempt-*.json")
    said = json.loads(begun.read_text(encoding="utf-8"))
    assert said["classes"] == list(TREE.classes)
    assert said["groups"] == ["animal", "vehicle", "road"]
    assert said["parents"] == [0, 0, 2, 2, 1, -1, -1, 1]
    assert said["format_version"] == 1
