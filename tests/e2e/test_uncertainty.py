"""How sure a number is, what it is on average, and numbers of all series at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from tests.e2e.browsing import (
    Server,
    export_svg,
    focus_cell,
    lines_on_axis,
    link,
    link_series,
    read_svg,
    settle,
    show,
    view_of,
)

import confusionflow as cf
from confusionflow.analysis.evidence.intervals import wilson


def column(page: Page, name: str) -> list[str]:
    return page.locator(f".tooltip tbody tr .{name}").all_inner_texts()


def said(low: float, high: float) -> str:
    return f"({100 * low:.1f}\N{EN DASH}{high:.1%})"


def test_every_rate_has_wilsons_interval_of_its_class(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    counts = zoo["uneven"]["test"].confusion()[-1]
    show(page, zoo_server, link(zoo["uneven"], "test"))
    focus_cell(page, 0, 1)
    low, high = wilson([counts[0, 1]], [counts[0].sum()])
    assert column(page, "interval") == [said(low[0], high[0])]
    # Of FP the predictions are what it is a share of.
    focus_cell(page, 3, 1)
    wrong, predicted = counts[:, 1].sum() - counts[1, 1], counts[:, 1].sum()
    low, high = wilson([wrong], [predicted])
    assert column(page, "interval") == [said(low[0], high[0])]
    page.keyboard.press("c")
    settle(page)
    assert column(page, "interval") == [""]


def test_the_mean_of_the_chosen_epochs_stands_beside_the_value(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    rates = zoo["rhythms"]["dense"].confusion("actual")[10:31, 2, 0]
    show(page, zoo_server, link(zoo["rhythms"], "dense", epochs="10-30", at=20))
    focus_cell(page, 2, 0)
    assert column(page, "mean") == [f"{rates.mean():.1%}"]
    page.keyboard.press("Escape")
    page.keyboard.press("z")
    focus_cell(page, 2, 0)
    assert column(page, "mean") == [""]


def test_smoothing_draws_means_over_the_faint_line_as_it_is(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    rates = zoo["rhythms"]["dense"].confusion("actual")[:, 1, 3]
    show(page, zoo_server, link(zoo["rhythms"], "dense", detail="cell,B,D"))
    page.get_by_label("Smoothing").select_option("5")
    settle(page)
    assert view_of(page)["smooth"] == "5"
    raw, smooth = lines_on_axis(svg := export_svg(page, "Detail chart", tmp_path))
    means = [rates[max(0, e - 2) : e + 3].mean() for e in range(len(rates))]
    assert raw == pytest.approx(rates, abs=rates.max() / 100)
    assert smooth == pytest.approx(means, abs=rates.max() / 100)
    assert svg.count('stroke-opacity="0.3"') == 1


@pytest.mark.parametrize("width", [1280, 1600])
def test_class_performance_has_the_numbers_of_all_series(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path: Path, width: int
) -> None:
    run = zoo["rhythms"]
    page.set_viewport_size({"width": width, "height": 800})
    show(page, zoo_server, link(run, "dense", "sparse", "once", at=30))
    expect(page.locator(".performance header")).to_contain_text("numbers at epoch 30")
    svg = export_svg(page, "Class performance", tmp_path)
    texts = [mark.text for mark in read_svg(svg) if mark.tag == "text"]
    for split in ("dense", "sparse", "once"):
        at = list(run[split].epochs).index(30)
        for number in run[split].recall()[at]:
            assert f"{100 * number:.1f}" in texts


def test_where_not_all_numbers_fit_one_series_is_read_and_the_range_of_all(
    page: Page, zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    runs = [zoo[f"dozen-{i:02}"] for i in range(12)]
    show(page, zoo_server, link_series(*((run, "test") for run in runs)))
    page.locator(".chips li").nth(3).hover()
    expect(page.locator(".performance header")).to_contain_text(": dozen-03")
    recalls = np.array([run["test"].recall()[-1] for run in runs])
    texts = [m.text for m in read_svg(export_svg(page, "Class performance", tmp_path))]
    for one, of_all in zip(recalls[3], recalls.T, strict=True):
        assert f"{100 * one:.1f}" in texts
        assert f"{100 * of_all.min():.0f}\N{EN DASH}{100 * of_all.max():.0f}" in texts


def test_a_tooltip_never_covers_what_it_describes(
    page: Page, zoo_server: Server, zoo: cf.Logs
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", "sparse"))
    for place in (".timeline", ".performance .body", ".detail .chart"):
        box = page.locator(place).bounding_box()
        assert box
        for part in (0.3, 0.9):
            page.mouse.move(box["x"] + part * box["width"], box["y"] + 12)
            settle(page)
            tip = page.locator(".tooltip").bounding_box()
            assert tip
            top, bottom = box["y"], box["y"] + box["height"]
            if place.startswith(".performance"):
                bottom = top + 24
            assert tip["y"] >= bottom or tip["y"] + tip["height"] <= top
    page.mouse.move(3, 3)
    for row in range(4):
        for col in range(4):
            focus_cell(page, row, col)
            cell = page.locator("#matrix-active").bounding_box()
            tip = page.locator(".tooltip").bounding_box()
            assert cell
            assert tip
            assert (
                tip["x"] >= cell["x"] + cell["width"]
                or tip["x"] + tip["width"] <= cell["x"]
                or tip["y"] >= cell["y"] + cell["height"]
                or tip["y"] + tip["height"] <= cell["y"]
            )
