"""Many pages of one browser, which allows six connections to a server at a time."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page
from tests.e2e.browsing import PATIENCE_MS, Server, wait_until

import confusionflow as cf

TABS = 8


def shows_epochs(page: Page, count: int) -> None:
    """Wait until the page has read so many epochs, which the address of no request says."""
    page.wait_for_function(
        "(epoch) => document.querySelector('[role=slider]')?.ariaValueMax === `${epoch}`",
        arg=count - 1,
    )


def test_eight_tabs_follow_a_training_and_a_restart_of_the_server(
    browser: Browser, tmp_path: Path
) -> None:
    run = cf.Run(tmp_path, name="live", classes=["a", "b"])

    def log(epoch: int) -> None:
        run.log(epoch, "test", y_true=[0, 0, 1], y_pred=[0, 1, 1])

    log(0)
    log(1)
    server = Server(tmp_path)
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    try:
        tabs = [context.new_page() for _ in range(TABS)]
        for tab in tabs:
            tab.goto(server.address)
            wait_until(tab)
        log(2)
        for tab in tabs:
            shows_epochs(tab, 3)
        # The page that came first goes; the others go on.
        tabs.pop(0).close()
        log(3)
        for tab in tabs:
            shows_epochs(tab, 4)
        server.kill()
        log(4)
        server.start()
        for tab in tabs:
            shows_epochs(tab, 5)
        log(5)
        for tab in tabs:
            shows_epochs(tab, 6)
    finally:
        context.close()
        server.close()
        run.close()
