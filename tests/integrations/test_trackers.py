"""The recipes of docs/trackers.md, with the real trackers, each with its own store on this disk."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.integrations.recipes import environment, run_code
from tests.serving import free_port

from confusionflow.cli.demo import train


def follow(recipe: str, folder: Path) -> bytes:
    """Run a recipe beside the demo's logs; returns the report that it attached."""
    train(folder / "logs", epochs=2)
    run_code(folder, "In MLflow, W&B and Trackio", recipe)
    report = (folder / "confusionflow.html").read_bytes()
    assert b'id="confusionflow-data"' in report
    return report


def test_an_mlflow_run_has_the_report_among_its_artifacts(tmp_path: Path) -> None:
    mlflow = pytest.importorskip("mlflow")
    report = follow("MLflow", tmp_path)
    client = mlflow.MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    (run,) = client.search_runs(["0"])
    assert run.info.run_name == "adam"
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["confusionflow.html"]
    (tmp_path / "back").mkdir()
    back = client.download_artifacts(run.info.run_id, "confusionflow.html", str(tmp_path / "back"))
    assert Path(back).read_bytes() == report


def test_a_wandb_run_has_the_report_among_its_media(tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    report = follow("Weights & Biases", tmp_path)
    (run,) = tmp_path.glob("wandb/offline-run-*")
    (kept,) = run.glob("files/media/html/confusionflow_*.html")
    assert kept.read_bytes() == report
    (history,) = run.glob("run-*.wandb")
    assert kept.relative_to(run / "files").as_posix().encode() in history.read_bytes()


def test_a_trackio_run_shows_the_report_in_its_dashboard(tmp_path: Path, browser: Browser) -> None:
    pytest.importorskip("trackio")
    report = follow("Trackio", tmp_path)
    (kept,) = tmp_path.glob("trackio/media/digits/adam/**/*.html")
    assert kept.read_bytes() == report

    port = free_port()
    show = f"server_port={port}, host='127.0.0.1', open_browser=False, block_thread=True"
    with (tmp_path / "said.txt").open("w") as said:
        dashboard = subprocess.Popen(
            [sys.executable, "-c", f"import trackio; trackio.show('digits', {show})"],
            env=environment(tmp_path),
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        while not is_there(port):
            assert dashboard.poll() is None, (tmp_path / "said.txt").read_text()
            time.sleep(0.1)
        with browser.new_context() as context:
            page = context.new_page()
            errors: list[str] = []
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.goto(f"http://127.0.0.1:{port}/media?project=digits")
            shown = page.frame_locator("iframe")
            expect(shown.locator("html")).to_have_attribute("data-state", "ready")
            expect(shown.get_by_role("button", name="Remove adam test")).to_have_count(1)
            assert errors == []
    finally:
        dashboard.terminate()
        dashboard.wait(90)


def is_there(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/").close()
    except OSError:
        return False
    return True
