"""The picture that explains how a cell is read: one cell of the page, enlarged, with arrows."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import Browser
from scripts.samples import CIFAR10
from tests.e2e.browsing import Server, focus_cell, link, settle, show

import confusionflow as cf

ACTUAL, PREDICTED = CIFAR10.index("Auto"), CIFAR10.index("Truck")
SPLITS = ("train", "test", "cifar10.1")

PAGE = """
<!doctype html>
<style>
  body {{ margin: 0; background: #fff; font: 15px/1.35 "DejaVu Sans", sans-serif }}
  text {{ fill: #1b1f24 }}
  .title {{ font-weight: bold }}
  .soft {{ fill: #57606a; font-size: 13px }}
  .arrow {{ stroke: #1b1f24; stroke-width: 1.5; fill: none; marker-end: url(#head) }}
</style>
<svg width="900" height="290" viewBox="0 0 900 290">
  <marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"
    orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#1b1f24" /></marker>
  <text x="190" y="28" class="title">One cell: actual Auto, predicted Truck</text>
  <image href="data:image/png;base64,{cell}" x="190" y="44" width="400" height="150"
    preserveAspectRatio="none" />
  <rect x="190" y="44" width="400" height="150" fill="none" stroke="#d0d7de" />
  <text x="20" y="28" class="title">One row per series</text>
  {rows}
  <path d="M 190 214 H 588" class="arrow" />
  <text x="190" y="240"><tspan class="title">Time runs this way:</tspan>
    epoch {first} to {last}</text>
  <path d="M 640 150 Q 620 168 598 169" class="arrow" />
  <text x="646" y="112" class="title">Darker is more often</text>
  <text x="646" y="132" class="title">confused:</text>
  <text x="646" y="152">{dark} % of the cars of</text>
  <text x="646" y="172">cifar10.1 are taken for</text>
  <text x="646" y="192">trucks, {light} % of test</text>
  <text x="190" y="274" class="soft">A ResNet on CIFAR-10: data of the ConfusionFlow poster</text>
</svg>
"""
ROW = """
  <path d="M 134 {y} H 184" class="arrow" />
  <text x="126" y="{text_y}" text-anchor="end">{split}</text>
"""


def late_share(run: cf.LoggedRun, split: str, epochs: int = 50) -> float:
    """Share of the cars taken for trucks, in percent: the mean of the last epochs."""
    rates = run[split].confusion(normalize="actual")[-epochs:, ACTUAL, PREDICTED]
    return float(100 * rates.mean())


def take_reading_picture(browser: Browser, server: Server, path: Path) -> None:
    """Draw the cell as the page draws it, large, and explain it.

    Arguments:
        browser: A Chromium.
        server: Serves the poster's data.
        path: The PNG to write.
    """
    run = cf.open_logs(server.log_dir)["resnet18-sgd"]
    others = [name for name in CIFAR10 if name not in ("Auto", "Truck")]
    view = f"{link(run, *SPLITS)}&hidden={','.join(others)}"
    context = browser.new_context(viewport={"width": 1280, "height": 720}, device_scale_factor=2)
    page = context.new_page()
    show(page, server, view)
    focus_cell(page, 0, 1)
    box = page.locator("#matrix-active").bounding_box()
    assert box
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)
    settle(page)
    inset = 3
    clip = {
        "x": box["x"] + inset,
        "y": box["y"] + inset,
        "width": box["width"] - 2 * inset,
        "height": box["height"] - 2 * inset,
    }
    cell = page.screenshot(clip=clip)  # type: ignore[arg-type]
    epochs = run["test"].epochs
    rows = [
        ROW.format(y=44 + 150 * (i + 0.5) / 3, text_y=49 + 150 * (i + 0.5) / 3, split=split)
        for i, split in enumerate(SPLITS)
    ]
    # A new page, since the content security policy of the first would drop the styles.
    drawing = context.new_page()
    drawing.set_viewport_size({"width": 900, "height": 290})
    drawing.set_content(
        PAGE.format(
            cell=base64.b64encode(cell).decode(),
            rows="".join(rows),
            first=epochs[0],
            last=epochs[-1],
            dark=f"{late_share(run, 'cifar10.1'):.0f}",
            light=f"{late_share(run, 'test'):.0f}",
        )
    )
    drawing.screenshot(path=path)
    context.close()
