"""Older attempts, partial epochs and epochs logged again, as the API tells them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from tests.serving import client_of

import confusionflow as cf
from confusionflow.server.app import create_app


def get(log_dir: Path, path: str) -> httpx.Response:
    with client_of(create_app(log_dir)) as client:
        return client.get(path)


def column(answer: Any, name: str) -> list[float]:
    values: list[float] = pa.ipc.open_stream(answer.content).read_all()[name][0].as_py()
    return values


def test_older_attempts_are_series_of_their_own(tmp_path: Path) -> None:
    for value, epochs in ((1, range(4)), (2, range(2, 3))):
        run = cf.Run(tmp_path, "run", classes=["a"], id="job")
        for epoch in epochs:
            run.log_matrix(epoch, "test", [[value]])
    listed = json.loads(get(tmp_path, "/api/runs").content)["runs"]
    assert [(each["id"], each["attempt"]) for each in listed] == [
        (f"{run.id}~0", 0),
        (run.id, None),
    ]
    assert [each["splits"][0]["epoch_count"] for each in listed] == [4, 3]
    split = listed[0]["splits"][0]["id"]
    older = get(tmp_path, f"/api/runs/{run.id}~0/splits/{split}/series")
    newest = get(tmp_path, f"/api/runs/{run.id}/splits/{split}/series")
    assert column(older, "total") == [1, 1, 1, 1]
    assert column(newest, "total") == [1, 1, 2]
    for wrong in ("2", "x", "-1", "0~0", "٣"):
        assert get(tmp_path, f"/api/runs/{run.id}~{wrong}/splits/{split}/series").status_code == 404


def test_partial_epochs_and_those_logged_again_are_told(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["a"], id="job", rank=1, world_size=4)
    run.log(0, "test", y_true=[0], y_pred=[0], ids=[0])
    with pytest.warns(match="logged again"):
        run.log(0, "test", y_true=[0], y_pred=[0], ids=[0])
    (listed,) = json.loads(get(tmp_path, "/api/runs").content)["runs"]
    answer = get(tmp_path, f"/api/runs/{run.id}/splits/{listed['splits'][0]['id']}/series")
    assert column(answer, "coverage") == [0.25]
    assert column(answer, "times_logged") == [2]
