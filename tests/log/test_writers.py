"""Any number of writers share a log directory without locks: nothing lost, nothing mixed."""

from __future__ import annotations

import multiprocessing as mp
import os
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowWarning

spawn = mp.get_context("spawn")


def write(log_dir: Path, number: int, seconds: float) -> list[int]:
    """Log until the time is over, and say which epochs are durable.

    Value and epoch say who wrote what. Very many writers may be too slow for the patience of one:
    what it could not write, it says.
    """
    warnings.simplefilter("ignore", ConfusionFlowWarning)
    ends_s = time.monotonic() + seconds
    epoch = 0
    with cf.Run(log_dir, "same", config={"number": number}, classes=["a", "b"]) as run:
        while epoch < 3 or time.monotonic() < ends_s:
            run.log_matrix(epoch, "test", [[number, epoch], [0, 1]])
            epoch += 1
        run.close()
        unwritten = {at for _, at in (*run.queued, *run.dropped)}
    return [at for at in range(epoch) if at not in unwritten]


def check_writers(log_dir: Path, processes: int, seconds: float) -> None:
    with spawn.Pool(processes) as pool:
        jobs = [(log_dir, number, seconds) for number in range(processes)]
        epochs = pool.starmap(write, jobs, chunksize=1)
    runs = cf.open_logs(log_dir).runs
    by_number = {run.config["number"]: run for run in runs}
    assert len(by_number) == len(runs)
    assert sum(map(len, epochs)) > processes
    for number, acknowledged in enumerate(epochs):
        if not acknowledged:
            continue
        series = by_number[number]["test"]
        logged = series.epochs.tolist()
        assert set(acknowledged) <= set(logged)
        assert series.confusion()[:, 0, 0].tolist() == [number] * len(logged)
        assert series.confusion()[:, 0, 1].tolist() == logged
    assert cf.open_logs(log_dir).problems == []


@pytest.mark.slow
def test_processes_that_start_one_name_at_once_do_not_mix(tmp_path: Path) -> None:
    check_writers(tmp_path, 4, 0.5)


@pytest.mark.torture
def test_64_processes_log_into_one_directory(tmp_path: Path) -> None:
    check_writers(tmp_path, 64, 30)


def resume_at_once(log_dir: Path, number: int) -> None:
    with cf.Run(log_dir, "run", classes=["a"], id="job") as run:
        run.log_matrix(number, "test", [[number + 1]])


def test_one_run_resumed_twice_at_once_makes_two_attempts(tmp_path: Path) -> None:
    threads = [threading.Thread(target=resume_at_once, args=(tmp_path, n)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run = cf.open_logs(tmp_path)["run"]
    assert len(run.attempts) == 8
    names = [path.name for path in tmp_path.glob("run-*/attempt-*")]
    assert len({name.split("-")[1] for name in names}) == 8


def test_threads_of_a_run_lose_nothing(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["a", "b"])

    def work(number: int) -> None:
        for epoch in range(number, 40, 4):
            run.log(epoch, "test", y_true=[0] * number + [1], y_pred=[0] * number + [1])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.close()
    series = cf.open_logs(tmp_path)["run"]["test"]
    assert series.epochs.tolist() == list(range(40))
    assert series.support()[:, 0].tolist() == [epoch % 4 for epoch in range(40)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_a_forked_child_is_a_writer_of_its_own(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["a"])
    run.log_matrix(0, "train", [[1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that do not come along
        child = os.fork()
    if child == 0:
        try:
            for epoch in range(5):
                run.log_matrix(epoch, "test", [[7]])
            run.close()
        finally:
            os._exit(0)
    for epoch in range(1, 5):
        run.log_matrix(epoch, "train", [[1]])
    os.waitpid(child, 0)
    read = cf.open_logs(tmp_path)["run"]
    assert read.state == "running"
    run.close()
    read = cf.open_logs(tmp_path)["run"]
    assert read.state == "finished"
    assert read["train"].confusion().ravel().tolist() == [1] * 5
    assert read["test"].confusion().ravel().tolist() == [7] * 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system can't fork")
def test_a_forked_child_does_not_end_the_run_of_its_parent(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["a"])
    run.log_matrix(0, "train", [[1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads that do not come along
        child = os.fork()
    if child == 0:
        try:
            run.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert cf.open_logs(tmp_path)["run"].state == "running"


def test_a_cell_that_is_run_again_begins_another_run(tmp_path: Path) -> None:
    for value in (1, 2):  # the first is never closed, as in a notebook
        run = cf.Run(tmp_path, "run", classes=["a"])
        for epoch in range(3):
            run.log_matrix(epoch, "test", [[value]])
    values = [each["test"].confusion().ravel().tolist() for each in cf.open_logs(tmp_path).runs]
    assert sorted(values) == [[1, 1, 1], [2, 2, 2]]


def test_lists_that_two_processes_let_grow_are_matched_by_name(tmp_path: Path) -> None:
    from confusionflow.store import EpochRows, RunWriter
    from confusionflow.store.format.cells import Cells

    first, second = RunWriter(tmp_path, "x"), RunWriter(tmp_path, "x")
    one = np.array([1])
    first.write_epoch("test", 0, ("a", "b"), EpochRows(Cells(one, one, one)))
    second.write_epoch("test", 1, ("a", "c"), EpochRows(Cells(one, one, one)))
    first.write_epoch("test", 2, ("a", "b", "d"), EpochRows(Cells(one, one, one)))
    (run,) = cf.open_logs(tmp_path).runs
    assert run["test"].classes == ("a", "b", "d", "c")
    assert run["test"].support().argmax(1).tolist() == [1, 3, 1]
