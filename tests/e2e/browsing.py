"""What the tests of the page do: serve logs, open links, read what is shown."""

from __future__ import annotations

import base64
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page
from tests.serving import free_port

import confusionflow as cf
from confusionflow.store.format.ids import split_id

Box = tuple[int, int, int, int]
Pixels = NDArray[np.uint8]

# A loaded machine is no wrong result.
PATIENCE_MS = 60_000


class Server:
    """`confusionflow serve` as a process of its own."""

    def __init__(self, log_dir: Path, *others: Path) -> None:
        self.log_dir = log_dir
        self._others = others
        # Of its own: the first free one after 8080 goes to another test's server on a restart.
        self._port = free_port()
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "confusionflow", "serve"),
                *map(str, (self.log_dir, *self._others)),
                *("--no-open", "--port", str(self._port)),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        line = self.process.stdout.readline()
        match = re.search(r"http://\S+/", line)
        assert match, line
        self.address = match[0]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.close()

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        if self.process.stdout:
            self.process.stdout.close()


def link(run: cf.LoggedRun, *splits: str, colors: list[int] | None = None, **view: Any) -> str:
    """The fragment of a link to a view of splits of a run."""
    return link_series(*((run, split) for split in splits), colors=colors, **view)


def link_series(
    *series: tuple[cf.LoggedRun, str], colors: list[int] | None = None, **view: Any
) -> str:
    """The fragment of a link to a view of series of several runs."""
    numbered = zip(series, colors or range(len(series)), strict=True)
    chosen = ",".join(f"{run.id}.{split_id(split)}.{color}" for (run, split), color in numbered)
    return "#" + urlencode({"series": chosen, **view})


def show(page: Page, server: Server, fragment: str = "", state: str = "ready") -> None:
    """Open a view in a new document and wait until it is painted, with all that it asks for."""
    page.goto("about:blank")
    page.goto(f"{server.address}{fragment}")
    wait_until(page, state)


def wait_until(page: Page, state: str = "ready") -> None:
    """Wait until a page that is being opened is in a state and all its parts are here."""
    page.wait_for_selector(f"html[data-state={state}]")
    page.wait_for_function("() => performance.getEntriesByName('confusionflow:loaded').length")
    settle(page)


def settle(page: Page) -> None:
    """Wait until all that was asked for has come, and is drawn: sizes, then charts, then marks.

    What the page asks for after a rest (see `REST_MS` in the client) has not begun by then.
    """
    page.evaluate(
        """async (patienceMs) => {
            const frame = () => new Promise(requestAnimationFrame);
            const start = performance.now();
            do {
                while (window.underWay?.length) {
                    await frame();
                    if (performance.now() - start > patienceMs)
                        throw new Error(`No answer to ${underWay.join(", ")}`);
                }
                for (let i = 0; i < 3; i++) await frame();
                await new Promise((resolve) => {
                    const { port1, port2 } = new MessageChannel();
                    port1.onmessage = resolve;
                    port2.postMessage(null);
                });
            } while (window.underWay?.length);
        }""",
        PATIENCE_MS,
    )


def paints(page: Page) -> int:
    """How many paints the page has completed, by its marks."""
    count = page.evaluate("window.paints")
    assert isinstance(count, int)
    return count


def view_of(page: Page) -> dict[str, str]:
    """What the page's address holds of the view, at the latest when the page is left."""
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")
    return dict(parse_qsl(urlsplit(page.url).fragment, keep_blank_values=True))


def copied(page: Page, button: str) -> str:
    """What the button of a name puts into an empty clipboard."""
    page.evaluate("navigator.clipboard.writeText('')")
    page.get_by_role("button", name=button).click()
    return str(page.wait_for_function("() => navigator.clipboard.readText()").json_value())


def read_spot(page: Page) -> dict[str, tuple[str, str]]:
    """The open tooltip: value and counts by series."""
    settle(page)
    rows = page.locator(".tooltip tbody tr").all()
    return {
        row.locator(".label").inner_text(): (
            row.locator(".value").inner_text(),
            row.locator(".counts").inner_text(),
        )
        for row in rows
    }


def picker_rows(page: Page) -> dict[int, list[str]]:
    """Scroll through the open list of series: the texts of each row's cells, by aria-rowindex."""
    rows = page.evaluate(
        """async () => {
            const scroller = document.querySelector("dialog .scroller");
            const rows = {};
            for (let top = 0; top < scroller.scrollHeight; top += scroller.clientHeight) {
                scroller.scrollTop = top;
                for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
                for (const row of scroller.querySelectorAll(".row"))
                    rows[row.getAttribute("aria-rowindex")] =
                        [...row.cells].map((cell) => cell.textContent);
            }
            return rows;
        }"""
    )
    return {int(index): rows[index] for index in sorted(rows, key=int)}


