"""The tabs beside the matrix."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, link, settle, show, view_of

import confusionflow as cf


@pytest.fixture
def opened(page: Page, zoo_server: Server, zoo: cf.Logs) -> Page:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", at=20))
    return page


def test_the_chosen_tab_is_in_the_link_and_a_link_opens_it(
    opened: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    page = opened
    expect(page.get_by_role("tab", name="Classes")).to_have_attribute("aria-selected", "true")
    assert "tab" not in view_of(page)
    page.get_by_role("tab", name="Cells").click()
    settle(page)
    assert view_of(page)["tab"] == "cells"
    show(page, zoo_server, link(zoo["rhythms"], "dense", tab="cells"))
    expect(page.get_by_role("tabpanel", name="Cells")).to_be_visible()
    show(page, zoo_server, link(zoo["rhythms"], "dense", tab="of-no-version"))
    expect(page.get_by_role("tabpanel", name="Classes")).to_be_visible()


def test_arrow_keys_go_from_tab_to_tab_and_only_the_chosen_one_is_a_stop(opened: Page) -> None:
    page = opened
    tabs = page.get_by_role("tab")
    count = tabs.count()
    tabs.first.focus()
    names = []
    for _ in range(count):
        names.append(page.evaluate("document.activeElement.id"))
        page.keyboard.press("ArrowRight")
    assert names == [tab.get_attribute("id") for tab in tabs.all()]
    expect(tabs.first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tabs.last).to_be_focused()
    expect(tabs.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")
    expect(tabs.first).to_be_focused()
    assert [tab.get_attribute("tabindex") for tab in tabs.all()] == ["0"] + ["-1"] * (count - 1)
    # The playhead, which arrow keys move elsewhere, stays.
    settle(page)
    assert view_of(page)["at"] == "20"


@pytest.mark.parametrize("way", ["key", "button"])
def test_the_column_beside_the_matrix_is_widened_and_narrowed(opened: Page, way: str) -> None:
    page = opened
    page.set_viewport_size({"width": 1600, "height": 900})
    settle(page)

    def widths() -> tuple[float, float]:
        boxes = [page.locator(one).bounding_box() for one in (".left", ".right")]
        return tuple(box["width"] for box in boxes if box)  # type: ignore[return-value]

    def press() -> None:
        if way == "key":
            page.keyboard.press("w")
        else:
            page.locator(".tabs .widen").click()
        settle(page)

    before = widths()
    press()
    matrix, right = widths()
    assert matrix < 0.75 * before[0]
    assert right > 1.2 * before[1]
    assert view_of(page)["wide"] == "1"
    press()
    assert widths() == before
    assert "wide" not in view_of(page)
