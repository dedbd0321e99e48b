"""A view is a link: reload, copy, go back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, copied, focus_cell, link, settle, show, view_of, wait_until

import confusionflow as cf

TITLE = "#detail-title"


def drag_brush(page: Page) -> None:
    box = page.locator(".timeline").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 30, steps=3)
    page.mouse.up()
    page.mouse.move(5, 5)


def choose_cell(page: Page) -> None:
    focus_cell(page, 1, 2)
    page.keyboard.press("Enter")


def hide_class(page: Page) -> None:
    page.keyboard.press("k")
    page.get_by_role("dialog").get_by_role("checkbox", name="C", exact=True).click()
    page.keyboard.press("Escape")


def order_classes(page: Page) -> None:
    page.keyboard.press("k")
    page.get_by_role("button", name="most confused").click()
    page.wait_for_url("**by=confused*")
    page.keyboard.press("Escape")


def remove_series(page: Page) -> None:
    page.get_by_role("button", name="Remove rhythms once").click()


Control = tuple[str, str, Callable[[Page], Any]]

# The part of the link that keeps what is done, how it looks then, and what is done.
CONTROLS: list[Control] = [
    ("series", r".+", remove_series),
    ("epochs", r"\d+-\d+", drag_brush),
    ("at", r"\d+", lambda page: page.keyboard.press(",")),
    ("mode", "lines", lambda page: page.get_by_role("button", name="Lines").click()),
    ("mode", "numbers", lambda page: page.keyboard.press("3")),
    ("direction", "down", lambda page: page.keyboard.press("r")),
    ("values", "count", lambda page: page.keyboard.press("c")),
    ("gamma", r"0\.\d+", lambda page: page.keyboard.press("+")),
    ("diagonal", "recall", lambda page: page.keyboard.press("d")),
    ("detail", "cell,B,C", choose_cell),
    ("hidden", "C", hide_class),
    ("by", "confused", order_classes),
    ("sort", "recall-up", lambda page: page.locator(".sort", has_text="Recall").click()),
]


def fingerprint(page: Page) -> list[str]:
    """Everything painted and pressed: what must be the same again."""
    page.mouse.move(5, 5)
    page.evaluate("document.activeElement.blur()")
    settle(page)
    canvases = page.evaluate(
        """async () => {
            const digests = [];
            for (const canvas of document.querySelectorAll("canvas")) {
                const { width, height } = canvas;
                const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
                const digest = await crypto.subtle.digest("SHA-1", data);
                digests.push(`${width} x ${height} ${new Uint8Array(digest)}`);
            }
            return digests;
        }"""
    )
    pressed = page.evaluate(
        """() => {
            const buttons = document.querySelectorAll("[aria-pressed=true]");
            return Array.from(buttons, (button) => button.textContent + button.ariaLabel);
        }"""
    )
    chips = page.locator(".chips li").all_inner_texts()
    return [*canvases, *pressed, *chips, page.locator(TITLE).inner_text()]


@pytest.mark.parametrize("controls", [CONTROLS[:6], CONTROLS[6:]], ids=["first", "others"])
def test_every_control_is_kept_by_reload_and_by_a_copied_link(
    page: Page, zoo_server: Server, zoo: cf.Logs, controls: list[Control]
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", "once"))
    shown = fingerprint(page)
    for name, value, act in controls:
        before = view_of(page).get(name)
        act(page)
        after = fingerprint(page)
        assert after != shown, name
        shown = after
        page.wait_for_function(
            """([name, before]) => {
                const kept = new URLSearchParams(location.hash.slice(1)).get(name);
                return kept !== null && kept !== before;
            }""",
            arg=[name, before],
        )
        assert re.fullmatch(value, view_of(page)[name])
    address = copied(page, "Copy link")
    page.wait_for_url(address)
    page.reload()
    wait_until(page)
    assert fingerprint(page) == shown
    page.goto("about:blank")
    page.goto(address)
    wait_until(page)
    assert fingerprint(page) == shown


def test_back_and_forward_go_through_choices_and_not_through_adjustments(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", "once"))
    for key in ("r", "+", "+", ",", "2"):
        page.keyboard.press(key)
    choose_cell(page)
    page.keyboard.press("+")
    remove_series(page)
    chips = page.locator(".chips li")
    expect(chips).to_have_count(2)
    page.go_back()
    expect(chips).to_have_count(3)
    expect(page.locator(TITLE)).to_have_text("B → C")
    page.go_back()
    expect(page.locator(TITLE)).to_have_text("Accuracy")
    assert view_of(page)["mode"] == "lines"
    assert view_of(page)["direction"] == "down"
    page.go_forward()
    page.go_forward()
    expect(chips).to_have_count(2)
    expect(page.locator(TITLE)).to_have_text("B → C")


def test_a_slider_dragged_for_long_writes_the_address_seldom_and_its_end_surely(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense"))
    page.evaluate(
        """() => {
            window.writes = 0;
            window.began = performance.now();
            const replace = history.replaceState.bind(history);
            history.replaceState = (...state) => {
                window.writes++;
                replace(...state);
            };
        }"""
    )
    slider = page.locator("#gamma")
    box = slider.bounding_box()
    assert box
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, box["y"] + box["height"] * 0.9)
    page.mouse.down()
    for i in range(90):
        page.mouse.move(x, box["y"] + box["height"] * (0.9 - i / 120))
    page.mouse.up()
    gamma = slider.evaluate("(input) => (1.05 - input.valueAsNumber).toFixed(2)")
    page.wait_for_function(
        "(gamma) => new URLSearchParams(location.hash.slice(1)).get('gamma') === gamma",
        arg=str(float(gamma)),
    )
    # Twenty at once, then one in 300 ms.
    assert page.evaluate("window.writes <= 22 + (performance.now() - window.began) / 300")


def test_a_view_that_nobody_chose_leaves_no_steps_behind(page: Page, zoo_server: Server) -> None:
    show(page, zoo_server)
    assert view_of(page) == {}
    assert page.evaluate("window.navigation.entries().length") == 1
    page.go_back()
    assert page.url == "about:blank"


def test_a_link_to_series_that_are_gone_says_so(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    gone = "20200101T000000-0123456789abcdef"
    fragment = link(zoo["rhythms"], "dense").replace("&", f",{gone}.0123456789abcdef.1&")
    show(page, zoo_server, f"{fragment},{gone}.0123456789abcdef.1")
    expect(page.locator(".notices")).to_contain_text(
        "1 series of this view is not in this log directory."
    )
    show(page, zoo_server, f"#series={gone}.0123456789abcdef.1")
    expect(page.get_by_text("1 series of this view is not in this log directory.")).to_be_visible()


def test_what_the_page_chose_by_itself_is_not_kept_and_the_next_run_is_followed(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    def train(name: str) -> None:
        with cf.Run(tmp_path, name=name, classes=["a", "b"]) as run:
            run.log(0, "test", y_true=[0, 1], y_pred=[0, 0])

    train("first")
    server = serve(tmp_path)
    show(page, server)
    assert view_of(page) == {}
    # A choice that is not of series leaves the series open.
    page.keyboard.press("2")
    settle(page)
    assert view_of(page) == {"mode": "lines"}
    train("second")
    expect(page.locator(".chips b")).to_have_text(["second"])
    page.reload()
    expect(page.locator(".chips b")).to_have_text(["second"])
    # Copied, the link names the series; so does the address once they are chosen.
    assert "series=" in copied(page, "Copy link")
    page.keyboard.press("a")
    page.get_by_label("Search series").fill("first")
    page.get_by_role("button", name="Show only these").click()
    page.keyboard.press("Escape")
    assert "series" in view_of(page)
    page.go_back()
    expect(page.locator(".chips b")).to_have_text(["second"])
