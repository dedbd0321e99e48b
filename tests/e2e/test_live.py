"""A training process logs while the page is open; the server goes and comes back."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, cell_point, focus_cell, settle, show, view_of, wait_until

import confusionflow as cf

TRAINING = """
import sys
import numpy as np
import confusionflow as cf
with cf.Run(sys.argv[1], name="live", classes=list("ABC")) as run:
    for epoch in range(10_000):
        if not sys.stdin.readline().strip():
            break
        for split in ("train", "test"):
            run.log_matrix(epoch, split, np.eye(3, dtype=int) * 50 + epoch % 7)
        print(epoch, flush=True)
"""


class Training:
    """A process that logs an epoch each time it is told to."""

    def __init__(self, log_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", TRAINING, str(log_dir)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def log(self, epochs: int = 1) -> int:
        """Log some epochs; the last one's number."""
        assert self.process.stdin
        assert self.process.stdout
        logged = -1
        for _ in range(epochs):
            self.process.stdin.write("go\n")
            self.process.stdin.flush()
            logged = int(self.process.stdout.readline())
        return logged

    def finish(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        assert self.process.wait(60) == 0

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(60)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    yield server
    server.close()


@pytest.fixture
def training(tmp_path: Path) -> Iterator[Training]:
    training = Training(tmp_path)
    yield training
    training.close()


STATUS = "header [role=status]"


def test_the_page_follows_a_training_from_nothing_to_its_end(
    page: Page, server: Server, training: Training
) -> None:
    show(page, server, state="empty")
    assert "No epochs yet" in page.locator("body").inner_text()
    training.log()
    wait_until(page)
    expect(page.locator(".chips li")).to_have_count(2)
    for _ in range(3):
        logged = training.log(2)
        expect(page.locator(STATUS)).to_have_text(f"live · epoch {logged}")
        expect(page.locator(".at output")).to_have_text(str(logged))
    training.finish()
    expect(page.locator(STATUS)).to_have_text(f"epoch {logged}")


def test_new_epochs_leave_brush_selection_hover_scroll_and_keys_alone(
    page: Page, server: Server, training: Training
) -> None:
    training.log(30)
    show(page, server)
    first, last = (page.get_by_role("slider", name=f"{end} epoch") for end in ("First", "Last"))
    first.focus()
    page.keyboard.press("ArrowRight")
    last.focus()
    page.keyboard.press("ArrowLeft")
    focus_cell(page, 1, 2)
    page.keyboard.press("Enter")
    page.mouse.move(*cell_point(page, 2, 0, 0.4))
    settle(page)
    tooltip = page.locator(".tooltip").inner_text()
    assert "C → A" in tooltip
    body = page.locator(".performance .body")
    body.evaluate("(body) => (body.scrollTop = 12)")
    page.evaluate("document.querySelector('.matrix').focus()")
    view, scroll = view_of(page), body.evaluate("(body) => body.scrollTop")
    logged = training.log(5)
    expect(page.locator(STATUS)).to_have_text(f"live · epoch {logged}")
    # The status names an epoch once one of its splits is here; the rest waits for the last.
    expect(last).to_have_attribute("aria-valuemax", str(logged))
    settle(page)
    assert page.locator(".tooltip").inner_text() == tooltip
    assert first.get_attribute("aria-valuenow") == "1"
    assert last.get_attribute("aria-valuenow") == "28"
    assert page.locator("#detail-title").text_content() == "B → C"
    assert body.evaluate("(body) => body.scrollTop") == scroll
    assert page.evaluate("document.activeElement.className").startswith("matrix")
    assert view_of(page) == view


def test_a_page_outlives_its_server_and_catches_up(
    page: Page, server: Server, training: Training
) -> None:
    training.log(3)
    show(page, server)
    focus_cell(page, 0, 1)
    page.keyboard.press("Enter")
    server.kill()
    expect(page.locator(STATUS)).to_have_text("reconnecting …")
    expect(page.locator("html")).to_have_attribute("data-state", "ready")
    missed = training.log(4)
    assert page.locator(".at output").inner_text() == "2"
    page.keyboard.press("2")
    settle(page)
    server.start()
    expect(page.locator(STATUS)).to_have_text(f"live · epoch {missed}")
    expect(page.locator(".at output")).to_have_text(str(missed))
    assert page.locator("#detail-title").text_content() == "A → B"
    assert view_of(page)["mode"] == "lines"
    logged = training.log()
    expect(page.locator(STATUS)).to_have_text(f"live · epoch {logged}")


def test_a_training_that_died_is_shown_as_stopped(
    page: Page, server: Server, training: Training
) -> None:
    training.log(3)
    show(page, server)
    expect(page.locator(STATUS)).to_have_text("live · epoch 2")
    page.keyboard.press("a")
    state = page.get_by_role("dialog").locator("td.state").first
    expect(state).to_have_text("running")
    training.process.kill()
    training.process.wait(60)
    expect(state).to_have_text("stopped")
    expect(page.locator(STATUS)).to_have_text("epoch 2")


def test_nothing_moves_between_two_splits_of_one_epoch(page: Page, server: Server) -> None:
    """The playhead and every chart wait for the last split of an epoch, and not for more."""
    counts = np.eye(3, dtype=int) * 50
    with cf.Run(server.log_dir, name="halves", classes=list("ABC")) as run:
        for epoch in range(6):
            for split in ("train", "test"):
                run.log_matrix(epoch, split, counts + epoch)
        show(page, server)
        output = page.locator(".at output")
        expect(output).to_have_text("5")
        settle(page)
        canvases = (
            "[...document.querySelectorAll('.matrix canvas, .timeline canvas, .chart canvas')]"
        )
        drawn = page.evaluate(f"{canvases}.map((canvas) => canvas.toDataURL())")
        run.log_matrix(6, "train", counts + 30)
        expect(page.locator(STATUS)).to_have_text("live · epoch 6")
        settle(page)
        assert output.inner_text() == "5"
        assert page.evaluate(f"{canvases}.map((canvas) => canvas.toDataURL())") == drawn
        run.log_matrix(6, "test", counts + 30)
        expect(output).to_have_text("6")
        run.log_matrix(7, "train", counts)
        expect(page.locator(STATUS)).to_have_text("live · epoch 7")
        assert output.inner_text() == "6"
    # What will not come is not waited for.
    expect(output).to_have_text("7")


def test_the_page_follows_a_table_that_grows(page: Page, server: Server, tmp_path: Path) -> None:
    def count(last: int, *, half: bool = False) -> None:
        rows = [(epoch, a, p) for epoch in range(last + 1) for a in "ab" for p in "ab"]
        columns = zip(*(rows[:-2] if half else rows), strict=True)
        table = pa.table(dict(zip(("epoch", "y_true", "y_pred"), columns, strict=True)))
        cf.log_counts(table, tmp_path, "hourly", only_split="test", id="job", recount=1)

    tooltip = page.locator(".tooltip")
    count(1, half=True)
    show(page, server)
    expect(page.locator(".at output")).to_have_text("1")
    page.mouse.move(*cell_point(page, 1, 0, 1.0))
    expect(tooltip).to_contain_text("undefined")  # no row of b has come yet
    count(1)
    expect(tooltip).to_contain_text("50")
    count(3)
    expect(page.locator(".at output")).to_have_text("3")
    page.get_by_role("tab", name="Instances").click()
    expect(page.locator("#panel-instances, [role=tabpanel]").last).to_contain_text("sample of them")
