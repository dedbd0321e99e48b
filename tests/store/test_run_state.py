"""Whether a run goes on, has finished or was stopped, told from its files."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from confusionflow.store.format.file_names import AttemptFile
from confusionflow.store.run_listing import RunListing
from confusionflow.store.run_state import SILENCE_S, State, state_of

NOW_S = 1e9
HERE = {"host": socket.gethostname(), "pid": os.getpid()}
ELSEWHERE = {"host": "another-machine", "pid": os.getpid()}


def begun(rank: int = 0, attempt: int = 0) -> AttemptFile:
    return AttemptFile("attempt", attempt, rank, 2, f"{rank:08x}", "0" * 16)


def finished(rank: int = 0, attempt: int = 0) -> AttemptFile:
    return AttemptFile("finished", attempt, rank, 2, f"{rank:08x}", "0" * 16)


def state(
    fields: list[dict[str, Any]], ended: tuple[AttemptFile, ...] = (), silence_s: float = 0
) -> State:
    members = [(begun(rank), each) for rank, each in enumerate(fields)]
    files = (*(file for file, _ in members), *ended)
    return state_of(members, RunListing(files, {}, NOW_S - silence_s), NOW_S)


@pytest.fixture(scope="module")
def gone() -> dict[str, Any]:
    """The fields of a process of this machine that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return {**HERE, "pid": process.pid}


@pytest.mark.parametrize(
    ("fields", "ended", "silence_s", "expected"),
    [
        ([HERE], (), 0, "running"),
        ([HERE], (), 2 * SILENCE_S, "running"),
        ([HERE], (finished(),), 0, "finished"),
        # What another attempt or another rank finished says nothing of this one.
        ([HERE], (finished(attempt=1),), 0, "running"),
        ([HERE, HERE], (finished(0),), 0, "running"),
        ([HERE, HERE], (finished(0), finished(1)), 0, "finished"),
        ([ELSEWHERE], (), SILENCE_S - 1, "running"),
        ([ELSEWHERE], (), SILENCE_S, "stopped"),
        ([ELSEWHERE], (finished(),), 2 * SILENCE_S, "finished"),
        ([{}], (), SILENCE_S - 1, "running"),
        ([{**HERE, "pid": "12"}], (), 0, "stopped"),
        ([{**HERE, "pid": 0}], (), 0, "stopped"),
        ([{**HERE, "pid": 2**40}], (), 0, "stopped"),
        ([], (), 0, "stopped"),
    ],
)
def test_a_state_is_told_from_process_and_silence(
    fields: list[dict[str, Any]], ended: tuple[AttemptFile, ...], silence_s: float, expected: State
) -> None:
    assert state(fields, ended, silence_s) == expected


def test_a_run_is_stopped_once_all_its_open_processes_are_gone(gone: dict[str, Any]) -> None:
    assert state([gone]) == "stopped"
    assert state([gone, HERE]) == "running"
    assert state([gone, HERE], (finished(1),)) == "stopped"
