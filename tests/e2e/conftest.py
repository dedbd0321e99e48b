"""A real server, a real browser, real logs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from scripts.browser import find_browser
from tests.e2e.browsing import Server
from tests.e2e.zoo import write_zoo

import confusionflow as cf
from confusionflow.importers.matrices import import_matrices

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

COUNT_PAINTS = """
    window.paints = 0;
    new PerformanceObserver((list) => {
        window.paints += list.getEntriesByName("confusionflow:painted").length;
    }).observe({ type: "mark" });
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


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
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    context.add_init_script(COUNT_PAINTS)
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


@pytest.fixture(scope="session")
def zoo_server(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    log_dir = tmp_path_factory.mktemp("zoo")
    write_zoo(log_dir)
    return serve(log_dir)


@pytest.fixture(scope="session")
def zoo(zoo_server: Server) -> cf.logs.Logs:
    return cf.open_logs(zoo_server.log_dir)
