"""The reader never writes into a log directory: not even where it may not."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import confusionflow as cf

pytestmark = pytest.mark.slow

NOBODY = 65534

# Everything that reads, in a process of its own, as a user that may only read.
READER = """
import json, os, pathlib, sys

import pandas  # which is looked for at the first table, and can't be loaded by everybody
import confusionflow as cf
from fastapi.testclient import TestClient
from typer.testing import CliRunner
from confusionflow.cli.app import app
from confusionflow.server.app import create_app
from confusionflow.store import Store

log_dir = sys.argv[1]
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
try:
    (pathlib.Path(log_dir) / "probe").touch()
except PermissionError:
    pass
else:
    sys.exit("the log directory can be written to, so that this proves nothing")

read = 0
for run in cf.open_logs(log_dir).runs:
    for series in run.values():
        read += int(series.confusion().sum())
store = Store(log_dir)
store.refresh(), store.runs(), store.refresh()
for command in (["list", log_dir], ["list", "--json", log_dir], ["check", log_dir]):
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
with TestClient(create_app(log_dir), base_url="http://localhost") as client:
    runs = client.get("/api/runs").json()["runs"]
    for run in runs:
        for split in run["splits"]:
            path = f"/api/runs/{run['id']}/splits/{split['id']}"
            assert client.get(f"{path}/series").status_code == 200
            assert client.get(f"{path}/table.csv").status_code == 200
print(json.dumps({"read": read, "runs": len(runs)}))
"""


@pytest.fixture
def log_dir() -> Iterator[Path]:
    """A folder that everybody may look into."""
    folder = Path(tempfile.mkdtemp(prefix="confusionflow-"))
    yield folder
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    shutil.rmtree(folder)


def listing(folder: Path) -> list[tuple[object, ...]]:
    """Name, kind, size, owner and times of everything below a folder."""
    return sorted(
        (
            str(path),
            found.st_mode,
            found.st_size,
            found.st_uid,
            found.st_mtime_ns,
            found.st_ctime_ns,
        )
        for path in [folder, *folder.rglob("*")]
        for found in [path.lstat()]
    )


def test_nothing_is_written_where_somebody_may_only_read(log_dir: Path) -> None:
    for name in ("closed", "running"):
        run = cf.Run(log_dir, name=name, classes=["a", "b"])
        for epoch in range(3):
            run.log(epoch, "test", y_true=[0, 1], y_pred=[0, epoch % 2])
        if name == "closed":
            run.close()
    for path in [log_dir, *log_dir.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = listing(log_dir)
    reader = subprocess.run(
        [sys.executable, "-c", READER, str(log_dir), str(NOBODY)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert reader.returncode == 0, reader.stderr
    assert reader.stdout == '{"read": 12, "runs": 2}\n'
    assert listing(log_dir) == before


def test_nothing_is_written_where_somebody_may(log_dir: Path) -> None:
    with cf.Run(log_dir, name="run", classes=["a", "b"]) as run:
        run.log(0, "test", y_true=[0, 1], y_pred=[0, 1])
    before = listing(log_dir)
    script = READER.replace("os.geteuid() == 0", "False").replace(
        '(pathlib.Path(log_dir) / "probe").touch()', "raise PermissionError"
    )
    reader = subprocess.run(
        [sys.executable, "-c", script, str(log_dir)], capture_output=True, text=True, check=False
    )
    assert reader.returncode == 0, reader.stderr
    assert listing(log_dir) == before
    assert stat.S_ISDIR(log_dir.stat().st_mode)
