"""How long after `log` returned a page hears of it, with many pages and four processes that log.

python -m bench.viewers [VIEWERS …]

Each process logs an epoch a second. A page's latency is the time from the return of `log` to the
event's arrival; CPU and memory are those of the server, from /proc.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from tests.server.viewers import Logger, Viewers, loggers
from tests.serving import serving

from confusionflow.server.open_files import allow_many_viewers

LOGGERS, EPOCHS, EVERY_S = 4, 20, 1.0


def cpu_s(pid: int) -> float:
    """CPU time that a process has used, seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    """Memory that a process holds, MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def log_epochs(logger: Logger, begin_s: float) -> list[float]:
    """Have a process log at its times; when each call returned."""
    returned_s = []
    for epoch in range(EPOCHS):
        await asyncio.sleep(begin_s + epoch * EVERY_S - time.monotonic())
        logger.begin()
        returned_s.append(await asyncio.to_thread(logger.end))
    return returned_s


async def measure(count: int) -> list[str]:
    """A row of the table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        loggers(Path(folder), LOGGERS) as writers,
        serving(Path(folder), "--port", "0") as server,
    ):
        pid = server.process.pid
        async with Viewers(server.address, count) as viewers:
            await viewers.until(lambda viewer: viewer.hellos == 1)
            # What was logged before is news to a server that has not looked yet.
            await asyncio.sleep(2)
            for viewer in viewers.each:
                viewer.told.clear()
            cpu_before_s, begin_s = cpu_s(pid), time.monotonic() + 0.1
            times = [begin_s + EVERY_S * n / LOGGERS for n in range(LOGGERS)]
            returned_s = await asyncio.gather(*map(log_epochs, writers, times))
            await viewers.until(
                lambda viewer: all(len(viewer.told[w.run_id]) == EPOCHS for w in writers)
            )
            busy = (cpu_s(pid) - cpu_before_s) / (time.monotonic() - begin_s)
            memory = memory_mb(pid)
    arrived_s = np.array([[v.told[w.run_id] for w in writers] for v in viewers.each])
    late_ms = 1000 * (arrived_s - np.array(returned_s))
    p50, p99 = np.percentile(late_ms, [50, 99])
    figures = [f"{p50:.0f} ms", f"{p99:.0f} ms", f"{late_ms.max():.0f} ms"]
    return [f"{count:,}", *figures, f"{busy:.0%}", f"{memory:.0f} MiB"]


def main(counts: list[int]) -> None:
    allow_many_viewers()
    table = Table("viewers", "p50", "p99", "max", "server's CPU", "memory")
    for count in counts:
        table.add_row(*asyncio.run(measure(count)))
    Console().print(table)


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [1, 10, 100, 1000])
