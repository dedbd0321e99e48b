"""Choosing, ordering and finding classes, of any number and length of name."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, cell_point, focus_cell, link, settle, show, view_of
from tests.e2e.zoo import LONG_NAMES

import confusionflow as cf
from confusionflow.analysis.order import Order, common_order


def test_the_selection_is_kept_by_name_when_classes_are_filtered_and_ordered(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", detail="cell,C,D"))
    page.keyboard.press("k")
    dialog = page.get_by_role("dialog", name="Classes")
    dialog.get_by_role("checkbox", name="A", exact=True).click()
    dialog.get_by_role("button", name="by support").click()
    page.keyboard.press("Escape")
    title = page.locator("#detail-title")
    expect(title).to_have_text("C → D")
    page.keyboard.press("k")
    dialog.get_by_role("checkbox", name="C", exact=True).click()
    page.keyboard.press("Escape")
    expect(title).to_have_text("C → D")
    focus_cell(page, 0, 0)
    names = view_of(page)["order"].split(",")
    shown = [name for name in names if name not in ("A", "C")]
    expect(page.locator(".tooltip .title")).to_contain_text(shown[0])


def test_nothing_is_said_of_a_cell_whose_class_goes_while_it_is_pointed_at(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense"))
    classes = zoo["rhythms"]["dense"].classes
    last = len(classes) - 1
    page.mouse.move(*cell_point(page, last, last - 1))
    expect(page.locator(".tooltip .title")).to_have_text(f"{classes[last]} → {classes[last - 1]}")
    hidden = link(zoo["rhythms"], "dense", hidden=",".join(classes[2:]))
    page.evaluate("(fragment) => { location.hash = fragment; }", hidden)
    settle(page)
    expect(page.locator(".tooltip")).to_have_count(0)


ORDERS: dict[str, Order] = {
    "by name": "name",
    "by support": "support",
    "most confused": "confused",
    "similar together": "similarity",
}


@pytest.mark.parametrize(
    ("run", "splits", "epochs"),
    [
        ("rhythms", ["dense"], None),
        ("rhythms", ["dense", "sparse"], (7, 26)),
        ("kinds", ["new", "old"], (2, 4)),
        ("thirty", ["test"], None),
    ],
)
def test_classes_stand_in_the_order_that_python_gives_for_the_shown_series_and_epochs(
    page: Page,
    zoo_server: Server,
    zoo: cf.Logs,
    run: str,
    splits: list[str],
    epochs: tuple[int, int] | None,
) -> None:
    brush: dict[str, Any] = {"epochs": f"{epochs[0]}-{epochs[1]}"} if epochs else {}
    show(page, zoo_server, link(zoo[run], *splits, **brush))
    series = [zoo[run][split] for split in splits]
    cubes = [one.cube().between(*(epochs or (None, None))) for one in series]
    page.keyboard.press("k")
    names = page.get_by_role("dialog", name="Classes").locator("li label")
    declared = names.all_inner_texts()
    for label, by in ORDERS.items():
        page.get_by_role("button", name=label).click()
        page.wait_for_url(f"**by={by}*")
        expected = common_order([one.classes for one in series], cubes, by)
        expect(names).to_have_text(expected)
        assert view_of(page)["order"].split(",") == expected
    page.get_by_role("button", name="as declared").click()
    page.wait_for_function("() => !location.hash.includes('by=')")
    assert "order" not in view_of(page)
    assert names.all_inner_texts() == declared


def test_search_narrows_thirty_classes_to_those_meant(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["thirty"], "test"))
    page.keyboard.press("k")
    dialog = page.get_by_role("dialog", name="Classes")
    page.keyboard.type("07")
    expect(dialog.locator("li")).to_have_count(1)
    page.get_by_label("Search classes").fill("1")
    dialog.get_by_role("button", name="Show only these").click()
    expected = [name for name in LONG_NAMES if "1" in name]
    expect(dialog).to_contain_text(f"{len(expected)} of 30 classes shown")
    dialog.get_by_role("button", name="Show all").click()
    expect(dialog).to_contain_text("30 of 30 classes shown")


@pytest.mark.parametrize("run", ["one", "two", "thirty"])
@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000)])
def test_nothing_overlaps_or_leaves_the_window_at_any_number_of_classes(
    page: Page, zoo_server: Server, zoo: cf.Logs, run: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    show(page, zoo_server, link(zoo[run], "test"))
    for key in ("2", "3", "r", "d", "1"):
        page.keyboard.press(key)
        settle(page)
    names = ("header", ".toolbar", ".matrix", ".timeline", ".performance", ".detail")
    boxes = {}
    for name in names:
        box = page.locator(name).first.bounding_box()
        assert box, name
        boxes[name] = box
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= size[0] + 0.5
        assert box["y"] + box["height"] <= size[1] + 0.5
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            a, b = boxes[one], boxes[other]
            apart = (
                a["x"] + a["width"] <= b["x"] + 0.5
                or b["x"] + b["width"] <= a["x"] + 0.5
                or a["y"] + a["height"] <= b["y"] + 0.5
                or b["y"] + b["height"] <= a["y"] + 0.5
            )
            assert apart, (one, other)
    last = len(zoo[run]["test"].classes) - 1
    for cell in ((0, 0), (0, last), (last, 0), (last, last)):
        focus_cell(page, *cell)
        box = page.locator(".tooltip").bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= size[0]
        assert box["y"] + box["height"] <= size[1]
    page.mouse.move(*cell_point(page, 0, 0))
