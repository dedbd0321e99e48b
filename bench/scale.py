"""The page with many classes, epochs and runs, beside the poster-sized case.

Run `python -m bench.scale [CASE…]`. The real server serves made-up trainings to headless Chromium;
every input is a real key or pointer, timed to the paint that answers it. Interactions are a step of
the playhead and of the contrast, a move of the brush and of the pointer over the matrix, a click.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console
from rich.table import Table
from scripts.large_training import large_training
from scripts.paints import Actions, memory_mib, navigate_often
from scripts.samples import CIFAR10, training
from tests.e2e.browsing import Server, link_series
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.exporters.browser import find_browser

SPLITS = ("val", "train", "new", "odd")


@dataclass(frozen=True)
class Budget:
    """What is asked of the page, milliseconds and MiB."""

    load_ms: int
    median_ms: int
    p95_ms: int
    memory_mib: int


def _few_classes(epochs: int) -> Callable[[Path], object]:
    sizes = {"train": 5000, "test": 1000, "new": 200}
    return lambda folder: training(folder, "few", CIFAR10, epochs, sizes)


def _many_classes(
    n_classes: int, epochs: int, n_splits: int, size: int
) -> Callable[[Path], object]:
    splits = dict.fromkeys(SPLITS[:n_splits], size)
    return lambda folder: large_training(folder, "many", n_classes, epochs, splits)


def _many_runs(n_runs: int) -> Callable[[Path], object]:
    def log(folder: Path) -> None:
        for seed in range(n_runs):
            config: dict[str, object] = {"lr": 10.0 ** -(seed % 4), "seed": seed // 4}
            training(folder, f"run {seed}", CIFAR10, 200, {"test": 1000}, seed=seed, config=config)

    return log


@dataclass(frozen=True)
class Case:
    """A training to write, and what is asked of its page.

    Attributes:
        link: How the page is opened, beside the series: the end of a link's fragment.
    """

    log: Callable[[Path], object]
    budget: Budget
    link: str = ""


CASES = {
    "10 classes x 195 epochs x 3": Case(_few_classes(195), Budget(300, 16, 33, 60)),
    "10 x 10,000 x 3": Case(_few_classes(10_000), Budget(500, 16, 33, 100)),
    "100 x 200 x 4": Case(_many_classes(100, 200, 4, 10_000), Budget(800, 16, 33, 150)),
    "1,000 x 100 x 1": Case(_many_classes(1000, 100, 1, 50_000), Budget(1500, 33, 66, 300)),
    "1,000 x 100 x 4": Case(_many_classes(1000, 100, 4, 50_000), Budget(3000, 33, 66, 500)),
    "10 x 200 x 64 runs": Case(_many_runs(64), Budget(1000, 16, 33, 150)),
    "10 x 200 x 64 runs, seeds folded": Case(
        _many_runs(64), Budget(1000, 16, 33, 150), "&fold=,seed"
    ),
}
OPEN_GROUP_MS = 150


def interact(page: Page, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of every interaction, in the page's usual mode."""
    actions = Actions(page)
    for turn in range(rounds):
        for step in range(4):
            actions.press("playhead", ",")
            actions.press("contrast", "+" if step % 2 else "-")
            actions.point("pointer", ".matrix", 0.3 + step * 0.1, 0.3 + turn * 0.02)
        actions.click("select")
        actions.brush("brush", turn)
        actions.press("all epochs", "z")
    return actions.times


def open_groups(page: Page, rounds: int) -> list[float]:
    """Milliseconds of opening and closing a group; nothing where the page shows none."""
    if not page.locator(".bar").count():
        return []
    actions = Actions(page)
    page.locator(".matrix").focus()
    page.keyboard.press("ArrowDown")
    for _ in range(rounds):
        actions.press("open", "o")
        actions.press("close", "p")
    return actions.times["open"] + actions.times["close"]


def write(name: str, log_dir: Path) -> None:
    """Write the logs of a case, and compact them."""
    with without_syncs():
        CASES[name].log(log_dir)
    compact = (sys.executable, "-m", "confusionflow", "compact", str(log_dir))
    subprocess.run(compact, check=True, stdout=subprocess.DEVNULL)


def measure(
    browser: Browser, name: str, log_dir: Path, budget: Budget, rounds: int, link: str = ""
) -> list[str]:
    """Serve, open, act; the row of the table."""
    server = Server(log_dir)
    try:
        loads, page = navigate_often(browser, server, rounds, _everything(log_dir) + link)
        times = interact(page, rounds)
        opened = open_groups(page, rounds)
        memory = memory_mib(page)
        page.context.close()
    finally:
        server.close()
    every = [time for some in times.values() for time in some]
    middle, p95 = median(every), quantiles(every, n=20)[-1]
    slowest = max(times, key=lambda action: median(times[action]))
    return [
        name,
        _against(median(loads), budget.load_ms),
        f"{_against(middle, budget.median_ms)} / {_against(p95, budget.p95_ms)}",
        f"{slowest} {median(times[slowest]):.0f}",
        _against(median(opened), OPEN_GROUP_MS) if opened else "",
        _against(memory, budget.memory_mib),
    ]


def _everything(log_dir: Path) -> str:
    """A link to all series of several runs; none where the page begins with all that there is."""
    runs = cf.open_logs(log_dir).runs
    if len(runs) == 1:
        return ""
    return link_series(*((run, split) for run in runs for split in run))


def _against(measured: float, budget: float) -> str:
    verdict = "" if measured <= budget else " [red]over[/red]"
    return f"{measured:.0f} ({budget:,}){verdict}"


def table_of() -> Table:
    """The table that `measure` makes rows of."""
    return Table(
        "case",
        "to complete matrix",
        "interaction, median / p95",
        "slowest",
        "a group",
        "MiB",
        title="milliseconds (budget)",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", help=f"some of: {'; '.join(CASES)}")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    table = table_of()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in arguments.cases or CASES:
            with tempfile.TemporaryDirectory() as folder:
                write(name, Path(folder))
                case = CASES[name]
                row = measure(browser, name, Path(folder), case.budget, arguments.rounds, case.link)
                table.add_row(*row)
        browser.close()
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
