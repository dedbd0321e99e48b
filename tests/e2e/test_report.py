"""The one-file report in a browser without a network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from tests.e2e.browsing import Server, focus_cell, link, read_spot, show, wait_until

import confusionflow as cf
from confusionflow.exporters.report import export_report

SPLITS = ("train", "test", "cifar10.1")


def test_a_report_shows_from_disk_what_the_server_shows(
    browser: Browser, poster_server: Server, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    view = link(poster, *SPLITS, at=100, mode="lines", detail="cell,Auto,Truck")
    path = tmp_path / "report.html"
    export_report(list(poster.values()), path, title="Poster", view=f"http://gpu7:8080/{view}")
    with browser.new_context(accept_downloads=True) as context:
        page = context.new_page()
        asked: list[str] = []
        errors: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))
        page.goto(path.as_uri())
        wait_until(page)
        assert page.title().startswith("Poster") or "Auto" in page.title()
        assert page.locator("#detail-title").text_content() == "Auto → Truck"
        focus_cell(page, 3, 5)
        from_disk = read_spot(page)
        assert list(from_disk) == list(SPLITS)
        page.reload()
        wait_until(page)
        assert "mode=lines" in page.url
        focus_cell(page, 3, 5)
        assert read_spot(page) == from_disk
        page.get_by_role("button", name="Export").click()
        row = page.locator("#export-menu .row", has_text="cifar10.1")
        with page.expect_download() as download:
            row.get_by_role("link", name="CSV").click()
        download.value.save_as(tmp_path / "counts.csv")
        assert errors == []
        assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)

        show(page, poster_server, view)
        focus_cell(page, 3, 5)
        assert read_spot(page) == from_disk
        answer = page.request.get(
            f"{poster_server.address}api/runs/{poster.id}/splits/{poster['cifar10.1'].id}/table.csv"
        )
        assert answer.text() == (tmp_path / "counts.csv").read_text()


def test_a_report_without_instances_names_the_option_on_one_line(
    browser: Browser, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    export_report([poster["test"]], path, view="tab=instances")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(path.as_uri())
        wait_until(page)
        reason = page.locator(".instances .none")
        expect(reason).to_contain_text("export with --instances 50.")
        lines = reason.evaluate(
            """(reason) => Array.from({ length: 50 }, (_, at) => {
                reason.style.width = `${200 + 10 * at}px`;
                return reason.querySelector("code").getClientRects().length;
            })"""
        )
        assert set(lines) == {1}


@pytest.mark.parametrize(
    ("by", "label"),
    [("support", "by support"), ("confused", "most confused"), ("similarity", "similar together")],
)
def test_a_report_orders_classes_as_the_server_does(
    browser: Browser,
    poster_server: Server,
    poster: cf.LoggedRun,
    tmp_path: Path,
    by: str,
    label: str,
) -> None:
    path = tmp_path / "report.html"
    export_report(list(poster.values()), path)
    orders = []
    with browser.new_context() as context:
        page = context.new_page()
        for address in (path.as_uri(), poster_server.address):
            page.goto(address)
            wait_until(page)
            page.get_by_role("button", name="Choose classes", exact=True).click()
            page.get_by_role("group", name="Order").get_by_text(label).click()
            page.wait_for_url(f"**by={by}*")
            orders.append(page.url.partition("order=")[2].partition("&")[0])
    assert orders[0] == orders[1] != ""


def test_a_report_says_that_its_orders_and_groups_are_of_all_that_it_holds(
    browser: Browser, poster_server: Server, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    view = link(poster, "test", epochs="3-9", group="similarity")
    path = tmp_path / "report.html"
    export_report(list(poster.values()), path, view=view)
    for of_report in (True, False):
        page = browser.new_page()
        if of_report:
            page.goto(path.as_uri())
            wait_until(page)
        else:
            show(page, poster_server, view)
        # What the view shows is not all of it.
        expect(page.locator(".bar .found")).to_have_count(0 if of_report else 1)
        page.keyboard.press("k")
        for name in ("most confused", "similar together", "by similarity"):
            button = page.get_by_role("dialog").get_by_role("button", name=name)
            title = button.get_attribute("title") or ""
            assert ("over all that this report holds" in title) is of_report
            assert ("over the chosen epochs and the shown series" in title) is not of_report
        page.close()


@pytest.mark.parametrize(
    "put", ["frame.srcdoc = html", "frame.src = URL.createObjectURL(new Blob([html], {type}))"]
)
def test_a_report_shows_in_a_frame_that_has_no_address_and_no_rights(
    put: str, browser: Browser, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    """As trackers show it: MLflow from a blob, Trackio from the text of an attribute."""
    path = tmp_path / "report.html"
    export_report([poster["test"]], path)
    with browser.new_context() as context:
        page = context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.evaluate(
            f"""html => {{
                const frame = document.createElement("iframe");
                const type = "text/html";
                frame.sandbox = "allow-scripts";
                frame.style = "width: 1200px; height: 650px";
                {put};
                document.body.append(frame);
            }}""",
            path.read_text(),
        )
        frame = page.frame_locator("iframe")
        numbers = frame.get_by_role("button", name="Numbers")
        numbers.click()
        expect(numbers).to_have_attribute("aria-pressed", "true")
        expect(frame.get_by_role("button", name="Copy link")).to_have_count(0)
        page.wait_for_timeout(500)  # what the page writes into its address it writes late
        assert errors == []


def test_a_report_says_what_of_its_view_is_not_in_it(
    browser: Browser, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    export_report([poster["test"]], path, view=link(poster, "train", "test"))
    page = browser.new_page()
    page.goto(path.as_uri())
    expect(page.get_by_text("1 series of this view is not in this file.")).to_be_visible()
    page.close()


def test_a_report_shows_an_older_attempt_beside_the_run_as_it_is(
    browser: Browser, tmp_path: Path
) -> None:
    for resume in (False, True):
        with cf.Run(tmp_path, "again", classes=["cat", "dog"], resume=resume) as run:
            run.log_matrix(0, "test", [[1, 1 + 2 * resume], [0, 1]])
    again = cf.open_logs(tmp_path)["again"]
    cf.export([again.attempt(0)["test"], again["test"]], tmp_path / "report.html")
    page = browser.new_page()
    page.goto((tmp_path / "report.html").as_uri())
    wait_until(page)
    focus_cell(page, 0, 1)
    assert sorted(share for share, _ in read_spot(page).values()) == ["50.0%", "75.0%"]
    page.close()
