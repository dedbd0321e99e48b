"""Long names of groups, classes and series at 1280x720: read in full, or said in full on demand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.e2e.browsing import Server, export_svg, link, read_svg, settle, show

import confusionflow as cf

NESTED = {
    f"kingdom of living things {k}": {
        f"family of carnivorous mammals {k}{f}": {
            f"genus with a rather long name {k}{f}{g}": [
                f"species {k}{f}{g}{s} of animal" for s in range(5)
            ]
            for g in range(2)
        }
        for f in range(2)
    }
    for k in range(2)
}
SPLITS = ("training-data", "validation-data", "test-data-of-2026")
GENUS = "genus with a rather long name 101"


@pytest.fixture(scope="module")
def server(serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    log_dir = tmp_path_factory.mktemp("legible")
    random = np.random.default_rng(3)
    with cf.Run(log_dir, "long", classes=NESTED) as run:
        for epoch in range(40):
            for split in SPLITS:
                counts = random.poisson(0.2, (40, 40)) + 30 * np.eye(40, dtype=int)
                run.log_matrix(epoch, split, counts)
    return serve(log_dir)


@pytest.fixture(scope="module")
def run(server: Server) -> cf.LoggedRun:
    return cf.open_logs(server.log_dir)["long"]


def is_cut(text: Locator) -> bool:
    """Whether not all of a text is seen."""
    cut = text.evaluate("(text) => text.scrollWidth > text.clientWidth + 1")
    assert isinstance(cut, bool)
    return cut


def test_the_way_to_a_group_names_it_in_full_and_what_it_is_in_on_demand(
    page: Page, server: Server, run: cf.LoggedRun
) -> None:
    show(page, server, link(run, "test-data-of-2026", focus=GENUS))
    way = page.get_by_role("navigation", name="Group that is shown")
    expect(way.locator("b")).to_have_text(GENUS)
    assert not is_cut(way.locator("b"))
    around = way.get_by_role("button")
    assert [one.get_attribute("title") for one in around.all()] == [
        "Show all classes (b)",
        "Show all of kingdom of living things 1",
        "Show all of family of carnivorous mammals 10",
    ]
    assert not any(is_cut(one) for one in around.all())
    # Their ends tell them apart.
    assert around.nth(1).inner_text().endswith("ngs 1")
    expect(page.locator(".bar .size")).to_have_text("5 classes")
    way.get_by_role("button", name="all").click()
    expect(page.locator(".bar .size")).to_have_text("40 classes in 16 rows")
    assert not is_cut(page.locator(".bar .size"))


def test_the_heading_of_a_cell_names_both_classes(
    page: Page, server: Server, run: cf.LoggedRun
) -> None:
    names = ("species 1010 of animal", "species 1011 of animal")
    show(page, server, link(run, *SPLITS, detail=f"cell,{','.join(names)}"))
    title = page.locator("#detail-title")
    spans = title.locator("span")
    assert tuple(spans.all_inner_texts()) == names
    assert not any(is_cut(span) for span in spans.all())
    said = title.get_attribute("title") or ""
    assert said == f"{' → '.join(names)}: share of actual {names[0]} predicted as {names[1]}"


def legend_title(page: Page) -> str:
    box = page.locator(".matrix").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] - 40)
    settle(page)
    return page.locator(".matrix").get_attribute("title") or ""


@pytest.mark.parametrize(
    ("view", "line"),
    [
        ({}, "bands from top: "),
        ({"mode": "lines"}, "height of a cell: 0 to"),
        ({"mode": "numbers"}, "from top: "),
    ],
)
def test_lines_of_the_legend_are_whole_and_all_of_it_is_said_on_demand(
    page: Page,
    server: Server,
    run: cf.LoggedRun,
    tmp_path: Path,
    view: dict[str, Any],
    line: str,
) -> None:
    show(page, server, link(run, *SPLITS, open=f"%,{next(iter(NESTED))}", **view))
    legend = legend_title(page)
    for needed in (", ".join(SPLITS), "FP: share of the predictions"):
        assert needed in legend
    figure = read_svg(export_svg(page, "Matrix", tmp_path))
    texts = [mark.text for mark in figure if mark.tag == "text"]
    assert any(text.startswith(line) for text in texts), texts
    at = next(mark.x for mark in figure if mark.text.startswith(line))
    beside = [mark.text for mark in figure if mark.tag == "text" and abs(mark.x - at) < 1]
    assert len(beside) >= 2
    assert not [text for text in beside if "…" in text]


def test_the_legend_says_along_what_its_values_are(
    page: Page, server: Server, run: cf.LoggedRun
) -> None:
    show(page, server, link(run, *SPLITS))
    assert "share of the actual class, per epoch\n" in legend_title(page)
    page.keyboard.press("t")
    assert "share of the actual class, along training\n" in legend_title(page)
    assert "epoch" not in legend_title(page).partition("\n")[0]
