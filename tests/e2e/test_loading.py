"""What the page fetches before it shows anything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
from playwright.sync_api import Page
from tests.e2e.browsing import Server, show

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
    while "link" not in httpx.get(server.address).headers and time.monotonic() < deadline_s:
        time.sleep(0.05)
    asked: Counter[str] = Counter()
    page.on("request", lambda request: asked.update([request.url]))
    show(page, server)
    by_script = {path for path, initiator in page.evaluate(FETCHED) if initiator == "fetch"}
    series = {url: times for url, times in asked.items() if url.endswith("/series")}
    assert len(series) == 2
    assert set(series.values()) == {1}
    assert not [path for path in by_script if path.endswith("/series")]
