"""A real server, a real browser, real logs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    ViewportSize,
    expect,
    sync_playwright,
)
from tests.e2e.browsing import PATIENCE_MS, Server
from tests.e2e.zoo import write_zoo
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.exporters.browser import find_browser
from confusionflow.importers.matrices import import_matrices

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

VIEWPORT: ViewportSize = {"width": 1280, "height": 720}

COUNT_PAINTS = """
    window.paints = 0;
    new PerformanceObserver((list) => {
        window.paints += list.getEntriesByName("confusionflow:painted").length;
    }).observe({ type: "mark" });
"""

# The addresses of requests that are under way, until their answers have come whole.
LIST_REQUESTS = """
    window.underWay = [];
    const { fetch } = window;
    window.fetch = async (address, options) => {
        const entry = [`${address}`];
        underWay.push(entry);
        const end = () => underWay.splice(underWay.indexOf(entry), 1);
        try {
            const answer = await fetch(address, options);
            answer.clone().arrayBuffer().then(end, end);
            return answer;
        } catch (error) {
            end();
            throw error;
        }
    };
"""


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], Server]]:
    servers: list[Server] = []

    def start(log_dir: Path, *others: Path) -> Server:
        servers.append(Server(log_dir, *others))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    """The tab that all tests use: to open and close one takes a second."""
    with browser.new_context(viewport=VIEWPORT, accept_downloads=True) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(COUNT_PAINTS)
        context.add_init_script(LIST_REQUESTS)
        yield context.new_page()


@pytest.fixture
def page(tab: Page) -> Iterator[Page]:
    """A page whose scripts fail at nothing, and which asks nothing of any other origin."""
    errors: list[str] = []
    foreign: list[str] = []
    refused: list[str] = []

    def note_refused(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or message.text.startswith("Error: <"):
            refused.append(message.text)

    def note_error(error: Error) -> None:
        errors.append(str(error))

    def note_foreign(request: Request) -> None:
        if not re.match(r"(http://127\.0\.0\.1:|blob:|data:|about:)", request.url):
            foreign.append(request.url)

    tab.on("console", note_refused)
    tab.on("pageerror", note_error)
    tab.on("request", note_foreign)
    yield tab
    tab.remove_listener("console", note_refused)
    tab.remove_listener("pageerror", note_error)
    tab.remove_listener("request", note_foreign)
    for other in tab.context.pages:
        if other != tab:
            other.close()
    tab.unroute_all()
    tab.evaluate("try { localStorage.clear() } catch {}")
    tab.goto("about:blank")
    tab.mouse.move(0, 0)
    tab.set_viewport_size(VIEWPORT)
    tab.emulate_media(color_scheme="null", reduced_motion="null")
    assert errors == []
    assert foreign == []
    assert refused == []


@pytest.fixture(scope="session")
def poster_server(
    serve: Callable[[Path], Server], poster_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Server:
    """The poster's own data as one run: splits train, test and cifar10.1."""
    log_dir = tmp_path_factory.mktemp("poster")
    with without_syncs():
        import_matrices(poster_data, log_dir, "resnet18-sgd")
    return serve(log_dir)


@pytest.fixture(scope="session")
def poster(poster_server: Server) -> cf.LoggedRun:
    return cf.open_logs(poster_server.log_dir)["resnet18-sgd"]


@pytest.fixture(scope="session")
def zoo_server(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    log_dir = tmp_path_factory.mktemp("zoo")
    with without_syncs():
        write_zoo(log_dir)
    return serve(log_dir)


@pytest.fixture(scope="session")
def zoo(zoo_server: Server) -> cf.Logs:
    return cf.open_logs(zoo_server.log_dir)
