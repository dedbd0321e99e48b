"""What a step of the playhead costs the page, with 2,000 instances on the map of a layer.

Run `python -m bench.map_steps`. The real server serves made-up features to headless Chromium; the
playhead steps by the keyboard, on the tab *Features* and on *Classes*. The processor time of the
page's main thread is printed, which other programs on the machine hardly change.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.layer import log
from playwright.sync_api import sync_playwright
from tests.e2e.browsing import Server, link, settle, show

import confusionflow as cf
from confusionflow.exporters.browser import find_browser

STEPS = 30
FRAME_MS = 60


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        log(Path(folder), epochs=60, instances=2000, units=512)
        server = Server(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            view = link(cf.open_logs(folder)["run"], "test", tab="features", at=10)
            show(page, server, f"#{view}")
            points = page.get_by_role("region", name="Features").get_by_role("img")
            points.wait_for(timeout=120_000)
            settle(page)
            session = page.context.new_cdp_session(page)
            session.send("Performance.enable", {"timeDomain": "threadTicks"})

            def worked_ms() -> float:
                metrics = session.send("Performance.getMetrics")["metrics"]
                return next(1e3 * float(m["value"]) for m in metrics if m["name"] == "TaskDuration")

            print(f"{'':<12}{'CPU ms a step':>15}{'aim':>6}")
            for tab in ("Features", "Classes"):
                page.get_by_role("tab", name=tab).click()
                settle(page)
                before = worked_ms()
                for _ in range(STEPS):
                    page.keyboard.press("ArrowRight" if tab == "Features" else "ArrowLeft")
                    page.wait_for_timeout(FRAME_MS)
                print(f"{tab:<12}{(worked_ms() - before) / STEPS:>15.1f}{16:>6}", flush=True)
        finally:
            browser.close()
            server.close()


if __name__ == "__main__":
    main()
