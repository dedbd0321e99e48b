"""Runs, splits and their states, as a reader finds them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import confusionflow as cf
from confusionflow.errors import LogDirectoryError
from confusionflow.store import Store


def log(log_dir: Path, name: str = "run", epochs: int = 1, **options: object) -> cf.Run:
    with cf.Run(log_dir, name=name, classes=["a", "b"], **options) as run:  # type: ignore[arg-type]
        for epoch in range(epochs):
            run.log(epoch, "test", y_true=[0, 1], y_pred=[0, 1])
    return run


def test_the_newest_run_of_a_name_is_found_and_every_run_by_its_id(tmp_path: Path) -> None:
    first, second = log(tmp_path), log(tmp_path, epochs=2)
    logs = cf.open_logs(tmp_path)
    newest = max(first.id, second.id)
    assert logs["run"].id in (first.id, second.id)
    assert [run.id for run in logs.runs][-1] == logs["run"].id
    assert logs[first.id]["test"].epochs.tolist() == [0]
    assert logs[second.id]["test"].epochs.tolist() == [0, 1]
    assert list(logs) == ["run"]
    assert newest in logs


def test_splits_stand_in_the_order_in_which_they_were_logged(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", classes=["a", "b"]) as run:
        for split in ("zebra", "train", "apple"):
            run.log_matrix(0, split, [[1, 0], [0, 1]])
    assert list(cf.open_logs(tmp_path)["run"]) == ["zebra", "train", "apple"]


def test_a_run_is_running_until_it_ends(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, name="run", classes=["a", "b"])
    run.log_matrix(0, "test", [[1, 0], [0, 1]])
    logs = cf.open_logs(tmp_path)
    assert logs["run"].state == "running"
    run.close()
    assert logs["run"].state == "finished"


@pytest.mark.slow
def test_a_run_that_left_by_an_error_is_stopped_once_its_process_is_gone(tmp_path: Path) -> None:
    script = (
        "import sys, confusionflow as cf\n"
        "with cf.Run(sys.argv[1], name='run', classes=['a', 'b']) as run:\n"
        "    run.log(0, 'test', y_true=[0, 1], y_pred=[0, 1])\n"
        "    raise SystemError('the training failed')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, check=False
    )
    assert b"the training failed" in ended.stderr
    assert cf.open_logs(tmp_path)["run"].state == "stopped"
    assert cf.open_logs(tmp_path)["run"]["test"].epochs.tolist() == [0]


def test_what_is_no_file_of_a_log_is_passed_over(tmp_path: Path) -> None:
    log(tmp_path)
    run_folder = next(tmp_path.iterdir())
    for folder in (tmp_path, run_folder, next(p for p in run_folder.iterdir() if p.is_dir())):
        (folder / "notes.txt").write_text("mine")
        (folder / "checkpoints").mkdir()
        (folder / ".tmp-left-behind").write_bytes(b"half")
    logs = cf.open_logs(tmp_path)
    assert list(logs) == ["run"]
    assert logs["run"]["test"].epochs.tolist() == [0]
    assert logs.problems == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogDirectoryError, match=r"There is no folder .*nowhere"):
        cf.open_logs(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(LogDirectoryError, match=r"This is not a folder: .*file"):
        cf.open_logs(tmp_path / "file")


def test_a_reader_sees_what_is_logged_after_it_looked(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.refresh() == frozenset()
    with cf.Run(tmp_path, name="run", classes=["a", "b"]) as run:
        run.log_matrix(0, "test", [[1, 0], [0, 1]])
        assert store.refresh() == {run.id}
        assert store.refresh() == frozenset()
        before = store.run(run.id).splits["test"].version
        run.log_matrix(1, "test", [[1, 0], [0, 1]])
        assert store.refresh() == {run.id}
        assert store.run(run.id).splits["test"].version != before
    assert store.refresh() == {run.id}


def test_a_log_directory_that_can_not_be_read_for_a_while_is_no_news(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    link, turned = tmp_path / "link", tmp_path / "turned"
    link.symlink_to("logs")
    run = log(link)
    store = Store(link)
    assert store.refresh() == {run.id}
    turned.symlink_to("link")
    turned.replace(link)  # a link to itself: an error that names no missing folder
    assert store.refresh() == frozenset()
    turned.symlink_to("logs")
    turned.replace(link)
    again = log(link)
    assert store.refresh() == {again.id}


def test_epochs_seen_within_one_tick_of_the_clock_are_not_missed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with cf.Run(tmp_path, name="run", classes=["a", "b"]) as run:
        run.log_matrix(0, "test", [[1, 0], [0, 1]])
        store.refresh()
        folder = next(p for p in tmp_path.glob("run-*/split-*"))
        stamp = time.time_ns()
        for epoch in range(1, 20):
            run.log_matrix(epoch, "test", [[1, 0], [0, 1]])
            os.utime(folder, ns=(stamp, stamp))
            assert store.refresh() == {run.id}, epoch


def test_a_damaged_file_costs_its_epoch_and_is_named(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, name="run", classes=["a", "b"])
    for epoch in range(3):
        run.log(epoch, "test", y_true=[0, 1], y_pred=[0, 1])
    damaged = next(tmp_path.glob(f"run-{run.id}/split-*/counts-e00000001-*"))
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    logs = cf.open_logs(tmp_path)
    assert logs["run"]["test"].epochs.tolist() == [0, 2]
    series = logs["run"]["test"]
    series.confusion()
    assert [problem.file for problem in series.problems] == [
        damaged.relative_to(tmp_path).as_posix()
    ]
    assert "has changed since it was written" in series.problems[0].reason


def test_a_run_that_ended_is_put_together_once_while_its_folders_stay_as_they_are(
    tmp_path: Path,
) -> None:
    run = log(tmp_path, epochs=2)
    store = Store(tmp_path)
    first = store.run(run.id)
    assert store.run(run.id) is first
    with cf.Run(tmp_path, name="run", classes=["a", "b"], resume=True) as resumed:
        resumed.log(2, "test", y_true=[0, 1], y_pred=[0, 1])
        assert store.run(run.id).state == "running"
        assert store.run(run.id) is not store.run(run.id)
    again = store.run(run.id)
    assert [*again.splits["test"].epochs] == [0, 1, 2]
    assert [*store.run(run.id, 0).splits["test"].epochs] == [0, 1]
    assert [*first.splits["test"].epochs] == [0, 1]


def test_what_was_damaged_for_a_while_is_whole_again_in_a_run_that_ended(tmp_path: Path) -> None:
    run = log(tmp_path, epochs=3)
    store = Store(tmp_path)
    file = next(tmp_path.glob("run-*/split-*/*counts-*"))
    whole = file.read_bytes()
    file.write_bytes(whole[:20] + bytes(byte ^ 255 for byte in whole[20:40]) + whole[40:])
    assert not store.run(run.id).splits
    file.write_bytes(whole)
    deadline = time.monotonic() + 60
    while not store.overviews()[0].splits and time.monotonic() < deadline:
        store.refresh()
        time.sleep(0.05)
    assert [*store.run(run.id).splits["test"].epochs] == [0, 1, 2]
