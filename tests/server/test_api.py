"""What the API says is what the Python API says."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.server.conftest import CLASSES, EPOCHS
from tests.serving import client_of

import confusionflow as cf
from confusionflow.analysis.found_tree import find_tree
from confusionflow.server import series_cache
from confusionflow.server.app import create_app


def series_path(series: cf.Series) -> str:
    return f"/api/runs/{series.run.id}/splits/{series.id}"


@pytest.fixture(scope="module")
def series(log_dir: Path) -> cf.Series:
    return cf.open_logs(log_dir)["first"]["test"]


def test_the_list_of_runs_has_every_run_and_split(client: httpx.Client, log_dir: Path) -> None:
    answer = client.get("/api/runs").json()
    logs = cf.open_logs(log_dir)
    assert answer["log_directory"] == str(log_dir)
    assert [run["name"] for run in answer["runs"]] == ["first", "second"]
    for said, run in zip(answer["runs"], logs.runs, strict=True):
        assert said["id"] == run.id
        assert said["config"] == {"lr": 0.1}
        assert said["state"] == "finished"
        assert said["problems"] == []
        assert [split["name"] for split in said["splits"]] == list(run)
        for split in said["splits"]:
            assert (split["first_epoch"], split["last_epoch"]) == (EPOCHS[0], EPOCHS[-1])
            assert split["epoch_count"] == len(EPOCHS)
            assert split["class_count"] == len(CLASSES)
            assert split["last_accuracy"] == pytest.approx(run[split["name"]].accuracy()[-1])


def test_a_series_has_the_numbers_of_the_python_api(
    client: httpx.Client, series: cf.Series
) -> None:
    answer = client.get(f"{series_path(series)}/series")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(answer.content).read_all()
    metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
    assert metadata["run_name"] == "first"
    assert metadata["split_name"] == "test"
    row = {name: np.array(table.column(name)[0].as_py()) for name in table.column_names}
    n, e = len(CLASSES), len(EPOCHS)
    assert row["epochs"].tolist() == series.epochs.tolist() == list(EPOCHS)
    assert row["classes"].tolist() == list(series.classes)
    cube = np.zeros((e, n, n), np.int64)
    cube[:, row["cell_actual"], row["cell_predicted"]] = row["counts"].reshape(-1, e).T
    np.testing.assert_array_equal(cube, series.confusion())
    np.testing.assert_array_equal(row["accuracy"], series.accuracy())
    np.testing.assert_array_equal(row["macro_f1"], series.f1("macro"))
    np.testing.assert_array_equal(row["weighted_recall"], series.recall("weighted"))
    np.testing.assert_array_equal(row["balanced_accuracy"], series.balanced_accuracy())
    np.testing.assert_array_equal(row["matthews"], series.matthews())
    np.testing.assert_array_equal(row["kappa"], series.kappa())
    np.testing.assert_array_equal(row["support"].reshape(n, e).T, series.support())
    np.testing.assert_array_equal(row["predicted_total"].reshape(n, e).T, cube.sum(axis=1))
    np.testing.assert_array_equal(row["total"], cube.sum(axis=(1, 2)))
    np.testing.assert_array_equal(row["left_out"], series.left_out)


def together(*all_series: cf.Series) -> str:
    return "&".join(["/api/series?", *(f"series={one.run.id}/{one.id}" for one in all_series)])


def test_series_that_come_together_are_those_that_come_alone(
    client: httpx.Client, log_dir: Path
) -> None:
    series = [one for run in cf.open_logs(log_dir).runs for one in run.values()]
    answer = client.get(f"{together(*series)}&series=nothing/nothing")
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    rows = pa.ipc.open_stream(answer.content).read_all()["series"].to_pylist()
    assert rows == [client.get(f"{series_path(one)}/series").content for one in series]
    # Each starts at a whole word, so that browsers need not copy its numbers.
    assert all(len(row) % 8 == 0 for row in rows)


def test_series_that_come_together_come_again_when_one_of_them_has_changed(
    tmp_path: Path,
) -> None:
    with cf.Run(tmp_path, name="live", classes=["cat", "dog"]) as run:
        for split in ("train", "test"):
            run.log_matrix(0, split, [[1, 0], [0, 1]])
        with client_of(create_app(tmp_path)) as client:
            asked = together(*cf.open_logs(tmp_path)["live"].values())
            etag = client.get(asked).headers["etag"]
            known = {"If-None-Match": etag}
            assert client.get(asked, headers=known).status_code == 304
            run.log_matrix(1, "test", [[1, 0], [0, 1]])
            again = client.get(asked, headers=known)
            assert again.status_code == 200
            assert again.headers["etag"] != etag


def test_series_that_are_too_large_together_are_left_for_answers_of_their_own(
    client: httpx.Client, log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = [one for run in cf.open_logs(log_dir).runs for one in run.values()]
    alone = [client.get(f"{series_path(one)}/series").content for one in series]
    monkeypatch.setattr(series_cache, "MOST_BYTES_TOGETHER", sum(map(len, alone[:2])))
    answer = client.get(together(*series))
    rows = pa.ipc.open_stream(answer.content).read_all()["series"].to_pylist()
    assert rows == alone[:2]


def test_numbers_beyond_32_bits_arrive_whole(tmp_path: Path) -> None:
    matrix = np.array([[2**40 + 1, 3], [0, 2**33]])
    with cf.Run(tmp_path, name="large", classes=["a", "b"]) as run:
        run.log_matrix(2**35, "test", matrix)
    series = cf.open_logs(tmp_path)["large"]["test"]
    with client_of(create_app(tmp_path)) as client:
        answer = client.get(f"{series_path(series)}/series")
    row = pa.ipc.open_stream(answer.content).read_all()
    assert row.column("epochs")[0].as_py() == [2**35]
    assert row.column("counts")[0].as_py() == [2**40 + 1, 3, 2**33]
    assert row.column("support")[0].as_py() == [2**40 + 4, 2**33]
    assert not any(pa.types.is_uint64(f.type.value_type) for f in row.schema)  # no number in JS


def test_a_series_that_is_known_is_not_sent_again_until_it_changes(
    client: httpx.Client, tmp_path: Path
) -> None:
    run = cf.Run(tmp_path, name="live", classes=CLASSES)
    run.log(0, "test", y_true=[0, 1], y_pred=[1, 1])
    with client_of(create_app(tmp_path)) as here:
        path = f"{series_path(cf.open_logs(tmp_path)['live']['test'])}/series"
        etag = here.get(path).headers["etag"]
        for known in (etag, f'"x", {etag}', f"W/{etag}", "*"):
            answer = here.get(path, headers={"If-None-Match": known})
            assert (answer.status_code, answer.content) == (304, b"")
            assert answer.headers["etag"] == etag
        assert here.get(path, headers={"If-None-Match": '"x"'}).status_code == 200
        run.log(1, "test", y_true=[0, 1], y_pred=[1, 1])
        changed = here.get(path, headers={"If-None-Match": etag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != etag
    run.close()


@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("span", [None, (1, 5), (5, None), (None, 0), (100, 200)])
def test_a_table_has_the_rows_of_to_frame(
    client: httpx.Client,
    series: cf.Series,
    form: str,
    span: tuple[int | None, int | None] | None,
) -> None:
    first, last = span or (None, None)
    query = {name: value for name, value in (("first", first), ("last", last)) if value is not None}
    answer = client.get(f"{series_path(series)}/table.{form}", params=query)
    read = pd.read_csv if form == "csv" else pd.read_parquet
    got = read(io.BytesIO(answer.content))
    whole = series.to_frame().astype({"actual": str, "predicted": str})
    kept = (whole["epoch"] >= (first or 0)) & (whole["epoch"] <= (10**9 if last is None else last))
    expected = whole[kept].reset_index(drop=True)
    assert got.astype(str).to_dict("list") == expected.astype(str).to_dict("list")
    assert answer.headers["content-disposition"] == "attachment"


def test_an_order_follows_the_counts_of_the_epochs_that_were_asked_for(
    client: httpx.Client, series: cf.Series
) -> None:
    ref = f"{series.run.id}/{series.id}"
    answer = client.get("/api/order", params={"by": "support", "series": ref})
    support = series.support().sum(axis=0)
    assert answer.json()["classes"] == [CLASSES[at] for at in np.argsort(-support)]
    for by in ("confused", "similarity"):
        some = client.get(
            "/api/order", params={"by": by, "series": [ref, ref], "first": 1, "last": 5}
        )
        assert sorted(some.json()["classes"]) == CLASSES


def test_each_series_may_be_counted_in_epochs_of_its_own(
    client: httpx.Client, series: cf.Series
) -> None:
    ref = f"{series.run.id}/{series.id}"
    for first, last in ((0, int(series.epochs[0])), (int(series.epochs[-1]), 999)):
        inside = (series.epochs >= first) & (series.epochs <= last)
        counts = series.confusion()[inside].sum(axis=0)
        own = client.get("/api/order", params={"by": "support", "series": f"{ref}/{first}-{last}"})
        expected = [CLASSES[at] for at in np.argsort(-counts.sum(axis=1), kind="stable")]
        assert own.json()["classes"] == expected
    asked = f"/api/tree?series={ref}/0-1&series={ref}&first=5&last=5"
    assert sorted(client.get(asked).json()["classes"]) == sorted(CLASSES)


def test_the_document_is_there_for_machines(client: httpx.Client) -> None:
    document = client.get("/api/openapi.json").json()
    assert set(document["paths"]) >= {"/api/runs", "/api/events", "/api/order"}
    methods = {method for path in document["paths"].values() for method in path}
    assert methods == {"get"}


def test_numbers_beside_the_epochs_come_by_name(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", classes=["a", "b"]) as run:
        for epoch, rate in ((0, 0.1), (5, float("inf"))):
            run.log_scalar(epoch, "lr", rate)
        run.log_scalar(5, "batch size", 32)
        run.log_matrix(5, "val", [[3, 1], [2, 0]])
    with client_of(create_app(tmp_path)) as client:
        answer = client.get(f"/api/runs/{run.id}/scalars").json()
        missing = client.get("/api/runs/none/scalars")
    assert answer == {
        "scalars": [
            {"name": "batch size", "epochs": [5], "values": [32.0]},
            {"name": "lr", "epochs": [0, 5], "values": [0.1, None]},
        ]
    }
    assert missing.status_code == 404


def test_the_background_of_a_detector_comes_with_the_series(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", classes=["cat", "none"], background="none") as run:
        run.log_matrix(0, "val", [[3, 1], [2, 0]])
    series = cf.open_logs(tmp_path)["run"]["val"]
    with client_of(create_app(tmp_path)) as client:
        answer = client.get(f"{series_path(series)}/series")
    metadata = pa.ipc.open_stream(answer.content).read_all().schema.metadata
    assert metadata[b"background"] == b"none"


def test_groups_that_were_declared_come_with_the_series_and_groups_are_found_on_demand(
    tmp_path: Path,
) -> None:
    classes = list("abcdefgh")
    matrix = np.kron(np.eye(4, dtype=int), [[8, 2], [1, 9]])
    with cf.Run(tmp_path, name="run", classes={"x": classes[:3], "y": classes[3:]}) as run:
        run.log_matrix(0, "test", matrix)
        run.log_matrix(1, "test", np.eye(8, dtype=int))
    series = cf.open_logs(tmp_path)["run"]["test"]
    with client_of(create_app(tmp_path)) as client:
        answer = client.get(f"{series_path(series)}/series")
        series_ref = f"series={series.run.id}/{series.id}"
        found = client.get(f"/api/tree?{series_ref}&first=0&last=0").json()
    metadata = pa.ipc.open_stream(answer.content).read_all().schema.metadata
    given = {"classes": classes, "groups": ["x", "y"], "parents": [0] * 3 + [1] * 5 + [-1] * 2}
    assert json.loads(metadata[b"tree"]) == given
    tree = find_tree([classes], [series.cube().between(0, 0)])
    assert found == {name: list(value) for name, value in asdict(tree).items()}
    assert len(tree.groups) == 4
