"""What the colours start from, what margins and borders are like, how many series stay apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    Server,
    cell_box,
    darkness,
    export_svg,
    focus_cell,
    link,
    link_series,
    pixels,
    read_svg,
    settle,
    show,
    view_of,
)
from tests.syncs import without_syncs

import confusionflow as cf

LETTERS = ("A", "B", "C", "D")
SCALE = "Scale of all epochs"


@pytest.fixture(scope="module")
def server(serve, tmp_path_factory: pytest.TempPathFactory) -> Server:  # type: ignore[no-untyped-def]
    """A training whose first four epochs are wild, one of a single epoch, and fourteen alike."""
    log_dir = tmp_path_factory.mktemp("scales")
    calm = np.full((4, 4), 4) + np.diag([84] * 4)
    wild = np.full((4, 4), 3) + np.diag([38] * 4)
    wild[:, 0] += 50
    with without_syncs():
        with cf.Run(log_dir, name="wild", classes=LETTERS) as run:
            for epoch in range(40):
                run.log_matrix(epoch, "test", wild if epoch < 4 else calm)
        with cf.Run(log_dir, name="single", classes=LETTERS) as run:
            run.log_matrix(0, "test", calm)
        with cf.Run(log_dir, name="pair", classes=LETTERS[:2]) as run:
            for epoch in range(10):
                run.log_matrix(epoch, "test", calm[:2, :2])
        for seed in range(14):
            with cf.Run(log_dir, name=f"seed-{seed:02}", classes=LETTERS) as run:
                for epoch in range(10):
                    run.log_matrix(epoch, "test", calm + seed * np.eye(4, k=1, dtype=int))
    served: Server = serve(log_dir)
    return served


@pytest.fixture(scope="module")
def logs(server: Server) -> cf.Logs:
    return cf.open_logs(server.log_dir)


def fourteen(logs: cf.Logs, **view: Any) -> str:
    return link_series(*((logs[f"seed-{seed:02}"], "test") for seed in range(14)), **view)


def texts(page: Page, tmp_path: Path) -> list[str]:
    return [m.text for m in read_svg(export_svg(page, "Matrix", tmp_path)) if m.tag == "text"]


def test_wild_first_epochs_do_not_set_the_scale_until_one_click_asks_for_them(
    page: Page, server: Server, logs: cf.Logs, tmp_path: Path
) -> None:
    show(page, server, link(logs["wild"], "test", gamma=1))
    box = cell_box(page, 1, 2)
    calm = darkness(pixels(page, box))
    said = texts(page, tmp_path)
    assert "fits epochs 4\N{EN DASH}39; earlier values are larger" in said
    assert "4%+" in said
    page.get_by_role("button", name=SCALE).click()
    settle(page)
    assert view_of(page)["scale"] == "range"
    # 4 % of 53 %, and no longer of 4 %.
    assert darkness(pixels(page, box)) < calm / 3
    said = texts(page, tmp_path)
    assert "scale fits all epochs" in said
    assert "53%" in said
    page.get_by_role("button", name=SCALE).click()
    settle(page)
    assert darkness(pixels(page, box)) == calm


def test_a_range_that_starts_calmly_has_no_scale_to_choose(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link(logs["wild"], "test", epochs="4-39"))
    expect(page.get_by_role("button", name=SCALE)).to_have_count(0)


def test_a_run_of_one_epoch_opens_in_numbers_and_others_in_strips(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    for run, mode in (("single", "Numbers"), ("wild", "Heat strips")):
        show(page, server, link(logs[run], "test"))
        pressed = page.get_by_role("group", name="Show cells as").locator("[aria-pressed=true]")
        assert (pressed.get_attribute("aria-label") or "").startswith(mode)
        assert "mode" not in view_of(page)
    show(page, server, link(logs["single"], "test"))
    page.keyboard.press("1")
    settle(page)
    assert view_of(page)["mode"] == "heat"


def test_numbers_are_scaled_to_the_epoch_that_they_are_of(
    page: Page, server: Server, logs: cf.Logs, tmp_path: Path
) -> None:
    greatest = {}
    for epoch in (0, 20):
        show(page, server, link(logs["wild"], "test", mode="numbers", at=epoch, gamma=1))
        greatest[epoch] = darkness(pixels(page, cell_box(page, 1, 0)))
        assert f"{53 if epoch == 0 else 4}%" in texts(page, tmp_path)
    assert greatest[0] == pytest.approx(greatest[20], abs=0.05)


def test_fourteen_series_show_the_numbers_of_the_one_that_was_pointed_at(
    page: Page, server: Server, logs: cf.Logs, tmp_path: Path
) -> None:
    show(page, server, fourteen(logs, mode="numbers", values="count"))
    assert any(text.startswith("numbers of seed-00") for text in texts(page, tmp_path))
    page.locator(".chips li").nth(3).hover()
    settle(page)
    said = texts(page, tmp_path)
    assert any(text.startswith("numbers of seed-03") for text in said)
    # Its cells beside the diagonal have 3 more than the 4 of all others.
    assert said.count("7") == 3


def test_two_classes_have_no_margins_that_repeat_them(
    page: Page, server: Server, logs: cf.Logs, tmp_path: Path
) -> None:
    show(page, server, link(logs["pair"], "test"))
    assert not {"FN", "FP", "FN, FP", "accuracy"} & set(texts(page, tmp_path))
    assert page.locator(".matrix").get_attribute("aria-colcount") == "2"
    focus_cell(page, 0, 0)
    for key in ("End", "ArrowRight", "PageDown", "ArrowDown"):
        page.keyboard.press(key)
    settle(page)
    assert page.locator("#matrix-active").get_attribute("aria-colindex") == "2"
    assert page.locator(".tooltip .title").inner_text() == "Recall of B"


def test_false_negatives_and_positives_never_outshine_the_cells(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link(logs["seed-13"], "test"))
    x, y, width, height = cell_box(page, 0, 1)
    cell = pixels(page, (x, y, width, height))
    margins = pixels(page, (x + 3 * (width + 1) + 10, y, width, height))
    assert 0 < darkness(margins) < 0.7 * darkness(cell)


def test_borders_of_cells_hold_between_fourteen_series(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, fourteen(logs))
    x, y, width, height = cell_box(page, 1, 2)
    across = pixels(page, (x, y + height, width, 1)).reshape(-1, 3)
    assert len(np.unique(across, axis=0)) == 1
    inside = pixels(page, (x, y + height - 2, width, 1)).astype(int)
    assert np.abs(across.astype(int)[0] - inside).sum(axis=-1).min() > 100


def test_series_beyond_eight_are_dashed_and_marked_by_another_shape(
    page: Page, server: Server, logs: cf.Logs, tmp_path: Path
) -> None:
    show(page, server, fourteen(logs, detail="cell,A,B"))
    svg = export_svg(page, "Detail chart", tmp_path)
    assert svg.count("stroke-dasharray") >= 6
    focus_cell(page, 0, 1)
    marks = [
        mark.evaluate("(mark) => getComputedStyle(mark).background")
        for mark in page.locator(".tooltip tbody tr i").all()
    ]
    assert len(set(marks)) == len(marks) == 14


def test_names_of_rows_columns_and_margins_are_read_and_clicked(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link(logs["wild"], "test"))
    frame = page.locator(".matrix").bounding_box()
    assert frame
    x, y, width, height = cell_box(page, 2, 1)
    title = page.locator(".tooltip .title")
    detail = page.locator("#detail-title")

    def point(px: float, py: float) -> None:
        page.mouse.move(frame["x"] + px, frame["y"] + py)
        settle(page)

    point(x - width - 20, y + height / 2)
    assert title.inner_text() == "Recall of C"
    page.mouse.down()
    page.mouse.up()
    expect(detail).to_have_text("Recall of C")
    point(x + width / 2, y - 2 * (height + 1) - 12)
    assert title.inner_text() == "Precision of B"
    page.mouse.down()
    page.mouse.up()
    expect(detail).to_have_text("Precision of B")
    point(x + 3 * (width + 1) + 10 + width / 2, y - 2 * (height + 1) - 12)
    assert title.inner_text() == "FN: false negatives"
    page.mouse.down()
    page.mouse.up()
    expect(detail).to_have_text("Accuracy")
    point(x - width - 20, y + 2 * (height + 1) + 10 + height / 2)
    assert title.inner_text() == "FP: false positives"
    page.mouse.move(5, 5)
    settle(page)
    expect(page.locator(".tooltip")).to_have_count(0)
