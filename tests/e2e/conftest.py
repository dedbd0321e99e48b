"""A real server, a real browser, real logs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

import confusionflow as cf
from confusionflow.importers.matrices import import_matrices

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
from browser import find_browser

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


class Server:
    """`confusionflow serve` as a process of its own."""

    def __init__(self, log_dir: Path, port: int | None = None) -> None:
        self.log_dir = log_dir
        self.port = port
        self.start()

    def start(self) -> None:
        port = ["--port", str(self.port)] if self.port is not None else []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "confusionflow", "serve", str(self.log_dir), "--no-open", *port],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        match = re.search(r"http://\S+:(\d+)/", line)
        assert match, line
        self.address, self.port = match[0], int(match[1])

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], Server]]:
    servers: list[Server] = []

    def start(log_dir: Path) -> Server:
        servers.append(Server(log_dir))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page whose scripts must not fail, and which asks nothing of any other origin."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    foreign: list[str] = []
    page.on(
        "request",
        lambda request: (
            foreign.append(request.url)
            if not re.match(r"(http://127\.0\.0\.1:|blob:|data:)", request.url)
            else None
        ),
    )
    yield page
    context.close()
    assert errors == []
    assert foreign == []


@pytest.fixture(scope="session")
def poster_server(
    serve: Callable[[Path], Server], poster_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Server:
    """The poster's own data as one run: splits train, test and cifar10.1."""
    log_dir = tmp_path_factory.mktemp("poster")
    import_matrices(poster_data, log_dir, "resnet18-sgd")
    return serve(log_dir)


@pytest.fixture(scope="session")
def poster(poster_server: Server) -> cf.logs.LoggedRun:
    return cf.open_logs(poster_server.log_dir)["resnet18-sgd"]


def link(run: cf.logs.LoggedRun, *splits: str, **view: Any) -> str:
    """The fragment of a link that shows splits of a run in a view."""
    from urllib.parse import urlencode

    series = ",".join(f"{run.id}.{run[s]._stored.id}.{i}" for i, s in enumerate(splits))
    return "#" + urlencode({"series": series, **view})


def show(page: Page, server: Server, fragment: str = "", state: str = "ready") -> None:
    """Open a view in a new document and wait until it is painted."""
    page.goto("about:blank")
    page.goto(f"{server.address}{fragment}")
    page.wait_for_selector(f"html[data-state={state}]")
    settle(page)


def settle(page: Page) -> None:
    """Wait for the paint that follows what was just done."""
    page.evaluate(
        """() => new Promise((resolve) => {
            requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 20)));
        })"""
    )


def read_spot(page: Page) -> dict[str, tuple[str, str]]:
    """The open tooltip: value and counts by series."""
    rows = page.locator(".tooltip tr").all()
    return {
        row.locator(".label").inner_text(): (
            row.locator(".value").inner_text(),
            row.locator(".counts").inner_text(),
        )
        for row in rows
    }


def focus_cell(page: Page, actual: int, predicted: int) -> None:
    """Go to a cell of the matrix by keyboard."""
    page.keyboard.press("Escape")
    page.locator("[role=grid]").first.focus()
    page.keyboard.press("PageUp")
    page.keyboard.press("Home")
    for _ in range(actual):
        page.keyboard.press("ArrowDown")
    for _ in range(predicted):
        page.keyboard.press("ArrowRight")
    settle(page)


def export_svg(page: Page, figure: str, tmp_path: Path) -> str:
    """The SVG that the export menu gives for "Matrix", "Class performance" or "Detail chart"."""
    page.get_by_role("button", name="Export").click()
    row = page.locator("#export-menu .row", has_text=figure)
    with page.expect_download() as download:
        row.get_by_role("button", name="SVG").click()
    path = tmp_path / "figure.svg"
    download.value.save_as(path)
    return path.read_text(encoding="utf-8")


def pixels(page: Page, box: tuple[int, int, int, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Pixels of the matrix' canvas within (x, y, width, height), shape (height, width, 3)."""
    values = page.evaluate(
        """([x, y, w, h]) => {
            const canvas = document.querySelector(".matrix canvas");
            return Array.from(canvas.getContext("2d").getImageData(x, y, w, h).data);
        }""",
        list(box),
    )
    return np.array(values, np.uint8).reshape(box[3], box[2], 4)[..., :3]


if os.name == "nt":  # pragma: no cover
    pytest.skip("the server is stopped by POSIX signals here", allow_module_level=True)
