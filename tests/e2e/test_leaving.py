"""Links and files that leave the page, where a frame forbids it too, and reports."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, FrameLocator, Page, expect
from tests.e2e.browsing import Server, focus_cell, link, link_series, read_spot, show, wait_until

import confusionflow as cf
from confusionflow.exporters.report import export_report


def framed(page: Page, server: Server, view: str, **attributes: str) -> FrameLocator:
    """The server's page in a frame of a page of its own origin."""
    around = f"{server.address}around.html"
    page.route(around, lambda route: route.fulfill(body="<body></body>", content_type="text/html"))
    page.goto(around)
    page.evaluate(
        """([address, attributes]) => {
            const frame = document.createElement("iframe");
            for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
            frame.style = "width: 1250px; height: 680px";
            frame.src = address;
            document.body.replaceChildren(frame);
        }""",
        [f"{server.address}{view}", attributes],
    )
    return page.frame_locator("iframe")


def test_a_link_that_a_frame_may_not_copy_is_shown_to_be_selected(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    view = link(zoo["uneven"], "test", mode="lines")
    frame = framed(page, zoo_server, view, allow="clipboard-write 'none'")
    frame.get_by_role("button", name="Copy link").click()
    field = frame.get_by_role("textbox", name="Text to copy")
    expect(field).to_be_focused()
    text = field.input_value()
    assert text.startswith(zoo_server.address)
    assert "mode=lines" in text
    selected = field.evaluate(
        "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"
    )
    assert selected == text
    page.keyboard.press("Escape")
    expect(field).to_have_count(0)


def test_a_download_that_a_frame_may_forbid_has_a_hint(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    view = link(zoo["uneven"], "test")
    saved: list[str] = []
    page.on("download", lambda download: saved.append(download.suggested_filename))
    rights = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    frame = framed(page, zoo_server, view, sandbox=rights)
    frame.get_by_role("button", name="Export").click()
    row = frame.locator("#export-menu .row", has_text="Matrix")
    row.get_by_role("button", name="SVG").click()
    said = frame.locator(".leaving")
    expect(said).to_contain_text("this frame forbids downloads")
    assert saved == [], "the frame does forbid it"
    with page.context.expect_page() as opened:
        said.get_by_role("button", name="Open").click()
    alone = opened.value
    wait_until(alone)
    assert alone.url.startswith(zoo_server.address)
    # By itself the page has nothing to say of it.
    alone.get_by_role("button", name="Export").click()
    with alone.expect_download():
        alone.locator("#export-menu .row", has_text="Matrix").get_by_role(
            "button", name="SVG"
        ).click()
    expect(alone.locator(".leaving")).to_have_count(0)


def test_a_report_in_a_frame_without_an_address_says_where_its_downloads_went(
    browser: Browser, zoo: cf.Logs, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    export_report([zoo["uneven"]["test"]], path)
    page = browser.new_page()
    page.evaluate(
        """html => {
            const frame = document.createElement("iframe");
            frame.sandbox = "allow-scripts";
            frame.style = "width: 1200px; height: 650px";
            frame.srcdoc = html;
            document.body.append(frame);
        }""",
        path.read_text(),
    )
    frame = page.frame_locator("iframe")
    frame.get_by_role("button", name="Export").click()
    expect(frame.locator("#export-menu")).not_to_contain_text("in one file")
    frame.locator("#export-menu .row", has_text="uneven").or_(
        frame.locator("#export-menu .row", has_text="test")
    ).get_by_role("link", name="CSV").click()
    expect(frame.locator(".leaving")).to_contain_text("Save the report itself")
    page.close()


def test_the_report_of_the_export_menu_shows_the_same_view(
    page: Page, browser: Browser, zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    series = ((zoo["dozen-00"], "test"), (zoo["dozen-01"], "test"))
    show(page, zoo_server, link_series(*series, colors=[3, 5], mode="lines", detail="recall,A"))
    focus_cell(page, 0, 1)
    spot = read_spot(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Export").click()
    only = page.get_by_role("checkbox", name="only shown series")
    expect(only).to_be_checked()
    with page.expect_download() as download:
        page.get_by_role("link", name="Report").click()
    expect(page.locator("#export-menu")).to_be_hidden()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.name == "confusionflow.html"
    with browser.new_context(viewport={"width": 1280, "height": 720}) as context:
        report = context.new_page()
        for address in (path.as_uri(), ""):
            # Then by the link that the report itself copies.
            if not address:
                address = report.evaluate("location.href")
                assert "mode=lines" in address
                report.goto("about:blank")
            report.goto(address)
            wait_until(report)
            assert report.locator("#detail-title").text_content() == "Recall of A"
            expect(report.locator(".chips li")).to_have_count(2)
            focus_cell(report, 0, 1)
            assert read_spot(report) == spot
            report.keyboard.press("Escape")
            report.keyboard.press("n")
            report.wait_for_url("**mode=lines*")
        report.keyboard.press("a")
        expect(report.get_by_role("dialog", name="Series")).to_contain_text("2 of 2 series")


def test_a_report_of_all_series_begins_with_those_that_are_shown(
    page: Page, browser: Browser, zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    show(page, zoo_server, link(zoo["uneven"], "test"))
    page.get_by_role("button", name="Export").click()
    page.get_by_role("checkbox", name="only shown series").uncheck()
    with page.expect_download() as download:
        page.get_by_role("link", name="Report").click()
    path = tmp_path / "report.html"
    download.value.save_as(path)
    report = browser.new_page()
    report.goto(path.as_uri())
    wait_until(report)
    expect(report.locator(".chips li")).to_have_count(1)
    report.keyboard.press("a")
    count = sum(len(run) for run in zoo.runs)
    expect(report.get_by_role("dialog", name="Series")).to_contain_text(
        f"{count} of {count} series"
    )
    report.close()
