"""The routes of features."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

import confusionflow as cf
from confusionflow.reading.run import Series
from confusionflow.server.app import create_app

NAMES = ["cat", "dog", "fox"]


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    tmp_path = tmp_path / "logs"
    rng = np.random.default_rng(0)
    actual = np.arange(90) % 3
    with cf.Run(tmp_path, "run", classes=NAMES, id="job") as run:
        for epoch in range(3):
            predicted = np.where(rng.random(90) < 0.5, (actual + 1) % 3, actual)
            features = rng.normal(size=(90, 6)) + 3 * np.eye(6)[actual]
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
            run.log_features(epoch, "test", features, layer="pool", attribution=features)
            run.log(epoch, "train", y_true=actual, y_pred=predicted)
        run.log_unit_images(2, "test", np.zeros((1, 4, 4, 3), np.uint8), units=[2], layer="pool")
    return tmp_path


def base(logs: Path, split: str = "test") -> tuple[TestClient, str, Series]:
    series = cf.open_logs(logs)["run"][split]
    path = f"/api/runs/{series.run.id}/splits/{series.id}/features"
    return TestClient(create_app(logs), base_url="http://127.0.0.1"), path, series


def test_a_layer_says_what_the_python_api_says(logs: Path) -> None:
    client, path, series = base(logs)
    found = client.get(path).json()
    features = series.features()
    assert (found["layer"], found["layers"], found["reason"]) == ("pool", ["pool"], None)
    assert found["epochs"] == [0, 1, 2]
    assert found["before"][0] is None
    np.testing.assert_allclose(found["before"][1:], features.change().before[1:])
    np.testing.assert_allclose(found["last"], features.change().last)
    np.testing.assert_allclose(found["nearest"], features.nearest())
    assert found["image_epochs"] == [2]
    cell = client.get(f"{path}/cell", params={"actual": "cat", "predicted": "fox"}).json()
    np.testing.assert_allclose(cell["separation"], features.separation("cat", "fox"))


def test_a_split_without_features_says_how_to_log_them(logs: Path) -> None:
    client, path, _ = base(logs, "train")
    found = client.get(path).json()
    assert "run.log_features" in found["reason"]
    assert found["epochs"] == []
    assert client.get(f"{path}/points").status_code == 404


def test_points_are_those_of_the_python_api(logs: Path) -> None:
    client, path, series = base(logs)
    for params, expected in [
        ({}, series.features().map()),
        ({"actual": "cat", "predicted": "dog"}, series.features().plane("cat", "dog")),
    ]:
        found = client.get(f"{path}/points", params=params).json()
        n = len(found["ids"])
        packed = np.frombuffer(base64.b64decode(found["points"]), "<i2").reshape(3, n, 2)
        np.testing.assert_allclose(packed * found["scale"], expected.points, atol=1e-3)
        predicted = np.frombuffer(base64.b64decode(found["predicted"]), "<i2").reshape(3, n)
        np.testing.assert_array_equal(predicted, expected.predicted)
        assert found["actual"] == expected.actual.tolist()
        np.testing.assert_allclose(found["explained"], expected.explained)


def test_units_have_rows_histories_exemplars_and_images(logs: Path) -> None:
    client, path, series = base(logs)
    features = series.features()
    params: dict[str, Any] = {
        "epoch": 2,
        "cell": ["cat", "dog", "dog", "fox"],
        "instances": 2,
        "most": 4,
    }
    asked = params | {"classes": "fox", "listed": True, "actual": "cat", "predicted": "dog"}
    table = client.get(f"{path}/units", params=asked).json()
    kinds = [row["kind"] for row in table["rows"]]
    assert kinds == ["cell", "cell", "class", "listed", "instance", "instance"]
    listed = list(series.instances("cat", "dog")["instance"])
    assert table["rows"][3]["count"] == len(listed)
    by_force = features.units(2, [("cat", "dog")], most=4, listed=listed).values[1]
    np.testing.assert_allclose(table["rows"][3]["values"], by_force)
    own = client.get(f"{path}/units", params=params | {"chosen": ["7", "1"]}).json()["rows"][2:]
    assert [row["instance"] for row in own] == ["7", "1"]
    chosen = [unit["unit"] for unit in table["units"]]
    expected = features.units(2, [("cat", "dog")], most=4)
    assert chosen == expected.units.tolist()
    np.testing.assert_allclose(table["rows"][0]["values"], expected.values[0])
    first = table["units"][0]
    np.testing.assert_allclose(table["rows"][0]["history"][0][2], expected.values[0, 0])
    foxes = features.units_over_time("fox", None, chosen, of="cat")
    np.testing.assert_allclose(table["rows"][2]["history"], foxes.T)
    assert table["rows"][3]["history"] is None
    assert {e["sample"] for e in first["exemplars"]} == {None}
    assert [e["instance"] for e in first["exemplars"]] == features.exemplars(2).exemplars[
        :, chosen[0]
    ].tolist()
    pushed = features.attribution(2, "cat", "dog")
    assert pushed is not None
    np.testing.assert_allclose(first["attribution"], pushed[chosen[0]])
    whole = client.get(f"{path}/units", params=params | {"most": 6}).json()
    assert {u["unit"]: u["images"] for u in whole["units"]}[2] == [2]
    image = client.get(f"{path}/image", params={"epoch": 2, "unit": 2})
    assert image.headers["content-type"] == "image/png"
    assert image.content == features.images(2)[2]
    assert client.get(f"{path}/image", params={"epoch": 2, "unit": 3}).status_code == 404
    assert client.get(f"{path}/units", params=params | {"epoch": 9}).status_code == 404


def test_exemplars_and_instances_look_like_their_samples(logs: Path) -> None:
    images = np.random.default_rng(0).integers(0, 255, (90, 8, 8), np.uint8)
    with cf.Run(logs, "run", classes=NAMES, id="job", resume=True) as run:
        run.log_samples("test", images=images)
    client, path, _ = base(logs)
    params: dict[str, Any] = {"epoch": 2, "cell": ["cat", "dog"], "instances": 1, "most": 1}
    table = client.get(f"{path}/units", params=params).json()
    exemplar = table["units"][0]["exemplars"][0]
    for each in (exemplar, table["rows"][1]):
        assert each["sample"]["thumbnail"].endswith(f"instance={each['instance']}")
    image = client.get(f"/{exemplar['sample']['thumbnail']}")
    assert image.headers["content-type"].startswith("image/")


def test_a_lasso_lists_what_it_holds_of_all_cells(logs: Path) -> None:
    client, _, series = base(logs)
    plane = series.features().plane("cat", "dog")
    held = plane.points[1, :, 0] > 0.5
    corners = "0.5 -99 99 -99 99 99 0.5 99"
    asked: dict[str, Any] = {
        "series": f"{series.run.id}/{series.id}",
        "lasso": ["1-2", "pool", "cat", "dog", corners],
    }
    found = client.get("/api/instances/ids", params=asked).json()["ids"]
    assert set(found) == set(map(str, plane.ids[held].tolist()))
    assert 0 < len(found) < len(held)
    searched = client.get("/api/instances", params=asked | {"search": found[0]}).json()
    assert 0 < searched["found"] < len(found)
    other = client.get("/api/instances", params=asked | {"lasso": ["1-2", "none", corners]}).json()
    assert "none" in other["series"][0]["reason"]
    assert client.get("/api/instances", params=asked | {"lasso": ["x"]}).status_code == 422


def everything(client: TestClient, path: str) -> list[Any]:
    cell = {"actual": "cat", "predicted": "dog"}
    asked = [("", {}), ("/points", {}), ("/points", cell), ("/cell", cell)]
    return [client.get(f"{path}{route}", params=params).json() for route, params in asked]


def files_of_features(logs: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in logs.rglob("features-*.parquet")}


def test_another_process_finds_answers_without_opening_a_file(logs: Path) -> None:
    client, path, _ = base(logs)
    expected = everything(client, path)
    for file in files_of_features(logs):
        file.write_bytes(b"damaged")
    assert everything(base(logs)[0], path) == expected
    with cf.Run(logs, "run", classes=NAMES, id="job", resume=True) as run:
        run.log(3, "test", y_true=[0, 1], y_pred=[0, 1])
        run.log_features(3, "test", np.eye(2, 6), layer="pool")
    assert base(logs)[0].get(path).json()["epochs"] == [3]


def test_answers_that_lack_a_damaged_file_are_not_kept(logs: Path) -> None:
    files = files_of_features(logs)
    probe = next(file for file in files if "features-probe" in file.name)
    probe.write_bytes(b"damaged")
    client, path, _ = base(logs)
    assert client.get(path).json()["epochs"] == []
    probe.write_bytes(files[probe])
    assert base(logs)[0].get(path).json()["epochs"] == [0, 1, 2]
