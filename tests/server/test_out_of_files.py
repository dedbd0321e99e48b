"""A server that may open no more files says so once, and ends without a trace."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from asyncio.constants import ACCEPT_RETRY_DELAY
from collections.abc import Iterator

import pytest
from tests.loops import run_apart

from confusionflow.server.out_of_files import OutOfFilesHandler


@contextlib.contextmanager
def no_files_left() -> Iterator[None]:
    """Let this process open no file more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def end_while_some_wait(capsys: pytest.CaptureFixture[str]) -> str:
    """What is printed from when no one can be let in until after a try on what is closed."""
    asyncio.get_running_loop().set_exception_handler(OutOfFilesHandler())
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    said = ""
    with socket.socket() as first, socket.socket() as second, no_files_left():
        first.connect(server.sockets[0].getsockname())
        second.connect(server.sockets[0].getsockname())
        while not said:
            await asyncio.sleep(0.01)
            said = capsys.readouterr().err
        server.close()
        await asyncio.sleep(1.5 * ACCEPT_RETRY_DELAY)
    return said + capsys.readouterr().err


def test_a_server_that_ends_without_files_left_prints_no_trace(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    said = run_apart(end_while_some_wait(capsys))
    assert said.count("\n") == 1
    assert "ulimit -n" in said
    assert caplog.records == []  # asyncio's traces
