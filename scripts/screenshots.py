"""Take pictures of the page in all its states, to look at.

Run `python -m scripts.screenshots [FOLDER] [--only PATTERN] [--docs]`. It makes the logs, serves
them with the real server, and shows them in Chromium. With --docs it takes the pictures of the
documentation into docs/images. They show real data: the poster's, which must be at hand, and the
training of the tutorial. Made-up data is called so by the name of its run.
"""

from __future__ import annotations

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from scripts.reading_picture import take_reading_picture
from scripts.samples import ANIMALS, planted_logs, poster_logs, training, tutorial_logs
from tests.digits_cnn import ACCIDENT
from tests.digits_cnn import train as train_digits
from tests.e2e.browsing import Server, focus_cell, link, settle, show

import confusionflow as cf
from confusionflow.cli.demo import train
from confusionflow.exporters.browser import find_browser

ROOT = Path(__file__).parents[1]
SMALL, USUAL, LARGE = (1280, 720), (1600, 1000), (2560, 1440)
LONG = [f"a class whose name has {i} and forty letters" for i in range(10)]


@dataclass
class Shot:
    """A picture: of which logs, opened how, and what is done before it is taken."""

    name: str
    logs: str
    view: dict[str, str] = field(default_factory=dict)
    size: tuple[int, int] = USUAL
    scheme: str = "light"
    act: Callable[[Page], None] = settle
    state: str = "ready"
    splits: tuple[str, ...] | None = None
    run: str | None = None


def hover_cell(actual: int, predicted: int) -> Callable[[Page], None]:
    """Put the pointer into a cell."""

    def act(page: Page) -> None:
        focus_cell(page, actual, predicted)
        box = page.locator("#matrix-active").bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
        settle(page)

    return act


def select_cell(actual: int, predicted: int) -> Callable[[Page], None]:
    """Click a cell and stay there."""

    def act(page: Page) -> None:
        hover_cell(actual, predicted)(page)
        page.mouse.down()
        page.mouse.up()
        settle(page)

    return act


def click(name: str, role: str = "button") -> Callable[[Page], None]:
    """Press a button."""

    def act(page: Page) -> None:
        page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]
        settle(page)

    return act


def press(*keys: str) -> Callable[[Page], None]:
    """Press keys, one after the other."""

    def act(page: Page) -> None:
        for key in keys:
            page.keyboard.press(key)
        settle(page)

    return act


def see_instances(page: Page) -> None:
    """Wait for the list of instances and its images."""
    page.locator(".instances [role=option] img").first.wait_for()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.instances img')].every((image) => image.complete)"
    )
    settle(page)


def choose_instance(page: Page) -> None:
    """Look at the first of the listed instances."""
    see_instances(page)
    page.locator(".instances [role=option]").first.click()
    page.get_by_role("complementary").wait_for()
    see_instances(page)


def see_features(page: Page) -> None:
    """Wait for the strip and the map, which take seconds the first time."""
    strip = page.get_by_role("region", name="Change of the layer")
    strip.get_by_text("changed most at").wait_for()
    page.get_by_role("region", name="Features").get_by_role("img").wait_for()
    settle(page)


def rank(by: str) -> Callable[[Page], None]:
    """Open the list of cells, ranked in some way."""

    def act(page: Page) -> None:
        press("l")(page)
        click(by)(page)

    return act


def hover(selector: str, x: float, y: float) -> Callable[[Page], None]:
    """Put the pointer to a place of an element, as shares of its size."""

    def act(page: Page) -> None:
        box = page.locator(selector).first.bounding_box()
        assert box
        page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
        settle(page)

    return act


TRUCK = {"detail": "cell,Auto,Truck"}
BRUSHED = {"epochs": "40-120", "at": "90"}


