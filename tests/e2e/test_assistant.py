"""Figures that an assistant asks for, drawn by a real browser."""

from __future__ import annotations

import base64
import struct

from mcp.types import ImageContent
from tests.assistants import call
from tests.e2e.browsing import Server

import confusionflow as cf


def test_a_figure_is_an_image(poster_server: Server, poster: cf.LoggedRun) -> None:
    view = {"run": poster.name, "splits": ["test"], "actual": "Auto", "predicted": "Truck"}
    image = call(poster_server.log_dir, "get_figure", of="detail", **view).content[0]
    assert isinstance(image, ImageContent)
    assert image.mime_type == "image/png"
    data = base64.b64decode(image.data)
    assert data.startswith(b"\x89PNG")
    assert struct.unpack(">I", data[16:20])[0] < 2000
