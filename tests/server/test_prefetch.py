"""What the page asks first is read before it asks."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from tests.serving import client_of

import confusionflow as cf
from confusionflow.server.app import create_app
from confusionflow.server.prefetch import prefetch_series
from confusionflow.server.series_cache import SeriesCache
from confusionflow.store import Store


def test_all_epochs_of_the_newest_run_are_read_before_anybody_asks(tmp_path: Path) -> None:
    """Seen by what is damaged: the list of runs alone reads the newest epoch only."""
    for name in ("older", "newest"):
        run = cf.Run(tmp_path, name=name, classes=["cat", "dog"])
        for epoch in range(3):
            run.log_matrix(epoch, "test", [[1, 0], [0, 1]])
    for file in tmp_path.glob("**/counts-e00000000-*.parquet"):
        file.write_bytes(b"damaged")
    with client_of(create_app(tmp_path)) as client:
        deadline_s = time.monotonic() + 90
        problems: dict[str, int] = {}
        while not problems.get("newest") and time.monotonic() < deadline_s:
            time.sleep(0.05)
            runs = client.get("/api/runs").json()["runs"]
            problems = {run["name"]: len(run["problems"]) for run in runs}
    assert problems == {"older": 0, "newest": 1}


@pytest.mark.parametrize("name", ["", "missing"])
def test_where_there_is_nothing_to_read_nothing_is_said(tmp_path: Path, name: str) -> None:
    prefetch_series(Store(tmp_path / name), SeriesCache(), threading.Event())
