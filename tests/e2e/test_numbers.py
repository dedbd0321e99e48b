"""What the 2018 original showed wrong of classes, epochs and scales."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page
from tests.e2e.browsing import (
    Server,
    bands,
    cell_box,
    darkness,
    export_svg,
    focus_cell,
    lines_on_axis,
    link,
    pixels,
    read_spot,
    read_svg,
    show,
)

import confusionflow as cf


def test_a_rate_is_a_share_of_the_actual_class(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    """527 of 1,102 big ones are taken for small, of which there are 100: 47.8 %, not 527 %."""
    show(page, zoo_server, link(zoo["uneven"], "test"))
    focus_cell(page, 0, 1)
    assert read_spot(page) == {"test": ("47.8%", "527 / 1,102")}
    focus_cell(page, 1, 0)
    assert read_spot(page) == {"test": ("3.0%", "3 / 100")}


def test_bars_of_class_sizes_have_one_scale_over_all_rows(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    show(page, zoo_server, link(zoo["uneven"], "test"))
    marks = read_svg(export_svg(page, "Class performance", tmp_path))
    color = {m.fill for m in marks if m.tag == "rect" and m.width == m.height == 9}
    bars = [m.width for m in marks if m.tag == "rect" and m.fill in color and m.width != m.height]
    assert np.array(bars) / bars[0] == pytest.approx([1, 100 / 1102, 50 / 1102], abs=0.01)


@pytest.mark.parametrize("values", ["rate", "count"])
def test_ticks_of_an_axis_agree_with_its_lines(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path: Path, values: str
) -> None:
    run = zoo["rhythms"]
    show(page, zoo_server, link(run, "dense", values=values, detail="cell,B,D"))
    (line,) = lines_on_axis(export_svg(page, "Detail chart", tmp_path))
    counts = run["dense"].confusion("actual" if values == "rate" else None)[:, 1, 3]
    assert line == pytest.approx(counts, rel=0.02, abs=counts.max() / 100)


@pytest.mark.parametrize("mode", ["heat", "lines"])
def test_series_of_any_rhythm_are_drawn_where_they_have_epochs(
    page: Page, zoo_server: Server, zoo: cf.Logs, mode: str
) -> None:
    """One of 41 epochs, one of every fifth to 100, one of the single epoch 30."""
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse", "once", mode=mode))
    width = cell_box(page, 0, 1)[2]
    drawn = []
    if mode == "heat":
        for band in bands(page, cell_box(page, 0, 1), 3):
            grey = np.ptp(band.astype(int), axis=2).max(0) <= 8
            drawn.append(np.flatnonzero(~grey & (band.min(axis=(0, 2)) < 250)) / width * 100)
        dense, sparse, once = drawn
        assert dense.max() <= 42
        assert (sparse.min(), sparse.max()) == pytest.approx((0, 100), abs=6)
        assert len(sparse) > 0.9 * width
        assert once == pytest.approx(np.full(len(once), 30.5), abs=2)
        assert len(once) >= 1
    else:
        colored = np.ptp(pixels(page, cell_box(page, 0, 1)).astype(int), axis=2) > 40
        assert np.flatnonzero(colored.any(0)).max() > 0.95 * width
        assert colored[:, round(0.3 * width)].any()


def test_values_of_series_of_any_rhythm_are_read_at_their_own_epochs(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    run = zoo["rhythms"]
    show(page, zoo_server, link(run, "dense", "sparse", "once", at=33))
    focus_cell(page, 2, 0)
    notes = page.locator(".tooltip .note").all_inner_texts()
    assert notes == ["", "at 30", "not logged"]
    shown = read_spot(page)
    for split, epoch in (("dense", 33), ("sparse", 30)):
        confusion = run[split].confusion()[list(run[split].epochs).index(epoch)]
        assert shown[split][1] == f"{confusion[2, 0]} / {confusion[2].sum()}"
    assert shown["once"] == ("\N{EN DASH}", "")


def test_data_sets_with_other_classes_are_matched_by_name_and_said_to_be(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    run = zoo["kinds"]
    show(page, zoo_server, link(run, "old", "new"))
    notices = page.locator(".notices")
    assert "“old” has other classes: it lacks “elk”" in notices.inner_text()
    notices.get_by_role("button").click()
    assert "“new” has other classes: it lacks “dog”" in notices.inner_text()
    # On the screen cat, dog, owl, elk: owl → cat is [2, 0] of one and [0, 1] of the other.
    focus_cell(page, 2, 0)
    old, new = run["old"].confusion()[-1], run["new"].confusion()[-1]
    assert page.locator(".tooltip .title").inner_text() == "owl → cat"
    shown = read_spot(page)
    assert shown["old"][1] == f"{old[2, 0]} / {old[2].sum()}"
    assert shown["new"][1] == f"{new[0, 1]:,} / {new[0].sum():,}"
    focus_cell(page, 0, 1)
    assert page.locator(".tooltip .note").all_inner_texts() == ["", "lacks this class"]


def test_cells_of_a_class_that_a_series_lacks_are_grey(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["kinds"], "old", "new"))
    old, new = bands(page, cell_box(page, 0, 1), 2)
    assert len(np.unique(new.reshape(-1, 3), axis=0)) == 1
    red, green, blue = (int(v) for v in new[0, 0])
    assert max(red, green, blue) - min(red, green, blue) <= 8
    assert darkness(new) > 0.05
    assert np.ptp(old.astype(int), axis=2).max() > 20
