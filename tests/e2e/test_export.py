"""What leaves the page: figures and tables."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from playwright.sync_api import Page
from tests.e2e.browsing import Server, export_svg, link, show

import confusionflow as cf


def download(page: Page, row: str, name: str, path: Path) -> bytes:
    page.get_by_role("button", name="Export").click()
    entry = page.locator("#export-menu .row", has_text=row)
    with page.expect_download() as started:
        entry.get_by_text(name, exact=True).click()
    started.value.save_as(path)
    return path.read_bytes()


@pytest.mark.parametrize("figure", ["Matrix", "Class performance", "Detail chart"])
def test_a_figure_leaves_as_png_and_svg_of_one_shape_and_content(
    page: Page, zoo_server: Server, zoo: cf.Logs, figure: str, tmp_path: Path
) -> None:
    show(page, zoo_server, link(zoo["kinds"], "old", "new", detail="cell,owl,cat"))
    png = download(page, figure, "PNG", tmp_path / "figure.png")
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    svg = export_svg(page, figure, tmp_path)
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert width / float(root.attrib["width"]) == height / float(root.attrib["height"]) >= 2
    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert texts >= {"old", "new"} or any("old, new" in (text or "") for text in texts)
    # The vector figure, drawn by the browser, is the raster figure but for edges of letters.
    difference = page.evaluate(
        """async ([png, svg]) => {
            const draw = async (type, bytes) => {
                const blob = new Blob([bytes], { type });
                const image = new Image();
                image.src = URL.createObjectURL(blob);
                await image.decode();
                const canvas = new OffscreenCanvas(300, 200);
                const pen = canvas.getContext("2d");
                pen.drawImage(image, 0, 0, 300, 200);
                return pen.getImageData(0, 0, 300, 200).data;
            };
            const a = await draw("image/png", Uint8Array.from(png));
            const b = await draw("image/svg+xml", svg);
            let sum = 0;
            for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
            const spread = a.reduce((most, v) => Math.max(most, 255 - v), 0);
            return [sum / a.length, spread];
        }""",
        [list(png), svg],
    )
    # Browsers draw the edges of letters in another way in each of them.
    assert difference[0] < 5
    assert difference[1] > 60


@pytest.mark.parametrize("form", ["CSV", "Parquet"])
def test_a_table_has_the_shown_epochs_as_to_frame_has_them(
    page: Page, zoo_server: Server, zoo: cf.Logs, form: str, tmp_path: Path
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", epochs="10-30"))
    path = tmp_path / "table"
    page.get_by_role("button", name="Export").click()
    entry = page.locator("#export-menu .row", has_text="sparse")
    with page.expect_download() as started:
        entry.get_by_text(form, exact=True).click()
    assert started.value.suggested_filename == f"rhythms-sparse.{form.lower()}"
    started.value.save_as(path)
    table = pd.read_csv(path) if form == "CSV" else pd.read_parquet(path)
    frame = zoo["rhythms"]["sparse"].to_frame()
    frame = frame[(frame["epoch"] >= 10) & (frame["epoch"] <= 30)]
    assert len(table) > 50
    for column in ("epoch", "actual", "predicted", "count"):
        assert table[column].astype(str).tolist() == frame[column].astype(str).tolist()
