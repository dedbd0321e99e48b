"""What a log directory of very many runs costs: to list it, to follow it, and to see a new run.

python -m bench.many_runs [RUNS]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from fastapi.testclient import TestClient
from rich.console import Console
from rich.table import Table
from scripts.runs import EPOCHS, SPLITS, fill

import confusionflow as cf
from confusionflow.server.app import create_app
from confusionflow.store import Store


def seconds(call: Callable[[], object]) -> float:
    begin_s = time.perf_counter()
    call()
    return time.perf_counter() - begin_s


def main(n_runs: int) -> None:
    figures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        log_dir = Path(folder)
        fill(log_dir, n_runs)
        figures["files of a run"] = str(
            sum(p.is_file() for p in next(log_dir.iterdir()).rglob("*"))
        )
        time.sleep(3)  # what changed within the last seconds is looked at twice
        store = Store(log_dir)
        figures["list, first time"] = f"{seconds(store.overviews):.2f} s"
        figures["list, after"] = f"{seconds(store.overviews):.2f} s"
        figures["look for news, first time"] = f"{seconds(store.refresh):.3f} s"
        figures["look for news, after"] = f"{seconds(store.refresh):.3f} s"
        with TestClient(create_app(log_dir), base_url="http://localhost") as client:
            figures["page: /api/runs, first time"] = (
                f"{seconds(lambda: client.get('/api/runs')):.2f} s"
            )
            etag = client.get("/api/runs").headers["etag"]
            figures["page: /api/runs, after"] = f"{seconds(lambda: client.get('/api/runs')):.2f} s"
            same = {"If-None-Match": etag}
            figures["page: /api/runs, unchanged"] = (
                f"{seconds(lambda: client.get('/api/runs', headers=same)):.2f} s"
            )
        run = cf.Run(log_dir, name="new", classes=["a", "b"])
        begin_s = time.perf_counter()
        while run.id not in store.refresh():
            time.sleep(0.25)
        found = any(one.id == run.id for one in store.overviews())
        figures["a new run shows after"] = (
            f"{time.perf_counter() - begin_s:.2f} s" if found else "never"
        )
    table = Table("figure", f"{n_runs:,} runs x {SPLITS} splits x {EPOCHS} epochs")
    for name, value in figures.items():
        table.add_row(name, value)
    Console().print(table)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
