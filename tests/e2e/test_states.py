"""Loading, ready, empty, broken, and damaged files: each has its own words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from tests.e2e.browsing import Server, focus_cell, link, paints, settle, show, wait_until
from tests.e2e.zoo import LETTERS, matrix

import confusionflow as cf
from confusionflow.cli.app import app


def test_a_page_that_waits_for_data_says_so(page: Page, zoo_server: Server) -> None:
    waiting: list[Route] = []
    page.route("**/series", lambda route: waiting.append(route))
    page.goto(zoo_server.address)
    page.wait_for_selector("html[data-state=loading]")
    expect(page.get_by_role("status").get_by_text("Loading")).to_be_visible()
    expect(page.locator(".chips li span").first).to_have_text("test")
    expect(page.locator("header [role=status]")).to_have_text("")
    page.wait_for_function("() => performance.getEntriesByName('confusionflow:painted').length")
    page.unroute("**/series")
    page.reload()
    wait_until(page)


# A page listens once it is painted, and looks again for what was logged since it read the runs.
HAS_LOOKED_AGAIN = """() => performance.getEntriesByType("resource")
    .filter(({ name }) => name.endsWith("/api/runs")).length > 1"""


def test_a_page_looks_again_when_it_listens_though_another_page_listens_already(
    page: Page, zoo_server: Server
) -> None:
    for each in (page, page.context.new_page()):
        each.goto(zoo_server.address)
        wait_until(each)
        each.wait_for_function(HAS_LOOKED_AGAIN)
    each.close()


def test_the_cells_are_drawn_once_when_the_page_opens(page: Page, zoo_server: Server) -> None:
    page.add_init_script(
        """window.drawn = {};
        const put = CanvasRenderingContext2D.prototype.putImageData;
        CanvasRenderingContext2D.prototype.putImageData = function (image, ...at) {
            const block = [image.width, image.height, ...at];
            drawn[block] = (drawn[block] ?? 0) + 1;
            return put.call(this, image, ...at);
        };"""
    )
    page.goto(zoo_server.address)
    wait_until(page)
    page.wait_for_function(HAS_LOOKED_AGAIN)
    page.wait_for_timeout(300)
    settle(page)
    times = page.evaluate("Object.values(drawn)")
    assert times == [1] * 4  # cells, FN, FP and the legend


def test_an_empty_log_directory_says_how_to_log(page: Page, tmp_path: Path) -> None:
    server = Server(tmp_path)
    try:
        show(page, server, state="empty")
        text = page.locator(".state").inner_text()
        assert f"No epochs yet in {tmp_path}" in text
        assert f'cf.Run("{tmp_path}"' in text
        expect(page.locator("header [role=status]")).to_have_text("")
    finally:
        server.close()


def test_a_server_that_goes_while_the_page_loads_is_named_with_the_next_step(
    page: Page, zoo_server: Server
) -> None:
    # Without its events nothing but the button makes the page ask again. What a worker asks for
    # could not be stopped here.
    page.add_init_script("delete window.SharedWorker")
    page.route("**/api/events", lambda route: route.abort())
    page.route("**/api/runs", lambda route: route.abort())
    page.goto(zoo_server.address)
    wait_until(page, "broken")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The ConfusionFlow server does not answer.")
    expect(alert).to_contain_text("confusionflow serve LOGDIR")
    page.unroute("**/api/runs")
    page.get_by_role("button", name="Try again").click()
    wait_until(page)


def test_an_error_of_the_server_is_shown_with_its_words(page: Page, zoo_server: Server) -> None:
    page.route(
        "**/series",
        lambda route: route.fulfill(
            status=422, json={"error": {"message": "The split is odd.", "hint": "Log it again."}}
        ),
    )
    page.goto(zoo_server.address)
    wait_until(page, "broken")
    expect(page.get_by_role("alert")).to_contain_text("The split is odd.")
    expect(page.get_by_role("alert")).to_contain_text("Log it again.")


def test_without_a_series_the_page_offers_to_choose(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["two"], "test"))
    page.get_by_role("button", name="Remove two test").click()
    expect(page.get_by_role("heading", name="No series is shown")).to_be_visible()
    page.get_by_role("button", name="Choose series").click()
    expect(page.get_by_role("dialog", name="Series")).to_be_visible()


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_file_costs_its_own_epoch_and_is_named(
    page: Page, tmp_path: Path, damage: str
) -> None:
    run = cf.Run(tmp_path, name="hurt", classes=LETTERS)
    for epoch in range(4):
        run.log_matrix(epoch, "test", matrix(4, epoch))
    file = next(tmp_path.rglob("counts-e00000002-*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 255
    file.write_bytes(data if damage == "flipped" else data[:-20])
    server = Server(tmp_path)
    try:
        show(page, server)
        expect(page.locator(".notices")).to_contain_text(f"{file.name} is left out.")
        page.keyboard.press(",")
        settle(page)
        assert page.locator(".at output").inner_text() == "1"
        focus_cell(page, 0, 1)
        count, support = matrix(4, 1)[0, 1], matrix(4, 1)[0].sum()
        assert page.locator(".tooltip .counts").inner_text() == f"{count} / {support}"
    finally:
        server.close()
        run.close()


def test_a_run_of_which_nothing_can_be_read_is_broken_and_not_empty(
    page: Page, tmp_path: Path
) -> None:
    with cf.Run(tmp_path, name="lost", classes=LETTERS) as run:
        run.log_matrix(0, "test", matrix(4, 0))
    for file in tmp_path.rglob("*.parquet"):
        file.write_bytes(b"")
    server = Server(tmp_path)
    try:
        show(page, server, state="broken")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("None of these series can be read")
        expect(alert).to_contain_text("Run “lost”")
        expect(alert).to_contain_text(".parquet is left out.")
        expect(alert).to_contain_text(f'confusionflow check "{tmp_path}"')
        with cf.Run(tmp_path, name="found", classes=LETTERS) as run:
            run.log_matrix(0, "test", matrix(4, 0))
        wait_until(page)
    finally:
        server.close()


def test_every_paint_leaves_a_mark_and_nothing_else_does(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense"))
    page.mouse.move(5, 5)
    settle(page)
    for key in ("2", "3", "r", "c", "d", "+", ","):
        before = paints(page)
        page.keyboard.press(key)
        settle(page)
        assert paints(page) == before + 1, key
    before = paints(page)
    settle(page)
    page.keyboard.press("3")
    settle(page)
    assert paints(page) == before


def test_a_run_whose_folder_is_renamed_is_named_and_a_run_gets_another_name_live(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    ids = []
    for name in ("first", "second"):
        with cf.Run(tmp_path, name=name, classes=LETTERS) as run:
            run.log_matrix(0, "test", matrix(4, 0))
        ids.append(run.id)
    show(page, serve(tmp_path))
    chip = page.locator(".chips b")
    expect(chip).to_have_text("second")
    app(["rename", str(tmp_path), "second", "better"], standalone_mode=False)
    expect(chip).to_have_text("better")
    folder = tmp_path / f"run-{ids[0]}"
    folder.rename(tmp_path / "best")
    notice = page.get_by_text("Folder “best”")
    expect(notice).to_contain_text(f"Name it run-{ids[0]} again")
    (tmp_path / "best").rename(folder)
    expect(notice).to_have_count(0)
