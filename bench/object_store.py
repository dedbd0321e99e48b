"""How long a run in an object store takes to open, where each request takes 30 ms.

Run `python bench/object_store.py`. The store is moto's server, behind a proxy that holds every
request back. Reads of files are answered from the proxy's memory once it has seen them: moto
answers one after the other, some milliseconds each, where a real store answers all at once.
Each opening is by a reader of its own with connections of its own: list, read, count.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.store.s3 import Faults, moto_server, proxy, url

import confusionflow as cf
from confusionflow.reading.logs import Logs
from confusionflow.store import Store
from confusionflow.store.compact import compact_run
from confusionflow.store.places.object_store import ObjectFileSystem


def serve(delay_s: float, told: Connection) -> None:
    """Run store and proxy in a process of their own until told to stop."""
    with moto_server() as store, proxy(store, Faults(delay_s=delay_s, answers={})) as slow:
        told.send((store, slow))
        told.recv()


def opening(address: str, parallel_requests: int, epochs: int) -> Callable[[], None]:
    def open_run() -> None:
        logs = Logs(Store(ObjectFileSystem(address, parallel_requests)))
        assert len(logs["run"]["test"].confusion()) == epochs

    return open_run


def seconds(action: Callable[[], None], times: int) -> float:
    taken = []
    for _ in range(times):
        start = perf_counter()
        action()
        taken.append(perf_counter() - start)
    return median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--delay", type=float, default=0.03, help="seconds a request takes")
    parser.add_argument("--times", type=int, default=5)
    options = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("spawn")
    server = context.Process(target=serve, args=(options.delay, theirs))
    server.start()
    try:
        store, slow = ours.recv()
        rng = np.random.default_rng(0)
        run = cf.Run(url(store), name="run", classes=[str(n) for n in range(10)], strict=True)
        for epoch in range(options.epochs):
            run.log_matrix(epoch, "test", rng.integers(0, 100, (10, 10)))
        print(f"{options.epochs} epochs, {options.delay * 1000:.0f} ms a request")
        at_once = opening(url(slow), 24, options.epochs)
        after_another = opening(url(slow), 1, options.epochs)
        at_once()  # the proxy sees every file once
        live_s, slow_s = seconds(at_once, options.times), seconds(after_another, 1)
        print(f"live, one after the other  {slow_s:6.2f} s")
        print(f"live, at once              {live_s:6.2f} s  {slow_s / live_s:5.1f} times as fast")
        compact_run(ObjectFileSystem(url(store)), run.id)
        at_once()
        compact_s = seconds(at_once, options.times)
        print(f"compacted                  {compact_s:6.2f} s  {slow_s / compact_s:5.1f} times")
        run.close()
    finally:
        ours.send("stop")
        server.join()


if __name__ == "__main__":
    main()
