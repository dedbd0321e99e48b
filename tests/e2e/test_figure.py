"""Figures for papers, written by the command line."""

from __future__ import annotations

import os
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


def test_a_pdf_has_one_page_with_the_fonts_in_it(poster_server: Server, tmp_path: Path) -> None:
    path = tmp_path / "figure.pdf"
    done = figure(str(poster_server.log_dir), "-o", str(path), "--of", "performance")
    assert done.returncode == 0, done.stderr
    pdf = path.read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert pdf.count(b"/Type /Page\n") == 1
    assert b"+Inter-Regular" in pdf


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
    assert "The link shows 2 series, of which 1 are not among the 1" in done.stderr
    done = figure(*arguments)
    assert done.stdout == f"Wrote {path} (matrix, 2 series).\n"


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("f.gif", BY_HAND, "End its name in .svg, .pdf or .png."),
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
