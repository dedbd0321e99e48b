"""Taking a port and saying where the page is."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.serving import run_command, serving

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError
from confusionflow.server.host_names import outward_address
from confusionflow.server.serve import DEFAULT_PORT, PORTS_TO_TRY, address_of, bind, serve


@pytest.fixture
def taken() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@pytest.mark.slow
def test_serve_prints_one_line_with_the_address_at_once(tmp_path: Path) -> None:
    # Standard output is a pipe here: without a flush the line would stay in the process.
    with serving(tmp_path, "--port", "0") as server:
        assert server.line == f"ConfusionFlow shows {tmp_path} at {server.address}\n"
        assert server.get().status_code == 200
        assert server.end() == (0, "")


@pytest.mark.slow
def test_a_folder_above_the_log_directory_is_served_and_the_one_meant_is_named(
    tmp_path: Path,
) -> None:
    cf.Run(tmp_path / "logs", name="run")
    with serving(tmp_path, "--port", "0") as server:
        assert server.get().status_code == 200
        assert server.end() == (
            0,
            f"No runs in {tmp_path} yet. There are runs in {tmp_path}/logs.\n",
        )


def test_a_default_port_that_is_taken_moves_on_to_the_next() -> None:
    with bind("127.0.0.1", None) as first, bind("127.0.0.1", None) as second:
        ports = [sock.getsockname()[1] for sock in (first, second)]
        assert DEFAULT_PORT <= ports[0] < ports[1] < DEFAULT_PORT + PORTS_TO_TRY


@pytest.mark.slow
def test_a_chosen_port_that_is_taken_is_an_error(tmp_path: Path, taken: socket.socket) -> None:
    with taken:
        port = taken.getsockname()[1]
        ended = run_command("serve", tmp_path, "--no-open", "--port", str(port))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert f"Port {port} is taken" in ended.stderr
    assert "--port" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "no.such.host.invalid", "256.1.1.1"])
def test_a_host_of_another_machine_is_an_error(host: str) -> None:
    with pytest.raises(ConfusionFlowError, match="not an address of this machine"):
        bind(host, 0)


def test_an_address_can_be_opened_whatever_was_listened_on() -> None:
    with bind("::1", 0) as sock:
        port = sock.getsockname()[1]
        assert address_of(sock, "::1") == f"http://[::1]:{port}/"
        assert address_of(sock, "gpu7") == f"http://gpu7:{port}/"
        for any_address in ("0.0.0.0", "::"):
            own = outward_address() or socket.gethostname()
            assert address_of(sock, any_address) == f"http://{own}:{port}/"


def test_the_second_part_of_an_answer_does_not_wait_for_the_first() -> None:
    with bind("127.0.0.1", 0) as sock, socket.create_connection(sock.getsockname()):
        accepted, _ = sock.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.slow
def test_a_server_listens_on_ipv6_too(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0", "--host", "::1") as server:
        assert server.address.startswith("http://[::1]:")
        assert server.get("api/runs").status_code == 200


@pytest.mark.slow
def test_a_log_directory_that_is_not_there_is_an_error_with_the_next_step(tmp_path: Path) -> None:
    ended = run_command("serve", tmp_path / "missing", "--no-open", "--port", "0")
    assert ended.returncode == 1
    assert "There is no folder" in ended.stderr
    assert "first argument of confusionflow.Run" in ended.stderr
    (tmp_path / "file").touch()
    ended = run_command("serve", tmp_path / "file", "--no-open", "--port", "0")
    assert ended.returncode == 1
    assert "This is not a folder" in ended.stderr


@pytest.mark.parametrize("name", ["", "*", "http://gpu7", "a b", "gpu7/", "me@gpu7"])
def test_an_allowed_host_that_is_none_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfusionFlowError, match="--allow-host"):
        serve(tmp_path, allowed_hosts=[name], ready=print)


@pytest.mark.slow
def test_a_browser_that_cannot_be_opened_does_no_harm(tmp_path: Path) -> None:
    with serving(tmp_path, "--port", "0", "--open", BROWSER="/no/such/browser", PATH="") as server:
        assert server.get().status_code == 200
        assert server.end() == (0, "")


# Sends itself a signal when asyncio makes its first socket: the server's coroutine is there, and
# does not run yet.
INTERRUPTED = """
import os, signal, sys
from confusionflow.server.serve import serve

def ready(address):
    def interrupt(event, arguments):
        if event == "socket.__new__" and signals:
            os.kill(os.getpid(), signals.pop())
    sys.addaudithook(interrupt)

signals = [signal.Signals[sys.argv[2]]]
serve(sys.argv[1], port=0, ready=ready)
"""


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 0), ("SIGINT", 130)])
@pytest.mark.slow
def test_a_signal_before_the_server_runs_ends_it_without_a_word(
    tmp_path: Path, name: str, code: int
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path), name],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", "")
