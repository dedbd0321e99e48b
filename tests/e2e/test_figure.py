"""Figures for papers, written by the command line."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.e2e.browsing import Server, export_svg, link, read_svg, show

import confusionflow as cf

BY_HAND = "from confusionflow.cli.app import main; main()"


def figure(*arguments: str, code: str = BY_HAND, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, "figure", *arguments],
        env=os.environ | env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_figure_is_the_one_that_the_page_exports(
    page: Page, poster_server: Server, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    view = link(poster, "train", "cifar10.1", mode="lines", detail="cell,Auto,Truck")
    path = tmp_path / "figure.svg"
    done = figure(str(poster_server.log_dir), "-o", str(path), "--of", "detail", "--view", view)
    assert done.returncode == 0, done.stderr
    show(page, poster_server, view)
    assert read_svg(path.read_text()) == read_svg(export_svg(page, "Detail chart", tmp_path))


@pytest.mark.torture
def test_a_figure_shows_all_series_that_were_asked_for_where_no_link_says_which(
    zoo_server: Server, zoo: cf.Logs, tmp_path: Path
) -> None:
    runs = [run for run in zoo.runs if run.name.startswith("dozen")][:3]
    path = tmp_path / "figure.svg"
    asked = [argument for run in runs for argument in ("--run", run.id)]
    done = figure(str(zoo_server.log_dir), "-o", str(path), *asked)
    assert done.returncode == 0, done.stderr
    texts = {mark.text for mark in read_svg(path.read_text())}
    assert {run.name for run in runs} <= {text.partition(" · ")[0] for text in texts}


def fonts_of(pdf: Path) -> list[str]:
    """Each font of a PDF: its name, kind and whether it is embedded, as pdffonts prints them."""
    printed = subprocess.run(["pdffonts", pdf], capture_output=True, text=True, check=True).stdout
    return printed.splitlines()[2:]


def texts_pt(pdf: Path) -> list[float]:
    """Heights of the words of a PDF's page, in pt; those that stand upright are as wide as high."""
    command = ["pdftotext", "-bbox", str(pdf), "-"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.findall(r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)">(.+?)</word>', printed)
    boxes = [(float(x1) - float(x0), float(y1) - float(y0), word) for x0, y0, x1, y1, word in found]
    return [
        width if len(word) > 1 and height > 1.4 * width else height for width, height, word in boxes
    ]


def test_a_pdf_has_one_page_with_the_fonts_in_it(poster_server: Server, tmp_path: Path) -> None:
    path = tmp_path / "figure.pdf"
    done = figure(str(poster_server.log_dir), "-o", str(path), "--of", "performance")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    pdf = path.read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") == 1
    fonts = fonts_of(path)
    assert any("Inter-Regular" in font for font in fonts)
    assert not [font for font in fonts if "Type 3" in font]


@pytest.mark.parametrize("of", ["matrix", "performance", "detail"])
def test_a_figure_fits_a_column_with_text_that_can_be_read(
    poster_server: Server, tmp_path: Path, of: str
) -> None:
    path = tmp_path / "figure.pdf"
    arguments = (str(poster_server.log_dir), "-o", str(path), "--of", of, "--width", "ieee")
    done = figure(*arguments)
    assert done.returncode == 0, done.stderr
    size = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True).stdout
    width_pt = float(re.search(r"Page size:\s+([\d.]+)", size)[1])  # type: ignore[index]
    assert width_pt == pytest.approx(88.9 / 25.4 * 72, abs=1)
    # A word's box is 1.21 times as high as its font is large.
    assert min(texts_pt(path)) >= 7 * 1.2
    words = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    assert "resnet18-sgd" in words.stdout
    assert not [font for font in fonts_of(path) if "Type 3" in font]
    assert figure(*arguments, "--font-size", "9").returncode == 0
    assert min(texts_pt(path)) >= 9 * 1.2


def test_characters_that_no_font_has_are_named_and_leave_no_type_3_font(tmp_path: Path) -> None:
    missing = "\U000e1234"
    with cf.Run(tmp_path / "logs", "Жук 😀", classes=["Ω né", f"a{missing}b"]) as run:
        run.log_matrix(0, "test", [[5, 1], [2, 6]])
    path = tmp_path / "figure.pdf"
    done = figure(str(tmp_path / "logs"), "-o", str(path), "--width", "120")
    assert done.returncode == 0, done.stderr
    assert "U+E1234" in done.stderr
    assert not [font for font in fonts_of(path) if "Type 3" in font]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--width", "ieeee"], "Did you mean 'ieee'?"),
        (["--width", "3"], "from 40 to 1000"),
        (["--width", "nan"], "from 40 to 1000"),
        (["--width", "88", "--font-size", "100"], "points from 4 to 24"),
        (["--font-size", "7"], "needs a width"),
    ],
)
def test_a_size_that_cannot_be_right_is_refused(
    poster_server: Server, tmp_path: Path, options: list[str], said: str
) -> None:
    path = tmp_path / "figure.pdf"
    done = figure(str(poster_server.log_dir), "-o", str(path), *options)
    assert done.returncode == 1
    assert said in done.stderr
    assert not path.exists()


@pytest.mark.torture
def test_a_png_is_three_pixels_to_one(poster_server: Server, tmp_path: Path) -> None:
    path = tmp_path / "figure.png"
    done = figure(str(poster_server.log_dir), "-o", str(path), "--of", "detail")
    assert done.returncode == 0, done.stderr
    assert struct.unpack(">II", path.read_bytes()[16:24]) == (3 * 720, 3 * 400)


def test_a_link_to_series_that_were_not_chosen_is_refused(
    poster_server: Server, poster: cf.LoggedRun, tmp_path: Path
) -> None:
    path = tmp_path / "figure.svg"
    view = link(poster, "train", "test")
    arguments = (str(poster_server.log_dir), "-o", str(path), "--view", view)
    done = figure(*arguments, "--split", "test")
    assert done.returncode == 1
    assert "The link shows 2 series, but 1 of them are not among the 1" in done.stderr
    done = figure(*arguments)
    assert done.stdout == f"Wrote {path} (matrix, 2 series).\n"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("f.gif", BY_HAND, "Give it a name that ends in .svg, .pdf or .png."),
        (
            "f.svg",
            f"import sys; sys.modules['playwright'] = None; {BY_HAND}",
            "pip install 'confusionflow[figure]'",
        ),
        ("f.svg", BY_HAND, "Install Chromium or Chrome, or run: playwright install chromium"),
    ],
)
def test_what_a_figure_lacks_is_said(
    poster_server: Server, tmp_path: Path, name: str, code: str, said: str
) -> None:
    path = tmp_path / name
    nothing = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    done = figure(str(poster_server.log_dir), "-o", str(path), code=code, **nothing)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert not path.exists()
