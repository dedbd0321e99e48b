"""How fast the page is: from navigation to the complete matrix, and from an input to its paint.

Run `python -m bench.page`. The real server serves the poster's data (and made-up trainings, for
orientation) to headless Chromium. A paint is complete where the page sets its User Timing mark
`confusionflow:painted`. The figures of the 2018 original were measured with the poster's data on
a machine of two cores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from itertools import cycle
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page, sync_playwright
from scripts.samples import ANIMALS, poster_logs, training
from tests.e2e.browsing import Server

from confusionflow.exporters.browser import find_browser

Log = Callable[[Path], object]

LOAD_BUDGET_MS = 500
# A new context's processes take a second of CPU to start, whatever is opened in them.
BROWSER_STARTS_MS = 1500
ACTION_BUDGET_MS = 33

SIZES: dict[str, Log] = {
    "poster: 10 classes x 195 epochs x 3 series": poster_logs,
    "10 classes x 2,000 epochs x 3 series": lambda folder: training(
        folder, "long", ANIMALS[:10], 2000, {"train": 1000, "test": 400, "new": 80}
    ),
    "30 classes x 200 epochs x 4 series": lambda folder: training(
        folder, "wide", ANIMALS, 200, {"train": 1000, "test": 400, "new": 80, "odd": 200}
    ),
}

# Every paint from the page's readiness on; where none follows, the matrix is complete.
WATCH = """
window.painted = [];
new PerformanceObserver((list) => {
    if (document.documentElement.dataset.state !== "ready") return;
    painted.push(...list.getEntriesByName("confusionflow:painted").map((mark) => mark.startTime));
}).observe({ type: "mark" });
"""

LAST_PAINT = """async () => {
    while (!painted.length || performance.now() - painted.at(-1) < 300)
        await new Promise((resolve) => setTimeout(resolve, 50));
    return painted.at(-1);
}"""

# The time of the last input of a kind, as the browser took it, and of the paint that follows it.
INPUTS = """
window.inputs = {};
for (const type of ["keydown", "pointermove", "click"])
    addEventListener(type, (event) => (inputs[type] = event.timeStamp), { capture: true });
"""

FOLLOWING = """async (type) => {
    const PAINTED = "confusionflow:painted";
    const painted = () => performance.getEntriesByName(PAINTED).at(-1)?.startTime ?? 0;
    const begin = performance.now();
    while (!(painted() >= inputs[type])) {
        await new Promise((resolve) => {
            new PerformanceObserver((list, observer) => {
                observer.disconnect();
                resolve();
            }).observe({ type: "mark", buffered: false });
            setTimeout(resolve, 100);
        });
        if (performance.now() - begin > 3000) throw new Error(`No paint after ${type}`);
    }
    const took = painted() - inputs[type];
    inputs[type] = Infinity;
    return took;
}"""

# In this order: each round begins where the last one ended.
KEYS = {
    "mode: lines": "2",
    "mode: numbers": "3",
    "mode: heat strips": "1",
    "direction": "r",
    "rates, counts": "c",
    "recall on the diagonal": "d",
}
TOGGLES = ("direction", "rates, counts", "recall on the diagonal")
# Pauses of no frame's length, so that actions come at every phase of one.
PAUSES_MS = (31, 37, 43, 47, 53)


def navigate(browser: Browser, server: Server) -> tuple[float, Page]:
    """Milliseconds from navigation to the complete matrix, in a new browser context."""
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.wait_for_timeout(BROWSER_STARTS_MS)
    page.goto(server.address)
    ready = page.evaluate(LAST_PAINT)
    return float(ready), page


def act(page: Page, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every action, from a user's input to the paint that answers it."""
    page.evaluate(INPUTS)
    times: dict[str, list[float]] = {}
    pauses = cycle(PAUSES_MS)

    def time(action: str, kind: str, do: Callable[[], object]) -> None:
        page.wait_for_timeout(next(pauses))
        do()
        times.setdefault(action, []).append(float(page.evaluate(FOLLOWING, kind)))

    def press(action: str, key: str) -> None:
        time(action, "keydown", lambda: page.keyboard.press(key))

    def click() -> None:
        page.mouse.down()
        page.mouse.up()

    def point(selector: str, x: float, y: float) -> tuple[float, float]:
        box = page.locator(selector).bounding_box()
        assert box
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    for turn in range(rounds):
        for action, key in KEYS.items():
            press(action, key)
        for action in TOGGLES:
            press(action, KEYS[action])
        for step in range(6):
            press("contrast, a step", "+" if step % 2 else "-")
            press("playhead, a step", ",")
            to = point(".matrix", 0.3 + step * 0.07, 0.4)
            time("pointer over a cell", "pointermove", partial(page.mouse.move, *to))
        time("select a cell", "click", click)
        page.mouse.move(*point(".timeline", 0.2, 0.5))
        page.mouse.down()
        for step in range(6):
            to = point(".timeline", 0.5 + turn * 0.01 + step * 0.06, 0.5)
            time("brush, a move", "pointermove", partial(page.mouse.move, *to))
        page.mouse.up()
        press("all epochs", "z")
    return times


def memory_mib(page: Page) -> float:
    """What the page's scripts hold, after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    return float(usage["usedSize"] + usage.get("backingStorageSize", 0)) / 2**20


def row(name: str, times: list[float], budget: int, original: str) -> str:
    """One line of the table."""
    middle = median(times)
    p95 = quantiles(times, n=20)[-1] if len(times) > 1 else middle
    verdict = "" if middle <= budget else "  over budget"
    return f"{name:<26}{middle:9.1f}{p95:9.1f}{budget:9}{original:>12}{verdict}"


def measure(browser: Browser, title: str, log: Log, rounds: int) -> None:
    """Log, serve, open, act, and print a table."""
    with tempfile.TemporaryDirectory() as folder:
        log(Path(folder))
        server = Server(Path(folder))
        try:
            loads = []
            for _ in range(rounds):
                load, page = navigate(browser, server)
                loads.append(load)
                if len(loads) < rounds:
                    page.context.close()
            times = act(page, rounds)
            print(f"\n{title}, page of {memory_mib(page):.0f} MiB")
            print(f"{'ms':<26}{'median':>9}{'p95':>9}{'budget':>9}{'2018':>12}")
            print(row("navigation to matrix", loads, LOAD_BUDGET_MS, "1,100"))
            for action, values in times.items():
                print(row(action, values, ACTION_BUDGET_MS, "180 to 260"))
            page.context.close()
        finally:
            server.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--poster", action="store_true", help="the poster's data only")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        for title, log in list(SIZES.items())[: 1 if arguments.poster else None]:
            measure(browser, title, log, arguments.rounds)
        browser.close()


if __name__ == "__main__":
    main()
