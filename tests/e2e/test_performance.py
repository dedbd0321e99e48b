"""The rows of class performance, whole and readable."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page
from tests.e2e.browsing import Server, link, settle, show

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
    page: Page, zoo_server: Server, zoo: cf.logs.Logs, scheme: Literal["light", "dark"]
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
    page: Page, zoo_server: Server, zoo: cf.logs.Logs, height: int
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
