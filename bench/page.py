"""How fast the page is: from navigation to the complete matrix, and from an input to its paint.

Run `python -m bench.page`. The real server serves the poster's data (and made-up trainings, for
orientation) to headless Chromium. The figures of the 2018 original were measured with the poster's
data on a machine of two cores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page, sync_playwright
from scripts.paints import Actions, memory_mib, navigate_often
from scripts.samples import ANIMALS, poster_logs, training
from tests.e2e.browsing import Server

from confusionflow.exporters.browser import find_browser

Log = Callable[[Path], object]

LOAD_BUDGET_MS = 500
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


def act(page: Page, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every action, from a user's input to the paint that answers it."""
    actions = Actions(page)
    for turn in range(rounds):
        for action, key in KEYS.items():
            actions.press(action, key)
        for action in TOGGLES:
            actions.press(action, KEYS[action])
        for step in range(6):
            actions.press("contrast, a step", "+" if step % 2 else "-")
            actions.press("playhead, a step", ",")
            actions.point("pointer over a cell", ".matrix", 0.3 + step * 0.07, 0.4)
        actions.click("select a cell")
        actions.brush("brush, a move", turn)
        actions.press("all epochs", "z")
    return actions.times


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
            loads, page = navigate_often(browser, server, rounds)
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
