"""What the eye sees in the matrix."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page
from tests.e2e.browsing import Server, bands, cell_box, darkness, link, pixels, settle, show
from tests.syncs import without_syncs

import confusionflow as cf

Serve = Callable[[Path], Server]


@pytest.fixture(scope="module")
def spikes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 epochs of 14 classes at 2 % confusion each; every cell has one epoch of 40 %."""
    log_dir = tmp_path_factory.mktemp("spikes")
    n = 14
    matrix = np.full((n, n), 2) + np.diag([72] * n)
    with (
        without_syncs(),
        cf.Run(log_dir, name="spikes", classes=[f"c{i}" for i in range(n)]) as run,
    ):
        for epoch in range(2000):
            now = matrix.copy()
            if epoch % 10 == 7 and epoch // 10 < n * n:
                now[divmod(epoch // 10, n)] = 40
            run.log_matrix(epoch, "test", now)
    return log_dir


def test_an_event_of_one_epoch_in_2000_shows_in_a_strip_of_40_pixels(
    page: Page, serve: Serve, spikes: Path
) -> None:
    show(page, serve(spikes), link(cf.open_logs(spikes)["spikes"], "test"))
    for cell in [(0, 1), (0, 13), (3, 5), (6, 2), (9, 8), (13, 12)]:
        epoch = 10 * (cell[0] * 14 + cell[1]) + 7
        box = cell_box(page, *cell)
        strip = 255.0 - pixels(page, box).mean(2)
        assert box[2] <= 40
        peak = np.unravel_index(strip.argmax(), strip.shape)
        assert peak[1] == int(epoch / 2000 * box[2])
        assert strip.max() > 3 * np.median(strip)


def test_series_of_one_rate_are_equally_bright_whatever_their_size(
    page: Page, serve: Serve, tmp_path: Path
) -> None:
    random = np.random.default_rng(5)
    rates = np.full((10, 10), 0.03) + np.diag([0.7] * 10)
    with cf.Run(tmp_path, name="sizes", classes=[f"c{i}" for i in range(10)]) as run:
        for epoch in range(120):
            for split, size in (("large", 5000), ("small", 200)):
                matrix = [random.multinomial(size, row) for row in rates]
                run.log_matrix(epoch, split, np.array(matrix))
    sizes = cf.open_logs(tmp_path)["sizes"]
    show(page, serve(tmp_path), link(sizes, "large", "small", colors=[0, 0]))
    shown = np.array(
        [
            [darkness(strip) for strip in bands(page, cell_box(page, actual, predicted), 2)]
            for actual, predicted in [(0, 1), (2, 7), (7, 2), (5, 0), (9, 8), (4, 6)]
        ]
    )
    large, small = shown.mean(0)
    assert large == pytest.approx(small, rel=0.05)
    assert large > 0.05


def test_confusion_is_seen_without_touching_the_contrast(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    """The 2018 original left nine tenths of this very matrix nearly white."""
    show(page, poster_server, link(poster, "train", "test", "cifar10.1"))
    x, y, width, height = cell_box(page, 0, 0)
    matrix = pixels(page, (x, y, 10 * (width + 1), 10 * (height + 1)))
    shown = [
        darkness(matrix[actual * (height + 1) :, predicted * (width + 1) :][:height, :width])
        for actual in range(10)
        for predicted in range(10)
        if actual != predicted
    ]
    nearly_white = np.mean(np.array(shown) < 0.04)
    assert nearly_white < 0.25


@pytest.mark.parametrize(
    ("key", "choice"),
    [
        ("2", {"mode": "lines"}),
        ("3", {"mode": "numbers"}),
        ("r", {"direction": "down"}),
        ("c", {"values": "count"}),
        ("d", {"diagonal": "recall"}),
    ],
)
def test_what_is_chosen_is_drawn_as_if_the_page_had_been_opened_with_it(
    page: Page, zoo_server: Server, zoo: cf.Logs, key: str, choice: dict[str, Any]
) -> None:
    show(page, zoo_server, link(zoo["rhythms"], "dense", **choice))
    opened = picture(page)
    show(page, zoo_server, link(zoo["rhythms"], "dense"))
    assert picture(page) != opened
    page.keyboard.press(key)
    settle(page)
    assert picture(page) == opened


def picture(page: Page) -> str:
    """What is drawn in the matrix, without what moves above it."""
    drawn = page.locator(".matrix canvas").first.evaluate("(canvas) => canvas.toDataURL()")
    assert isinstance(drawn, str)
    return drawn


def test_numbers_fit_their_cells_and_lines_their_boxes_in_both_directions(
    page: Page, poster_server: Server, poster: cf.LoggedRun
) -> None:
    for mode in ("heat", "lines", "numbers"):
        for direction in ("across", "down"):
            show(
                page,
                poster_server,
                link(poster, "train", "test", mode=mode, direction=direction),
            )
            x, y, width, height = cell_box(page, 1, 9)
            # Hairlines right and below stay clear.
            for hairline in ((x, y + height, width, 1), (x + width, y, 1, height)):
                assert len(np.unique(pixels(page, hairline).reshape(-1, 3), axis=0)) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mode", ["heat", "numbers"])
def test_a_ninth_series_has_the_stripes_of_its_chip_in_its_bands(
    page: Page, zoo_server: Server, zoo: cf.Logs, mode: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    view = link(zoo["rhythms"], "dense", "sparse", colors=[0, 8], mode=mode, at=30)
    show(page, zoo_server, view)
    chips = page.locator(".chip i, .chips i").evaluate_all(
        "(marks) => marks.map((mark) => /gradient/.test(getComputedStyle(mark).backgroundImage))"
    )
    assert sorted(set(chips)) == [False, True]
    boxes = bands(page, cell_box(page, 0, 1), count=2)
    assert [has_two_stripes(band[-2, :8].astype(int)) for band in boxes] == [False, True]


def has_two_stripes(row: NDArray[np.int64]) -> bool:
    alike = (row == row[[0, 0, 0, 3, 3, 0, 0, 0]]).all()
    return bool(alike and abs(row[0] - row[3]).max() > 60)
