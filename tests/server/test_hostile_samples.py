"""Hostile ids, texts, images and paths do nothing: 500 of them, logged and asked for."""

from __future__ import annotations

import io
import os
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.payloads import PAYLOADS, RUN_CODE
from tests.serving import client_of

import confusionflow as cf
from confusionflow.errors import ConfusionFlowWarning
from confusionflow.server.app import create_app

CASES = 500
SECRET = b"the secret of this machine"


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG file that claims a size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def images(folder: Path, rng: random.Random) -> list[Any]:
    """Files and bytes that mean ill, one for each case."""
    secret = folder.parent / "secret.txt"
    secret.write_bytes(SECRET)
    (folder / "link.png").symlink_to(secret)
    (folder / "circle.png").symlink_to(folder / "circle.png")
    os.mkfifo(folder / "pipe.png")
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN_CODE}'/>"
    (folder / "drawing.png").write_text(svg)
    sink = io.BytesIO()
    Image.effect_noise((40, 30), 80).convert("RGB").save(sink, "JPEG")
    whole = sink.getvalue()
    fixed: list[Any] = [
        *(svg.encode(), b"<?xml version='1.0'?>" + svg.encode(), b"\xef\xbb\xbf \n" + svg.encode()),
        *(png(60_000, 60_000), png(1, 2**31 - 1), png(30_000, 3_000, bytes(10_000))),
        *(b"%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file", b"%PDF-1.4", b"", b"\0" * 100),
        *(b"<html><script>" + RUN_CODE.encode(), b"GIF89a" + b"\xff" * 50, b"BM" + b"\xff" * 60),
        *("/etc/passwd", "../secret.txt", "/dev/zero", "/proc/self/environ", "x\0.png", ""),
        *(str(folder), str(secret), *map(str, sorted(folder.iterdir()))),
        *("http://evil.example/x.png", "file:///etc/passwd", "C:\\windows\\x.png", "~/.ssh/id_rsa"),
    ]
    while len(fixed) < CASES:
        data = bytearray(whole)
        for _ in range(rng.randrange(1, 40)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        fixed.append(bytes(data[: rng.randrange(1, len(data) + 1)]))
    return fixed


@pytest.mark.slow
def test_hostile_samples_do_nothing(tmp_path: Path) -> None:
    rng = random.Random(0)
    folder = tmp_path / "images"
    folder.mkdir()
    given = images(folder, rng)
    texts = [PAYLOADS[at % len(PAYLOADS)] for at in range(CASES)]
    ids = [f"{text[:60]}{at}" for at, text in enumerate(texts)]
    names = dict.fromkeys(text[:40] for text in PAYLOADS if text)
    with cf.Run(tmp_path / "logs", "run", classes=["a", "b"]) as run:
        with pytest.warns(ConfusionFlowWarning, match=r"images of split .* can't be shown"):
            run.log_samples(
                "test",
                ids=ids,
                images=given,
                text=texts,
                group=texts,
                columns={name: texts for name in list(names)[:20] if name not in ("text", "path")},
            )
        run.log(0, "test", y_true=[0] * CASES, y_pred=[1] * CASES, ids=ids)
    assert not (folder.parent / "pwned").exists()
    assert {path.name.split("-")[0] for path in (tmp_path / "logs").iterdir()} == {"run", "samples"}
    series = cf.open_logs(tmp_path / "logs")["run"]["test"]
    assert series.epochs.tolist() == [0]
    ref = f"{series.run.id}/{series.id}"
    image = f"/api/runs/{ref.replace('/', '/splits/')}/image"
    shown = 0
    with client_of(create_app(tmp_path / "logs", samples={"test": folder})) as client:
        rows = [
            row
            for offset in range(0, CASES, 200)
            for row in client.get(
                "/api/instances", params={"series": ref, "offset": offset, "limit": 200}
            ).json()["rows"]
        ]
        assert sorted(row["instance"] for row in rows) == sorted(ids)
        for row in rows:
            if row["sample"]["thumbnail"]:
                answer = client.get(f"/{row['sample']['thumbnail']}")
                assert answer.status_code == 200
                assert answer.headers["content-type"] == "image/webp"
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert Image.open(io.BytesIO(answer.content)).format == "WEBP"
                shown += 1
            full = client.get(image, params={"instance": row["instance"]})
            assert SECRET not in full.content
            assert full.status_code == 404
            assert full.headers["content-type"] == "application/json"
    assert 0 < shown < CASES
