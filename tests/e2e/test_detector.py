"""A detector's matrix: its background stands last, and its cells say what they mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.e2e.browsing import Server, focus_cell, link, show

import confusionflow as cf


def test_the_background_is_last_and_its_cells_are_missed_and_false_detections(
    page: Page, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    classes = ["cat", "background", "dog"]
    with cf.Run(tmp_path, "detector", classes=classes, background="background") as run:
        run.log_matrix(0, "val", [[5, 2, 1], [3, 0, 4], [1, 6, 7]])
    logged = cf.open_logs(tmp_path)["detector"]
    show(page, serve(tmp_path), link(logged, "val"))
    # Rows and columns: cat, dog, background.
    for (row, column), title in (
        ((0, 2), "cat, missed"),
        ((2, 1), "dog, false detections"),
        ((0, 1), "cat → dog"),
    ):
        focus_cell(page, row, column)
        page.keyboard.press("Enter")
        expect(page.locator("#detail-title")).to_have_text(title)
