"""The poster's own data, from its CSV files to the screen."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
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
    read_spot,
    show,
)

import confusionflow as cf

SPLITS = ("train", "test", "cifar10.1")
# (actual, predicted): 24 cells in both triangles, every class as actual and as predicted.
CELLS = [(i, (i + step) % 10) for step in (1, 8) for i in range(10)]
CELLS += [(3, 5), (5, 3), (1, 9), (9, 1)]
EPOCHS = (0, 7, 100, 194)

Matrices = dict[str, NDArray[np.int64]]


@pytest.fixture(scope="module")
def files(poster_data: Path) -> Callable[[int], Matrices]:
    """The matrices of an epoch as their files have them."""

    def read(epoch: int) -> Matrices:
        matrices = {}
        for split in SPLITS:
            path = poster_data / split / f"epoch{epoch}_confusion.csv"
            with path.open(newline="") as file:
                _, *rows = csv.reader(file)
            matrices[split] = np.array([row[1:] for row in rows], np.int64)
        return matrices

    return read


def test_confusion_is_what_the_files_hold(
    poster: cf.LoggedRun, files: Callable[[int], Matrices]
) -> None:
    assert poster["test"].classes[:2] == ("Plane", "Auto")
    for split in SPLITS:
        confusion = poster[split].confusion()
        assert confusion.shape == (195, 10, 10)
        for epoch in range(195):
            assert np.array_equal(confusion[epoch], files(epoch)[split]), (split, epoch)


@pytest.mark.parametrize("epoch", EPOCHS)
def test_tooltips_show_what_the_files_hold(
    page: Page,
    poster_server: Server,
    poster: cf.LoggedRun,
    files: Callable[[int], Matrices],
    epoch: int,
) -> None:
    show(page, poster_server, link(poster, *SPLITS, at=epoch))
    matrices = files(epoch)
    for actual, predicted in CELLS:
        focus_cell(page, actual, predicted)
        title = page.locator(".tooltip .title").inner_text()
        classes = poster["test"].classes
        assert title == f"{classes[actual]} → {classes[predicted]}"
        shown = read_spot(page)
        assert list(shown) == list(SPLITS)
        for split, (value, counts) in shown.items():
            count, support = matrices[split][actual, predicted], matrices[split][actual].sum()
            assert counts == f"{count:,} / {support:,}", (split, actual, predicted)
            assert value.endswith("%")
            assert float(value[:-1]) == pytest.approx(100 * count / support, abs=0.0501)


@pytest.mark.parametrize("epoch", EPOCHS)
def test_numbers_show_what_the_files_hold(
    page: Page,
    poster_server: Server,
    poster: cf.LoggedRun,
    files: Callable[[int], Matrices],
    epoch: int,
    tmp_path: Path,
) -> None:
    show(page, poster_server, link(poster, *SPLITS, at=epoch, mode="numbers", values="count"))
    svg = export_svg(page, "Matrix", tmp_path)
    numbers = [
        int(text.replace(",", "")) for text in re.findall(r"<text[^>]*>([\d,]+)</text>", svg)
    ]
    matrices = files(epoch)
    cells = [
        matrices[split][actual, predicted]
        for actual in range(10)
        for predicted in range(10)
        if actual != predicted
        for split in SPLITS
    ]
    wrong = {split: m - np.diag(np.diag(m)) for split, m in matrices.items()}
    false_negatives = [wrong[split].sum(1)[i] for i in range(10) for split in SPLITS]
    false_positives = [wrong[split].sum(0)[i] for i in range(10) for split in SPLITS]
    expected = [*cells, *false_negatives, *false_positives]
    assert numbers[: len(expected)] == expected


def test_the_posters_finding_stands_out_in_the_matrix(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    """Figure 1: on CIFAR-10.1 an Auto is taken for a Truck far more often than on the test set."""
    page.set_viewport_size({"width": 1600, "height": 1000})
    show(page, poster_server, link(poster, *SPLITS, epochs="145-194"))
    train, test, new = bands(page, cell_box(page, 1, 9), 3)
    assert darkness(new) > 1.5 * darkness(test) > 1.5 * darkness(train)
    for predicted in (2, 3, 4, 5, 6, 7):
        other = bands(page, cell_box(page, 1, predicted), 3)[2]
        assert darkness(new) > 1.5 * darkness(other)


def test_the_posters_finding_reads_in_the_detail_chart(
    page: Page, poster_server: Server, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    show(page, poster_server, link(poster, *SPLITS))
    focus_cell(page, 1, 9)
    page.keyboard.press("Enter")
    assert page.locator("#detail-title").text_content() == "Auto → Truck"
    lines = lines_on_axis(export_svg(page, "Detail chart", tmp_path))
    rates = {split: np.array(line) for split, line in zip(SPLITS, lines, strict=True)}
    assert rates["cifar10.1"][-50:].mean() == pytest.approx(0.13, abs=0.005)
    assert rates["test"][-50:].mean() == pytest.approx(0.024, abs=0.001)
    for split in SPLITS:
        logged = poster[split].confusion("actual")[:, 1, 9]
        assert rates[split] == pytest.approx(logged, abs=0.001)
