"""Findings and marks over HTTP are those of the Python API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.loops import run_apart
from tests.serving import client_of
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.hosts.in_process import ask
from confusionflow.reading.findings.marks import marks
from confusionflow.reading.findings.plain import plain
from confusionflow.server.app import create_api, create_app
from confusionflow.server.live import Live
from confusionflow.server.series_cache import SeriesCache
from confusionflow.store import Store

CLASSES = ["ape", "bee", "cat"]


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    base = np.diag([95, 95, 95]) * 10 + 15
    worse = base.copy()
    worse[0] = [700, 250, 80]
    with without_syncs():
        for name, matrix in (("base", base), ("worse", worse)):
            with cf.Run(tmp_path, name, classes=CLASSES) as run:
                for epoch in range(12):
                    run.log_matrix(epoch, "test", matrix)
                    run.log_matrix(epoch, "few", matrix // 50)
    return tmp_path


@pytest.fixture
def client(log_dir: Path) -> Iterator[httpx.Client]:
    with client_of(create_app(log_dir)) as client:
        yield client


def test_findings_are_those_of_python(client: httpx.Client, log_dir: Path) -> None:
    logs = cf.open_logs(log_dir)
    base, worse = logs["base"], logs["worse"]
    answer = client.get(f"/api/runs/{worse.id}/findings", params={"baseline": base.id}).json()
    assert answer["findings"] == plain(worse.findings(baseline=base))
    assert answer["findings"][0]["level"] == "certain"


def test_a_range_makes_them_exploratory(client: httpx.Client, log_dir: Path) -> None:
    run = cf.open_logs(log_dir)["worse"]
    answer = client.get(f"/api/runs/{run.id}/findings", params={"first": 2, "last": 5}).json()
    between = [f for f in answer["findings"] if f["kind"] in ("shift", "nothing found")]
    assert {tuple(f["epochs"]) for f in between if f["exploratory"]} == {(2, 5)}
    assert any(f["exploratory"] for f in between)


def test_what_is_new_is_found(client: httpx.Client, log_dir: Path) -> None:
    with cf.Run(log_dir, "live", classes=CLASSES) as run:
        run.log_matrix(0, "test", np.full((3, 3), 100))
        path = f"/api/runs/{run.id}/findings"
        assert "shift" not in {f["kind"] for f in client.get(path).json()["findings"]}
        run.log_matrix(0, "new", np.diag([300] * 3))
        levels = {f["level"] for f in client.get(path).json()["findings"]}
        assert "likely" in levels
        assert "certain" not in levels
    assert "certain" in {f["level"] for f in client.get(path).json()["findings"]}


def test_marks_are_of_the_shown_cells(client: httpx.Client, log_dir: Path) -> None:
    logs = cf.open_logs(log_dir)
    refs = {
        split: {
            side: f"{logs[name].id}/{logs[name][split].id}"
            for side, name in (("series", "worse"), ("baseline", "base"))
        }
        for split in ("test", "few")
    }
    answer = client.get("/api/marks", params=refs["test"]).json()
    assert answer == {
        "classes": CLASSES,
        "different": [[0, 1], [0, 2]],
        "untold": [],
    }
    few = client.get("/api/marks", params=refs["few"]).json()
    assert [0, 2] in few["untold"]
    shown = client.get("/api/marks", params={**refs["test"], "classes": ["ape", "cat"]}).json()
    assert (shown["classes"], shown["different"]) == (["ape", "cat"], [[0, 1]])
    made = marks(logs["base"]["few"], logs["worse"]["few"])
    assert np.argwhere(made.untold).tolist() == few["untold"]
    assert not made.different.diagonal().any()


def test_unknown_runs_are_named(client: httpx.Client) -> None:
    answer = client.get("/api/runs/nobody/findings")
    assert answer.status_code == 404
    assert "nobody" in answer.json()["error"]["message"]


def test_a_notebook_asks_for_findings_within_its_kernel(log_dir: Path) -> None:
    run = cf.open_logs(log_dir)["worse"]
    store = Store(log_dir)
    app = create_api(store, Live(store), SeriesCache())
    answer = run_apart(ask(app, f"api/runs/{run.id}/findings?first=2&last=5"))
    assert answer.status == 200
    assert json.loads(answer.text())["findings"][0]["sentence"]
