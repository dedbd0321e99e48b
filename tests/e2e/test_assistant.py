"""Figures that an assistant asks for, drawn by a real browser."""

from __future__ import annotations

import base64
import json
import struct

import pytest
from mcp.types import ImageContent, TextContent
from tests.assistants import call
from tests.e2e.browsing import Server

import confusionflow as cf


@pytest.mark.parametrize("figure", ["matrix", "performance", "detail"])
def test_a_figure_is_an_image(poster_server: Server, poster: cf.LoggedRun, figure: str) -> None:
    view = {"run": poster.name, "splits": ["test"], "actual": "Auto", "predicted": "Truck"}
    said, image = call(poster_server.log_dir, "get_figure", of=figure, **view).content
    assert isinstance(said, TextContent)
    assert json.loads(said.text) == {
        "log_directory": str(poster_server.log_dir),
        "run": poster.name,
        "run_id": poster.id,
        "splits": ["test"],
    }
    assert isinstance(image, ImageContent)
    assert image.mime_type == "image/png"
    data = base64.b64decode(image.data)
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">I", data[16:20])[0] < 2000
