"""The page below a path of a real proxy, refused, framed, and without its font or its script."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.browsing import wait_until
from tests.e2e.proxy import nginx
from tests.serving import free_port, serving

import confusionflow as cf

STATUS = "header [role=status]"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[cf.Run]:
    with cf.Run(tmp_path / "logs", name="live", classes=["a", "b"]) as run:
        run.log_matrix(0, "test", [[5, 1], [2, 6]])
        yield run


def open_page(page: Page, address: str) -> None:
    page.goto(address, wait_until="commit")
    wait_until(page)


@pytest.mark.parametrize("events", ["passed", "held back"])
def test_the_page_is_live_below_a_path_of_a_proxy(
    page: Page, tmp_path: Path, run: cf.Run, events: str
) -> None:
    with (
        serving(tmp_path / "logs", "--port", "0", "--token") as server,
        nginx(tmp_path, server.address.partition("?")[0], events) as address,  # type: ignore[arg-type]
    ):
        open_page(page, address + "?" + server.address.partition("?")[2])
        assert page.url.startswith(address)
        assert "token" not in page.url
        for epoch in (1, 2):
            run.log_matrix(epoch, "test", [[5, 1], [2, 6 + epoch]])
            expect(page.locator(STATUS)).to_have_text(f"live · epoch {epoch}")


def test_an_address_without_its_last_slash_says_so(page: Page, tmp_path: Path, run: cf.Run) -> None:
    with (
        serving(tmp_path / "logs", "--port", "0") as server,
        nginx(tmp_path, server.address) as address,
    ):
        page.goto(address.rstrip("/"))
        expect(page.get_by_text("add the slash")).to_be_visible()
        open_page(page, address)
        expect(page.get_by_text("add the slash")).to_have_count(0)


def test_a_page_without_scripts_says_what_to_do(
    browser: Browser, tmp_path: Path, run: cf.Run
) -> None:
    with (
        serving(tmp_path / "logs", "--port", "0") as server,
        browser.new_context(java_script_enabled=False) as context,
    ):
        page = context.new_page()
        page.goto(server.address)
        expect(page.get_by_text("open this page in a tab of its own")).to_be_visible()


@pytest.mark.parametrize("fate", ["blocked", "silent"])
def test_a_font_that_does_not_come_takes_nothing_along(
    page: Page, tmp_path: Path, run: cf.Run, fate: str
) -> None:
    page.route("**/*.woff2", lambda route: route.abort() if fate == "blocked" else None)
    with serving(tmp_path / "logs", "--port", "0") as server:
        open_page(page, server.address)
        expect(page.locator(".at output")).to_have_text("0")


def test_a_tab_says_what_to_do_when_the_server_has_another_token(
    page: Page, tmp_path: Path, run: cf.Run
) -> None:
    port = str(free_port())
    options = ("--port", port, "--token")
    with serving(tmp_path / "logs", *options) as server:
        open_page(page, server.address)
        expect(page.locator(STATUS)).to_have_text("live · epoch 0")
    with serving(tmp_path / "logs", *options) as server:
        expect(page.locator(STATUS)).to_have_text("refused")
        expect(page.locator(".notices")).to_contain_text("printed when it last started")
        other = page.context.new_page()
        open_page(other, server.address)
        run.log_matrix(1, "test", [[5, 1], [2, 6]])
        expect(page.locator(STATUS)).to_have_text("live · epoch 1")
        expect(page.locator(".notices")).to_have_count(0)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def notebook(tmp_path: Path) -> Iterator[str]:
    """The origin of another server of this machine, as a notebook's is."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as other:
        threading.Thread(target=other.serve_forever).start()
        yield f"http://127.0.0.1:{other.server_port}"
        other.shutdown()


@pytest.mark.parametrize("is_allowed", [True, False])
def test_a_page_of_another_origin_shows_it_in_a_frame_only_if_it_is_allowed_to(
    browser: Browser, tmp_path: Path, run: cf.Run, notebook: str, is_allowed: bool
) -> None:
    options = ("--allow-frame", notebook) if is_allowed else ()
    with (
        serving(tmp_path / "logs", "--port", "0", *options) as server,
        browser.new_context() as context,
    ):
        page = context.new_page()
        frame = f'<iframe src="{server.address}" width="1280" height="700"></iframe>'
        (tmp_path / "notebook.html").write_text(frame)
        page.goto(f"{notebook}/notebook.html")
        inner = page.frame_locator("iframe").locator("html[data-state=ready]")
        if is_allowed:
            expect(inner).to_have_count(1)
        else:
            assert page.frames[1].url.startswith("chrome-error:")
            expect(inner).to_have_count(0)


def test_the_page_works_as_a_space_below_another_host_in_a_frame_of_another_origin(
    browser: Browser, tmp_path: Path, run: cf.Run, notebook: str
) -> None:
    """As on Hugging Face: below a proxy with a host of its own, in a page of theirs."""
    space = "ann-confusion.hf.space"
    options = ("--host", "0.0.0.0", "--no-token", "--allow-host", space, "--allow-frame", notebook)
    with (
        serving(tmp_path / "logs", "--port", "0", *options) as server,
        nginx(tmp_path, server.address.rstrip("/"), prefix="", host=space) as address,
        browser.new_context() as context,
    ):
        page = context.new_page()
        # Another site than the page around it, as there: cookies and storage are another's too.
        framed = address.replace("127.0.0.1", "localhost")
        (tmp_path / "notebook.html").write_text(
            f'<iframe src="{framed}" width="1280" height="700"></iframe>'
        )
        page.goto(f"{notebook}/notebook.html")
        inner = page.frame_locator("iframe")
        expect(inner.locator("html[data-state=ready]")).to_have_count(1)
        run.log_matrix(1, "test", [[5, 1], [2, 7]])
        expect(inner.locator(STATUS)).to_have_text("live · epoch 1")
        inner.get_by_role("tab", name="Findings").click()
        expect(inner.get_by_role("region", name="Findings")).to_be_visible()
