"""What the page fetches before it shows anything, and what after that."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    Server,
    export_svg,
    focus_cell,
    link_series,
    read_spot,
    show,
    wait_until,
)

import confusionflow as cf

FETCHED = """() => performance.getEntriesByType("resource")
    .map((entry) => [new URL(entry.name).pathname, entry.initiatorType])"""


def test_the_first_series_are_fetched_beside_the_script_and_only_once(
    page: Page, tmp_path: Path, serve: Callable[[Path], Server]
) -> None:
    with cf.Run(tmp_path, name="run", classes=["cat", "dog"]) as run:
        for split in ("train", "test"):
            run.log_matrix(0, split, [[1, 0], [0, 1]])
    server = serve(tmp_path)
    deadline_s = time.monotonic() + 30
    # The server reads them while the browser starts.
    while (
        "link" not in httpx.get(server.address, timeout=60).headers
        and time.monotonic() < deadline_s
    ):
        time.sleep(0.05)
    asked: Counter[str] = Counter()
    page.on("request", lambda request: asked.update([request.url]))
    show(page, server)
    by_script = {path for path, initiator in page.evaluate(FETCHED) if initiator == "fetch"}
    series = {url: times for url, times in asked.items() if url.endswith("/series")}
    assert len(series) == 2
    assert set(series.values()) == {1}
    assert not [path for path in by_script if path.endswith("/series")]


def test_many_series_come_in_one_answer_and_alone_where_there_is_none(
    page: Page, tmp_path: Path, serve: Callable[[Path], Server]
) -> None:
    for name in range(7):
        with cf.Run(tmp_path, name=f"run {name}", classes=["cat", "dog", "elk"]) as run:
            for epoch in range(3):
                run.log_matrix(epoch, "test", [[9, name + 1, 0], [0, 9, 1], [0, 2, 9]])
    runs = cf.open_logs(tmp_path).runs
    server = serve(tmp_path)
    asked: Counter[str] = Counter()
    page.on("request", lambda request: asked.update([urlsplit(request.url).path]))
    for has_answer in (True, False):
        asked.clear()
        show(page, server, link_series(*((run, "test") for run in runs)))
        focus_cell(page, 0, 1)
        shown = {label: value for label, (value, _) in read_spot(page).items()}
        rates = [run["test"].confusion("actual")[-1, 0, 1] for run in runs]
        assert list(shown.values()) == [f"{100 * rate:.1f}%" for rate in rates]
        alone = [path for path in asked if path.startswith("/api/runs/") and "/series" in path]
        assert asked["/api/series"] == 1
        # The newest run's is fetched ahead, whatever the link shows.
        assert len(alone) <= 1 if has_answer else len(alone) == 7
        page.route("**/api/series?*", lambda route: route.abort())


def test_what_the_first_paint_does_without_may_come_later_or_not_at_all(
    page: Page, zoo_server: Server, tmp_path: Path
) -> None:
    page.route("**/assets/rest-*", lambda route: route.abort())
    show(page, zoo_server)
    expect(page.get_by_role("tab", name="Classes")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("?")
    window = page.get_by_role("dialog", name="Not loaded")
    expect(window.get_by_role("alert")).to_contain_text("could not be loaded")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Cells").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.get_by_role("button", name="Export").click()
    page.locator("#export-menu .row", has_text="Matrix").get_by_role("button", name="SVG").click()
    expect(page.locator(".leaving")).to_contain_text("could not be loaded")
    page.unroute_all()
    with page.expect_navigation():
        page.get_by_role("button", name="reload the page").click()
    wait_until(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="How to read this page")).to_be_visible()
    page.keyboard.press("Escape")
    assert "<svg" in export_svg(page, "Matrix", tmp_path)
