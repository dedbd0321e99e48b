"""A copy that is made while a training logs is a valid log directory, and can be followed."""

from __future__ import annotations

import random
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import LogDirectoryError
from confusionflow.store import Store
from confusionflow.store.check import check_run

# Fifty copies in `make torture`.
TIMES = pytest.mark.parametrize("times", [3, pytest.param(50, marks=pytest.mark.torture)])
N = 40


def matrix(epoch: int) -> list[list[int]]:
    """What is logged of an epoch, so that a reader can tell a wrong one."""
    return [[epoch, 1], [2, N]]


@contextmanager
def training(log_dir: Path) -> Iterator[None]:
    """Logs epoch after epoch into run after run, each closed after 20 epochs."""
    ends = threading.Event()

    def train() -> None:
        while not ends.is_set():
            with cf.Run(log_dir, name="run", classes=["a", "b"]) as run:
                for epoch in range(20):
                    run.log_matrix(epoch, "matrix", matrix(epoch))
                    labels = np.repeat([0, 0, 1, 1], np.ravel(matrix(epoch)))
                    predicted = np.repeat([0, 1, 0, 1], np.ravel(matrix(epoch)))
                    run.log(epoch, "labels", y_true=labels, y_pred=predicted)
                    if ends.wait(0.001):
                        break

    thread = threading.Thread(target=train)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def cp(source: Path, copy: Path) -> None:
    # Files go while they are copied, where many became one; what they held comes with the next.
    subprocess.run(["cp", "-r", f"{source}/.", copy], check=False, stderr=subprocess.DEVNULL)


def tar(source: Path, copy: Path) -> None:
    packed = subprocess.run(["tar", "-cf", "-", "."], cwd=source, check=False, capture_output=True)
    subprocess.run(["tar", "-xf", "-"], cwd=copy, input=packed.stdout, check=True)


def rsync(source: Path, copy: Path) -> None:
    subprocess.run(["rsync", "-r", f"{source}/", copy], check=False, stderr=subprocess.DEVNULL)


def in_any_order(source: Path, copy: Path) -> None:
    """A tool that lists all files first and then copies them in no order."""
    files = [path for path in source.rglob("*") if path.is_file()]
    random.shuffle(files)
    for file in files:
        target = copy / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            shutil.copyfile(file, target)


def tools() -> list[Callable[[Path, Path], None]]:
    return [cp, tar, in_any_order, *([rsync] if shutil.which("rsync") else [])]


def content(log_dir: Path | Store) -> dict[tuple[str, str], list[int]]:
    """Epochs of each split of each run; each must hold what was logged."""
    store = log_dir if isinstance(log_dir, Store) else Store(log_dir)
    found = {}
    for run in cf.Logs(store).runs:
        for name, series in run.items():
            epochs = series.epochs.tolist()
            assert series.confusion().tolist() == [matrix(epoch) for epoch in epochs]
            found[run.id, name] = epochs
    return found


@TIMES
@pytest.mark.parametrize("tool", tools(), ids=lambda tool: tool.__name__)
def test_a_copy_made_while_a_training_logs_is_valid(
    tmp_path: Path, tool: Callable[[Path, Path], None], times: int
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    with training(source):
        for number in range(times):
            copy = tmp_path / f"copy-{number}"
            copy.mkdir()
            tool(source, copy)
            holes = [
                at for at, epochs in content(copy).items() if epochs != list(range(len(epochs)))
            ]
            if holes:
                # Some of the files that became one were gone before the tool came to them.
                for run_id, _ in holes:
                    assert list((source / f"run-{run_id}").glob("split-*/*-merged-*"))
                tool(source, copy)
                again = content(copy)
                assert [again[at] for at in holes] == [list(range(20)) for _ in holes]
            store = Store(copy)
            damaged = [p for run in store.run_ids() for p in check_run(store.filesystem, run)]
            assert [p for p in damaged if "missing" not in p.reason] == []
            shutil.rmtree(copy)


@TIMES
@pytest.mark.parametrize("tool", tools(), ids=lambda tool: tool.__name__)
def test_a_viewer_on_a_copy_follows_it(
    tmp_path: Path, tool: Callable[[Path, Path], None], times: int
) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.mkdir()
    copy.mkdir()
    ends = threading.Event()
    viewer = Store(copy)
    errors: list[BaseException] = []

    def view() -> None:
        try:
            while not ends.wait(0.005):
                viewer.refresh()
                content(viewer)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=view)
    thread.start()
    with training(source):
        for _ in range(times):
            tool(source, copy)
    tool(source, copy)
    wanted = content(source)
    deadline_s = time.monotonic() + 90  # damaged while it was copied, and read again later
    while content(viewer) != wanted or viewer.problems:
        if time.monotonic() > deadline_s:
            break
        viewer.refresh()
        time.sleep(0.05)
    ends.set()
    thread.join()
    assert errors == []
    assert content(viewer) == wanted
    assert viewer.problems == []


def test_a_file_that_grows_under_its_name_is_read_when_it_is_whole(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, name="run", classes=["a", "b"])
    run.log_matrix(0, "test", matrix(0))
    run.log_matrix(1, "test", matrix(1))
    viewer = Store(tmp_path)
    path = next(tmp_path.rglob("counts-e00000001-*"))
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    series = cf.Logs(viewer)["run"]["test"]
    assert series.epochs.tolist() == [0]
    partial_version = series.version
    assert viewer.refresh() == {run.id}
    assert [p.file for p in viewer.problems] == [path.relative_to(tmp_path).as_posix()]
    path.write_bytes(whole)
    deadline_s = time.monotonic() + 60
    while not viewer.refresh() and time.monotonic() < deadline_s:
        time.sleep(0.01)
    series = cf.Logs(viewer)["run"]["test"]
    assert series.epochs.tolist() == [0, 1]
    assert series.version != partial_version
    assert viewer.problems == []


def test_a_copy_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogDirectoryError):
        content(tmp_path / "copy")
