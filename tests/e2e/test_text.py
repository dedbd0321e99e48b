"""Names and values from logs in a browser: shown as text, run by nothing, exported escaped."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request
from tests.e2e.browsing import (
    Server,
    export_svg,
    focus_cell,
    link,
    link_series,
    picker_rows,
    settle,
    show,
    wait_until,
)
from tests.payloads import PAYLOADS
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.errors import ConfusionFlowWarning
from confusionflow.exporters.report import export_report

KEYS = [*PAYLOADS[:3], "constructor"]
# Nobody sees these, and XML has none of them.
NO_XML = r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"

# Set before any script of the page: what a payload may do, and what the policy stopped.
WATCH = """
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) =>
        violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
# Elements that payloads would make, and the page has none of; its scripts have addresses.
FOREIGN = (
    "iframe, base, template, math, img, form, textarea, object, embed, use, link[href*=evil], "
    "a[href^='javascript:'], meta[http-equiv=refresh], [onerror], [onload], [onfocus]"
)


@pytest.fixture(scope="module")
@without_syncs()
def text_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run for each payload, called so in all that has a name, and one with all as classes."""
    log_dir = tmp_path_factory.mktemp("text")
    for payload in PAYLOADS:
        config = dict.fromkeys(KEYS, payload)
        with cf.Run(log_dir, name=payload, config=config, classes=[payload, "b"]) as run:
            run.log_matrix(0, payload, [[3, 1], [0, 5]])
    with cf.Run(log_dir, name="all", classes=PAYLOADS, time_unit=PAYLOADS[0]) as run:
        matrix = np.eye(len(PAYLOADS), dtype=int) * 9
        matrix[0, 1:] = 1
        for epoch in range(3):
            run.log_matrix(epoch, "<b>test</b>", matrix)
        with pytest.warns(ConfusionFlowWarning, match="left out of the counts"):
            run.log(0, PAYLOADS[1], y_true=[0, 99], y_pred=[1, 1])
    pairs = {payload: [f"a{payload}", f"b{payload}"] for payload in PAYLOADS}
    with cf.Run(log_dir, name="groups", classes=pairs) as run:
        run.log_matrix(0, "test", np.ones((2 * len(PAYLOADS), 2 * len(PAYLOADS)), dtype=int))
    return log_dir


@pytest.fixture(scope="module")
def text_server(serve: Callable[[Path], Server], text_dir: Path) -> Server:
    return serve(text_dir)


@pytest.fixture
def watched(browser: Browser) -> Iterator[Page]:
    """A page on which nothing of a payload may happen."""
    with browser.new_context(
        viewport={"width": 1600, "height": 1000}, accept_downloads=True
    ) as context:
        context.add_init_script(WATCH)
        page = context.new_page()
        trouble: list[str] = []

        def refuse_dialog(dialog: Dialog) -> None:
            trouble.append(dialog.message)
            dialog.dismiss()

        def note_console(message: ConsoleMessage) -> None:
            # See read_figure; and a slow page uses later what it has loaded ahead.
            expected = "Applying inline style", "The resource"
            if not message.text.startswith(expected):
                trouble.append(message.text)

        def note_request(request: Request) -> None:
            if not re.match(r"http://127\.0\.0\.1:|blob:|data:|file:", request.url):
                trouble.append(request.url)

        page.on("dialog", refuse_dialog)
        page.on("console", note_console)
        page.on("request", note_request)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("popup", lambda popup: trouble.append(popup.url))
        yield page
        assert trouble == []


def check(page: Page) -> None:
    """See that no payload has run, was stopped by the policy only, or became an element."""
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("window.violations") == []
    assert page.locator(FOREIGN).count() == 0


def missing(texts: list[str], written: Callable[[str], str] = str) -> list[str]:
    """Payloads that stand in none of the texts."""
    return [p for p in PAYLOADS if not any(written(p) in text for text in texts)]


def in_label(text: str) -> str:
    """A run or a split as a series is labelled: what decodes it drops a mark at its start."""
    return text.removeprefix("\ufeff")


def in_xml(text: str) -> str:
    """A text as a figure holds it."""
    return re.sub(NO_XML, "\ufffd", re.sub("\r\n?", "\n", text))


def read_figure(page: Page, figure: str, tmp_path: Path) -> list[str]:
    """The texts of an exported figure, which is an SVG file of nothing but shapes."""
    check(page)
    root = ElementTree.fromstring(export_svg(page, figure, tmp_path))
    assert page.evaluate("window.violations") == []
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "defs", "g", "path", "rect", "text", "clipPath", "image"}
    return [element.text or "" for element in root.iter() if element.tag.endswith("}text")]


def download(page: Page, row: int, name: str) -> Path:
    """The table of a series, by its row among those of the open export menu."""
    with page.expect_download() as started:
        page.locator("#export-menu .row").get_by_role("link", name=name).nth(row).click()
    assert re.fullmatch(r"[^\W_][\w.-]*\.(csv|parquet)", started.value.suggested_filename)
    return started.value.path()


def walk(page: Page, selector: str, before: list[str], after: list[str]) -> list[tuple[str, str]]:
    """For each class, press keys, note the titles of tooltip and detail, and press other keys.

    All at once, for typing takes time, and there are many classes.
    """
    found: list[tuple[str, str]] = page.locator(selector).first.evaluate(
        """async (element, [steps, before, after]) => {
            const text = (selector) => document.querySelector(selector)?.textContent ?? "";
            const press = (key) =>
                element.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            const found = [];
            element.focus();
            for (const key of ["PageUp", "Home"]) press(key);
            for (let i = 0; i < steps; i++) {
                for (const key of before) press(key);
                await new Promise(requestAnimationFrame);
                found.push([text(".tooltip .title"), text("#detail-title")]);
                for (const key of after) press(key);
            }
            return found;
        }""",
        [len(PAYLOADS), before, after],
    )
    return found


def is_cut_of(text: str, whole: str) -> bool:
    """Whether a text is a whole one, or what is left of it if an ellipsis stands for a part."""
    words = re.sub(r"\s", "", text).split("…")
    pattern = ".*".join(map(re.escape, words))
    return re.fullmatch(pattern, re.sub(r"\s", "", whole)) is not None


def test_names_and_values_are_text_in_chips_picker_notices_and_figures(
    watched: Page, text_server: Server, text_dir: Path, tmp_path: Path
) -> None:
    runs = [run for run in cf.open_logs(text_dir).runs if run.name in PAYLOADS]
    show(watched, text_server, link_series(*((run, name) for run in runs for name in run)))
    chips = watched.locator(".chips .run")
    for part in ("b", "span"):
        shown = chips.locator(part).all_text_contents()
        assert [pair for pair in zip(shown, PAYLOADS, strict=True) if not is_cut_of(*pair)] == []
        assert len(set(shown)) == len(PAYLOADS)
    watched.locator(".notices button").click()
    notices = watched.locator(".notices li").all_text_contents()
    assert len([notice for notice in notices if "has other classes" in notice]) == len(PAYLOADS)
    assert missing(notices, in_label) == []
    assert missing(read_figure(watched, "Matrix", tmp_path), lambda p: in_xml(in_label(p))) == []
    watched.get_by_role("button", name="Export").click()
    rows = watched.locator("#export-menu .row > span").all_text_contents()
    assert missing(rows, in_label) == []
    check(watched)
    watched.keyboard.press("Escape")
    watched.locator("button.add").click()
    dialog = watched.get_by_role("dialog", name="Series")
    assert dialog.locator("th.config").all_text_contents() == KEYS
    # Name, split, and configuration; the start of the run is between them.
    listed = [cells[1:3] + cells[4:8] for cells in picker_rows(watched).values()]
    for payload in PAYLOADS:
        names = [row[:2] for row in listed if row[2:] == [payload] * 4]
        assert any(all(is_cut_of(name, payload) for name in each) for each in names)
    assert ["all", "<b>test</b>", "", "", "", ""] in listed
    for payload in PAYLOADS[4:9]:
        dialog.get_by_role("searchbox").fill(payload)
        spans = dialog.locator("td.name span[title]").all()
        found = [span.get_attribute("title") for span in spans]
        assert payload in found
        assert len(found) < len(PAYLOADS)
    dialog.get_by_role("searchbox").fill(f"?{PAYLOADS[1]}")
    none = dialog.locator(".none").text_content() or ""
    assert none.startswith(f"Nothing matches “?{PAYLOADS[1]}”.")
    check(watched)


def test_classes_are_text_in_tooltips_performance_dialog_and_tables(
    watched: Page, text_server: Server, text_dir: Path, tmp_path: Path
) -> None:
    run = cf.open_logs(text_dir)["all"]
    show(watched, text_server, link(run, *run, group="none"))
    # Along the cells beside the diagonal: each class is once actual and once predicted.
    found = walk(watched, ".matrix", ["ArrowRight", "Enter"], ["ArrowDown"])
    for (actual, predicted), (tooltip, detail) in zip(pairwise(PAYLOADS), found, strict=False):
        assert detail == f"{actual} → {predicted}"
        assert actual in tooltip
        assert predicted in tooltip
    check(watched)
    texts = read_figure(watched, "Detail chart", tmp_path)
    assert in_xml(f"False negatives of {PAYLOADS[-1]}") in texts
    for figure in ("Matrix", "Class performance"):
        texts = read_figure(watched, figure, tmp_path)
        assert in_xml("@SUM(1)") in texts
    found = walk(watched, ".performance [role=grid]", ["Enter"], ["ArrowDown"])
    assert missing([tooltip for tooltip, _ in found]) == []
    assert missing([detail for _, detail in found]) == []
    check(watched)
    watched.get_by_role("button", name="Choose classes", exact=True).click()
    dialog = watched.get_by_role("dialog", name="Classes")
    names = dialog.locator("li span")
    assert [name.get_attribute("title") for name in names.all()] == PAYLOADS
    assert all(map(is_cut_of, names.all_text_contents(), PAYLOADS))
    dialog.get_by_text("by name").click()
    watched.wait_for_url("**by=name*")
    check(watched)
    watched.keyboard.press("Escape")
    watched.get_by_role("button", name="Export").click()
    with download(watched, 0, "CSV").open(newline="", encoding="utf-8") as file:
        assert [row["predicted"] for row in csv.DictReader(file)][: len(PAYLOADS)] == PAYLOADS
    table = pq.read_table(download(watched, 0, "Parquet"))
    assert table.column("predicted").to_pylist()[: len(PAYLOADS)] == PAYLOADS
    check(watched)


def test_groups_of_classes_are_text_in_labels_tooltips_figures_and_the_way_to_a_group(
    watched: Page, text_server: Server, text_dir: Path, tmp_path: Path
) -> None:
    run = cf.open_logs(text_dir)["groups"]
    show(watched, text_server, link(run, "test", open="%"))  # all closed
    found = walk(watched, ".matrix", ["ArrowRight", "Enter"], ["ArrowDown"])
    for (actual, predicted), (tooltip, detail) in zip(pairwise(PAYLOADS), found, strict=False):
        assert detail == f"{actual} → {predicted}"
        assert actual in tooltip
        assert predicted in tooltip
    focus_cell(watched, 0, 1)
    spoken = watched.locator("#matrix-active").text_content() or ""
    for name in PAYLOADS[:2]:
        assert f"{name} is a closed group of 2 classes" in spoken
    for figure in ("Matrix", "Class performance"):
        texts = read_figure(watched, figure, tmp_path)
        assert any("@SUM(1)" in text for text in texts), texts
    found = walk(watched, ".performance [role=grid]", ["Enter"], ["ArrowDown"])
    assert missing([tooltip for tooltip, _ in found]) == []
    watched.get_by_role("group", name="Detail", exact=True).get_by_role(
        "button", name="all classes"
    ).click()
    settle(watched)
    read_figure(watched, "Matrix", tmp_path)
    watched.keyboard.press("l")
    watched.locator("button.cell").first.click()
    check(watched)
    for at in (0, 1, PAYLOADS.index("__proto__"), PAYLOADS.index("constructor")):
        show(watched, text_server, link(run, "test", focus=PAYLOADS[at]))
        way = watched.get_by_role("navigation", name="Group that is shown")
        assert way.locator("b").all_text_contents() == [PAYLOADS[at]]
        check(watched)


@pytest.mark.torture
def test_a_report_from_disk_shows_texts_and_keys_of_configurations_as_text(
    watched: Page, text_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    series = list(cf.open_logs(text_dir)["all"].values())
    export_report(series, path, title=PAYLOADS[5], view="#mode=" + PAYLOADS[6])
    watched.goto(path.as_uri())
    wait_until(watched)
    assert watched.title().endswith(PAYLOADS[5])
    watched.get_by_role("button", name="Export").click()
    with download(watched, 0, "CSV").open(newline="", encoding="utf-8") as file:
        assert [row["predicted"] for row in csv.DictReader(file)][: len(PAYLOADS)] == PAYLOADS
    check(watched)
    for at in range(0, len(PAYLOADS), 4):
        keys = PAYLOADS[at : at + 4]
        log_dir = tmp_path / f"{at}"
        with cf.Run(log_dir, name="run", config=dict.fromkeys(keys, 1), classes=["a"]) as run:
            run.log_matrix(0, "test", [[1]])
        export_report(list(cf.open_logs(log_dir)["run"].values()), path)
        watched.goto(path.as_uri())
        wait_until(watched)
        watched.locator("button.add").click()
        dialog = watched.get_by_role("dialog", name="Series")
        assert dialog.locator("th.config").all_text_contents() == keys
        check(watched)


def test_an_error_is_shown_as_text(watched: Page, tmp_path: Path) -> None:
    log_dir = tmp_path / PAYLOADS[1]
    with cf.Run(log_dir, name=PAYLOADS[0], classes=["a"]) as run:
        run.log_matrix(0, PAYLOADS[0], [[1]])
    for file in log_dir.rglob("*.parquet"):
        file.write_bytes(b"")
    server = Server(log_dir)
    try:
        show(watched, server, state="broken")
        alert = watched.get_by_role("alert").inner_text()
        assert f"Run “{PAYLOADS[0]}”" in alert
        assert f'confusionflow check "{log_dir}"' in alert
        check(watched)
    finally:
        server.close()
