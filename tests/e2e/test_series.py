"""Choosing series: search, colours, many of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from scripts.runs import fill
from tests.e2e.browsing import (
    Server,
    bands,
    cell_box,
    darkness,
    focus_cell,
    link_series,
    picker_rows,
    read_spot,
    settle,
    show,
    view_of,
)

import confusionflow as cf

DOZEN = [f"dozen-{i:02}" for i in range(12)]
CROWD = ["run", *(f"run {i}" for i in range(1, 500))]


def chip_colors(page: Page) -> dict[str, str]:
    """The colour of each run that has a chip."""
    colors = {}
    for chip in page.locator(".chips li").all():
        name = chip.locator("xpath=..").get_attribute("aria-label") or ""
        colors[name] = chip.locator("i").evaluate("(mark) => mark.style.background")
    return colors


def test_colours_stay_when_other_series_come_and_go(
    page: Page, zoo_server: Server, zoo: cf.Logs
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
    rows = dialog.locator("tbody .row")
    search = page.get_by_label("Search series")
    for query, count in (
        ("dozen test", 12),
        ("lr=0.05", 2),
        ("lr=5e-2", 2),
        ("optimizer=adam train", 6),
        ("RHYTHMS", 3),
        ("finished thirty", 1),
        ("split=test run=dozen", 12),
        ("run=dozen-03", 2),
        ("state=finished split=sparse", 1),
        ("run=dozen-03 run=dozen-04 split=test", 2),
        ("run=dozen -train", 12),
        ("nothing of the kind", 0),
    ):
        search.fill(query)
        expect(rows).to_have_count(count)
    expect(dialog).to_contain_text("Nothing matches “nothing of the kind”.")
    # What the empty list advertises is found.
    for example in dialog.locator("code").all_inner_texts():
        search.fill("nothing of the kind")
        dialog.get_by_role("button", name=example, exact=True).click()
        expect(search).to_have_value(example)
        if example != "state=running":
            expect(rows.first).to_be_visible()
    search.fill("rhythms")
    dialog.get_by_role("button", name="Remove all").click()
    dialog.get_by_role("button", name="Add these").click()
    dialog.get_by_role("button", name="Done").click()
    expect(page.locator(".chips li")).to_have_count(3)


def test_only_what_is_found_is_shown_in_the_colours_that_it_has_by_one_step(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    rhythms = zoo["rhythms"]
    begun = ((zoo["kinds"], "old"), (rhythms, "sparse"), (zoo["thirty"], "test"))
    show(page, zoo_server, link_series(*begun))
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Series")
    only = dialog.get_by_role("button", name="Show only these")
    expect(only).to_be_disabled()
    dialog.get_by_label("Search series").fill("rhythms")
    only.click()
    expect(only).to_be_disabled()
    page.keyboard.press("Escape")
    chosen = dict(part.rpartition(".")[::2] for part in view_of(page)["series"].split(","))
    key = f"{rhythms.id}.{rhythms['sparse'].id}"
    assert set(chosen) == {f"{rhythms.id}.{rhythms[name].id}" for name in rhythms}
    assert chosen[key] == "1"
    assert len(set(chosen.values())) == 3
    page.go_back()
    expect(page.locator(".chips li")).to_have_text(["old", "sparse", "test"])


def test_twelve_series_are_drawn_named_and_read(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link_series(*((zoo[name], "test") for name in DOZEN)))
    assert len(set(chip_colors(page).values())) == 12
    # Not all of their chips fit, so that they are counted.
    expect(page.locator("header .add")).to_have_text("Series · 12")
    for key in ("2", "3", "r", "1"):
        page.keyboard.press(key)
        settle(page)
    focus_cell(page, 0, 1)
    labels = page.locator(".tooltip .label").all_inner_texts()
    assert labels == [f"{name} · test" for name in DOZEN]
    assert len(view_of(page)["series"].split(",")) == 12


@pytest.fixture(scope="module")
def crowd_server(
    serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory
) -> Server:
    """500 runs of three splits: "run", and "run 1" to "run 499"."""
    log_dir = tmp_path_factory.mktemp("crowd")
    fill(log_dir, 500)
    return serve(log_dir)


def test_every_one_of_very_many_series_can_be_scrolled_to(page: Page, crowd_server: Server) -> None:
    show(page, crowd_server)
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Series")
    expect(dialog).to_contain_text("1,500 of 1,500 series")
    table = dialog.get_by_role("table")
    assert table.get_attribute("aria-rowcount") == "1501"
    assert dialog.locator(".row").count() < 100, "only the rows in sight are in the page"
    rows = picker_rows(page)
    assert list(rows) == list(range(2, 1_502))
    assert {tuple(cells[1:3]) for cells in rows.values()} == {
        (name, f"split {split}") for name in CROWD for split in range(3)
    }


def test_very_many_series_are_searched_and_walked_by_keys(page: Page, crowd_server: Server) -> None:
    show(page, crowd_server)
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Series")
    row_count = expect(dialog.get_by_role("table"))
    focus = page.locator("dialog .row:focus-within")

    page.keyboard.press("Tab")
    page.keyboard.press("End")
    expect(focus).to_have_attribute("aria-rowindex", "1501")
    expect(focus).to_be_in_viewport(ratio=1)
    page.keyboard.press("PageUp")
    page.keyboard.press("ArrowUp")
    at = int(focus.get_attribute("aria-rowindex") or 0)
    assert 1_400 < at < 1_499
    dialog.locator(".scroller").evaluate("(scroller) => (scroller.scrollTop = 0)")
    settle(page)
    page.keyboard.press("ArrowUp")
    expect(focus).to_have_attribute("aria-rowindex", str(at - 1))
    expect(focus).to_be_in_viewport(ratio=1)
    page.keyboard.press("Space")
    expect(focus.get_by_role("checkbox")).to_be_checked()
    expect(page.locator(".chips li")).to_have_count(4)
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="that are not shown")).to_be_focused()

    page.get_by_label("Search series").fill("run 499 split 2")
    row_count.to_have_attribute("aria-rowcount", "2")
    page.get_by_label("Search series").fill("run 4")
    found = 3 * sum("4" in name for name in CROWD)
    row_count.to_have_attribute("aria-rowcount", str(found + 1))
    dialog.get_by_role("button", name="Remove all").click()
    more = dialog.get_by_role("button", name="Add the first 64 that are not shown")
    more.click()
    expect(page.locator(".chips li")).to_have_count(64)
    more.click()
    expect(page.locator(".chips li")).to_have_count(128)
    dialog.get_by_role("button", name="Remove all").click()


def test_chips_that_do_not_fit_are_counted_and_shown_on_demand(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    runs = [run for run in zoo.runs if run.name.startswith("dozen")]
    show(page, zoo_server, link_series(*((run, "test") for run in runs)))
    chips = page.locator(".chips li")
    more = page.get_by_role("button", name=re.compile(r"^\+\d+ more$"))
    unseen = int(re.sub(r"\D", "", more.inner_text()))
    bottom = page.locator(".chips").evaluate("(e) => e.getBoundingClientRect().bottom")
    tops = [chip.evaluate("(e) => e.getBoundingClientRect().bottom") for chip in chips.all()]
    assert unseen == len([top for top in tops if top > bottom]) > 0
    more.click()
    expect(page.get_by_role("button", name="fewer", exact=True)).to_be_visible()
    expect(chips.last).to_be_in_viewport()


def test_chips_of_many_series_stand_close_and_show_their_buttons_when_pointed_at(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    runs = [run for run in zoo.runs if run.name.startswith("dozen")][:7]
    show(page, zoo_server, link_series(*((run, s) for run in runs for s in ("test", "train"))))
    bottom = page.locator(".chips").evaluate("(e) => e.getBoundingClientRect().bottom")
    chips = page.locator(".chips li").all()
    tops = [chip.evaluate("(e) => e.getBoundingClientRect().bottom") for chip in chips]
    assert len([top for top in tops if top <= bottom]) >= 8
    compare, remove = chips[1].get_by_role("button").all()
    expect(remove).to_have_css("opacity", "0")
    chips[1].hover()
    expect(remove).to_have_css("opacity", "1")
    expect(compare).to_have_css("opacity", "1")
    # By keys they are reached as well.
    page.mouse.move(5, 700)
    expect(remove).to_have_css("opacity", "0")
    remove.focus()
    expect(remove).to_have_css("opacity", "1")
    # A baseline stays marked.
    compare.click()
    page.mouse.move(5, 700)
    expect(compare).to_have_css("opacity", "1")
    remove.click()
    expect(page.locator(".chips li")).to_have_count(13)


@pytest.fixture(scope="module")
def alike_server(
    serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory
) -> Server:
    """Four runs: two seeds of "wide-drop", "narrow", and one with a resumed attempt."""
    log_dir = tmp_path_factory.mktemp("alike")
    for name, seed in (("wide-drop", 0), ("wide-drop", 1), ("narrow", 0)):
        with cf.Run(log_dir, name, {"lr": 0.1, "seed": seed}, classes=["cat", "dog"]) as run:
            for epoch in range(4):
                run.log_matrix(epoch, "test", [[9 - seed, 1 + seed], [2, 8]])
                run.log_matrix(epoch, "train", [[9, 1], [1, 9]])
    for epoch in range(2):
        with cf.Run(log_dir, "again", {"lr": 0.2}, classes=["cat", "dog"], id="job") as run:
            run.log_matrix(epoch, "test", [[5, 5], [2, 8]])
    return serve(log_dir)


def test_runs_of_one_name_are_told_apart_wherever_they_are_named(
    page: Page, alike_server: Server
) -> None:
    runs = cf.open_logs(alike_server.log_dir).runs
    series = [(run, split) for run in runs[:3] for split in ("test", "train")]
    show(page, alike_server, link_series(*series))
    expect(page.locator(".chips b")).to_have_text(
        ["wide-drop · seed 0", "wide-drop · seed 1", "narrow"]
    )
    labels = [
        f"{name} · {split}"
        for name in ("wide-drop · seed 0", "wide-drop · seed 1", "narrow")
        for split in ("test", "train")
    ]
    focus_cell(page, 0, 1)
    assert page.locator(".tooltip .label").all_inner_texts() == labels
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Cells").click()
    cells = page.get_by_role("region", name="Cells")
    expect(cells).to_contain_text("…seed 1 · test")
    expect(cells.get_by_title("wide-drop · seed 1 · test").first).to_be_visible()
    # Two seeds alone need no name: it is on the chips' tooltips.
    show(page, alike_server, link_series(*((run, "test") for run in runs[:2])))
    expect(page.locator(".chips b")).to_have_text(["seed 0", "seed 1"])
    page.locator(".chips li").first.hover()
    title = page.locator(".chips li").first.get_attribute("title")
    assert title
    assert title.startswith("wide-drop · seed 0 · test, started ")


def test_the_picker_shows_start_and_every_differing_key_and_finds_attempts_when_asked(
    page: Page, alike_server: Server
) -> None:
    show(page, alike_server)
    page.keyboard.press("a")
    dialog = page.get_by_role("dialog", name="Series")
    heads = dialog.locator("th button span:first-child")
    assert heads.all_inner_texts() == [
        *("Run", "Split", "Started", "lr", "seed", "Epochs", "Accuracy", "State")
    ]
    rows = dialog.locator("tbody .row")
    expect(rows).to_have_count(7)
    search = page.get_by_label("Search series")
    search.fill("again")
    expect(rows).to_have_count(1)
    dialog.get_by_role("button", name="1 series of earlier attempts").click()
    expect(rows).to_have_count(1)
    expect(rows.locator(".attempt")).to_have_text("attempt 0")
    search.fill("")
    dialog.get_by_role("button", name="Started").click()
    expect(rows.first).to_contain_text("again")
    dialog.get_by_role("button", name="Started").click()
    expect(rows.first).to_contain_text("wide-drop")


def test_hovering_a_chip_lights_up_its_series_everywhere(page: Page, alike_server: Server) -> None:
    runs = cf.open_logs(alike_server.log_dir).runs
    show(page, alike_server, link_series(*((run, "test") for run in runs[:3])))
    box = cell_box(page, 0, 1)
    charts = page.locator("canvas").all()

    def pictures() -> list[str]:
        return [chart.evaluate("(canvas) => canvas.toDataURL()") for chart in charts]

    before = [darkness(band) for band in bands(page, box, 3)]
    drawn = pictures()
    page.locator(".chips li").nth(1).hover()
    settle(page)
    during = [darkness(band) for band in bands(page, box, 3)]
    assert during[1] == before[1] > 0
    assert during[0] < before[0] / 2
    assert during[2] < before[2] / 2
    changed = [one != other for one, other in zip(drawn, pictures(), strict=True)]
    # Matrix, timeline, classes and detail; canvases of marks above them stay as they are.
    assert sum(changed) >= 4
    page.mouse.move(5, 700)
    settle(page)
    assert [darkness(band) for band in bands(page, box, 3)] == before


def test_several_log_directories_stand_side_by_side_and_a_link_says_which(
    page: Page, serve: Callable[..., Server], tmp_path: Path
) -> None:
    places = [tmp_path / "laptop", tmp_path / "cluster"]
    for place, wrong in zip(places, (1, 4), strict=True):
        with cf.Run(place, "copied", id="job", classes=["cat", "dog"]) as run:
            run.log_matrix(0, "test", [[10 - wrong, wrong], [0, 10]])
    with cf.Run(places[1], "alone", classes=["cat", "dog"]) as run:
        run.log_matrix(0, "test", [[5, 5], [0, 10]])
    logs = cf.open_logs(places)
    copies = [run for run in logs.runs if run.name == "copied"]
    show(page, serve(*places), link_series(*((run, "test") for run in copies)))
    names = [f"directory {place}" for place in places]
    expect(page.locator(".chips b")).to_have_count(2)
    assert [chip.get_attribute("title") for chip in page.locator(".chips b").all()] == names
    assert len(set(page.locator(".chips b").all_inner_texts())) == 2
    focus_cell(page, 0, 1)
    # Long names are cut in the middle, so that they stay distinct.
    values = {name[-12:]: value for name, (value, _) in read_spot(page).items()}
    assert values == {"aptop · test": "10.0%", "uster · test": "40.0%"}
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    search = page.get_by_label("Search series")
    search.fill(f"directory={places[1]}")
    expect(page.locator("dialog tbody .row")).to_have_count(2)
    # The same link, with the directories in another order.
    show(page, serve(*places[::-1]), link_series(*((run, "test") for run in copies)))
    focus_cell(page, 0, 1)
    assert {name[-12:]: value for name, (value, _) in read_spot(page).items()} == values
