"""Contrast, names and roles by axe-core's rules; what a screen reader is told."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, focus_cell, link, settle, show

import confusionflow as cf

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page: Page) -> list[str]:
    """What breaks a rule, with the elements that do."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_and_its_dialogs_break_no_rule_of_wcag_aa(
    page: Page, zoo_server: Server, zoo: cf.Logs, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    show(page, zoo_server, link(zoo["kinds"], "old", "new", epochs="2-8", at=5))
    focus_cell(page, 0, 1)
    assert violations(page) == []
    for key, name in (
        ("a", "Series"),
        ("k", "Classes"),
        ("?", "How to read this page"),
    ):
        page.keyboard.press("Escape")
        page.keyboard.press(key)
        expect(page.get_by_role("dialog", name=name)).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    for key, name in (("l", "Cells"), ("e", "Findings"), ("v", "Classes")):
        page.keyboard.press(key)
        expect(page.get_by_role("tabpanel", name=name)).to_be_visible()
        if name == "Findings":
            page.locator(".findings[aria-busy=false] article").first.wait_for()
        assert violations(page) == []
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    assert violations(page) == []


def test_a_screen_reader_is_told_the_cell_and_its_values(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", at=20))
    focus_cell(page, 1, 2)
    cdp = page.context.new_cdp_session(page)
    nodes = cdp.send("Accessibility.getFullAXTree")["nodes"]
    focused = next(
        node
        for node in nodes
        if node["role"]["value"] == "grid"
        and any(p["name"] == "activedescendant" for p in node["properties"])
    )
    active = next(p for p in focused["properties"] if p["name"] == "activedescendant")
    dom_id = active["value"]["relatedNodes"][0]["backendDOMNodeId"]
    cell = next(node for node in nodes if node.get("backendDOMNodeId") == dom_id)
    confusion = zoo["rhythms"]["dense"].confusion()[20]
    assert cell["role"]["value"] == "gridcell"
    told = cell["name"]["value"]
    assert told.startswith("B → C, share of actual B predicted as C, epoch 20: dense ")
    assert f"{confusion[1, 2]} / {confusion[1].sum()}; sparse " in told


def test_nothing_moves_for_those_who_want_no_motion(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    page.emulate_media(reduced_motion="reduce")
    show(page, zoo_server, link(zoo["two"], "test"))
    moving = page.evaluate("document.getAnimations().length")
    assert moving == 0
    page.keyboard.press("a")
    settle(page)
    assert page.evaluate("document.getAnimations().length") == 0
