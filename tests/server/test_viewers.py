"""Very many viewers at once: each is told of each epoch, whatever becomes of the server."""

from __future__ import annotations

import asyncio
import resource
import signal
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.loops import run_apart
from tests.server.viewers import Logger, Viewer, Viewers, loggers
from tests.serving import serving

from confusionflow.server.open_files import allow_many_viewers

ROOM = 20


async def log_and_hear(writers: list[Logger], viewers: Viewers) -> None:
    """All processes log an epoch at once, and all viewers hear of each."""
    heard = {(id(v), w.run_id): len(v.told[w.run_id]) for v in viewers.each for w in writers}

    def knows_all(viewer: Viewer) -> bool:
        return all(len(viewer.told[w.run_id]) > heard[id(viewer), w.run_id] for w in writers)

    for writer in writers:
        writer.begin()
    await asyncio.gather(*(asyncio.to_thread(writer.end) for writer in writers))
    await viewers.until(knows_all)


async def follow_through_a_restart(log_dir: Path, count: int, epochs: int) -> None:
    with loggers(log_dir, 4) as writers, serving(log_dir, "--port", "0") as server:
        viewers = Viewers(server.address, count)
        async with viewers:
            await viewers.until(lambda viewer: viewer.hellos == 1)
            for _ in range(epochs):
                await log_and_hear(writers, viewers)
            server.end(signal.SIGKILL)
            port = str(urlsplit(server.address).port)
            with serving(log_dir, "--port", port) as again:
                await viewers.until(lambda viewer: viewer.hellos == 2)
                for _ in range(epochs):
                    await log_and_hear(writers, viewers)
                assert again.end() == (0, "")


@pytest.mark.parametrize(
    ("count", "epochs"), [(200, 2), pytest.param(1000, 10, marks=pytest.mark.torture)]
)
@pytest.mark.slow
def test_each_of_many_viewers_hears_of_each_epoch_before_and_after_a_restart(
    tmp_path: Path, count: int, epochs: int
) -> None:
    assert allow_many_viewers() >= count + 100
    run_apart(follow_through_a_restart(tmp_path, count, epochs))


def leave_little_room(pid: int) -> None:
    """Let a process open few files more than it has open."""
    opened = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened + ROOM, hard))


async def run_out_of_files(log_dir: Path) -> None:
    with loggers(log_dir, 1) as writers, serving(log_dir, "--port", "0") as server:
        async with Viewers(server.address, 1) as early:
            await early.until(lambda viewer: viewer.hellos == 1)
            await log_and_hear(writers, early)
            leave_little_room(server.process.pid)
            told = len(early.each[0].told[writers[0].run_id])
            async with Viewers(server.address, 3 * ROOM):
                while not server.said_of_errors():
                    await asyncio.sleep(0.1)
                with pytest.raises(httpx.TimeoutException):
                    await asyncio.to_thread(httpx.get, server.address, timeout=2)
                # A log directory that can't be read for now has not lost its runs.
                assert len(early.each[0].told[writers[0].run_id]) == told
            await log_and_hear(writers, early)
            assert early.each[0].hellos == 1
            listed = server.get("api/runs").json()["runs"]
            assert [run["splits"][0]["epoch_count"] for run in listed] == [3]
        code, errors = server.end()
        assert code == 0
        assert errors.count("\n") <= 3
        assert "ulimit -n" in errors


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
@pytest.mark.torture
def test_a_server_without_files_left_goes_on_once_viewers_go(tmp_path: Path) -> None:
    run_apart(run_out_of_files(tmp_path))
