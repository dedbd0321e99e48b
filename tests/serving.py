"""`confusionflow` as a process of its own, for tests of the server and the command line."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import httpx
import pytest
import uvicorn
from starlette.types import ASGIApp

from confusionflow.server.serve import bind

# A server that prints nothing for so long is taken for one that never will.
FIRST_LINE_S = 90


def free_port() -> int:
    """A port that no server has, for one that must have it again or can't choose."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


COMMAND = [sys.executable, "-m", "confusionflow"]


class Serving:
    """A server that was started, and what it printed."""

    def __init__(self, process: subprocess.Popen[str], errors: IO[bytes]) -> None:
        self.process = process
        self._errors = errors
        self.line = self._first_line()
        found = re.search(r"http://\S+", self.line)
        self.address = found[0] if found else ""

    def get(self, path: str = "", **options: object) -> httpx.Response:
        return httpx.get(self.address.partition("?")[0] + path, timeout=60, **options)  # type: ignore[arg-type]

    def end(self, sig: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; the exit code, and what was printed on standard error."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            self.process.communicate(timeout=90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, self.said_of_errors()

    def said_of_errors(self) -> str:
        """What was printed on standard error until now."""
        # Without moving the place in the file, where the process writes on.
        number = self._errors.fileno()
        return os.pread(number, os.fstat(number).st_size, 0).decode()

    def _first_line(self) -> str:
        """What it prints first, or nothing if it ended without; a silent server is killed."""
        late = threading.Event()

        def give_up() -> None:
            late.set()
            self.process.kill()

        timer = threading.Timer(FIRST_LINE_S, give_up)
        timer.start()
        assert self.process.stdout
        try:
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        if late.is_set():
            _, errors = self.end()
            pytest.fail(f"The server printed no line in {FIRST_LINE_S} s. Its errors: {errors!r}")
        return line


@contextlib.contextmanager
def serving(
    log_dir: Path, *options: str, command: str = "serve", **environment: str
) -> Iterator[Serving]:
    # A file takes all that it says of errors, where a pipe that nobody reads would hold it up.
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [*COMMAND, command, str(log_dir), "--no-open", *options],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            # What is not flushed must stay unseen, whatever the environment asks of Python.
            env={**os.environ, "PYTHONUNBUFFERED": "", **environment},
        )
        server = Serving(process, errors)
        try:
            yield server
        finally:
            server.end(signal.SIGKILL)


def run_command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, as from a shell of 100 columns."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env={**os.environ, "COLUMNS": "100", **environment},
    )


@contextlib.contextmanager
def client_of(app: ASGIApp, **options: object) -> Iterator[httpx.Client]:
    """A client of an application that a thread of this process serves."""
    with bind("127.0.0.1", 0) as sock:
        server = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1, ws="none")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                time.sleep(0.01)
            address = f"http://127.0.0.1:{sock.getsockname()[1]}"
            # One for each request: the server may close one that waits just as it is used again.
            limits = httpx.Limits(max_keepalive_connections=0)
            with httpx.Client(base_url=address, timeout=60, limits=limits, **options) as client:  # type: ignore[arg-type]
                yield client
        finally:
            server.should_exit = True
            thread.join(60)
