"""The page in a real Firefox: opening, live, brush and report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.e2e.browsing import Server, link
from tests.e2e.firefox import Firefox, find_firefox

import confusionflow as cf

PROGRAM = find_firefox()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no Firefox")
INK = """(() => {
    const canvas = document.querySelector(".matrix canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let coloured = 0;
    for (let at = 0; at < data.length; at += 4)
        coloured += Math.max(...data.slice(at, at + 3)) - Math.min(...data.slice(at, at + 3)) > 40;
    return coloured;
})()"""
CHIPS = "[...document.querySelectorAll('.chips li span')].map((chip) => chip.textContent)"


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    assert PROGRAM
    firefox = Firefox(PROGRAM, tmp_path_factory.mktemp("firefox"))
    yield firefox
    firefox.close()


@pytest.fixture(autouse=True)
def without_errors(firefox: Firefox) -> Iterator[None]:
    firefox.errors.clear()
    yield
    assert firefox.errors == []


def test_the_page_opens_with_its_strips(firefox: Firefox, zoo_server: Server, zoo: cf.Logs) -> None:
    firefox.open(f"{zoo_server.address}{link(zoo['rhythms'], 'dense', 'sparse')}")
    assert firefox.evaluate(CHIPS) == ["dense", "sparse"]
    assert firefox.evaluate(INK) > 1000
    # A page opens without its font if that takes seconds.
    firefox.wait("document.fonts.check('12px \"Inter Variable\"')")


def test_epochs_appear_as_they_are_logged(
    firefox: Firefox, serve: Callable[[Path], Server], tmp_path: Path
) -> None:
    run = cf.Run(tmp_path, "live", classes=["cat", "dog"])
    run.log_matrix(0, "test", [[5, 5], [1, 9]])
    firefox.open(serve(tmp_path).address)
    status = "document.querySelector('header [role=status], header .status').textContent.trim()"
    firefox.wait(f"{status} === 'live · epoch 0'")
    run.log_matrix(1, "test", [[6, 4], [1, 9]])
    firefox.wait(f"{status} === 'live · epoch 1'")
    run.close()
    firefox.wait(f"{status} === 'epoch 1'")


def test_the_brush_chooses_epochs(firefox: Firefox, zoo_server: Server, zoo: cf.Logs) -> None:
    firefox.open(f"{zoo_server.address}{link(zoo['rhythms'], 'dense')}")
    last = int(zoo["rhythms"]["dense"].epochs[-1])
    x, y, width, height = firefox.evaluate(
        """(() => {
            const canvas = document.querySelector(".timeline canvas");
            const { x, y, width, height } = canvas.getBoundingClientRect();
            return [x, y, width, height];
        })()"""
    )
    middle = y + height / 3
    firefox.drag((x + width * 0.25, middle), (x + width * 0.75, middle))
    firefox.wait("location.hash.includes('epochs=')")
    link_after = firefox.evaluate("new URLSearchParams(location.hash.slice(1)).get('epochs')")
    first, end = map(int, link_after.split("-"))
    assert abs(first - last * 0.25) <= last * 0.05
    assert abs(end - last * 0.75) <= last * 0.05


def test_a_report_opens_from_disk(firefox: Firefox, zoo: cf.Logs, tmp_path: Path) -> None:
    series = [zoo["rhythms"]["dense"], zoo["rhythms"]["sparse"]]
    cf.export(series, tmp_path / "report.html", view="mode=numbers")
    firefox.open((tmp_path / "report.html").as_uri())
    assert firefox.evaluate(CHIPS) == ["dense", "sparse"]
    assert firefox.evaluate(INK) > 1000
    pressed = "[...document.querySelectorAll('[aria-pressed=true]')].map((one) => one.ariaLabel)"
    assert "Numbers at the playhead (3)" in firefox.evaluate(pressed)
    asked = "performance.getEntriesByType('resource').map((one) => one.name)"
    assert [name for name in firefox.evaluate(asked) if name.startswith("http")] == []


def test_a_firefox_that_resists_fingerprinting_offers_an_svg_in_place_of_a_wrong_png(
    zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    assert PROGRAM
    firefox = Firefox(PROGRAM, tmp_path, **{"privacy.resistFingerprinting": True})
    try:
        firefox.open(f"{zoo_server.address}{link(zoo['uneven'], 'test')}")
        firefox.click("Export")
        firefox.wait("document.querySelector('#export-menu').matches(':popover-open')")
        firefox.click("PNG", "document.querySelector('#export-menu')")
        firefox.wait(
            "document.querySelector('.leaving')?.textContent.includes('PNG would be wrong')"
        )
        assert list(firefox.downloads.iterdir()) == []
        firefox.click("Save as SVG")
        ends_s = time.monotonic() + 30
        while not (saved := list(firefox.downloads.glob("*.svg"))):
            assert time.monotonic() < ends_s
            time.sleep(0.1)
        assert saved[0].name == "confusionflow-matrix.svg"
    finally:
        firefox.close()
