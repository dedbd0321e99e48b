"""The brush, the playhead and play."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, link, paints, settle, show, view_of

import confusionflow as cf


@pytest.fixture
def timeline(page: Page, zoo_server: Server, zoo: cf.Logs) -> Timeline:
    """The timeline of epochs 0 to 40."""
    show(page, zoo_server, link(zoo["rhythms"], "dense"))
    return Timeline(page)


class Timeline:
    def __init__(self, page: Page) -> None:
        self.page = page
        box = page.locator(".timeline").bounding_box()
        first = page.get_by_role("slider", name="First epoch").bounding_box()
        last = page.get_by_role("slider", name="Last epoch").bounding_box()
        assert box
        assert first
        assert last
        self.y = box["y"] + box["height"] / 3
        self.left = first["x"] + first["width"] / 2
        self.right = last["x"] + last["width"] / 2

    def x(self, epoch: float) -> float:
        return self.left + (self.right - self.left) * epoch / 40

    def drag(self, start: float, end: float) -> None:
        self.page.mouse.move(self.x(start), self.y)
        self.page.mouse.down()
        self.page.mouse.move(self.x(end), self.y, steps=4)
        self.page.mouse.up()
        self.page.mouse.move(5, 5)
        settle(self.page)

    def click(self, epoch: float) -> None:
        self.page.mouse.click(self.x(epoch), self.y)
        self.page.mouse.move(5, 5)
        settle(self.page)

    @property
    def range(self) -> tuple[str | None, str | None]:
        handles = [
            self.page.get_by_role("slider", name=f"{end} epoch") for end in ("First", "Last")
        ]
        settle(self.page)
        first, last = (handle.get_attribute("aria-valuenow") for handle in handles)
        return first, last

    @property
    def playhead(self) -> str:
        settle(self.page)
        return self.page.locator(".at output").inner_text()


def test_a_drag_chooses_epochs_and_the_handles_and_the_middle_move_them(timeline: Timeline) -> None:
    timeline.drag(10, 20)
    assert timeline.range == ("10", "20")
    timeline.drag(20, 30)
    assert timeline.range == ("10", "30")
    timeline.drag(10, 16)
    assert timeline.range == ("16", "30")
    timeline.drag(22, 16)
    assert timeline.range == ("10", "24")
    timeline.drag(15, 60)
    assert timeline.range == ("26", "40")
    assert view_of(timeline.page)["epochs"] == "26-40"
    timeline.drag(35, 5)
    assert timeline.range == ("0", "14")


def test_a_drag_beyond_the_other_handle_turns_the_range_around(timeline: Timeline) -> None:
    timeline.drag(10, 20)
    timeline.drag(10, 30)
    assert timeline.range == ("20", "30")


def test_a_double_click_shows_all_epochs_again_and_leaves_the_playhead(timeline: Timeline) -> None:
    timeline.drag(10, 20)
    timeline.click(12)
    timeline.page.mouse.dblclick(timeline.x(15), timeline.y)
    settle(timeline.page)
    assert timeline.range == ("0", "40")
    assert timeline.playhead == "12"
    assert "epochs" not in view_of(timeline.page)


def test_a_double_click_leaves_a_playhead_that_follows_the_newest_epoch(timeline: Timeline) -> None:
    timeline.page.mouse.dblclick(timeline.x(15), timeline.y)
    settle(timeline.page)
    assert timeline.playhead == "40"
    assert "at" not in view_of(timeline.page)


def test_a_click_outside_the_brush_leaves_it_and_everything_else_alone(timeline: Timeline) -> None:
    timeline.drag(10, 20)
    painted = paints(timeline.page)
    for outside, inside in ((35, "20"), (2, "10")):
        timeline.click(outside)
        assert timeline.range == ("10", "20")
        assert timeline.playhead == inside
    assert paints(timeline.page) > painted
    expect(timeline.page.locator("html")).to_have_attribute("data-state", "ready")
    timeline.click(14)
    assert timeline.playhead == "14"


def test_a_brush_of_one_epoch_is_a_range(timeline: Timeline) -> None:
    timeline.page.get_by_role("slider", name="First epoch").focus()
    timeline.page.keyboard.press("End")
    assert timeline.range == ("40", "40")
    settle(timeline.page)
    timeline.page.get_by_role("slider", name="First epoch").focus()
    timeline.page.keyboard.press("Home")
    assert timeline.range == ("0", "40")


def test_handles_and_playhead_are_sliders_that_keys_move(timeline: Timeline) -> None:
    keyboard = timeline.page.keyboard
    timeline.page.get_by_role("slider", name="First epoch").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "PageUp", "ArrowLeft"):
        keyboard.press(key)
    assert timeline.range == ("6", "40")
    timeline.page.get_by_role("slider", name="Last epoch").focus()
    for key in ("PageDown", "ArrowDown", "ArrowLeft"):
        keyboard.press(key)
    assert timeline.range == ("6", "34")
    playhead = timeline.page.get_by_role("slider", name="Current epoch")
    playhead.focus()
    for key in ("Home", "ArrowRight", "ArrowRight", "ArrowLeft"):
        keyboard.press(key)
    assert timeline.playhead == "7"
    expect(playhead).to_have_attribute("aria-valuenow", "7")
    keyboard.press("End")
    assert timeline.playhead == "34"


def test_the_playhead_can_be_dragged(timeline: Timeline) -> None:
    box = timeline.page.locator(".timeline").bounding_box()
    assert box
    timeline.click(12)
    timeline.page.mouse.move(timeline.x(12), box["y"] + 3)
    timeline.page.mouse.down()
    timeline.page.mouse.move(timeline.x(25), box["y"] + 3, steps=4)
    timeline.page.mouse.up()
    assert timeline.playhead == "25"
    assert timeline.range == ("0", "40")


def test_play_steps_through_the_chosen_epochs_and_stops_at_the_end(timeline: Timeline) -> None:
    timeline.page.keyboard.press("3")
    timeline.drag(34, 38)
    timeline.page.evaluate(
        """() => {
            window.seen = [];
            const output = document.querySelector(".at output");
            const pausing = () => document.querySelectorAll("[aria-label=Pause]").length;
            new MutationObserver(() => window.seen.push(`${output.textContent} ${pausing()}`))
                .observe(output, { characterData: true, childList: true, subtree: true });
        }"""
    )
    timeline.page.get_by_role("button", name="Play", exact=True).click()
    timeline.page.wait_for_function("() => seen.at(-1).startsWith('38')")
    expect(timeline.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert timeline.page.evaluate("seen") == ["34 1", "35 1", "36 1", "37 1", "38 0"]


def test_space_pauses_where_the_playhead_is(timeline: Timeline) -> None:
    timeline.page.keyboard.press(" ")
    timeline.page.wait_for_function(
        "() => Number(document.querySelector('.at output').textContent) > 1"
    )
    timeline.page.keyboard.press(" ")
    expect(timeline.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    settle(timeline.page)
    stands = timeline.playhead
    assert 2 <= int(stands) < 39
    timeline.page.keyboard.press(".")
    assert timeline.playhead == str(int(stands) + 1)


def test_playing_goes_on_from_the_start_of_a_range_that_is_narrowed_meanwhile(
    timeline: Timeline,
) -> None:
    timeline.page.keyboard.press(" ")
    timeline.drag(30, 33)
    expect(timeline.page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    assert timeline.playhead == "33"


def test_the_mark_of_one_epoch_is_seen_where_a_handle_stands(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        for epoch in range(10):
            right = 50 + 5 * epoch
            run.log_matrix(epoch, "all", [[right, 100 - right], [0, 0]])
        run.log_matrix(9, "last", [[75, 25], [0, 0]])
    logged = cf.open_logs(tmp_path)["run"]
    show(page, serve(tmp_path), link(logged, "all", "last"))
    orange = page.evaluate(
        """() => {
            const canvas = document.querySelector(".timeline canvas");
            const { data } = canvas.getContext("2d").getImageData(canvas.width - 14, 0, 10, 60);
            return data.filter((red, i) => i % 4 === 0 && red - data[i + 2] > 100).length;
        }"""
    )
    assert orange >= 4


def test_the_curves_are_of_what_is_chosen(
    page: Page, zoo_server: Server, zoo: cf.Logs, timeline: Timeline
) -> None:
    series = zoo["rhythms"]["dense"]

    def read() -> str:
        page.mouse.move(timeline.x(20), timeline.y)
        text = page.locator(".tooltip").inner_text()
        page.mouse.move(5, 5)
        return text

    expect(page.get_by_label("Curve", exact=True)).to_have_value("accuracy")
    assert f"{series.accuracy()[20]:.1%}" in read()
    for curve, title, values in (
        ("macro_f1", "Macro F1", series.f1("macro")),
        ("balanced_accuracy", "Balanced accuracy", series.balanced_accuracy()),
    ):
        page.get_by_label("Curve", exact=True).select_option(curve)
        settle(page)
        text = read()
        assert title in text
        assert f"{values[20]:.1%}" in text
        expect(page).to_have_url(re.compile(f"curve={curve}"))
    page.reload()
    expect(page.get_by_label("Curve", exact=True)).to_have_value("balanced_accuracy")


def test_the_detail_chart_marks_its_values_on_the_lines(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", at=20, detail="cell,A,B"))
    value = page.locator(".detail [role=slider]").get_attribute("aria-valuetext") or ""
    assert "20" in value
    coloured = """() => {
        const canvas = document.querySelectorAll(".detail canvas")[1];
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        const found = [];
        for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 200 && Math.abs(data[i] - data[i + 2]) > 60)
                found.push((i / 4) % canvas.width);
        return found;
    }"""
    at_20 = page.evaluate(coloured)
    assert 12 < len(at_20) < 60
    page.keyboard.press(".")
    settle(page)
    at_21 = page.evaluate(coloured)
    assert min(at_21) > min(at_20)
