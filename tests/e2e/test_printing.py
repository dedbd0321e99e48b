"""Colours keep their meaning on paper, in high contrast, and where a browser alters pictures."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect
from tests.e2e.browsing import Server, settle, show

import confusionflow as cf


@pytest.fixture(scope="module")
def printed_server(
    serve: Callable[[Path], Server], tmp_path_factory: pytest.TempPathFactory
) -> Server:
    log_dir = tmp_path_factory.mktemp("printed")
    with cf.Run(log_dir, "paper", classes=["cat", "dog", "owl"]) as run:
        for epoch in range(12):
            for split, right in (("train", 40), ("test", 20)):
                matrix = [[right + (7 * epoch) % 12, 9, 4], [6, right, 3], [2, 2, right]]
                run.log_matrix(epoch, split, matrix)
    return serve(log_dir)


def rasterised(pdf: Path) -> list[NDArray[np.uint8]]:
    """The pages of a PDF as pixels, shape (height, width, 3)."""
    subprocess.run(["pdftoppm", "-r", "96", str(pdf), str(pdf.with_suffix(""))], check=True)
    pages = []
    for file in sorted(pdf.parent.glob("*.ppm")):
        kind, size, most, pixels = file.read_bytes().split(b"\n", 3)
        assert (kind, most) == (b"P6", b"255")
        width, height = map(int, size.split())
        pages.append(np.frombuffer(pixels, np.uint8).reshape(height, width, 3))
    return pages


def colour_of(text: str) -> NDArray[np.int64]:
    return np.array([int(part) for part in text.partition("(")[2].rstrip(")").split(",")[:3]])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_prints_light_on_one_sheet_with_its_colours(
    page: Page, printed_server: Server, tmp_path: Path, scheme: str
) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 1440, "height": 900})
    show(page, printed_server)
    assert page.locator("html").get_attribute("data-scheme") == scheme
    path = tmp_path / "page.pdf"
    page.pdf(path=path, prefer_css_page_size=True, print_background=True)
    (sheet,) = rasterised(path)
    width, height = 1440, 900
    assert abs(sheet.shape[1] / sheet.shape[0] - width / height) < 0.01
    # The ground is white, and both series' colours are there: of swatches and of curves.
    assert np.median(sheet) > 245
    page.emulate_media(color_scheme="light")
    settle(page)
    for mark in page.locator(".chips i").all():
        color = colour_of(mark.evaluate("(mark) => getComputedStyle(mark).backgroundColor"))
        assert (np.abs(sheet.astype(int) - color).max(axis=2) < 24).sum() > 100
    for chart, least in (
        (".matrix", 0.05),
        (".timeline", 0.005),
        (".stage", 0.01),
        (".chart", 0.005),
    ):
        frame = page.locator(f"{chart} canvas").first.bounding_box()
        assert frame
        edges = (frame["x"], frame["y"], frame["width"], frame["height"])
        x, y, w, h = (round(edge * sheet.shape[1] / width) for edge in edges)
        inside = sheet[y : y + h, x : x + w].astype(int)
        coloured = inside.max(axis=2) - inside.min(axis=2) > 40
        assert coloured.mean() > least, f"{chart} is printed with its colours"
    # The page on the screen is as it was.
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    expect(page.locator("html")).to_have_attribute("data-scheme", scheme)


def test_forced_colours_keep_swatches_and_show_what_is_pressed(
    page: Page, printed_server: Server
) -> None:
    style = "(element) => getComputedStyle(element).backgroundColor"
    show(page, printed_server)
    marks = page.locator(".chips i")
    before = [mark.evaluate(style) for mark in marks.all()]
    page.emulate_media(forced_colors="active")
    settle(page)
    assert [mark.evaluate(style) for mark in marks.all()] == before
    pressed = page.get_by_role("button", name="Strips")
    unpressed = page.get_by_role("button", name="Numbers")
    assert pressed.get_attribute("aria-pressed") == "true"
    assert pressed.evaluate(style) != unpressed.evaluate(style)
    unpressed.click()
    page.mouse.move(5, 5)
    settle(page)
    assert pressed.evaluate(style) != unpressed.evaluate(style)
    # Charts are drawn on the ground that their inks are made for.
    ground = page.locator(".matrix").evaluate(
        "(matrix) => getComputedStyle(matrix.querySelector('canvas').parentElement).backgroundColor"
    )
    assert colour_of(ground).min() > 240
    page.emulate_media(forced_colors="null")


def test_a_png_of_an_altered_canvas_is_not_saved_and_an_svg_is_offered(
    page: Page, browser: Browser, printed_server: Server, tmp_path: Path
) -> None:
    """As Brave does it: what is read differs a little from what was drawn."""
    with browser.new_context(accept_downloads=True) as context:
        other = context.new_page()
        other.add_init_script(
            """const read = CanvasRenderingContext2D.prototype.getImageData;
            CanvasRenderingContext2D.prototype.getImageData = function (...area) {
                const image = read.apply(this, area);
                image.data[40] ^= 1;
                return image;
            };"""
        )
        saved: list[str] = []
        other.on("download", lambda download: saved.append(download.suggested_filename))
        show(other, printed_server)
        other.get_by_role("button", name="Export").click()
        row = other.locator("#export-menu .row", has_text="Matrix")
        row.get_by_role("button", name="PNG").click()
        said = other.locator(".leaving")
        expect(said).to_contain_text("a PNG would be wrong")
        assert saved == []
        with other.expect_download() as download:
            said.get_by_role("button", name="Save as SVG").click()
        assert download.value.suggested_filename == "confusionflow-matrix.svg"
        expect(said).to_have_count(0)
