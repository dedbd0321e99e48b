"""What was acknowledged is there after a power cut, and what is there is whole."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.store.operations import Operation, intercepted
from tests.store.power import Disk, MemoryFileSystem

import confusionflow as cf
from confusionflow.errors import LogDirectoryError
from confusionflow.store import Store
from confusionflow.store.compact import compact_run

CLASSES = ("fox", "deer", "auto")
FIRST, RESUMED = range(3), range(3, 6)

Epoch = tuple[str, int]


def labels(epoch: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(epoch)
    return chance.integers(0, 3, 300), chance.integers(0, 3, 300)


def matrix(epoch: int) -> list[list[int]]:
    counts = np.zeros((3, 3), int)
    np.add.at(counts, labels(epoch), 1)
    return counts.tolist()


def write(folder: Path) -> list[Operation]:
    """Log, close, resume, close and compact; returns what was done, and what was acknowledged."""
    done: list[Operation] = []

    def log(run: cf.Run, epochs: range) -> None:
        for epoch in epochs:
            actual, predicted = labels(epoch)
            run.log(epoch, "test", y_true=actual, y_pred=predicted)
            acknowledge(run, "test", epoch)
            run.log_matrix(epoch, "train", matrix(epoch))
            acknowledge(run, "train", epoch)

    def acknowledge(run: cf.Run, split: str, epoch: int) -> None:
        assert not run.queued
        assert not run.dropped
        done.append(Operation("acknowledge", split, str(epoch)))

    def close(run: cf.Run) -> None:
        run.close()
        done.append(Operation("acknowledge", "", "finished"))

    with intercepted(folder, after=lambda operation: done.append(operation)):
        run = cf.Run(folder / "logs", name="run", classes=CLASSES)
        log(run, FIRST)
        close(run)
        done.append(Operation("acknowledge", "", "resumed"))
        run = cf.Run(folder / "logs", name="run", classes=CLASSES, resume=True)
        log(run, RESUMED)
        close(run)
        compact_run(Store(folder / "logs").filesystem, run.id)
    return done


def left_by_power_cuts(
    done: list[Operation], chance: random.Random, count: int
) -> Iterator[tuple[MemoryFileSystem, set[Epoch], bool]]:
    """At each moment, so many states, the epochs acknowledged before, and whether it finished."""
    disk = Disk()
    acknowledged: set[Epoch] = set()
    is_finished = False
    for operation in done:
        if operation.name != "acknowledge":
            disk.do(operation)
        elif operation.path:
            acknowledged.add((operation.path, int(operation.to)))
        else:
            is_finished = operation.to == "finished"
        for state in disk.states(chance, count):
            yield state.below("logs"), set(acknowledged), is_finished


def read(state: MemoryFileSystem) -> tuple[set[Epoch], bool]:
    """The epochs that a reader finds, each of them whole, and whether the run finished."""
    try:
        runs = Store(state).runs()
    except LogDirectoryError:
        return set(), False
    assert len(runs) <= 1
    found: set[Epoch] = set()
    for run in runs:
        for split in cf.LoggedRun(run).values():
            assert split.classes == CLASSES
            for epoch, counts in zip(split.epochs.tolist(), split.confusion(), strict=True):
                assert counts.tolist() == matrix(epoch)
                found.add((split.name, epoch))
                if split.name == "test":
                    table = run.splits["test"].predictions(epoch)
                    order = np.argsort(table.column("instance").to_numpy())
                    for column, expected in zip(
                        ("actual", "predicted"), labels(epoch), strict=True
                    ):
                        values = table.column(column).to_numpy()[order]
                        np.testing.assert_array_equal(values, expected)
            assert split.problems == []
        assert run.problems == []
    return found, bool(runs) and runs[0].state == "finished"


def visible(state: MemoryFileSystem) -> bytes:
    """A digest of what a reader looks at."""
    digest = hashlib.blake2b(repr(sorted(state.folders)).encode())
    for path, data in sorted(state.files.items()):
        if ".tmp-" not in path:
            digest.update(path.encode() + hashlib.blake2b(data).digest())
    return digest.digest()


def check_power_cuts(folder: Path, least: int, seed: int) -> None:
    done = write(folder)
    chance = random.Random(seed)
    known: dict[bytes, tuple[set[Epoch], bool]] = {}
    states = 0
    for state, acknowledged, is_finished in left_by_power_cuts(
        done, chance, least // len(done) + 1
    ):
        states += 1
        key = visible(state)
        if key not in known:
            known[key] = read(state)
        found, shows_finished = known[key]
        assert acknowledged <= found, f"lost: {acknowledged - found}"
        assert shows_finished or not is_finished
    assert states >= least
    assert len(known) > len(FIRST) + len(RESUMED)


@pytest.mark.slow
def test_no_power_cut_costs_an_acknowledged_epoch_or_shows_half_of_one(tmp_path: Path) -> None:
    check_power_cuts(tmp_path, least=4_000, seed=1)


@pytest.mark.torture
def test_none_of_100_000_power_cuts_costs_an_epoch_or_shows_half_of_one(tmp_path: Path) -> None:
    check_power_cuts(tmp_path, least=100_000, seed=2)
