"""The still picture that a saved notebook shows."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray

import confusionflow as cf
from confusionflow.hosts.picture import COLORS, picture_of

XHTML = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def logs(tmp_path: Path) -> cf.Logs:
    """Cats become dogs from epoch 2 on, in the second split only; dogs are always right."""
    with cf.Run(tmp_path, "a <b> & c", classes=["cat", "dog"]) as run:
        for epoch in range(4):
            run.log_matrix(epoch, "train", [[10, 0], [0, 10]])
            run.log_matrix(epoch, "test", [[10 - 4 * (epoch >= 2), 4 * (epoch >= 2)], [0, 10]])
    return cf.open_logs(tmp_path)


def pixels_in(svg: str) -> NDArray[np.uint8]:
    """The picture's matrix, shape (height, width, 3)."""
    found = re.search(r"data:image/png;base64,([^\"]+)", svg)
    assert found
    data = base64.b64decode(found[1])
    width, height = struct.unpack(">II", data[16:24])
    size = struct.unpack(">I", data[33:37])[0]
    rows = np.frombuffer(zlib.decompress(data[41 : 41 + size]), np.uint8)
    return rows.reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)


def test_a_picture_has_a_strip_for_each_series_in_each_cell(logs: cf.Logs) -> None:
    svg = picture_of(list(logs["a <b> & c"].values()))
    assert svg
    texts = [text.text for text in ElementTree.fromstring(svg).iter(f"{XHTML}text")]
    assert texts[1:3] == ["a <b> & c · train", "a <b> & c · test"]
    assert any("40.0%" in (text or "") for text in texts)
    matrix = pixels_in(svg)
    side = len(matrix) // 2
    cell = matrix[: side - 1, side : 2 * side - 1]
    train, test = cell[: side // 2 - 1], cell[side // 2 :]
    assert (train == 255).all()
    assert (test[:, : side // 2 - 1] == 255).all(), "epochs 0 and 1"
    assert (test[:, side // 2 :] == [0.75 * part // 1 for part in COLORS[1]]).all()
    # The diagonal would outshine all else, and the other cell has nothing.
    assert (matrix[: side - 1, : side - 1] == 255).all()
    assert (matrix[side : 2 * side - 1, : side - 1] == 255).all()


def test_epochs_beyond_the_pixels_are_means(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "long", classes=[str(i) for i in range(40)]) as run:
        for epoch in range(135):
            matrix = np.eye(40, dtype=int) * 10
            matrix[0, 1] = 10 * (epoch % 5 == 0)
            run.log_matrix(epoch, "test", matrix)
    svg = picture_of(list(cf.open_logs(tmp_path)["long"].values()))
    assert svg
    cell = pixels_in(svg)[0, 28:55]
    assert (cell == cell[0]).all()
    assert (cell[0] < 255).any()


def test_what_was_not_logged_yet_has_no_picture(tmp_path: Path) -> None:
    cf.Run(tmp_path, "empty", classes=["cat", "dog"])
    assert picture_of(list(cf.open_logs(tmp_path)["empty"].values())) is None


def test_a_report_is_a_frame_with_the_page_in_it(logs: cf.Logs) -> None:
    report = cf.report(logs["a <b> & c"]["test"], title='"quoted" & more', height=500)
    shown = report._repr_html_()
    text = re.search(r'srcdoc="([^"]*)"', shown)
    assert text
    assert unescape(text[1]) == report.html
    assert 'sandbox="allow-scripts allow-downloads allow-popups"' in shown
    assert "height: 500px" in shown
    assert "confusionflow-data" in report.html
