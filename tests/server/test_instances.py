"""What the API says of instances is what the Python API says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from tests.reading.test_instances import CLASSES, EPOCHS, N, log_run
from tests.serving import client_of
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.server.app import create_app


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("logs")
    log_run(log_dir, "first", 0)
    log_run(log_dir, "second", 1)
    with cf.Run(log_dir, "counts", classes=CLASSES) as run:
        run.log_matrix(0, "test", np.eye(3, dtype=int))
    with cf.Run(log_dir, "changing", classes=CLASSES) as run:
        run.log(0, "test", y_true=[0, 1], y_pred=[0, 1])
        run.log(1, "test", y_true=[0], y_pred=[0])
    return log_dir


@pytest.fixture(scope="module")
def client(log_dir: Path) -> Iterator[httpx.Client]:
    with client_of(create_app(log_dir)) as client:
        yield client


def refs(log_dir: Path, *names: str) -> list[str]:
    logs = cf.open_logs(log_dir)
    return [f"{logs[name].id}/{logs[name]['test'].id}" for name in names]


def unrolled(strip: list[int]) -> list[int]:
    return [
        value for value, times in zip(strip[::2], strip[1::2], strict=True) for _ in range(times)
    ]


def test_a_cell_has_its_instances_with_their_strips_and_scores(
    client: httpx.Client, log_dir: Path
) -> None:
    cell: dict[str, Any] = {"actual": "cat", "predicted": "dog", "first": 2, "last": 7}
    answer = client.get("/api/instances", params={"series": refs(log_dir, "first"), **cell}).json()
    series = cf.open_logs(log_dir)["first"]["test"]
    table = series.instances("cat", "dog", (2, 7), backend="pyarrow").to_pylist()
    (said,) = answer["series"]
    assert said["reason"] is None
    assert (said["classes"], said["epochs"], said["total"]) == (CLASSES, list(EPOCHS), N)
    assert said["ever"] == answer["found"] == len(table) == len(answer["rows"])
    assert said["came"] + said["stayed"] + said["left"] + said["passed"] == said["ever"]
    read = series.predictions()
    place = {name: at for at, name in enumerate(read.ids)}
    expected = {row["instance"]: row for row in table}
    for row in answer["rows"]:
        mine = expected[row["instance"]]
        assert unrolled(row["strip"]) == read.predicted[:, place[row["instance"]]].tolist()
        assert (row["first"], row["last"], row["passage"]) == (
            mine["first"],
            mine["last"],
            mine["passage"],
        )
        for name, score in zip(answer["scores"], row["scores"], strict=True):
            close = pytest.approx(float(mine[name]), abs=1e-4) if mine[name] is not None else None
            assert score == close, name


def test_pages_sort_and_search_go_over_several_series(client: httpx.Client, log_dir: Path) -> None:
    params: dict[str, Any] = {"series": refs(log_dir, "first", "second"), "sort": "hard"}
    whole = client.get("/api/instances", params={**params, "limit": 200}).json()
    assert whole["found"] == 2 * N
    at = whole["scores"].index("hard")
    hard = [row["scores"][at] for row in whole["rows"]]
    assert hard == sorted(hard, reverse=True)
    assert {row["series"] for row in whole["rows"]} == {0, 1}
    pages = [
        client.get("/api/instances", params={**params, "offset": offset, "limit": 7}).json()["rows"]
        for offset in range(0, 2 * N, 7)
    ]
    assert [row for page in pages for row in page] == whole["rows"]
    found = client.get("/api/instances", params={**params, "search": "I1"}).json()
    assert found["found"] == 2 * sum("i1" in f"i{i:02}" for i in range(N))
    by_id = client.get(
        "/api/instances", params={**params, "sort": "instance", "descending": False}
    ).json()
    names = [row["instance"] for row in by_id["rows"]]
    assert names == sorted(names)


def test_a_series_without_instances_says_why_and_what_to_do(
    client: httpx.Client, log_dir: Path
) -> None:
    params = {"series": refs(log_dir, "counts", "changing", "first")}
    answer = client.get("/api/instances", params=params).json()
    reasons = [said["reason"] for said in answer["series"]]
    assert "Log predictions" in reasons[0]
    assert "Pass ids=" in reasons[1]
    assert reasons[2] is None
    assert {row["series"] for row in answer["rows"]} == {2}
    flows = client.get("/api/instances/flow", params=params).json()["series"]
    assert [said["reason"] for said in flows] == reasons


def test_an_instance_is_followed_in_every_series_that_knows_it(
    client: httpx.Client, log_dir: Path
) -> None:
    params: dict[str, Any] = {"series": refs(log_dir, "first", "counts", "second")}
    answer = client.get("/api/instance", params={**params, "id": "i07"}).json()
    assert [path["run_id"] for path in answer["paths"]] == [
        cf.open_logs(log_dir)[name].id for name in ("first", "second")
    ]
    for path, seed in zip(answer["paths"], (0, 1), strict=True):
        rng = np.random.default_rng(seed)
        probabilities = rng.dirichlet(np.ones(3), (len(EPOCHS), N))[:, 7]
        assert unrolled(path["strip"]) == probabilities.argmax(1).tolist()
        assert path["confidence"] == pytest.approx(probabilities.max(1), abs=1e-3)
        assert path["actual_probability"] == pytest.approx(
            probabilities[:, path["actual"]], abs=1e-3
        )
    assert client.get("/api/instance", params={**params, "id": "nobody"}).json()["paths"] == []


def test_the_flow_of_a_class_is_its_row_of_the_matrix_over_time(
    client: httpx.Client, log_dir: Path
) -> None:
    params: dict[str, Any] = {"series": refs(log_dir, "first"), "actual": "dog", "first": 1}
    (flow,) = client.get("/api/instances/flow", params=params).json()["series"]
    matrices = cf.open_logs(log_dir)["first"]["test"].confusion()[1:]
    assert flow["epochs"] == list(EPOCHS[1:])
    assert flow["right"] == matrices[:, 1, 1].tolist()
    assert 1 not in flow["predicted"]
    for predicted, counts in zip(flow["predicted"], flow["counts"], strict=True):
        assert counts == matrices[:, 1, predicted].tolist()


@pytest.mark.slow
def test_a_page_of_200_rows_is_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    actual = rng.integers(0, 10, 1_000)
    with cf.Run(tmp_path, "run", classes=range(10)) as run:
        for epoch in range(200):
            logits = rng.normal(size=(1_000, 10))
            logits[np.arange(1_000), actual] += 3
            run.log(epoch, "test", y_true=actual, y_logit=logits, ids=np.arange(1_000))
    with client_of(create_app(tmp_path)) as client:
        params: dict[str, Any] = {"series": refs(tmp_path, "run"), "limit": 200, "only": "wrong"}
        answer = client.get("/api/instances", params=params)
    assert len(answer.json()["rows"]) == 200
    sent = int(answer.headers.get("content-length", len(json.dumps(answer.json()))))
    assert answer.num_bytes_downloaded <= 100_000, sent


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 201},
        {"offset": -1},
        {"sort": "loss"},
        {"passing": "gone"},
        {"only": "half"},
        {"first": 2**60},
        {"search": "x" * 201},
    ],
)
def test_what_can_not_be_asked_is_refused(
    client: httpx.Client, log_dir: Path, params: dict[str, Any]
) -> None:
    answer = client.get("/api/instances", params={"series": refs(log_dir, "first"), **params})
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("ref", ["", "a", "../../etc/passwd", "x/y/z", "~", "\0/\0"])
def test_a_series_that_is_not_there_is_not_found(client: httpx.Client, ref: str) -> None:
    for path in ("instances", "instances/flow"):
        assert client.get(f"/api/{path}", params={"series": ref}).status_code == 404
    assert client.get("/api/instance", params={"series": ref, "id": "1"}).status_code == 404


def test_conditions_and_another_series_narrow_the_list(client: httpx.Client, log_dir: Path) -> None:
    first, second = (cf.open_logs(log_dir)[name]["test"] for name in ("first", "second"))
    params: dict[str, Any] = {"series": refs(log_dir, "first"), "only": "wrong", "limit": 200}
    table = {
        row["instance"]: row for row in first.instances(only="wrong", backend="pyarrow").to_pylist()
    }
    where = ["forgotten>=2", "hard<=0.7", "last_forgotten<=8"]
    found = client.get("/api/instances", params={**params, "where": where}).json()
    expected = {
        name
        for name, row in table.items()
        if row["forgotten"] >= 2 and row["hard"] <= 0.7 and (row["last_forgotten"] or 99) <= 8
    }
    assert 0 < len(expected) < len(table)
    assert {row["instance"] for row in found["rows"]} == expected
    (other,) = refs(log_dir, "second")
    only = client.get(
        "/api/instances", params={**params, "passing": "half", "without": other}
    ).json()
    theirs, mine = (
        set(each.instances(only="wrong", passing="half", backend="pyarrow")["instance"].to_pylist())
        for each in (second, first)
    )
    assert 0 < only["found"] < len(mine)
    assert {row["instance"] for row in only["rows"]} == mine - theirs
    refused = client.get("/api/instances", params={**params, "where": "size>=2"})
    assert "no column 'size'" in refused.json()["error"]["message"]


def test_all_that_is_listed_leaves_as_ids_and_as_csv(client: httpx.Client, log_dir: Path) -> None:
    params: dict[str, Any] = {
        "series": refs(log_dir, "first"),
        "only": "wrong",
        "sort": "unsteady",
        "search": "i1",
    }
    rows = client.get("/api/instances", params={**params, "limit": 200}).json()["rows"]
    ids = client.get("/api/instances/ids", params=params).json()["ids"]
    assert ids == [row["instance"] for row in rows]
    assert ids
    answer = client.get("/api/instances/table.csv", params=params)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["instance"] for row in table] == ids
    assert [CLASSES[row["actual"]] for row in rows] == [row["actual"] for row in table]
    assert [row["share"] for row in rows] == pytest.approx(
        [float(row["share"]) for row in table], abs=1e-4
    )
    for names, said in ((("first", "second"), "one series"), (("counts",), "counts only")):
        refused = client.get("/api/instances/table.csv", params={"series": refs(log_dir, *names)})
        assert said in refused.json()["error"]["message"]


def test_what_sets_listed_instances_apart_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    is_web = np.where(np.arange(200) < 20, rng.random(200) < 0.9, rng.random(200) < 0.2)
    with cf.Run(tmp_path, "run", classes=["cat", "dog"]) as run:
        source = np.where(is_web, "web", "scan")
        size = rng.normal(size=200) + 3 * (np.arange(200) < 20)
        run.log_samples("test", ids=range(200), columns={"source": source, "size": size})
        for epoch in range(4):
            p = np.where(np.arange(200) < 20, 1 - y, y)
            run.log(epoch, "test", y_true=y, y_pred=p, ids=range(200))
    (ref,) = refs(tmp_path, "run")
    with client_of(create_app(tmp_path)) as client:
        asked: dict[str, Any] = {"series": ref, "only": "wrong"}
        told = client.get("/api/instances/contrasts", params=asked).json()
        assert (told["listed"], told["right"]) == (20, 180)
        size_first, web = told["contrasts"][:2]
        assert (size_first["column"], size_first["value"]) == ("size", None)
        assert size_first["effect"] == pytest.approx(3, abs=0.8)
        assert (web["column"], web["value"]) == ("source", "web")
        # What the list is filtered by sets it apart by itself.
        filtered = {**asked, "where": "source=web"}
        told = client.get("/api/instances/contrasts", params=filtered).json()
        assert [each["column"] for each in told["contrasts"]] == ["size"]
        cats = client.get("/api/instances/contrasts", params={**asked, "actual": "cat"}).json()
        assert (cats["listed"], cats["right"]) == (10, 90)


@pytest.mark.parametrize("n_classes", [10, 1000])
def test_a_page_of_200_restless_rows_has_less_than_100_kb(tmp_path: Path, n_classes: int) -> None:
    """The worst rows: of 200 epochs, each with a random prediction."""
    rng = np.random.default_rng(0)
    ids = np.array([f"val_{i:08}.jpeg" for i in range(220)], object)
    actual = rng.integers(0, n_classes, 220)
    with without_syncs(), cf.Run(tmp_path, "run", classes=range(n_classes)) as run:
        for epoch in range(200):
            predicted = rng.integers(0, n_classes, 220)
            sure, margin = rng.random(220), rng.normal(size=220)
            run.log(
                epoch,
                "test",
                y_true=actual,
                y_pred=predicted,
                confidence=sure,
                margin=margin,
                ids=ids,
            )
    series = cf.open_logs(tmp_path)["run"]["test"]
    with client_of(create_app(tmp_path)) as client:
        query = {"series": f"{series.run.id}/{series.id}", "only": "wrong", "limit": "200"}
        answer = client.get("/api/instances", params=query)
    rows = answer.json()["rows"]
    assert len(rows) == 200
    assert min(len(row["strip"]) for row in rows) > 300
    assert answer.num_bytes_downloaded < 100_000
