"""Many classes in groups: opened, closed, shown alone, found, linked to, and their numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    Server,
    cell_box,
    cell_point,
    focus_cell,
    link,
    read_spot,
    settle,
    show,
    view_of,
    wait_until,
)

import confusionflow as cf
from confusionflow.analysis import Tree, aggregate, find_tree
from confusionflow.analysis import metrics as m

# Four families of three kinds of four classes; a class of its own; families differ in size.
NESTED = {
    **{
        f"family {f}": {
            f"kind {f}{k}": [f"class {f}{k}{c}" for c in range(4 + f)] for k in range(3)
        }
        for f in range(4)
    },
    "lone": None,
}
TREE = Tree.from_nested(NESTED)
N = len(TREE.classes)
SPIKE = (7, 61)


@pytest.fixture(scope="module")
def server(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    log_dir = tmp_path_factory.mktemp("tree")
    random = np.random.default_rng(7)
    kind = np.arange(N) // 4
    matrices = [
        random.poisson(0.02 + 1.5 * (kind[:, None] == kind), (N, N)) + 30 * np.eye(N, dtype=int)
        for _ in range(6)
    ]
    matrices[3][SPIKE] = 25
    for name, classes in (("given", NESTED), ("flat", TREE.classes)):
        with cf.Run(log_dir, name, classes=classes) as run:
            for epoch, matrix in enumerate(matrices):
                run.log_matrix(epoch, "test", matrix)
    with cf.Run(log_dir, "few", classes=TREE.classes[:12]) as run:
        for epoch, matrix in enumerate(matrices):
            run.log_matrix(epoch, "test", matrix[:12, :12])
    return serve(log_dir)


@pytest.fixture(scope="module")
def logs(server: Server) -> cf.Logs:
    return cf.open_logs(server.log_dir)


def row_names(page: Page) -> list[str]:
    """What the rows are called, as the keys reach them one after the other."""
    names: list[str] = page.locator("[role=grid]").first.evaluate(
        """async (grid) => {
            const press = async (key) => {
                grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
                await new Promise((resolve) => setTimeout(resolve));
            };
            grid.focus();
            await press("PageUp");
            await press("End");
            const names = [];
            for (let row = 1; row < grid.ariaRowCount; row++) {
                const { textContent } = document.querySelector(".tooltip .title");
                names.push(textContent.replace("False negatives of ", ""));
                await press("ArrowDown");
            }
            await press("Escape");
            return names;
        }"""
    )
    return names


def click_label(page: Page, row: int, *, shift: bool = False) -> None:
    x, y, _, height = cell_box(page, row, 0)
    frame = page.locator(".matrix").bounding_box()
    assert frame
    if shift:
        page.keyboard.down("Shift")
    page.mouse.click(frame["x"] + x - 20, frame["y"] + y + height / 2)
    page.keyboard.up("Shift")
    settle(page)


def test_many_declared_classes_begin_in_groups_that_fit_and_open_and_close(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link(logs["given"], "test"))
    begun = row_names(page)
    assert 5 < len(begun) <= 30
    bar = page.get_by_role("group", name="Detail", exact=True)
    bar.get_by_role("button", name="overview").click()
    assert row_names(page) == list(TREE.cut(0).names)
    click_label(page, 1)
    opened = row_names(page)
    assert opened == list(TREE.cut(opened=["family 1"]).names)
    assert view_of(page)["open"].split(",")[1:] == ["family 1"]
    page.reload()
    wait_until(page)
    assert row_names(page) == opened
    focus_cell(page, 2, 3)
    page.keyboard.press("o")
    settle(page)
    both = TREE.cut(opened=["family 1", "kind 11", "kind 12"]).names
    assert row_names(page) == list(both)
    focus_cell(page, 2, 2)
    page.keyboard.press("p")
    settle(page)
    # The bracket of the outer open group is at its rows' left.
    _, y, _, _ = cell_box(page, 1, 0)
    frame = page.locator(".matrix").bounding_box()
    assert frame
    page.mouse.click(frame["x"] + 24, frame["y"] + y + 5)
    settle(page)
    assert row_names(page) == list(TREE.cut(0).names)
    page.go_back()
    settle(page)
    assert "family 1" not in row_names(page)


def test_a_group_has_the_numbers_that_python_gives_and_its_diagonal_what_is_confused_inside(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    series = logs["given"]["test"]
    cut = TREE.cut(opened=["family 0"])
    between, inside = aggregate(series.cube(), series.classes, cut)
    opened = "," + ",".join(["family 0"])
    show(page, server, link(logs["given"], "test", open="%" + opened, at=3))
    support = m.support(between)[3]
    focus_cell(page, 1, 3)
    expect(page.locator(".tooltip .title")).to_have_text("kind 01 → family 1")
    count = between.dense()[3][1, 3]
    assert read_spot(page)["test"][1] == f"{count} / {support[1]}"
    focus_cell(page, 4, 4)
    expect(page.locator(".tooltip .title")).to_have_text("Inside family 2")
    assert read_spot(page)["test"][1] == f"{inside[3][4]:,} / {support[4]:,}"
    expect(page.locator("#matrix-active")).to_contain_text("closed group of 18 classes")
    page.keyboard.press("Enter")
    expect(page.locator("#detail-title")).to_have_text("Inside family 2")
    page.keyboard.press("d")
    recall = m.recall(between)[3][4]
    assert read_spot(page)["test"][0] == f"{recall:.1%}"
    right = between.dense()[3][4, 4]
    assert read_spot(page)["test"][1] == f"{right:,} / {support[4]:,}"


def test_a_spike_of_one_epoch_is_found_in_the_list_and_its_groups_are_opened(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link(logs["given"], "test", open="%"))
    actual, predicted = (TREE.classes[index] for index in SPIKE)
    page.keyboard.press("l")
    page.get_by_role("button", name="peak").click()
    page.locator("button.cell").first.click()
    settle(page)
    expect(page.locator("#detail-title")).to_have_text(f"{actual} → {predicted}")
    names = row_names(page)
    assert actual in names
    assert predicted in names


def test_one_group_is_shown_alone_and_left_again(page: Page, server: Server, logs: cf.Logs) -> None:
    show(page, server, link(logs["given"], "test", open="%"))
    click_label(page, 3, shift=True)
    assert row_names(page) == ["kind 30", "kind 31", "kind 32"]
    shown = page.get_by_role("navigation", name="Group that is shown")
    expect(shown.locator("b")).to_have_text("family 3")
    focus_cell(page, 0, 0)
    page.keyboard.press("f")
    settle(page)
    assert row_names(page) == list(NESTED["family 3"]["kind 30"])  # type: ignore[index]
    assert view_of(page)["focus"] == "kind 30"
    shown.get_by_role("button", name="family 3").click()
    settle(page)
    assert row_names(page)[1:] == ["kind 31", "kind 32"]
    shown.get_by_role("button", name="all", exact=True).click()
    settle(page)
    assert "lone" in row_names(page)


def test_groups_are_found_for_many_classes_and_few_are_left_as_they_are(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    flat = logs["flat"]["test"]
    show(page, server, link(logs["flat"], "test"))
    page.get_by_role("group", name="Detail", exact=True).get_by_role(
        "button", name="overview"
    ).click()
    tree = find_tree([flat.classes], [flat.cube()])
    assert row_names(page) == list(tree.cut(0).names)
    show(page, server, link(logs["few"], "test", epochs="1-4"))
    assert row_names(page) == list(TREE.classes[:12])
    expect(page.get_by_role("group", name="Group classes")).to_have_count(0)
    page.keyboard.press("k")
    page.get_by_role("button", name="by similarity").click()
    page.wait_for_url("**group=similarity*")
    page.keyboard.press("Escape")
    page.get_by_role("group", name="Detail", exact=True).get_by_role(
        "button", name="overview"
    ).click()
    few = logs["few"]["test"]
    tree = find_tree([few.classes], [few.cube().between(1, 4)])
    assert row_names(page) == list(tree.cut(0).names)
    fragment = page.url.partition("#")[2].replace("epochs=1-4&", "")
    show(page, server, f"#{fragment}")
    assert row_names(page) == list(tree.cut(0).names)


def test_found_groups_say_of_what_they_are_where_that_is_not_what_is_shown(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    matrix = np.kron(np.eye(10, dtype=int), np.full((4, 4), 5))
    note = page.locator(".bar .found")
    by_similarity = page.get_by_role("group", name="Group classes").get_by_role(
        "button", name="by similarity"
    )
    with cf.Run(server.log_dir, "growing", classes=TREE.classes[:40]) as run:
        run.log_matrix(0, "test", matrix)
        show(page, server, link(cf.open_logs(server.log_dir)["growing"], "test"))
        expect(note).to_have_count(0)
        run.log_matrix(1, "test", matrix)
        expect(note).to_have_text("found in epoch 0")
        by_similarity.click()
        expect(note).to_have_count(0)
        run.log_matrix(2, "test", matrix)
        expect(note).to_have_text("found in epochs 0\N{EN DASH}1")
        page.get_by_role("slider", name="Last epoch").press("ArrowLeft")
        settle(page)
        expect(note).to_have_count(0)
        page.get_by_role("slider", name="Last epoch").press("ArrowLeft")
        expect(note).to_have_text("found in epochs 0\N{EN DASH}1")
    show(page, server, link(logs["flat"], "test"))
    page.keyboard.press("t")  # all of its training is the same epochs
    settle(page)
    expect(note).to_have_count(0)


def test_a_class_is_gone_to_through_the_list_of_classes(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link(logs["given"], "test", open="%"))
    page.keyboard.press("k")
    page.get_by_label("Search classes").fill("class 215")
    page.get_by_role("button", name="go to").click()
    settle(page)
    assert "class 215" in row_names(page)
    page.mouse.move(*cell_point(page, 0, 0))


def test_a_small_matrix_of_all_classes_moves_the_part_that_has_room(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    show(page, server, link(logs["flat"], "test", group="none"))
    small = page.locator(".minimap")
    box = small.bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2)
    settle(page)
    scrolled = page.locator(".scroller").evaluate(
        """(e) => [e.scrollTop, e.scrollHeight - e.clientHeight,
                  e.scrollLeft, e.scrollWidth - e.clientWidth]"""
    )
    assert scrolled[0] == pytest.approx(scrolled[1], abs=1)
    assert scrolled[2] == pytest.approx(scrolled[3], abs=1)
    assert scrolled[0] > 0
    # A drag that ends over a cell says nothing of it, and does not select it.
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 80, box["y"] + box["height"] + 80, steps=4)
    settle(page)
    expect(page.locator(".tooltip")).to_have_count(0)
    page.mouse.up()
    settle(page)
    assert "detail" not in view_of(page)
    show(page, server, link(logs["given"], "test"))
    expect(small).to_have_count(0)  # a cut that fits has nothing beyond it


def test_the_filter_of_class_performance_finds_classes_in_closed_groups(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    show(page, server, link(logs["given"], "test", open="kind 00,kind 01,family 0"))
    rows = page.get_by_role("grid", name="Class performance")
    search = page.get_by_role("searchbox", name="Filter classes by name")
    before = int(rows.get_attribute("aria-rowcount") or 0)
    assert before > 12
    search.fill("class 205")
    expect(rows).to_have_attribute("aria-rowcount", "1")
    rows.focus()
    page.keyboard.press("Home")
    expect(page.locator("#performance-active")).to_contain_text("family 2")
    assert view_of(page)["filter"] == "class 205"
    page.reload()
    wait_until(page)
    expect(search).to_have_value("class 205")
    expect(rows).to_have_attribute("aria-rowcount", "1")
    search.fill("nowhere")
    expect(page.get_by_text("No class here is called “nowhere”.")).to_be_visible()
    search.fill("")
    expect(rows).to_have_attribute("aria-rowcount", str(before))


def test_the_filter_lists_what_is_called_so_before_the_closed_groups_that_hold_it(
    page: Page, server: Server, logs: cf.Logs
) -> None:
    opened = ",family 1,family 2,kind 11"
    show(page, server, link(logs["given"], "test", open=opened, filter="class 1"))
    grid = page.get_by_role("grid", name="Class performance")
    spoken = []
    grid.focus()
    page.keyboard.press("Home")
    for _ in range(int(grid.get_attribute("aria-rowcount") or 0)):
        settle(page)
        spoken.append((page.locator("#performance-active").text_content() or "").strip())
        page.keyboard.press("ArrowDown")
    titles = [text.partition(",")[0] for text in spoken]
    classes = [f"F1 of class 11{c}" for c in range(5)]
    assert titles == [*classes, "F1 of kind 10", "F1 of kind 12"]
    assert not any("group" in text for text in spoken[:5])
    assert "kind 10 is a closed group of 5 classes, of which 5 are found," in spoken[5]
