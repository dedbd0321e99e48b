"""Choosing series: search, colours, many of them."""

from __future__ import annotations

from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, focus_cell, link_series, settle, show, view_of

import confusionflow as cf

DOZEN = [f"dozen-{i:02}" for i in range(12)]


def chip_colors(page: Page) -> dict[str, str]:
    """The colour of each run that has a chip."""
    colors = {}
    for chip in page.locator(".chips li").all():
        name = (chip.get_attribute("title") or "").partition(" ")[0]
        colors[name] = chip.locator("i").evaluate("(mark) => mark.style.background")
    return colors


def test_colours_stay_when_other_series_come_and_go(
    page: Page, zoo_server: Server, zoo: cf.logs.Logs
) -> None:
    show(page, zoo_server, link_series(*((zoo[name], "test") for name in DOZEN[:6])))
    before = chip_colors(page)
    assert len(set(before.values())) == 6
    page.get_by_role("button", name="Remove dozen-01 test").click()
    page.get_by_role("button", name="Remove dozen-04 test").click()
    expect(page.locator(".chips li")).to_have_count(4)
    left = chip_colors(page)
    assert left == {name: before[name] for name in left}
    page.keyboard.press("a")
    page.get_by_role("checkbox", name="dozen-07 test").click()
    page.get_by_role("checkbox", name="dozen-04 test").click()
    page.keyboard.press("Escape")
    expect(page.locator(".chips li")).to_have_count(6)
    after = chip_colors(page)
    assert after["dozen-07"] == before["dozen-01"]
    assert after["dozen-04"] == before["dozen-04"]
    assert {name: after[name] for name in left} == left


def test_the_picker_finds_by_run_split_state_and_config(page: Page, zoo_server: Server) -> None:
    show(page, zoo_server)
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Series")
    rows = dialog.locator("tbody tr")
    search = page.get_by_label("Search series")
    for query, count in (
        ("dozen test", 12),
        ("lr=0.05", 2),
        ("optimizer=adam train", 6),
        ("RHYTHMS", 3),
        ("finished thirty", 1),
        ("nothing of the kind", 0),
    ):
        search.fill(query)
        expect(rows).to_have_count(count)
    expect(dialog).to_contain_text("Nothing matches “nothing of the kind”.")
    search.fill("rhythms")
    dialog.get_by_role("button", name="Remove all").click()
    dialog.get_by_role("button", name="Show all found").click()
    dialog.get_by_role("button", name="Done").click()
    expect(page.locator(".chips li")).to_have_count(3)


def test_twelve_series_are_drawn_named_and_read(
    page: Page, zoo_server: Server, zoo: cf.logs.Logs
) -> None:
    show(page, zoo_server, link_series(*((zoo[name], "test") for name in DOZEN)))
    assert len(set(chip_colors(page).values())) == 12
    for key in ("2", "3", "r", "1"):
        page.keyboard.press(key)
        settle(page)
    focus_cell(page, 0, 1)
    labels = page.locator(".tooltip .label").all_inner_texts()
    assert labels == DOZEN
    assert len(view_of(page)["series"].split(",")) == 12
