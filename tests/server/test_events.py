"""Clients are told that something was logged, and streams end when the server does."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.serving import serving

import confusionflow as cf

pytestmark = pytest.mark.slow

Event = tuple[str, object]


def read_events(answer: httpx.Response) -> Iterator[Event]:
    """Name and data of each event of a stream."""
    name = ""
    for line in answer.iter_lines():
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def test_a_client_is_told_of_each_run_that_changes(tmp_path: Path) -> None:
    one = cf.Run(tmp_path, name="one", classes=["a", "b"])
    one.log(0, "test", y_true=[0], y_pred=[1])
    with (
        serving(tmp_path, "--port", "0") as server,
        httpx.stream("GET", server.address + "api/events", timeout=60) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store, no-transform"
        events = read_events(answer)
        assert next(events) == ("hello", {"version": cf.__version__})
        one.log(1, "test", y_true=[0], y_pred=[1])
        seen: set[str] = set()
        while one.id not in seen:
            name, data = next(events)
            assert name == "changed"
            seen |= set(data["runs"])  # type: ignore[index]
        two = cf.Run(tmp_path, name="two", classes=["a", "b"])
        two.log(0, "test", y_true=[0], y_pred=[1])
        while two.id not in seen:
            seen |= set(next(events)[1]["runs"])  # type: ignore[index]
        two.close()
        one.close()


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "gzip, deflate, br, zstd"])
def test_the_stream_is_never_compressed(tmp_path: Path, encoding: str) -> None:
    headers = {"Accept-Encoding": encoding}
    with (
        serving(tmp_path, "--port", "0") as server,
        httpx.stream("GET", server.address + "api/events", headers=headers, timeout=60) as answer,
    ):
        assert "content-encoding" not in answer.headers
        assert answer.headers["x-accel-buffering"] == "no"
        assert next(read_events(answer))[0] == "hello"


@pytest.mark.parametrize(
    ("sig", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"]
)
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_signal_ends_the_server_and_its_streams_without_a_word(
    tmp_path: Path, command: str, sig: signal.Signals, code: int
) -> None:
    with serving(tmp_path, "--port", "0", command=command) as server:
        while command == "demo" and len(cf.open_logs(tmp_path)) < 3:
            assert server.process.poll() is None
            time.sleep(0.1)
        streams = [httpx.Client(timeout=60) for _ in range(3)]
        answers = [
            client.send(client.build_request("GET", server.address + "api/events"), stream=True)
            for client in streams
        ]
        for answer in answers:
            assert next(read_events(answer))[0] == "hello"
        assert server.end(sig) == (code, "")
        for client in streams:
            client.close()
    if command == "demo":
        states = [run.state for run in cf.open_logs(tmp_path).runs]
        assert states == ["stopped"] * 3


def test_a_run_whose_process_was_killed_is_shown_as_stopped(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0", command="demo") as demo:
        assert demo.get("api/runs").status_code == 200
        while len(cf.open_logs(tmp_path)) < 3:
            assert demo.process.poll() is None
            time.sleep(0.1)
        with serving(tmp_path, "--port", "0") as server:
            before = server.get("api/runs").json()["runs"]
            assert {run["state"] for run in before} == {"running"}
            demo.end(signal.SIGKILL)
            after = server.get("api/runs").json()["runs"]
            assert {run["state"] for run in after} == {"stopped"}
