"""The page behind a real jupyter-server-proxy, as JupyterHub shows the servers of its users."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.browsing import PATIENCE_MS
from tests.integrations.lab import Lab, Notebook
from tests.serving import Serving, serving

import confusionflow as cf

pytest.importorskip("jupyter_server_proxy")

STATUS = "header [role=status]"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("lab"))
    yield lab
    lab.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context.new_page()


def proxied(lab: Lab, server: Serving) -> str:
    """The address that the proxy gives a server of this machine."""
    port, _, query = server.address.rpartition(":")[2].partition("/")
    return f"{lab.address}/proxy/{port}/{query}"


def test_the_page_is_live_behind_the_proxy_and_keeps_its_token(
    lab: Lab, page: Page, tmp_path: Path
) -> None:
    with (
        cf.Run(tmp_path, name="live", classes=["a", "b"]) as run,
        serving(tmp_path, "--port", "0", "--token") as server,
    ):
        run.log_matrix(0, "test", [[5, 1], [2, 6]])
        page.goto(proxied(lab, server))
        assert page.url.startswith(f"{lab.address}/proxy/")
        assert "token" not in page.url
        for epoch in (1, 2, 3):
            run.log_matrix(epoch, "test", [[5, 1], [2, 6 + epoch]])
            status = page.locator(STATUS)
            expect(status).to_have_text(f"live · epoch {epoch}")


def test_a_frame_in_a_cell_of_a_notebook_shows_it(lab: Lab, page: Page, tmp_path: Path) -> None:
    with serving(lab.root.parent / "logs", "--port", "0") as server:
        page.goto(f"{lab.address}/lab")
        page.wait_for_function("window.jupyterapp?.restored.then(() => true)")
        address = proxied(lab, server)
        cell = f"from IPython.display import IFrame; IFrame({address!r}, 1000, 500)"
        notebook = Notebook(page, lab.write("framed", cell))
        frame = notebook.begin(0).frame_locator("iframe")
        inner = frame.locator("html[data-state=ready]")
        expect(inner).to_have_count(1)
        notebook.close()
