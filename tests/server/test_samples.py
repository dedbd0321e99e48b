"""Clients get thumbnails, texts and columns by ids; images in full size from one folder only."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
from PIL import Image
from tests.serving import client_of

import confusionflow as cf
from confusionflow.hosts.in_process import ask
from confusionflow.server.app import create_api, create_app
from confusionflow.server.live import Live
from confusionflow.server.series_cache import SeriesCache
from confusionflow.store import Store

IDS = ["a/b", "ümlaut ?&#", "plain"]
TEXT = ["first text", None, "x" * 500]


def picture(colour: int) -> Image.Image:
    return Image.new("RGB", (300, 200), (colour, 10, 20))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images in a folder, and something beside it that is nobody's business."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "images" / "cat").mkdir(parents=True)
    for at in range(2):
        picture(at * 90).save(folder / "images" / "cat" / f"{at}.png")
    picture(200).save(folder / "secret.png")
    (folder / "images" / "link.png").symlink_to(folder / "secret.png")
    return folder


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    log_dir = tmp_path_factory.mktemp("logs")
    images = [folder / "images" / "cat" / f"{at}.png" for at in range(2)]
    for name in ("first", "second"):
        with cf.Run(log_dir, name, classes=["cat", "dog"]) as run:
            run.log_samples(
                "test",
                ids=IDS,
                images=[*images, folder / "images" / "link.png"],
                text=TEXT,
                columns={"age": [1, None, 3], "source": ["web", "web", "shop"], "ok": [True] * 3},
                group=[7, 7, 8],
            )
            run.log(0, "test", y_true=[0, 0, 1], y_pred=[1, 0, 0], ids=IDS)
            run.log(0, "bare", y_true=[0, 1], y_pred=[0, 1])
    return log_dir


@pytest.fixture(scope="module")
def client(log_dir: Path, folder: Path) -> Iterator[httpx.Client]:
    roots = {"test": folder / "images"}
    with client_of(create_app(log_dir, samples=roots)) as client:
        yield client


def ref(log_dir: Path, run: str = "first", split: str = "test") -> str:
    logs = cf.open_logs(log_dir)
    return f"{logs[run].id}/{logs[run][split].id}"


def samples(client: httpx.Client, log_dir: Path) -> dict[str, Any]:
    rows = client.get("/api/instances", params={"series": ref(log_dir)}).json()["rows"]
    return {row["instance"]: row["sample"] for row in rows}


def test_a_list_says_what_instances_look_like(client: httpx.Client, log_dir: Path) -> None:
    answer = client.get("/api/instances", params={"series": [ref(log_dir)]}).json()
    (series,) = answer["series"]
    assert (series["has_images"], series["has_text"]) == (True, True)
    assert series["samples_problem"] is None
    assert {
        one["name"]: (one["kind"], one["choices"], one["least"]) for one in series["columns"]
    } == {
        "group": ("text", ["7", "8"], None),
        "age": ("number", None, 1.0),
        "source": ("text", ["shop", "web"], None),
        "ok": ("boolean", None, None),
    }
    found = samples(client, log_dir)
    assert set(found) == set(IDS)
    assert found["a/b"]["text"] == "first text"
    assert found["a/b"]["values"] == {"age": 1, "source": "web", "ok": True}
    assert found["ümlaut ?&#"]["values"]["age"] is None
    assert found["plain"]["group"] == "8"
    assert len(found["plain"]["text"]) == 200
    detail = client.get("/api/instance", params={"series": [ref(log_dir)], "id": "plain"}).json()
    assert detail["paths"][0]["sample"]["text"] == TEXT[2]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"where": "source=WEB"}, {"a/b", "ümlaut ?&#"}),
        ({"where": "age>=2"}, {"plain"}),
        ({"where": "age=1"}, {"a/b"}),
        ({"where": ["source=web", "group=7", "hard<=0"]}, {"ümlaut ?&#"}),
        ({"where": "ok=true"}, set(IDS)),
        ({"where": "age=old"}, set()),
        ({"search": "FIRST"}, {"a/b"}),
        ({"search": "lau"}, {"ümlaut ?&#"}),
    ],
)
def test_lists_are_filtered_by_texts_and_columns(
    client: httpx.Client, log_dir: Path, asked: dict[str, Any], expected: set[str]
) -> None:
    answer = client.get("/api/instances", params={"series": [ref(log_dir)], **asked}).json()
    assert {row["instance"] for row in answer["rows"]} == expected


def test_a_column_that_no_series_has_is_named(client: httpx.Client, log_dir: Path) -> None:
    params = {"series": [ref(log_dir)], "where": "sourc=web"}
    answer = client.get("/api/instances", params=params)
    assert answer.status_code == 422
    assert "Did you mean 'source'" in answer.text


def test_the_table_has_texts_and_columns(client: httpx.Client, log_dir: Path) -> None:
    text = client.get("/api/instances/table.csv", params={"series": [ref(log_dir)]}).text
    assert text.splitlines()[0].endswith('"text","group","age","source","ok"')
    assert "first text" in text
    assert "cat/0.png" not in text


def test_series_without_samples_say_nothing_of_them(client: httpx.Client, log_dir: Path) -> None:
    params = {"series": [ref(log_dir, split="bare")]}
    answer = client.get("/api/instances", params=params).json()
    assert [row["sample"] for row in answer["rows"]] == [None, None]
    assert answer["series"][0]["columns"] == []


def test_thumbnails_are_the_same_for_all_runs_and_never_asked_for_twice(
    client: httpx.Client, log_dir: Path
) -> None:
    found = samples(client, log_dir)
    for index, instance in enumerate(IDS[:2]):
        answer = client.get(f"/{found[instance]['thumbnail']}")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/webp"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "content-encoding" not in answer.headers
        image = Image.open(io.BytesIO(answer.content))
        assert image.size == (found[instance]["width"], found[instance]["height"]) == (96, 64)
        assert abs(image.convert("RGB").getpixel((40, 40))[0] - 90 * index) < 12  # type: ignore[index]
        again = client.get(
            f"/{found[instance]['thumbnail']}", headers={"If-None-Match": answer.headers["etag"]}
        )
        assert again.status_code == 304
    rows = client.get("/api/instances", params={"series": ref(log_dir, "second")}).json()["rows"]
    assert {row["sample"]["thumbnail"] for row in rows} == {
        one["thumbnail"] for one in found.values()
    }


def test_images_in_full_size_come_from_the_given_folder_only(
    client: httpx.Client, log_dir: Path, folder: Path
) -> None:
    found = samples(client, log_dir)
    answer = client.get(f"/{found['a/b']['image']}")
    assert answer.content == (folder / "images" / "cat" / "0.png").read_bytes()
    assert answer.headers["content-type"] == "image/png"
    assert "immutable" in answer.headers["cache-control"]
    # The file is within the folder, but leads out of it.
    outside = client.get(f"/{found['plain']['image']}")
    assert outside.status_code == 404
    assert "is not in the folder of --samples" in outside.json()["error"]["message"]


def test_a_file_that_changed_since_is_not_shown(
    tmp_path: Path, log_dir: Path, folder: Path
) -> None:
    moved = tmp_path / "elsewhere"
    (moved / "cat").mkdir(parents=True)
    whole = (folder / "images" / "cat" / "0.png").read_bytes()
    with client_of(create_app(log_dir, samples={"test": moved})) as client:
        address = f"/{samples(client, log_dir)['a/b']['image']}"
        assert client.get(address).status_code == 404
        (moved / "cat" / "0.png").write_bytes(whole)
        assert client.get(address).content == whole
        (moved / "cat" / "0.png").write_bytes(whole + b" ")
        assert client.get(address).status_code == 404
        (moved / "cat" / "0.png").unlink()
        os.mkfifo(moved / "cat" / "0.png")
        assert client.get(address).status_code == 404


def test_without_a_folder_there_are_thumbnails_only(log_dir: Path) -> None:
    with client_of(create_app(log_dir)) as client:
        one = samples(client, log_dir)["a/b"]
        assert one["image"] is None
        assert client.get(f"/{one['thumbnail']}").status_code == 200
        answer = client.get(
            f"/api/runs/{ref(log_dir).replace('/', '/splits/')}/image", params={"instance": "a/b"}
        )
        assert answer.status_code == 404
        assert "--samples test=DIR" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "path",
    [
        "api/samples/0123456789abcdef/thumbnail?instance=a",
        "api/samples/..%2f..%2fetc%2fpasswd/thumbnail?instance=a",
        "api/samples/0123456789ABCDEF/thumbnail?instance=a",
        "api/samples/{content}/thumbnail?instance=../../etc/passwd",
        "api/samples/{content}/thumbnail",
    ],
)
def test_what_is_no_instance_gets_an_error(client: httpx.Client, log_dir: Path, path: str) -> None:
    content = samples(client, log_dir)["a/b"]["thumbnail"].split("/")[2]
    answer = client.get("/" + path.format(content=content))
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/json"


def test_the_in_process_api_has_thumbnails_too(log_dir: Path) -> None:
    store = Store(log_dir)
    api = create_api(store, Live(store), SeriesCache())

    async def both() -> tuple[Any, Any]:
        listed = await ask(api, f"api/instances?series={ref(log_dir)}")
        rows = json.loads(listed.text())["rows"]
        return rows, await ask(api, rows[0]["sample"]["thumbnail"])

    _, answer = anyio.run(both)
    import gzip

    assert Image.open(io.BytesIO(gzip.decompress(answer.body))).size == (96, 64)
    assert answer.version


def test_a_damaged_file_of_samples_is_named(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        run.log_samples("test", images=np.zeros((2, 8, 8)))
        run.log(0, "test", y_true=[0, 1], y_pred=[0, 1])
    with client_of(create_app(tmp_path)) as client:
        params = {"series": [ref(tmp_path, "run")]}
        (row, _) = client.get("/api/instances", params=params).json()["rows"]
        address = row["sample"]["thumbnail"]
        assert client.get(f"/{address}").status_code == 200
    (part,) = (tmp_path / "samples").iterdir()
    part.write_bytes(b"PAR1" + part.read_bytes()[4:-1])
    with client_of(create_app(tmp_path)) as client:
        answer = client.get("/api/instances", params=params).json()
        assert part.name in answer["series"][0]["samples_problem"]
        assert answer["rows"][0]["sample"] is None
        assert client.get(f"/{address}").status_code == 404