def focus_cell(page: Page, actual: int, predicted: int) -> None:
    """Go to a cell of the matrix by its keys, all at once; test_keyboard types them one by one."""
    keys = ["PageUp", "Home", *["ArrowDown"] * actual, *["ArrowRight"] * predicted]
    page.locator("[role=grid]").first.evaluate(
        """(grid, keys) => {
            grid.focus();
            for (const key of keys)
                grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        }""",
        keys,
    )
    settle(page)


def export_svg(page: Page, figure: str, tmp_path: Path) -> str:
    """The SVG that the export menu gives for "Matrix", "Class performance" or "Detail chart"."""
    page.get_by_role("button", name="Export").click()
    row = page.locator("#export-menu .row", has_text=figure)
    with page.expect_download() as download:
        row.get_by_role("button", name="SVG").click()
    path = tmp_path / "figure.svg"
    download.value.save_as(path)
    return path.read_text(encoding="utf-8")


def pixels(page: Page, box: Box) -> Pixels:
    """What is painted on the matrix' canvas, shape (height, width, 3)."""
    encoded = page.evaluate(
        """([x, y, w, h]) => {
            const canvas = document.querySelector(".matrix canvas");
            const { data } = canvas.getContext("2d").getImageData(x, y, w, h);
            let text = "";
            for (const byte of data) text += String.fromCharCode(byte);
            return btoa(text);
        }""",
        list(box),
    )
    values = np.frombuffer(base64.b64decode(encoded), np.uint8)
    return values.reshape(box[3], box[2], 4)[..., :3]


def cell_box(page: Page, actual: int, predicted: int) -> Box:
    """Where a cell lies on the matrix' canvas, without its hairline; all cells are of one size."""
    focus_cell(page, 0, 0)
    frame = page.locator(".matrix").bounding_box()
    cell = page.locator("#matrix-active").bounding_box()
    page.keyboard.press("Escape")
    assert frame
    assert cell
    width, height = round(cell["width"]), round(cell["height"])
    return (
        round(cell["x"] - frame["x"]) + predicted * (width + 1),
        round(cell["y"] - frame["y"]) + actual * (height + 1),
        width,
        height,
    )


def cell_point(page: Page, actual: int, predicted: int, along: float = 0.5) -> tuple[float, float]:
    """A point of a cell in the window: `along` 0 is the first epoch's edge, 1 the last's."""
    x, y, width, height = cell_box(page, actual, predicted)
    frame = page.locator(".matrix").bounding_box()
    assert frame
    return frame["x"] + x + along * (width - 0.01), frame["y"] + y + height / 2


def bands(page: Page, box: Box, count: int) -> list[Pixels]:
    """The pixels of a cell's heat strips, one array a series."""
    edges = [round(s * box[3] / count) for s in range(count + 1)]
    cell = pixels(page, box)
    return [cell[top:bottom] for top, bottom in pairwise(edges)]


def darkness(strip: Pixels) -> float:
    """How far from white, 0 to 1, on average."""
    return float(1 - strip.mean() / 255)


@dataclass(frozen=True)
class Mark:
    """An element of a figure, its transformation carried out."""

    tag: str
    fill: str
    stroke: str
    text: str
    x: float
    y: float
    width: float
    height: float
    points: list[tuple[float, float]]


def read_svg(svg: str) -> list[Mark]:
    """The texts, rectangles and paths of an exported figure, in the figure's pixels."""
    marks = []
    for element in ElementTree.fromstring(svg).iter():
        tag = element.tag.rpartition("}")[2]
        if tag not in ("text", "rect", "path"):
            continue
        matrix = re.findall(r"[-\d.e]+", element.get("transform", "").removeprefix("matrix"))
        dx, dy = (float(matrix[4]), float(matrix[5])) if matrix else (0.0, 0.0)
        numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", element.get("d", ""))]
        marks.append(
            Mark(
                tag,
                element.get("fill", ""),
                element.get("stroke", ""),
                element.text or "",
                float(element.get("x", 0)) + dx,
                float(element.get("y", 0)) + dy,
                float(element.get("width", 0)),
                float(element.get("height", 0)),
                list(zip(numbers[::2], numbers[1::2], strict=False)),
            )
        )
    return marks


def lines_on_axis(svg: str) -> list[list[float]]:
    """The values that a detail chart's lines have by its vertical axis, one list a line."""
    marks = read_svg(svg)
    ticks = [(m.y, _value(m.text)) for m in marks if m.tag == "text" and _is_tick(m, marks)]
    slope, at_zero = np.polyfit([y for y, _ in ticks], [value for _, value in ticks], 1)
    lines = [m.points for m in marks if m.tag == "path" and len(m.points) > 1]
    return [[slope * y + at_zero for _, y in line] for line in lines]


def _is_tick(mark: Mark, marks: list[Mark]) -> bool:
    """Whether a number stands beside a grid line of its own height."""
    if not re.fullmatch(r"[\d.,]+%?", mark.text):
        return False
    return any(m.tag == "rect" and m.height == 1 and abs(m.y - mark.y) <= 1 for m in marks)


def _value(text: str) -> float:
    number = float(text.rstrip("%").replace(",", ""))
    return number / 100 if text.endswith("%") else number
