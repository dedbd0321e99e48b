"""Very many pages that listen to a server's events, and processes that log meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import numpy as np

import confusionflow as cf

AGAIN_S = 0.2


class Viewer:
    """A page's stream of events, which connects again whenever it ends.

    Attributes:
        hellos: How often the server answered.
        told: When it was told of a run, by the run's id; seconds, as `time.monotonic` counts.
    """

    def __init__(self) -> None:
        self.hellos = 0
        self.told: defaultdict[str, list[float]] = defaultdict(list)

    async def listen(self, host: str, port: int, news: asyncio.Event) -> None:
        """Listen until cancelled; `news` is set whenever something came."""
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(host, port)
                try:
                    writer.write(f"GET /api/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                    await self._read(reader, news)
                finally:
                    writer.close()
            await asyncio.sleep(AGAIN_S)

    async def _read(self, reader: asyncio.StreamReader, news: asyncio.Event) -> None:
        name = ""
        while line := await reader.readline():
            field, _, value = line.decode().strip().partition(": ")
            if field == "event":
                name = value
            elif field == "data" and name == "hello":
                self.hellos += 1
                news.set()
            elif field == "data":
                for run_id in json.loads(value)["runs"]:
                    self.told[run_id].append(time.monotonic())
                news.set()


class Viewers:
    """Many viewers of one server. A context: they listen while it is entered."""

    def __init__(self, address: str, count: int) -> None:
        split = urlsplit(address)
        self._host, self._port = split.hostname or "", split.port or 0
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.each = [Viewer() for _ in range(count)]

    async def __aenter__(self) -> Viewers:
        self._tasks = [
            asyncio.create_task(viewer.listen(self._host, self._port, self._news))
            for viewer in self.each
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def until(self, holds: Callable[[Viewer], bool], timeout_s: float = 60.0) -> None:
        """Wait until something holds of each viewer.

        Raises:
            TimeoutError: it does not in time; says of how many it does not.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not all(map(holds, self.each)):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            missing = sum(not holds(viewer) for viewer in self.each)
            raise TimeoutError(f"{missing} of {len(self.each)} viewers still wait") from None


class Logger:
    """A process that logs an epoch of a run of its own whenever it is told to."""

    def __init__(self, log_dir: Path, name: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_log_when_told, args=(log_dir, name, theirs))
        self._process.start()
        theirs.close()

    @cached_property
    def run_id(self) -> str:
        """Id of its run, which has an epoch by then."""
        return str(self._ours.recv())

    def begin(self) -> None:
        """Have the next epoch logged."""
        self._ours.send(True)

    def end(self) -> float:
        """Wait until `log` returned; when that was, as `time.monotonic` counts."""
        return float(self._ours.recv())

    def close(self) -> None:
        self._ours.send(False)
        self._process.join()


@contextlib.contextmanager
def loggers(log_dir: Path, count: int) -> Iterator[list[Logger]]:
    """Processes that log, each of which has logged an epoch."""
    each = [Logger(log_dir, f"run {number}") for number in range(count)]
    try:
        assert all(logger.run_id for logger in each)
        yield each
    finally:
        for logger in each:
            logger.close()


def _log_when_told(log_dir: Path, name: str, told: Connection) -> None:
    rng = np.random.default_rng(0)
    with cf.Run(log_dir, name=name, classes=range(10), strict=True) as run:
        labels = rng.integers(0, 10, (2, 10_000))
        epoch = 0
        run.log(epoch, "test", y_true=labels[0], y_pred=labels[1])
        told.send(run.id)
        while told.recv():
            epoch += 1
            run.log(epoch, "test", y_true=labels[0], y_pred=labels[1])
            told.send(time.monotonic())
