"""What was acknowledged is there after kill -9, and what is seen meanwhile is whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.store import killed

import confusionflow as cf

ROOT = Path(__file__).parents[2]


def start(log_dir: Path, kills: int, seed: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.killed", str(log_dir), str(kills), str(seed)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def check_whole(run: cf.LoggedRun) -> list[int]:
    """Every visible epoch is whole; returns which there are."""
    assert run.problems == []
    if "test" not in run:
        return []
    split = run["test"]
    assert split.classes == killed.CLASSES
    for epoch, counts in zip(split.epochs.tolist(), split.confusion(), strict=True):
        assert counts.tolist() == killed.matrix(epoch)
        table = run.stored.splits["test"].predictions(epoch)
        assert table.num_rows == 3 * (epoch + 1)
    assert split.problems == []
    return [int(epoch) for epoch in split.epochs]


def check_kills(log_dir: Path, kills: int) -> None:
    with start(log_dir, kills, seed=kills) as process:
        lines, _ = process.communicate()
    assert process.returncode == 0
    acknowledged: dict[str, set[str]] = {}
    trainings = [json.loads(line) for line in lines.splitlines()]
    assert len(trainings) == kills
    for said in trainings:
        for line in said:
            run_id, what = line.split()
            acknowledged.setdefault(run_id, set()).add(what)
    runs = {run.id: run for run in cf.open_logs(log_dir).runs}
    found = {run_id: check_whole(run) for run_id, run in runs.items()}
    assert sum(len(each) for each in acknowledged.values()) >= kills // 4
    for run_id, epochs in acknowledged.items():
        lost = epochs - {"finished"} - {str(epoch) for epoch in found[run_id]}
        assert not lost
        if "finished" in epochs:
            assert runs[run_id].state == "finished"
    for run_id, there in found.items():  # at most the one that was being written came through
        assert len(there) - len(acknowledged.get(run_id, set()) - {"finished"}) in (0, 1)


@pytest.mark.slow
def test_100_kills_cost_no_acknowledged_epoch(tmp_path: Path) -> None:
    check_kills(tmp_path / "logs", 100)


@pytest.mark.torture
def test_1_000_kills_cost_no_acknowledged_epoch(tmp_path: Path) -> None:
    check_kills(tmp_path / "logs", 1_000)


def check_polled(log_dir: Path, kills: int) -> None:
    """Look all the time at what several writers write, close, merge and are killed over."""
    log_dir.mkdir()
    writers = [start(log_dir, kills, seed) for seed in range(3)]
    logs = cf.open_logs(log_dir)
    seen: dict[str, set[int]] = {}
    looks = 0
    try:
        while any(writer.poll() is None for writer in writers):
            looks += 1
            for run in logs.runs[-6:]:
                epochs = set(check_whole(run))
                assert seen.get(run.id, set()) <= epochs, "an epoch that was seen is gone"
                seen[run.id] = epochs
    finally:
        for writer in writers:
            writer.communicate()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert looks > 3
    assert sum(map(len, seen.values())) > 0


@pytest.mark.slow
def test_a_reader_that_looks_throughout_sees_whole_epochs_only(tmp_path: Path) -> None:
    check_polled(tmp_path / "logs", 15)


@pytest.mark.torture
def test_a_reader_that_looks_throughout_a_thousand_kills_sees_whole_epochs_only(
    tmp_path: Path,
) -> None:
    check_polled(tmp_path / "logs", 350)
