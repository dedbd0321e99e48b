"""Everything without a pointer."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, link, settle, show, view_of

import confusionflow as cf

FOCUSED = """() => {
    const focused = document.activeElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(focused);
    const named = focused.ariaLabel || focused.title || focused.textContent.trim() || focused.id;
    return [named, focused.className, outlineStyle !== "none" && parseFloat(outlineWidth) > 0];
}"""


@pytest.fixture
def opened(page: Page, zoo_server: Server, zoo: cf.Logs) -> Page:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", at=20))
    return page


def test_tab_reaches_every_control_and_shows_where_it_is(opened: Page) -> None:
    page = opened
    focusable = page.evaluate(
        """() => {
            const all = document.querySelectorAll("button, input, a[href], [tabindex='0']");
            const isStop = (e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0;
            return Array.from(all).filter(isStop).length;
        }"""
    )
    seen = []
    for _ in range(focusable):
        page.keyboard.press("Tab")
        name, classes, outlined = page.evaluate(FOCUSED)
        assert name
        assert outlined, (name, classes)
        seen.append(name)
    for needed in ("Remove rhythms dense", "Choose series (a)", "Export", "Help", "Play"):
        assert needed in seen
    assert len([name for name in seen if "epoch" in name]) >= 3
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)[0] not in (None, seen[-1])


@pytest.mark.parametrize(
    ("key", "title"),
    [("a", "Series"), ("k", "Classes"), ("?", "How to read this page")],
)
def test_a_dialog_opens_by_its_key_and_gives_the_focus_back(
    opened: Page, key: str, title: str
) -> None:
    page = opened
    page.get_by_role("grid").first.focus()
    page.keyboard.press(key)
    dialog = page.get_by_role("dialog", name=title)
    expect(dialog).to_be_visible()
    assert dialog.evaluate("(dialog) => dialog.contains(document.activeElement)")
    before = view_of(page)
    page.keyboard.press("Tab")
    page.keyboard.press("r")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert page.evaluate("document.activeElement.classList.contains('matrix')")
    assert view_of(page) == before


def test_help_lists_every_key_that_does_something(opened: Page) -> None:
    page = opened
    page.keyboard.press("?")
    listed = set(page.locator("dialog kbd").all_inner_texts())
    needed = [
        "1",
        "2",
        "3",
        "r",
        "c",
        "d",
        "z",
        "a",
        "k",
        "l",
        "v",
        "w",
        "?",
        "Esc",
        "Space",
        "Enter",
        "Shift",
        "click",
        ",",
        ".",
    ]
    assert listed >= set(needed)


def test_one_escape_leaves_the_selected_cell_and_goes_back_to_accuracy(opened: Page) -> None:
    page = opened
    page.get_by_role("grid").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    title = page.locator("#detail-title")
    expect(title).to_have_text("A → B")
    page.keyboard.press("Escape")
    expect(page.locator(".tooltip")).to_have_count(0)
    expect(title).to_have_text("Accuracy")


@pytest.mark.parametrize("grid", ["Confusion matrix", "Class performance"])
def test_escape_leaves_what_keys_have_reached_before_what_is_selected(
    opened: Page, grid: str
) -> None:
    page = opened
    page.get_by_role("grid", name=grid).focus()
    for key in ("ArrowRight", "Enter", "ArrowDown"):
        page.keyboard.press(key)
    title = page.locator("#detail-title")
    selected = title.inner_text()
    assert selected != "Accuracy"
    expect(page.locator(".tooltip")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".tooltip")).to_have_count(0)
    expect(title).to_have_text(selected)
    page.keyboard.press("Escape")
    expect(title).to_have_text("Accuracy")


@pytest.mark.parametrize("chart", [".matrix", ".performance .body"])
def test_one_escape_after_a_click_goes_back_to_accuracy(opened: Page, chart: str) -> None:
    page = opened
    box = page.locator(chart).bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    title = page.locator("#detail-title")
    expect(title).not_to_have_text("Accuracy")
    expect(page.locator(".tooltip")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(title).to_have_text("Accuracy")


def test_keys_typed_into_a_field_are_text_and_one_escape_closes_its_dialog(opened: Page) -> None:
    page = opened
    page.keyboard.press("a")
    page.keyboard.type("rc2d3?")
    assert page.get_by_label("Search series").input_value() == "rc2d3?"
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    settle(page)
    assert set(view_of(page)) == {"series", "at"}


@pytest.mark.parametrize(("key", "title"), [("a", "Series"), ("k", "Classes")])
def test_done_gives_the_focus_back(opened: Page, key: str, title: str) -> None:
    page = opened
    page.get_by_role("grid").first.focus()
    page.keyboard.press(key)
    page.get_by_role("dialog", name=title).get_by_role("button", name="Done").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("grid").first).to_be_focused()


def test_a_key_pressed_right_after_a_dialog_was_closed_is_not_lost(opened: Page) -> None:
    page = opened
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.evaluate(
        """async () => {
            const press = (key, target) =>
                target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            press("Escape", document.querySelector("dialog"));
            await Promise.resolve();
            press("a", document.body);
        }"""
    )
    expect(page.get_by_role("dialog", name="Series")).to_be_visible()
    settle(page)  # The first dialog's own event comes by then, and closes nothing else.
    expect(page.get_by_role("dialog", name="Series")).to_be_visible()


def test_one_escape_empties_the_filter_of_classes_and_leaves_it(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["thirty"], "test"))
    page.get_by_label("Filter classes").fill("07")
    page.keyboard.press("Escape")
    expect(page.get_by_label("Filter classes")).to_have_value("")
    expect(page.get_by_role("grid", name="Class performance")).to_be_focused()
    settle(page)
    assert set(view_of(page)) == {"series"}


def test_classes_are_walked_and_selected_by_keys(opened: Page) -> None:
    page = opened
    page.get_by_role("grid", name="Class performance").focus()
    for key in ("Home", "ArrowDown", "ArrowLeft", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#detail-title")).to_have_text("Recall of B")
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#detail-title")).to_have_text("Support of D")


def test_the_menu_of_exports_gives_the_focus_back(opened: Page) -> None:
    page = opened
    button = page.get_by_role("button", name="Export")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#export-menu")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#export-menu') !== null")
    page.keyboard.press("Escape")
    expect(page.locator("#export-menu")).to_be_hidden()
    expect(button).to_be_focused()
