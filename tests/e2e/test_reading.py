"""One bad epoch among thousands is read wherever it is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page
from tests.e2e.browsing import Server, cell_point, link, settle, show
from tests.syncs import without_syncs

import confusionflow as cf

EPOCHS, BAD = 3000, 2056


@pytest.fixture(scope="module")
def spiked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """3,000 epochs of 5 classes at 90 % recall; in one, 70 of 100 are taken for the next class."""
    log_dir = tmp_path_factory.mktemp("spiked")
    good = np.diag([88] * 5) + 2
    good = good + np.roll(np.diag([2] * 5), 1, axis=1)
    bad = np.diag([28] * 5) + np.roll(np.diag([70] * 5), 1, axis=1)
    bad = bad + np.roll(np.diag([2] * 5), 2, axis=1)
    with without_syncs(), cf.Run(log_dir, name="spiked", classes=list("ABCDE")) as run:
        for epoch in range(EPOCHS):
            run.log_matrix(epoch, "test", bad if epoch == BAD else good)
    return log_dir


@pytest.fixture
def shown(page: Page, serve: Callable[[Path], Server], spiked: Path) -> Callable[..., Page]:
    def open_view(**view: Any) -> Page:
        show(page, serve(spiked), link(cf.open_logs(spiked)["spiked"], "test", **view))
        return page

    return open_view


Found = tuple[tuple[float, float], str, str]


def found(page: Page, x: float, y: float, down: bool = False) -> Found:
    """Where near a point of a chart the bad epoch is, when that is and what the tooltip says."""
    for by in range(-8, 9):
        point = (round(x), round(y) + by) if down else (round(x) + by, round(y))
        page.mouse.move(*point)
        settle(page)
        when = page.locator(".tooltip .subtitle").first.inner_text()
        first, last = map(int, re.findall(r"\d+", when.replace(",", ""))[:2])
        if first <= BAD <= last:
            return point, when, page.locator(".tooltip tbody tr").inner_text()
    raise AssertionError(f"{BAD} is on no pixel")


def box_of(page: Page, selector: str) -> tuple[float, float, float, float]:
    box = page.locator(selector).bounding_box()
    assert box
    return box["x"], box["y"], box["width"], box["height"]


def epoch_at(page: Page, x: float, y: float) -> float:
    """The middle of the epochs that the tooltip at a point is about."""
    page.mouse.move(x, y)
    settle(page)
    when = page.locator(".tooltip .subtitle").first.inner_text()
    return float(np.mean([int(n) for n in re.findall(r"\d+", when.replace(",", ""))[:2]]))


@pytest.mark.parametrize("chart", ["timeline", "detail"])
def test_a_click_on_the_one_bad_epoch_reads_it_and_moves_the_playhead_there(
    shown: Callable[..., Page], chart: str
) -> None:
    page = shown()
    if chart == "timeline":
        x, y, width, height = box_of(page, ".timeline")
        x, width = x + 9, width - 18
    else:
        left, y, width, height = box_of(page, ".detail .chart")
        near, far = left + width / 3, left + width / 2
        of_near, of_far = (epoch_at(page, at, y + height / 3) for at in (near, far))
        width = (far - near) * EPOCHS / (of_far - of_near)
        x = near - width * of_near / EPOCHS
    point, when, said = found(page, x + width * BAD / EPOCHS, y + height / 3)
    assert re.fullmatch(r"mean of epochs [\d,]+.[\d,]+", when)
    assert re.search(r"\smin 28.0% at 2,056, max 90.0% at 2,0\d\d$", said), said
    page.mouse.click(*point)
    page.mouse.move(5, 5)
    settle(page)
    assert page.locator(".at output").inner_text() == f"{BAD:,}"


@pytest.mark.parametrize("direction", ["across", "down"])
@pytest.mark.parametrize("mode", ["heat", "lines"])
def test_cells_read_all_epochs_of_the_pixel_and_mark_one_of_them(
    shown: Callable[..., Page], mode: str, direction: str
) -> None:
    page = shown(mode=mode, direction=direction)
    x, y = cell_point(page, 0, 1, 0)
    length = cell_point(page, 0, 1, 1)[0] - x
    along = length * BAD / EPOCHS
    down = direction == "down"
    point = (x + length / 2, y - length / 2 + along) if down else (x + along, y)
    _, when, said = found(page, *point, down=down)
    first, last = map(int, re.findall(r"\d+", when.replace(",", ""))[:2])
    assert first <= int(page.locator(".detail .chart").get_attribute("aria-valuenow") or 0) <= last
    assert "max 70.0% at 2,056" in said


def test_class_performance_reads_all_epochs_of_the_pixel(shown: Callable[..., Page]) -> None:
    page = shown()
    _, y, _, _ = box_of(page, ".performance .body")
    left = box_of(page, ".performance .head button:has-text('Recall')")[0]
    # Between them are the line, a number at the playhead, and a gap.
    right = box_of(page, ".performance .head button:has-text('F1')")[0] - 14 - 34
    _, _, said = found(page, left + (right - left) * BAD / EPOCHS, y + 10)
    assert "min 28.0% at 2,056" in said


def test_nothing_is_said_of_extremes_that_are_the_mean(shown: Callable[..., Page]) -> None:
    page = shown()
    page.mouse.move(*cell_point(page, 0, 1, 0.1))
    settle(page)
    assert re.match(
        r"mean of epochs \d+.\d+", page.locator(".tooltip .subtitle").first.inner_text()
    )
    assert page.locator(".tooltip .note").inner_text() == ""
