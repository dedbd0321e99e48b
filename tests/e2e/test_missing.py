"""What a run lacks or hides: parts of ranks, epochs that could not be written, older attempts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.browsing import Server, focus_cell, picker_rows, read_spot, settle, show
from tests.e2e.zoo import LETTERS, matrix

import confusionflow as cf

WORLD_SIZE = 4


@contextmanager
def serving(log_dir: Path) -> Iterator[Server]:
    server = Server(log_dir)
    try:
        yield server
    finally:
        server.close()


def log_rank(log_dir: Path, rank: int, epochs: list[int]) -> None:
    """Log one rank's share of a split of 40 instances: all are A; rank 0 takes the first for B."""
    ids = np.arange(40)[rank::WORLD_SIZE]
    with cf.Run(
        log_dir, "ranks", classes=["A", "B"], id="job", rank=rank, world_size=WORLD_SIZE
    ) as run:
        for epoch in epochs:
            predicted = ids.copy() * 0 + (ids == 0)
            run.log(epoch, "test", y_true=ids * 0, y_pred=predicted, ids=ids)


def hatched(page: Page, epoch: int, last: int) -> bool:
    """Whether the timeline is hatched at an epoch, below its curves, which fall to 0.9 here."""
    box = page.locator(".timeline").bounding_box()
    first = page.get_by_role("slider", name="First epoch").bounding_box()
    end = page.get_by_role("slider", name="Last epoch").bounding_box()
    assert box
    assert first
    assert end
    left = first["x"] + first["width"] / 2 - box["x"]
    x = left + (end["x"] - first["x"]) * epoch / last
    colors = page.locator(".timeline canvas").first.evaluate(
        """(canvas, x) => {
            const ratio = canvas.width / canvas.clientWidth;
            const { data } = canvas.getContext("2d").getImageData(
                Math.round((x - 2) * ratio), Math.round(46 * ratio), 4, Math.round(12 * ratio));
            const colors = new Set();
            for (let at = 0; at < data.length; at += 4) colors.add(data.slice(at, at + 4).join());
            return colors.size;
        }""",
        x,
    )
    assert isinstance(colors, int)
    return colors > 1


def hover_epoch(page: Page, epoch: int, last: int) -> None:
    first = page.get_by_role("slider", name="First epoch").bounding_box()
    end = page.get_by_role("slider", name="Last epoch").bounding_box()
    assert first
    assert end
    x = first["x"] + 7 + (end["x"] - first["x"]) * epoch / last
    page.mouse.move(x, first["y"] + 30)
    settle(page)


def note(page: Page) -> Locator:
    return page.locator(".tooltip .note")


@pytest.fixture
def partial(tmp_path: Path) -> Path:
    """Seven epochs of four ranks; rank 3 lacks epoch 2, ranks 2 and 3 lack epoch 5."""
    log_rank(tmp_path, 0, [0, 1, 2, 3, 4, 5, 6])
    log_rank(tmp_path, 1, [0, 1, 2, 3, 4, 5, 6])
    log_rank(tmp_path, 2, [0, 1, 2, 3, 4, 6])
    log_rank(tmp_path, 3, [0, 1, 3, 4, 6])
    return tmp_path


def test_partial_epochs_are_hatched_on_the_timeline_and_their_ranks_told(
    page: Page, partial: Path
) -> None:
    with serving(partial) as server:
        show(page, server)
        expect(page.locator(".notices")).to_contain_text("2 (3 of 4 ranks), 5 (2 of 4 ranks)")
        expect(page.locator(".hints")).to_contain_text("hatched: ranks missing")
        assert [e for e in range(1, 6) if hatched(page, e, 6)] == [2, 5]
        hover_epoch(page, 2, 6)
        assert read_spot(page) == {"test": ("96.7%", "of 30")}
        expect(note(page)).to_have_text("3 of 4 ranks, 75.0%")
        hover_epoch(page, 3, 6)
        expect(note(page)).to_have_text("")
        page.mouse.move(5, 5)
        current = page.get_by_role("slider", name="Current epoch")
        assert current.get_attribute("aria-valuetext") is None
        page.keyboard.press(",")
        expect(current).to_have_attribute("aria-valuetext", "5, test 2 of 4 ranks, 50.0%")


def test_a_cell_tells_how_many_ranks_its_count_is_of(page: Page, partial: Path) -> None:
    with serving(partial) as server:
        show(page, server)
        page.keyboard.press(",")
        focus_cell(page, 0, 1)
        assert read_spot(page) == {"test": ("5.0%", "1 / 20")}
        expect(note(page)).to_have_text("2 of 4 ranks, 50.0%")
        page.keyboard.press(".")
        settle(page)
        assert read_spot(page) == {"test": ("2.5%", "1 / 40")}
        expect(note(page)).to_have_text("")


def test_the_marks_of_a_partial_epoch_go_when_the_late_rank_comes(
    page: Page, tmp_path: Path
) -> None:
    for rank in range(3):
        log_rank(tmp_path, rank, [0, 1, 2])
    with serving(tmp_path) as server:
        show(page, server)
        expect(page.locator(".hints")).to_contain_text("hatched")
        assert hatched(page, 1, 2)
        log_rank(tmp_path, 3, [0, 1, 2])
        expect(page.locator(".hints")).not_to_contain_text("hatched")
        expect(page.locator(".notices")).to_have_count(0)
        settle(page)
        assert not hatched(page, 1, 2)


def test_epochs_that_could_not_be_written_are_named(page: Page, tmp_path: Path) -> None:
    log_dir, away = tmp_path / "logs", tmp_path / "away"
    run = cf.Run(log_dir, name="full", classes=LETTERS)
    run.log_matrix(0, "test", matrix(4, 0))
    (folder,) = (log_dir / f"run-{run.id}").glob("split-*")
    folder.rename(away)
    folder.write_bytes(b"")
    with pytest.warns(match="The training goes on"):
        run.log_matrix(1, "test", matrix(4, 1))
    for epoch in (2, 3, 4):
        run.log_matrix(epoch, "test", matrix(4, epoch))
    folder.unlink()
    away.rename(folder)
    run.log_matrix(5, "test", matrix(4, 5))
    run.close()
    assert run.dropped == (("test", 1), ("test", 2))
    with serving(log_dir) as server:
        show(page, server)
        expect(page.locator(".notices")).to_contain_text(
            "Run “full”: epoch 1, 2 of “test” could not be written while it was trained"
        )


def test_an_older_attempt_is_chosen_in_the_list_of_series(page: Page, tmp_path: Path) -> None:
    for value, epochs in ((1, range(4)), (3, range(2, 3))):
        with cf.Run(tmp_path, "again", classes=["A", "B"], id="job") as run:
            for epoch in epochs:
                run.log_matrix(epoch, "test", [[1, value], [0, 4]])
    with serving(tmp_path) as server:
        show(page, server)
        page.keyboard.press("a")
        assert [cells[1] for cells in picker_rows(page).values()] == ["again"]
        page.get_by_label("Search series").fill("attempt")
        rows = picker_rows(page)
        assert [cells[1].replace("\xa0", " ") for cells in rows.values()] == ["again attempt 0"]
        page.get_by_role("checkbox", name="again attempt 0 test").click()
        page.keyboard.press("Escape")
        expect(page.locator(".chips li")).to_have_count(2)
        page.keyboard.press("Home")
        focus_cell(page, 0, 1)
        page.keyboard.press(",")
        settle(page)
        assert {counts for _, counts in read_spot(page).values()} == {"3 / 4", "1 / 2"}
