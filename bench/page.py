"""How fast the page is: from navigation to the complete matrix, and from an action to its paint.

Run `python -m bench.page`. The real server serves the poster's data (and made-up trainings, for
orientation) to headless Chromium. A paint is complete where the page sets its User Timing mark
`confusionflow:painted`. The figures of the 2018 original were measured with the poster's data on
a machine of two cores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
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

# From the call of an action to the mark that follows it, in milliseconds.
TIMED = """async (action) => {
    const marks = () => performance.getEntriesByName("confusionflow:painted");
    const marked = () => marks().at(-1)?.startTime ?? 0;
    const act = ACTIONS[action];
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    await frame();
    await frame();
    const begin = performance.now();
    act();
    while (marked() < begin) {
        await new Promise((resolve) => {
            new PerformanceObserver((list, observer) => {
                observer.disconnect();
                resolve();
            }).observe({ type: "mark", buffered: false });
            setTimeout(resolve, 500);
        });
        if (performance.now() - begin > 3000) throw new Error(`No paint after ${action}`);
    }
    return marked() - begin;
}"""

# What a user does, as the events that the browser would send.
ACTIONS = """
window.ACTIONS = (() => {
    let step = 0;
    const key = (name) => () => document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));
    const press = (label) => () => document.querySelector(`button[aria-label^="${label}"]`).click();
    const pointer = (element, type, x, y) => {
        const box = element.getBoundingClientRect();
        element.dispatchEvent(new PointerEvent(type, {
            clientX: box.left + box.width * x, clientY: box.top + box.height * y,
            pointerId: 1, button: 0, bubbles: true }));
    };
    const timeline = () => document.querySelector(".timeline");
    const matrix = () => document.querySelector(".matrix");
    HTMLElement.prototype.setPointerCapture = () => {};
    return {
        "mode: lines": press("Lines"),
        "mode: numbers": press("Numbers"),
        "mode: heat strips": press("Heat"),
        "direction": key("r"),
        "rates, counts": key("c"),
        "recall on the diagonal": key("d"),
        "contrast, a step": () => {
            const slider = document.querySelector("#gamma");
            slider.value = String(0.2 + (step++ % 50) / 100);
            slider.dispatchEvent(new Event("input", { bubbles: true }));
        },
        "brush, grip": () => pointer(timeline(), "pointerdown", 0.2, 0.5),
        "brush, a move": () => pointer(timeline(), "pointermove", 0.5 + (step++ % 40) / 100, 0.5),
        "brush, let go": () => pointer(timeline(), "pointerup", 0.7, 0.5),
        "playhead, a step": key(","),
        "pointer over a cell": () =>
            pointer(matrix(), "pointermove", 0.3 + (step++ % 40) / 100, 0.4),
        "select a cell": () => matrix().click(),
        "all epochs": key("z"),
    };
})();
"""
# In this order: each round begins where the last one ended.
MODES = ("mode: lines", "mode: numbers", "mode: heat strips")
TOGGLES = ("direction", "rates, counts", "recall on the diagonal")


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
    """Milliseconds of every action."""
    page.evaluate(ACTIONS)
    times: dict[str, list[float]] = {}

    def time(action: str) -> None:
        times.setdefault(action, []).append(float(page.evaluate(TIMED, action)))

    for _ in range(rounds):
        for action in (*MODES, *TOGGLES, *TOGGLES):
            time(action)
        for _ in range(5):
            time("contrast, a step")
            time("playhead, a step")
            time("pointer over a cell")
        time("select a cell")
        page.evaluate("ACTIONS['brush, grip']()")
        for _ in range(5):
            time("brush, a move")
        page.evaluate("ACTIONS['brush, let go']()")
        time("all epochs")
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
