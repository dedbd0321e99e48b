"""Words where there is room, large targets, type that can be read, names that stay apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    Server,
    export_svg,
    focus_cell,
    link,
    link_series,
    pixels,
    read_svg,
    settle,
    show,
)
from tests.e2e.zoo import matrix
from tests.syncs import without_syncs

import confusionflow as cf

ALIKE = [f"a very long name of the kind {i} that ends like all of the others" for i in range(6)]
SMALL_TARGETS = """() => {
    const small = [];
    const targets = "button, select, input, [role=tab], [role=slider]";
    for (const target of document.querySelectorAll(targets)) {
        const { width, height } = target.getBoundingClientRect();
        if (width && (width < 23.5 || height < 23.5))
            small.push(`${target.ariaLabel ?? target.textContent.trim()} ${width} x ${height}`);
    }
    return small;
}"""
SIZES = """() => {
    const sizes = {};
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const { width } = element.getBoundingClientRect();
        const text = walker.currentNode.textContent.trim();
        if (text && width > 2 && !element.closest("#matrix-active"))
            sizes[text] = parseFloat(getComputedStyle(element).fontSize);
    }
    return sizes;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log_dir = tmp_path_factory.mktemp("alike")
    with without_syncs(), cf.Run(log_dir, name="alike", classes=ALIKE) as run:
        for epoch in range(12):
            for split in ALIKE[:3]:
                run.log_matrix(epoch, split, matrix(6, epoch))
    server = Server(log_dir)
    yield server
    server.close()


@pytest.fixture(scope="module")
def run(server: Server) -> cf.LoggedRun:
    return cf.open_logs(server.log_dir)["alike"]


