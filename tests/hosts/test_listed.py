"""Python takes from a link what the page lists; tests/e2e/test_instances.py compares both."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import ArgumentError
from confusionflow.hosts.listed import listed_in

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
        ("detail=fn%2Canimal", {"actual": ["cat", "dog"], "only": "wrong"}),
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
    assert found.table().sort_by("instance").equals(expected.sort_by("instance"))
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


def test_a_group_that_only_the_page_knows_is_refused(shown: list[cf.Series]) -> None:
    with pytest.raises(ArgumentError, match="found by similarity"):
        listed_in("detail=fn%2Ccat … car", shown)
    assert listed_in("", []) is None
