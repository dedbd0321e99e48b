"""Numbers beside the epochs, drawn on the timeline's epochs; and where a training was resumed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.e2e.browsing import Server, link, settle, show, view_of, wait_until
from tests.syncs import without_syncs

import confusionflow as cf

MATRIX = np.eye(3, dtype=int) * 20 + 2


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty epochs; at 10 the rate falls to a hundredth. The training was resumed at epoch 14."""
    folder = tmp_path_factory.mktemp("scalars")
    with without_syncs():
        for first, last in ((0, 16), (14, 20)):
            with cf.Run(folder, name="steps", classes=list("ABC"), resume=first > 0) as run:
                for epoch in range(first, last):
                    run.log_scalar(epoch, "lr", 0.1 if epoch < 10 else 0.001)
                    run.log_scalar(epoch, "loss", 2 - epoch / 20)
                    run.log_scalar(epoch, "norm", float("nan") if epoch == 3 else 1.5)
                    run.log_matrix(epoch, "test", MATRIX)
    return folder


@pytest.fixture(scope="module")
def server(log_dir: Path) -> Iterator[Server]:
    server = Server(log_dir)
    yield server
    server.close()


@pytest.fixture(scope="module")
def run(log_dir: Path) -> cf.LoggedRun:
    return cf.open_logs(log_dir)["steps"]


def heights(page: Page, name: str) -> list[float]:
    """How high the line of a scalar lies on each epoch's column, from the ground, in pixels."""
    found = page.get_by_role("img", name=re.compile(f"^{name}:")).evaluate(
        """(row) => {
            const [canvas] = row.querySelectorAll("canvas");
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            const dark = (x, y) => data[4 * (y * width + x) + 3] > 60;
            return [...Array(20).keys()].map((epoch) => {
                const x = Math.round(9 + (epoch / 19) * (width - 18));
                for (let y = height - 3; y > 14; y--) if (dark(x, y)) return height - y;
                return -1;
            });
        }"""
    )
    assert isinstance(found, list)
    return found


def test_scalars_are_drawn_on_the_epochs_of_the_timeline(
    page: Page, server: Server, run: cf.LoggedRun
) -> None:
    show(page, server, link(run, "test", scalars="%,lr"))
    drawn = page.get_by_role("img", name=re.compile("^lr:"))
    expect(drawn).to_be_visible()
    settle(page)
    rows = heights(page, "lr")
    assert min(rows[:10]) > max(rows[10:]) + 8
    assert max(rows[:9]) - min(rows[:9]) <= 1


def test_a_scalar_is_read_at_the_playhead_and_at_the_pointer(
    page: Page, server: Server, run: cf.LoggedRun
) -> None:
    show(page, server, link(run, "test", at=9))
    scalars = page.get_by_role("group", name="Scalars", exact=True)
    expect(scalars.get_by_role("img", name="lr: steps 0.1")).to_be_visible()
    page.keyboard.press(".")
    expect(scalars.get_by_role("img", name="lr: steps 0.001")).to_be_visible()
    box = page.locator(".timeline").bounding_box()
    assert box
    page.mouse.move(box["x"] + 12, box["y"] + 40)
    expect(scalars.get_by_role("img", name="loss: steps 2")).to_be_visible()


def test_a_menu_says_which_scalars_are_drawn_and_the_link_keeps_it(
    page: Page, server: Server, run: cf.LoggedRun
) -> None:
    show(page, server, link(run, "test"))
    scalars = page.get_by_role("group", name="Scalars", exact=True)
    expect(scalars.get_by_role("img")).to_have_count(2)
    page.get_by_role("button", name="Choose scalars").click()
    page.get_by_role("checkbox", name="norm").check()
    page.get_by_role("checkbox", name="loss").uncheck()
    expect(scalars.get_by_role("img")).to_have_count(2)
    page.keyboard.press("Escape")
    assert view_of(page)["scalars"] == "%,lr,norm"
    show(page, server, link(run, "test", at=3, scalars="%,norm"))
    expect(page.get_by_role("img", name="norm: steps \N{EN DASH}")).to_be_visible()


def test_a_report_has_the_scalars_of_its_epochs(
    browser: Browser, run: cf.LoggedRun, tmp_path: Path
) -> None:
    cf.export([run["test"]], tmp_path / "report.html", epochs=(0, 9))
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    wait_until(page)
    expect(page.get_by_role("img", name="lr: steps 0.1")).to_be_visible()
    page.close()


def test_the_timeline_marks_where_a_training_was_resumed(
    page: Page, server: Server, run: cf.LoggedRun
) -> None:
    assert run["test"].resumed_at == (14,)
    show(page, server, link(run, "test"))
    hint = page.locator("header:has(#timeline-title) .hints")
    assert "resumed at 14" in (hint.get_attribute("title") or "")
    at = page.locator(".timeline canvas").first.evaluate(
        """(canvas) => {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 6, width, 14);
            const inks = [...Array(width).keys()].map((x) => {
                let dark = 0;
                for (let y = 0; y < 14; y++) if (data[4 * (y * width + x)] < 150) dark++;
                return dark;
            });
            const isMarked = (x) => inks[x] >= 2 && x > 20 && x < width - 20;
            const marked = [...inks.keys()].filter(isMarked);
            return marked.reduce((sum, x) => sum + x, 0) / marked.length / width;
        }"""
    )
    assert at == pytest.approx(14 / 19, abs=0.02)