@pytest.mark.parametrize(("width", "has_words"), [(1599, False), (1600, True)])
def test_the_toolbars_icons_have_words_where_there_is_room(
    page: Page, zoo_server: Server, zoo: cf.Logs, width: int, has_words: bool
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    show(page, zoo_server, link(zoo["rhythms"], "dense"))
    toolbar = page.get_by_role("toolbar", name="Matrix")
    for word in ("strips", "numbers", "down", "of actual", "counts", "classes"):
        expect(toolbar.get_by_text(word, exact=True)).to_be_visible(visible=has_words)


@pytest.mark.parametrize("size", [(1280, 720), (2560, 1440)])
def test_targets_have_24_pixels_at_least(
    page: Page, zoo_server: Server, zoo: cf.Logs, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", detail="cell,A,B"))
    assert page.evaluate(SMALL_TARGETS) == []
    for tab in ("Cells", "Findings"):
        page.get_by_role("tab", name=tab).click()
        settle(page)
        assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize("size", [(1280, 720), (1280, 260)])
def test_menus_stay_within_the_window(
    page: Page, zoo_server: Server, zoo: cf.Logs, size: tuple[int, int]
) -> None:
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    show(page, zoo_server, link_series((zoo["dozen-00"], "test"), (zoo["dozen-01"], "test")))
    for name in ("Average runs", "Export", "Rates"):
        page.get_by_role("button", name=name, exact=True).first.click()
        settle(page)
        box = page.locator(".menu:popover-open").bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        assert 0 <= box["y"] <= box["y"] + box["height"] <= height
        page.keyboard.press("Escape")


def test_text_has_12_pixels_at_least_and_more_on_a_large_page(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    sizes = {}
    for width, height in ((1280, 720), (2560, 1440)):
        page.set_viewport_size({"width": width, "height": height})
        show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse"))
        sizes[width] = page.evaluate(SIZES)
    assert min(sizes[1280].values()) >= 12
    assert min(sizes[2560].values()) >= 14
    assert sizes[2560]["Precision"] > sizes[1280]["Precision"]


def test_text_of_figures_has_12_pixels_at_least(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    show(page, zoo_server, link(zoo["thirty"], "test"))
    for figure in ("Matrix", "Class performance", "Detail chart"):
        svg = export_svg(page, figure, tmp_path)
        assert min(float(size) for size in re.findall(r'font-size="([\d.]+)px"', svg)) >= 12


def test_names_that_differ_in_their_middle_stay_apart_when_they_are_cut(
    page: Page, server: Server, run: cf.LoggedRun, tmp_path: Path
) -> None:
    show(page, server, link(run, *ALIKE[:3]))
    for figure in ("Matrix", "Class performance"):
        texts = [m.text for m in read_svg(export_svg(page, figure, tmp_path)) if m.tag == "text"]
        for i in range(6):
            assert any("…" in text and re.search(rf"\b{i}\b", text) for text in texts), texts
    focus_cell(page, 0, 1)
    labels = page.locator(".tooltip tbody tr .label").all_inner_texts()
    assert len(set(labels)) == 3
    assert all("…" in label for label in labels)


def test_names_that_are_cut_stay_apart_in_lists(
    page: Page, server: Server, run: cf.LoggedRun
) -> None:
    show(page, server, link(run, *ALIKE[:3], tab="cells"))

    def read(spans: str) -> set[str]:
        names = set(page.locator(spans).all_inner_texts())
        assert all("…" in name for name in names)
        return names

    assert len(read(".chips li span")) == 3
    assert len(read("button.cell .names > span")) == len(ALIKE)
    page.keyboard.press("a")
    settle(page)
    assert len(read("dialog td.name:nth-child(3) span")) == 3


def test_names_of_a_cell_stand_together_on_a_wide_page(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    page.set_viewport_size({"width": 2560, "height": 1440})
    show(page, zoo_server, link(zoo["rhythms"], "dense", tab="cells"))
    actual, predicted = (
        page.locator("button.cell .names > span").nth(at).bounding_box() for at in (0, 1)
    )
    assert actual
    assert predicted
    assert 0 < predicted["x"] - actual["x"] - actual["width"] < 40


@pytest.mark.parametrize("width", [1024, 1280, 1440])
def test_all_controls_beside_the_matrix_are_whole_and_apart(
    page: Page, zoo_server: Server, zoo: cf.Logs, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 700})
    series = link(zoo["rhythms"], "dense", "sparse", epochs="10-30", curve="balanced_accuracy")
    show(page, zoo_server, series)
    parts = page.locator(
        ".right .panel > header > :not(.at), .right .panel > header > .at > *, [role=tab], .widen"
    )
    boxes = [box for part in parts.all() if (box := part.bounding_box())]
    assert len(boxes) > 12
    assert all(box["x"] + box["width"] <= width - 16 for box in boxes)
    for at, one in enumerate(boxes):
        for other in boxes[at + 1 :]:
            assert (
                one["x"] + one["width"] <= other["x"] + 0.5
                or other["x"] + other["width"] <= one["x"] + 0.5
                or one["y"] + one["height"] <= other["y"] + 0.5
                or other["y"] + other["height"] <= one["y"] + 0.5
            ), (one, other)


def test_chips_of_many_runs_leave_a_narrow_page_its_width(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    page.set_viewport_size({"width": 1024, "height": 700})
    runs = [zoo[f"dozen-{i:02}"] for i in range(7)]
    show(page, zoo_server, link_series(*((run, s) for run in runs for s in ("test", "train"))))
    assert page.evaluate("document.documentElement.scrollWidth") == 1024
    chips = page.locator(".chips").bounding_box()
    assert chips
    frames = [one for one in page.locator(".chips .run").all() if one.is_visible()]
    assert frames
    for frame in frames:
        box = frame.bounding_box()
        assert box
        assert box["y"] + box["height"] <= chips["y"] + chips["height"]
    chips_seen = sum(frame.locator("li").count() for frame in frames)
    expect(page.get_by_role("button", name=f"+{14 - chips_seen} more")).to_be_visible()


def test_a_cells_series_and_epoch_are_named_on_a_narrow_page(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    page.set_viewport_size({"width": 1024, "height": 700})
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", tab="cells", rank="peak"))
    of = page.locator("button.cell .of > span").first
    expect(of).to_contain_text(re.compile(r"at \d+"))
    box = of.bounding_box()
    assert box
    assert box["x"] + box["width"] <= 1024 - 20


def test_what_the_curves_show_is_said_in_whole_words(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    for width in (1280, 1440, 1600):
        page.set_viewport_size({"width": width, "height": 900})
        show(page, poster_server, link(poster, "test"))
        hints = page.locator(".hints")
        frame = hints.bounding_box()
        assert frame
        boxes = [one.bounding_box() for one in hints.locator("span").all()]
        seen = [box for box in boxes if box and box["y"] + 1 < frame["y"] + frame["height"]]
        assert seen or width == 1280
        assert all(box["x"] + box["width"] <= frame["x"] + frame["width"] for box in seen)


def test_numbers_of_all_series_stand_beside_the_curves_of_ten_classes(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    for size in ((1366, 768), (1600, 1000), (2560, 1440)):
        page.set_viewport_size({"width": size[0], "height": size[1]})
        show(page, poster_server, link(poster, "train", "test", "cifar10.1"))
        about = page.locator(".performance header .muted")
        expect(about).to_have_text("60\u2013100%, lower values are cut · numbers at epoch 194")


def test_a_difference_keeps_clear_of_the_mark_of_its_series(
    page: Page, poster_server: Server, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    baseline = link(poster, "test").removeprefix("#series=").rpartition(".")[0]
    series = link(poster, "train", "test", "cifar10.1", baseline=baseline)
    page.set_viewport_size({"width": 1366, "height": 768})
    show(page, poster_server, series)
    marks = read_svg(export_svg(page, "Class performance", tmp_path))
    numbers = [mark for mark in marks if re.fullmatch(r"[+\u2212]\d\d\.\d", mark.text)]
    assert numbers
    for number in numbers:
        swatch = max(
            mark.x + mark.width
            for mark in marks
            if mark.tag == "rect" and mark.width == 5 and abs(mark.y + 2.5 - number.y) < 3
            if mark.x < number.x
        )
        # Four characters of 12 pixels and a point.
        assert number.x - swatch >= 32


def test_a_low_page_without_instances_keeps_its_detail_chart(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    page.set_viewport_size({"width": 1024, "height": 700})
    show(page, zoo_server, link(zoo["rhythms"], "dense", tab="instances"))
    expect(page.locator(".instances .none")).to_contain_text("run.log(")
    expect(page.locator("#detail-title")).to_be_visible()


def test_one_epoch_is_called_one(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "once", tab="cells", mode="lines"))
    expect(page.locator(".cells footer")).to_contain_text("· epoch 30 ·")
    texts = [mark.text for mark in read_svg(export_svg(page, "Matrix", tmp_path))]
    assert "epoch 30" in texts
    assert not any("→ 30" in text for text in texts)


def test_a_page_that_is_too_narrow_scrolls_sideways(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    page.set_viewport_size({"width": 800, "height": 700})
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse"))
    play = page.get_by_role("button", name="Play", exact=True)
    play.scroll_into_view_if_needed()
    expect(play).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollX") > 0


def test_the_legend_is_whole(page: Page, poster_server: Server, poster: cf.LoggedRun) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    show(page, poster_server, link(poster, "test"))
    box = page.locator(".matrix").bounding_box()
    assert box
    lowest = pixels(page, (int(box["x"]), int(box["y"] + box["height"]) - 2, int(box["width"]), 2))
    assert len(np.unique(lowest.reshape(-1, lowest.shape[-1]), axis=0)) == 1


def test_buttons_of_the_timeline_stand_apart_on_a_narrow_page(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", epochs="10-30"))
    reset, align = (
        page.get_by_role("button", name=name).bounding_box()
        for name in ("Show all", "Align by progress")
    )
    assert reset
    assert align
    assert reset["x"] + reset["width"] <= align["x"]
    inside = "(button) => button.scrollWidth <= button.clientWidth"
    assert page.get_by_role("button", name="Show all").evaluate(inside)
