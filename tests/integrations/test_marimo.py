"""The widget in a real marimo."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.serving import free_port

from confusionflow.cli.demo import train

pytest.importorskip("marimo")

APP = """
import marimo

app = marimo.App(width="full")


@app.cell
def _():
    import confusionflow as cf

    logs = cf.open_logs("logs")
    logs
    return cf, logs


@app.cell
def _(cf, logs):
    from pathlib import Path
    from time import sleep

    while not Path("go").exists():
        sleep(0.05)
    with cf.Run("logs", "later", classes=["ant", "bee"]) as run:
        run.log(7, "val", y_true=[0, 1], y_pred=[0, 1])
        while not Path("end").exists():
            sleep(0.05)
    return


@app.cell
def _(logs, run):
    f"Python has {logs.widget.series}"
    return
"""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    train(tmp_path / "logs", epochs=2)
    (tmp_path / "app.py").write_text(APP)
    port = free_port()
    command = [sys.executable, "-m", "marimo", "run", "app.py", "--headless", "--no-token"]
    with (tmp_path / "marimo.txt").open("w") as said:
        process = subprocess.Popen(
            [*command, f"--port={port}"], cwd=tmp_path, stdout=said, stderr=subprocess.STDOUT
        )
        while True:
            assert process.poll() is None, (tmp_path / "marimo.txt").read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health").close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/"
        (tmp_path / "end").touch()
        process.terminate()
        process.wait(90)


def test_marimo_shows_the_page_live_while_another_cell_runs(
    page: Page, address: str, tmp_path: Path
) -> None:
    page.goto(address)
    shown = page.locator("#app[data-state]")
    status = shown.locator(".status")
    expect(shown).to_have_attribute("data-state", "ready")
    expect(status).to_have_text("epoch 1")
    (tmp_path / "go").touch()
    expect(status).to_have_text("live · epoch 7")
    (tmp_path / "end").touch()
    expect(page.get_by_text("Python has [Series('later' 'val'")).to_be_visible()