def shots() -> Iterator[Shot]:
    """Every state worth a look."""
    for size in (SMALL, USUAL, LARGE):
        for scheme in ("light", "dark"):
            width = size[0]
            yield Shot(f"overview-{width}-{scheme}", "poster", TRUCK, size, scheme)
    yield Shot("detail", "poster", TRUCK, act=select_cell(1, 9))
    yield Shot("detail-dark", "poster", TRUCK, SMALL, "dark", hover_cell(3, 5))
    for mode in ("heat", "lines", "numbers"):
        for direction in ("across", "down"):
            for values in ("rate", "count"):
                view = {"mode": mode, "direction": direction, "values": values}
                yield Shot(f"{mode}-{direction}-{values}", "poster", view)
    yield Shot("recall", "poster", {"diagonal": "recall"})
    yield Shot("recall-dark", "poster", {"diagonal": "recall", "mode": "lines"}, SMALL, "dark")
    yield Shot("brushed", "poster", BRUSHED | TRUCK, SMALL)
    yield Shot("brushed-lines-dark", "poster", BRUSHED | {"mode": "lines"}, USUAL, "dark")
    yield Shot("numbers-small", "poster", {"mode": "numbers"}, SMALL)
    yield Shot("hover-performance", "poster", {}, act=hover(".performance .body", 0.4, 0.3))
    yield Shot("hover-timeline", "poster", {}, act=hover(".timeline", 0.5, 0.3))
    yield Shot("hover-detail", "poster", TRUCK, act=hover(".detail .chart", 0.5, 0.4))
    yield Shot("hover-corner", "poster", {}, SMALL, act=hover_cell(9, 8))
    yield Shot("focus", "poster", {}, SMALL, act=press("Tab", "Tab", "Tab"))
    yield Shot("focus-cell", "poster", {}, SMALL, act=lambda page: focus_cell(page, 2, 4))
    yield Shot("help", "poster", {}, SMALL, act=press("?"))
    yield Shot("help-dark", "poster", {}, USUAL, "dark", press("?"))
    yield Shot("export", "poster", {}, SMALL, act=click("Export"))
    yield Shot("classes", "poster", {}, SMALL, act=press("k"))
    yield Shot("cells", "poster", {"epochs": "145-194"}, SMALL, act=rank("differing"))
    yield Shot("cells-dark", "poster", {}, USUAL, "dark", rank("peak"))
    yield Shot("cells-long", "long", {"values": "count"}, SMALL, act=rank("differing"))
    yield Shot("cells-12", "twelve", {}, SMALL, act=rank("peak"))
    yield Shot("series-3", "demo", {}, SMALL, act=press("a"))
    yield Shot("series-200", "many", {}, USUAL, act=press("a"))
    yield Shot("series-200-dark", "many", {}, SMALL, "dark", press("a"))
    for name in ("two", "thirty", "long", "short"):
        for size in (SMALL, USUAL, LARGE):
            yield Shot(f"{name}-{size[0]}", name, {}, size)
    yield Shot("two-lines", "two", {"mode": "lines"}, SMALL)
    yield Shot("thirty-lines", "thirty", {"mode": "lines"})
    yield Shot("thirty-numbers", "thirty", {"mode": "numbers"}, LARGE)
    yield Shot("thirty-classes", "thirty", {}, SMALL, act=press("k"))
    yield Shot("thirty-hover", "thirty", {}, SMALL, act=hover_cell(8, 20))
    yield Shot("long-hover", "long", {}, SMALL, act=hover_cell(4, 7))
    yield Shot("long-dark", "long", {"mode": "lines"}, SMALL, "dark")
    yield Shot("one-epoch", "one", {}, SMALL)
    yield Shot("one-epoch-lines", "one", {"mode": "lines"}, USUAL)
    yield Shot("epochs-2000", "epochs", {}, USUAL)
    yield Shot("epochs-2000-lines", "epochs", {"mode": "lines"}, SMALL, act=hover_cell(1, 4))
    yield Shot("epochs-2000-hover", "epochs", {}, USUAL, act=hover_cell(1, 4))
    for size in (SMALL, USUAL, LARGE):
        yield Shot(f"series-12-{size[0]}", "twelve", {}, size)
    yield Shot("series-12-hover", "twelve", {}, SMALL, "dark", hover_cell(2, 5))
    yield Shot("series-12-lines", "twelve", {"mode": "lines"})
    yield Shot("series-12-numbers", "twelve", {"mode": "numbers"})
    yield Shot("tutorial-page", "tutorial", run="sgd-0.01")
    yield Shot("tutorial-lines", "tutorial", {"mode": "lines"}, run="sgd-0.01")
    yield Shot("tutorial-numbers", "tutorial", {"mode": "numbers"}, run="sgd-0.01")
    yield Shot("tutorial-detail", "tutorial", act=select_cell(8, 1), run="sgd-0.01")
    yield Shot("tutorial-cells", "tutorial", act=rank("differing"), run="sgd-0.01")
    rows = {"tab": "instances", "rows": "suspicious_label-down"}
    yield Shot("planted-labels", "planted", rows, USUAL, act=choose_instance)
    came = {"tab": "instances", "detail": "fn,three", "passing": "came", "flow": "1"}
    yield Shot("planted-forgotten", "planted", came, USUAL, act=see_instances)
    accident = {"tab": "features", "at": str(ACCIDENT), "detail": "cell,8,5"}
    yield Shot("features", "digits", accident, USUAL, act=see_features)
    yield Shot("planted-grid", "planted", rows | {"grid": "1"}, SMALL, "dark", choose_instance)
    yield Shot("demo", "demo", {}, USUAL)
    yield Shot("notices", "odd", {}, SMALL)
    yield Shot("notices-open", "odd", {}, SMALL, act=press_more)
    yield Shot("empty", "empty", {}, SMALL, state="empty")
    yield Shot("none-chosen", "poster", {}, SMALL, splits=())


def press_more(page: Page) -> None:
    """Open all notices, where there are several."""
    more = page.locator(".notices button")
    if more.count():
        more.click()
    settle(page)


