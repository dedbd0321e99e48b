"""The rows of class performance, whole and readable."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, export_svg, link, read_svg, settle, show

import confusionflow as cf


def contrast(page: Page, row: int) -> float:
    """How far the ink of a row's name stands from what is behind it, 0 to 255."""
    reached = page.evaluate(
        """(row) => {
            const [base, above] = document.querySelectorAll(".performance canvas");
            const rows = document.querySelector(".performance .rows");
            const height = rows.clientHeight / rows.parentElement.ariaRowCount;
            const canvas = new OffscreenCanvas(base.width, base.height);
            const pen = canvas.getContext("2d");
            pen.fillStyle = getComputedStyle(document.body).backgroundColor;
            pen.fillRect(0, 0, canvas.width, canvas.height);
            pen.drawImage(base, 0, 0);
            pen.drawImage(above, 0, 0);
            const { data } = pen.getImageData(0, row * height + 1, 50, height - 3);
            const greys = data.filter((_, i) => i % 4 === 1);
            return Math.max(...greys) - Math.min(...greys);
        }""",
        row,
    )
    assert isinstance(reached, int | float)
    return reached


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_row_under_the_pointer_is_as_readable_as_the_others(
    page: Page, zoo_server: Server, zoo: cf.Logs, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    show(page, zoo_server, link(zoo["rhythms"], "dense"))
    before = contrast(page, 0)
    assert before > 150
    box = page.locator(".performance .body").bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 10)
    settle(page)
    assert contrast(page, 0) > 0.85 * before


@pytest.mark.parametrize("height", [720, 731, 742])
def test_only_whole_rows_are_shown_where_not_all_classes_fit(
    page: Page, zoo_server: Server, zoo: cf.Logs, height: int
) -> None:
    page.set_viewport_size({"width": 1280, "height": height})
    show(page, zoo_server, link(zoo["thirty"], "test"))
    body = page.locator(".performance .body")
    shown = body.evaluate("(body) => body.getBoundingClientRect().height")
    total = page.locator(".performance .rows").evaluate("(rows) => rows.clientHeight")
    row = total / int(body.get_attribute("aria-rowcount") or 0)
    assert shown < total
    assert shown / row == int(shown / row)
    body.focus()
    page.keyboard.press("End")
    settle(page)
    assert body.evaluate("(body) => body.scrollTop") == total - shown


@pytest.mark.parametrize("by", [0.3, 0.7])
def test_rows_are_whole_while_they_are_scrolled(
    page: Page, zoo_server: Server, zoo: cf.Logs, by: float
) -> None:
    show(page, zoo_server, link(zoo["thirty"], "test"))
    body = page.locator(".performance .body")
    rows = page.locator(".performance .rows").evaluate("(rows) => rows.clientHeight") / 30

    def drawn(top: float) -> str:
        body.evaluate("(body, top) => { body.scrollTop = top; }", top)
        settle(page)
        picture = body.locator("canvas").first.evaluate("(canvas) => canvas.toDataURL()")
        assert isinstance(picture, str)
        return picture

    assert drawn((3 + by) * rows) == drawn(round(3 + by) * rows) != drawn(2 * rows)
    drawn((3 + by) * rows)
    box = body.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 3)
    expect(page.locator(".tooltip .title")).to_contain_text(f"of {round(3 + by):02} a class")


def test_a_mark_of_one_epoch_at_the_end_of_the_axis_is_whole(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "once", epochs="30-40"))
    orange = page.evaluate(
        """() => {
            const canvas = document.querySelector(".performance canvas");
            const left = document.querySelectorAll(".performance .column")[1].offsetLeft;
            const { data } = canvas.getContext("2d").getImageData(left - 2, 0, 1, canvas.height);
            let found = 0;
            for (let i = 0; i < data.length; i += 4)
                if (data[i + 3] > 40 && data[i] - data[i + 2] > 60) found++;
            return found;
        }"""
    )
    assert orange >= 4  # a pixel or more in each of four rows


def test_what_rows_are_sorted_by_is_said(page: Page, zoo_server: Server, zoo: cf.Logs) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", at=20, sort="recall-down"))
    header = page.locator(".performance header")
    expect(header).to_contain_text("sorted by recall of dense")
    titles = [one.get_attribute("title") for one in page.locator(".performance .sort").all()]
    assert titles == [
        "Sort by the order of classes",
        "Sort by precision of dense at epoch 20",
        "Sorted by recall of dense at epoch 20, highest first; click to reverse it",
        "Sort by F1 of dense at epoch 20",
        "Sort by support of dense at epoch 20. "
        "If a row has room for only one number, it is the largest.",
    ]
    show(page, zoo_server, link(zoo["rhythms"], "dense", at=20, sort="f1-up"))
    expect(header).to_contain_text("sorted by F1")
    expect(header).not_to_contain_text("of dense")


def test_numbers_at_the_playhead_stand_beside_the_charts(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    dense = zoo["rhythms"]["dense"]
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", at=20))
    expect(page.locator(".performance header")).to_contain_text("numbers at epoch 20")
    marks = read_svg(export_svg(page, "Class performance", tmp_path))
    assert "numbers at epoch 20" in [mark.text for mark in marks]
    numbers = [mark.text for mark in marks if re.fullmatch(r"\d+\.\d|\d+", mark.text)]
    for measure in (dense.precision, dense.recall, dense.f1):
        for value in measure()[20]:
            assert f"{100 * value:.1f}" in numbers
