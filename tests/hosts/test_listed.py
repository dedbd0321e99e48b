"""Python takes from a link what the page lists; tests/e2e/test_instances.py compares both."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
from tests.serving import client_of

import confusionflow as cf
from confusionflow.analysis import find_tree
from confusionflow.analysis.tree import Tree
from confusionflow.errors import ArgumentError
from confusionflow.hosts.listed import listed_in
from confusionflow.server.app import create_app

CLASSES = ["cat", "dog", "car", "bus"]
GROUPS = {"animal": ["cat", "dog"], "vehicle": ["car", "bus"]}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> list[cf.Series]:
    log_dir = tmp_path_factory.mktemp("logs")
    for seed in range(2):
        rng = np.random.default_rng(seed)
        with cf.Run(log_dir, f"run-{seed}", classes=GROUPS) as run:
            for epoch in range(12):
                for split in ("train", "test"):
                    scores = rng.normal(size=(80, 4))
                    y = np.arange(80) % 4
                    scores[np.arange(80), y] += 1
                    run.log(epoch, split, y_true=y, y_logit=scores, ids=np.arange(80))
    return [one for run in cf.open_logs(log_dir).runs for one in run.values()]


def ref(one: cf.Series) -> str:
    return f"{one.run.id}.{one.id}"


@pytest.mark.parametrize(
    ("view", "cells"),
    [
        ("", {"only": "wrong"}),
        ("detail=cell%2Ccat%2Cbus", {"actual": "cat", "predicted": "bus"}),
        ("group=given&detail=fn%2Canimal", {"actual": ["cat", "dog"], "only": "wrong"}),
        ("detail=fp%2Cdog", {"predicted": "dog", "only": "wrong"}),
        ("detail=precision%2Cdog", {"predicted": "dog", "only": "wrong"}),
        ("detail=recall%2Cdog", {"actual": "dog"}),
        ("detail=fn%2Cnobody", {"only": "wrong"}),
        ("detail=fn%2Ccat&epochs=3-7", {"actual": "cat", "only": "wrong", "epochs": (3, 7)}),
        ("detail=fn%2Ccat&epochs=7-90", {"actual": "cat", "only": "wrong", "epochs": (7, 11)}),
        ("passing=came", {"only": "wrong", "passing": "came"}),
    ],
)
def test_a_selection_lists_the_instances_of_its_cells(
    shown: list[cf.Series], view: str, cells: dict[str, Any]
) -> None:
    found = listed_in(view, shown)
    assert found is not None
    assert found.series == shown[-1]
    expected = shown[-1].instances(**cells, backend="pyarrow")
    assert len(expected)
    assert found.table().equals(expected)  # in one order, those of equal shares too
    shares = found.table()["share"].to_pylist()
    assert shares == sorted(shares, reverse=True)


def test_filters_search_order_and_a_second_series_are_those_of_the_link(
    shown: list[cf.Series],
) -> None:
    view = (
        f"listed={ref(shown[1])}&beside={ref(shown[3])}&only=1&passing=half&find=1"
        "&where=unsteady%3C%3D0.8&rows=aum-up"
    )
    found = listed_in(view, shown)
    assert found is not None
    theirs = set(shown[3].instances(only="wrong", passing="half")["instance"])
    expected = [
        row
        for row in shown[1].instances(only="wrong", passing="half", backend="pyarrow").to_pylist()
        if row["instance"] not in theirs and "1" in str(row["instance"]) and row["unsteady"] <= 0.8
    ]
    expected.sort(key=lambda row: row["aum"])
    assert expected
    assert found.table()["instance"].to_pylist() == [row["instance"] for row in expected]


MANY = [f"class {i:02}" for i in range(36)]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[cf.Series]:
    """More classes than the page shows without groups, of which four each are confused."""
    log_dir = tmp_path_factory.mktemp("many")
    rng = np.random.default_rng(5)
    y = np.arange(720) % 36
    with cf.Run(log_dir, "many", classes=MANY) as run:
        for epoch in range(4):
            # Later others are confused, so that other groups are found.
            other = y // 4 * 4 if epoch < 2 else y % 9
            swapped = other + rng.integers(0, 4, 720) * (1 if epoch < 2 else 9)
            predicted = np.where(rng.random(720) < (0.7 if epoch < 2 else 0.9), swapped, y)
            for split in ("train", "test"):
                run.log(epoch, split, y_true=y, y_pred=predicted, ids=np.arange(720))
    return list(cf.open_logs(log_dir)["many"].values())


def tree_of(many: list[cf.Series], last: int | None = None) -> Tree:
    cubes = [one.cube().between(None, last) for one in many]
    return find_tree([one.classes for one in many], cubes)


def test_a_group_found_by_similarity_lists_its_classes(many: list[cf.Series]) -> None:
    refs = ",".join(ref(one) for one in many)
    early, whole = tree_of(many, 1), tree_of(many)
    only_early = next(each for each in early.groups if each not in whole.groups)
    for view, tree, group in (
        ("", whole, whole.groups[0]),
        (f"group=similarity&found=0-1,{refs}&", early, only_early),
        (f"group=similarity&found=all,{refs.replace(',', '.0-1,')}.0-1&", early, only_early),
    ):
        members = tree.classes_in(group)
        found = listed_in(f"{view}detail=fn,{group}", many[:1])
        assert found is not None
        assert set(found.query.cells.actual or ()) == set(members)
        expected = many[0].instances(members, only="wrong", backend="pyarrow")
        assert len(expected)
        assert set(found.table()["instance"].to_pylist()) == set(expected["instance"].to_pylist())


@pytest.mark.parametrize(
    ("view", "hidden", "is_there"),
    [
        ("group=similarity&", slice(1), True),
        ("group=similarity&", slice(1, None), False),
        ("group=none&", slice(0), False),
        ("group=given&", slice(0), False),
        ("group=similarity&found=0-1,nobody.nothing&", slice(0), False),
    ],
)
def test_a_group_has_the_classes_that_the_page_shows_in_it(
    many: list[cf.Series], view: str, hidden: slice, is_there: bool
) -> None:
    """One that the page does not show selects nothing, so that all wrong predictions are listed."""
    tree = tree_of(many)
    group = max(tree.groups, key=lambda each: len(tree.classes_in(each)))
    members = tree.classes_in(group)
    found = listed_in(f"{view}hidden={','.join(members[hidden])}&detail=fn,{group}", many)
    assert found is not None
    actual = found.query.cells.actual
    assert (set(actual or ()) == set(members[1:])) if is_there else actual is None


SOURCES = ["pen", "web", None]


@pytest.fixture(scope="module")
def with_samples(shown: list[cf.Series]) -> list[cf.Series]:
    root = shown[0].run.stored.filesystem.root
    for run in cf.open_logs(root).runs:
        with cf.Run(root, run.name, classes=GROUPS, resume=True) as again:
            again.log_samples(
                "test",
                ids=np.arange(80),
                text=[f"Sentence {chr(97 + i % 7)}" for i in range(80)],
                columns={"source": [SOURCES[i % 3] for i in range(80)], "ink": np.arange(80) / 80},
                group=[f"patient {i % 5}" for i in range(80)],
            )
    return [run["test"] for run in cf.open_logs(root).runs]


@pytest.mark.parametrize(
    "view",
    [
        {"find": "SENTENCE C"},
        {"find": "1"},
        {"where": ["source=web"]},
        {"where": ["source=WEB", "ink>=0.4"], "rows": "instance-up"},
        {"where": ["ink<=0.3", "hard>=0.1"], "passing": "half", "rows": "aum-up"},
        {"where": ["group=patient 3"], "rows": "last_forgotten-down"},
        {"where": ["never_learned=0"], "find": "sentence b", "epochs": "2-8"},
        {"where": ["ink=0.5"]},
    ],
)
def test_python_lists_what_the_server_lists_for_every_filter(
    with_samples: list[cf.Series], view: dict[str, Any]
) -> None:
    series = with_samples[0]
    fragment = {**view, "where": ",".join(view.get("where", []))}
    found = listed_in(urlencode({k: v for k, v in fragment.items() if v}), with_samples[:1])
    assert found is not None
    first, _, last = view.get("epochs", "0-11").partition("-")
    column, _, direction = view.get("rows", "share-down").rpartition("-")
    with client_of(create_app(series.run.stored.filesystem.root)) as client:
        answer = client.get(
            "/api/instances/ids",
            params={
                "series": f"{series.run.id}/{series.id}",
                "only": "wrong",
                "first": first,
                "last": last,
                "passing": view.get("passing", "ever"),
                "search": view.get("find", ""),
                "where": view.get("where", []),
                "sort": column,
                "descending": direction == "down",
            },
        )
    ids = answer.json()["ids"]
    assert ids
    assert list(map(str, found.table()["instance"].to_pylist())) == ids


def test_a_filter_on_a_column_that_is_not_there_is_refused(
    with_samples: list[cf.Series], shown: list[cf.Series]
) -> None:
    found = listed_in("where=sauce=web", with_samples)
    assert found is not None
    with pytest.raises(ArgumentError, match=r"no column 'sauce'.*Did you mean 'source'"):
        found.table()


def test_nothing_is_listed_by_the_share_of_a_training(shown: list[cf.Series]) -> None:
    with pytest.raises(ArgumentError, match="align by epoch"):
        listed_in("align=share", shown)
    assert listed_in("", []) is None


def test_a_lasso_lists_what_it_holds_of_all_cells(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=CLASSES) as run:
        rng = np.random.default_rng(0)
        for epoch in range(2):
            y = np.arange(80) % 4
            hidden = rng.normal(size=(80, 6)) + 2 * np.eye(6)[y]
            run.log(epoch, "test", y_true=y, y_pred=rng.permutation(y))
            run.log_features(epoch, "test", hidden, layer="pool, last")
    series = cf.open_logs(tmp_path)["run"]["test"]
    plane = series.features().plane("cat", "bus")
    held = plane.ids[plane.points[0, :, 0] > 0.5]
    parts = ["0-1", "pool%2C last", "cat", "bus", "0.5 -99 99 -99 99 99 0.5 99"]
    view = urlencode({"detail": "cell,cat,dog", "passing": "came", "lasso": ",".join(parts)})
    found = listed_in(view, [series])
    assert found is not None
    assert set(found.table()["instance"].to_pylist()) == set(held.tolist())
    assert 0 < len(held) < len(plane.ids)