DOCS = {
    "overview-1600-light": "overview-light",
    "overview-1600-dark": "overview-dark",
    "tutorial-page": "page",
    "tutorial-lines": "lines",
    "tutorial-numbers": "numbers",
    "tutorial-detail": "detail",
    "tutorial-cells": "cells",
    "thirty-1600": "thirty-classes",
    "planted-labels": "wrong-labels",
    "planted-forgotten": "forgotten",
    "features": "features",
}


def make_logs(root: Path, names: set[str]) -> dict[str, Path]:
    """Log what the pictures show, by name."""
    made = {name: root / name for name in names}
    for log_dir in made.values():
        log_dir.mkdir(parents=True)
    three = {"train": 1000, "test": 400, "new": 80}
    plain: dict[str, tuple[list[str], int]] = {
        "two": (["no", "yes"], 60),
        "thirty": (ANIMALS, 120),
        "long": (LONG, 80),
        "short": (list("abcdefghij"), 80),
        "one": (ANIMALS[:10], 1),
        "epochs": (ANIMALS[:8], 2000),
    }
    for name, (classes, epochs) in plain.items():
        if name in made:
            training(made[name], "made-up data", classes, epochs, three)
    if "poster" in made:
        poster_logs(made["poster"])
    if "planted" in made:
        planted_logs(made["planted"])
    if "digits" in made:
        train_digits(made["digits"])
    if "tutorial" in made:
        tutorial_logs(made["tutorial"])
    if "demo" in made:
        train(made["demo"], 30)
    if "twelve" in made:
        for i in range(4):
            name = f"resnet{18 * (i + 1)}-{'adam' if i % 2 else 'sgd'}"
            training(made["twelve"], name, ANIMALS[:10], 60, three, seed=i)
    if "many" in made:
        for i in range(200):
            config: dict[str, object] = {"lr": round(0.1 / (i + 1), 5), "seed": i % 7, "net": "mlp"}
            sizes = {"test": 40}
            training(made["many"], f"sweep-{i:03}", list("abcd"), 2, sizes, seed=i, config=config)
    if "odd" in made:
        _log_odd(made["odd"])
    return made


def _log_odd(log_dir: Path) -> None:
    """A run whose splits have other classes and labels that are none, and a damaged file."""
    training(log_dir, "odd", ANIMALS[:8], 40, {"test": 200})
    with cf.Run(log_dir, name="odd-2", classes=ANIMALS[2:9]) as run:
        for epoch in range(40):
            labels = [i % 7 for i in range(140)] + [99]
            found = [i % 7 if i % 5 else i * 3 % 7 for i in range(141)]
            run.log(epoch, "other", y_true=labels, y_pred=found)
    files = sorted(log_dir.rglob("*.parquet"))
    files[-1].write_bytes(b"damaged")


def fragment(shot: Shot, log_dir: Path) -> str:
    """The link to the shot's view: of the run and splits named, else of all, twelve at most."""
    logs = cf.open_logs(log_dir)
    if shot.splits == ():
        return "#series="
    if shot.logs in ("empty", "many"):
        return ""
    parts: list[str] = []
    for run in [logs[shot.run]] if shot.run else logs.values():
        names = shot.splits or tuple(run)
        colors = list(range(len(parts), len(parts) + len(names)))
        series = link(run, *names, colors=colors).removeprefix("#series=")
        parts += series.split("%2C")
    return link_of(parts[:12], shot.view)


def link_of(series: list[str], view: dict[str, str]) -> str:
    """A link's fragment from series and the rest of a view."""
    rest = "".join(f"&{key}={value}" for key, value in view.items())
    return f"#series={','.join(series)}{rest}"


def take(browser: Browser, server: Server, shot: Shot, path: Path) -> None:
    """Open a view, act, and save what is seen."""
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if shot.scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    show(page, server, fragment(shot, server.log_dir), shot.state)
    shot.act(page)
    page.screenshot(path=path)
    context.close()


def main() -> None:
    """Take the pictures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "build" / "screenshots")
    parser.add_argument("--only", default="", help="shots whose name has this pattern")
    parser.add_argument("--docs", action="store_true", help="take those of the documentation")
    arguments = parser.parse_args()
    chosen = [shot for shot in shots() if re.search(arguments.only, shot.name)]
    if arguments.docs:
        chosen = [shot for shot in chosen if shot.name in DOCS]
    folder = ROOT / "docs" / "images" if arguments.docs else arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        logs = make_logs(Path(temporary), {shot.logs for shot in chosen})
        for name, log_dir in sorted(logs.items()):
            server = Server(log_dir)
            try:
                for shot in (shot for shot in chosen if shot.logs == name):
                    file = DOCS[shot.name] if arguments.docs else shot.name
                    take(browser, server, shot, folder / f"{file}.png")
                    print(folder / f"{file}.png", flush=True)
                if arguments.docs and name == "poster":
                    take_reading_picture(browser, server, folder / "reading.png")
            finally:
                server.close()
        browser.close()


if __name__ == "__main__":
    main()
