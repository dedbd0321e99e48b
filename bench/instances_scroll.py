"""How smoothly a long list of instances scrolls.

Run `python -m bench.instances_scroll`. The real server serves made-up predictions to headless
Chromium, which scrolls the tab *Instances* by one and by ten windows a second, and then an empty
list of the same height. Frames of the empty list are what the machine can do.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright
from tests.e2e.browsing import Server, settle, show
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.exporters.browser import find_browser

FRAME_MS = 1000 / 60
CLASSES = [f"class {i}" for i in range(10)]

SCROLL = """async ([empty, windows, seconds]) => {
    let scroller = document.querySelector(".instances .scroller");
    if (empty) {
        const height = scroller.scrollHeight;
        scroller.replaceChildren();
        const spacer = document.createElement("div");
        spacer.style.height = `${height}px`;
        scroller.append(spacer);
    }
    scroller.scrollTop = 0;
    const frames = [];
    let before = await new Promise(requestAnimationFrame);
    const end = before + seconds * 1000;
    let blank = 0;
    while (before < end) {
        scroller.scrollTop += (windows * scroller.clientHeight) / 60;
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - before);
        before = now;
        blank += !scroller.querySelector("[role=option]");
    }
    return [frames, blank];
}"""


def log(log_dir: Path, instances: int, epochs: int) -> None:
    """Log predictions, a third of them wrong."""
    rng = np.random.default_rng(0)
    y, ids = rng.integers(0, 10, instances), np.arange(instances)
    with (
        without_syncs(),
        cf.Run(log_dir, "made-up", classes=[f"class {i}" for i in range(10)]) as run,
    ):
        for epoch in range(epochs):
            p = np.where(rng.random(instances) < 0.33, rng.integers(0, 10, instances), y)
            confidence = rng.random(instances).astype(np.float32)
            run.log(epoch, "test", y_true=y, y_pred=p, confidence=confidence, ids=ids)


def measure(page: Page, *, empty: bool, windows: float, seconds: float) -> str:
    """One line of the table."""
    frames, blank = page.evaluate(SCROLL, [empty, windows, seconds])
    per_second = 1000 / np.mean(frames)
    late = np.mean(np.array(frames) > 1.5 * FRAME_MS)
    what = "an empty list" if empty else "instances"
    p95 = np.quantile(frames, 0.95)
    return (
        f"{what:<16}{windows:>10.0f}{per_second:>10.1f}{p95:>10.1f}{late:>9.1%}"
        f"{blank / len(frames):>9.1%}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=100_000)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=4)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        log(Path(folder), arguments.instances, arguments.epochs)
        server = Server(Path(folder))
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            page = browser.new_page(viewport={"width": 1600, "height": 1000})
            show(page, server, "#tab=instances&wide=1")
            page.locator(".instances [role=option]").first.wait_for(timeout=120_000)
            settle(page)
            found = page.locator(".instances [role=option]").first.get_attribute("aria-setsize")
            print(f"{int(found or 0):,} rows, {arguments.epochs} epochs")
            print(f"{'':<16}{'windows/s':>10}{'frames/s':>10}{'p95 ms':>10}{'late':>9}{'blank':>9}")
            for empty in (False, True):
                for windows in (1, 10):
                    print(
                        measure(page, empty=empty, windows=windows, seconds=arguments.seconds),
                        flush=True,
                    )
        finally:
            browser.close()
            server.close()


if __name__ == "__main__":
    main()
