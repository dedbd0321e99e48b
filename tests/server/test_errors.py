"""Every error has one shape, and says the next step."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import httpx
import pytest
from tests.serving import client_of

import confusionflow as cf
from confusionflow.server.app import create_app
from confusionflow.server.summaries import RunListText

SERIES = "/api/runs/{run}/splits/{split}"
CASES = [
    ("/api/nothing", 404, "/api/nothing"),
    ("/nothing.js", 404, "/nothing.js"),
    ("/api/runs/nothing/splits/nothing/series", 404, "No run 'nothing'"),
    ("/api/runs/{run}/splits/nothing/series", 404, "No split 'nothing'"),
    (SERIES + "/table.xlsx", 422, "'csv' or 'parquet'"),
    (SERIES + "/table.csv?first=x", 422, "query.first"),
    (SERIES + "/table.csv?first=-1", 422, "query.first"),
    (SERIES + "/table.csv?last=1e999", 422, "query.last"),
    ("/api/order", 422, "query.by"),
    ("/api/order?by=support", 422, "query.series"),
    ("/api/order?by=luck&series=a/b", 422, "query.by"),
    ("/api/order?by=support&series=ab", 404, "No run 'ab'"),
    ("/api/order?by=support&series=", 404, "No run ''"),
]


def assert_is_error(answer: object, status: int, part: str) -> None:
    assert answer.status_code == status, answer.text  # type: ignore[attr-defined]
    body = answer.json()  # type: ignore[attr-defined]
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "hint"}
    assert part in body["error"]["message"]
    assert "traceback" not in answer.text.lower()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("path", "status", "part"), CASES)
def test_an_error_says_what_came_in_the_one_shape(
    client: httpx.Client, log_dir: Path, path: str, status: int, part: str
) -> None:
    series = cf.open_logs(log_dir)["first"]["test"]
    assert_is_error(client.get(path.format(run=series.run.id, split=series.id)), status, part)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", ["/", "/api/runs", "/api/events", "/api/nothing"])
def test_whatever_is_not_get_is_refused(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert_is_error(answer, 405, method)
    assert answer.headers["allow"] == "GET, HEAD"


def test_a_log_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    with client_of(create_app(tmp_path / "gone")) as client:
        assert_is_error(client.get("/api/runs"), 404, "gone")


def test_an_error_of_the_server_itself_has_the_shape_and_the_headers_too(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(RunListText, "encode", fail)
    answer = client.get("/api/runs")
    assert_is_error(answer, 500, "ZeroDivisionError")
    assert "a secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_log_directory_that_cannot_be_read_for_now_is_no_fault_of_the_server(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(RunListText, "encode", fail)
    assert_is_error(client.get("/api/runs"), 503, "can't be read: Too many open files")
