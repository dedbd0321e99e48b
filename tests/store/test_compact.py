"""Merging many small files into few: nothing is lost, nothing twice, at any moment."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.store import RunWriter, Store, StoredSplit, packed
from confusionflow.store.compact import compact_run
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.format import limits
from confusionflow.store.format.cells import Cells
from confusionflow.store.format.file_names import PackedFile
from confusionflow.store.packed import read_members
from confusionflow.store.places.local import LocalFileSystem

pytestmark = pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")

CLASSES = ("a", "b", "c")


def log_run(log_dir: Path) -> str:
    """A run as long lives leave them: attempts, an epoch again, odd labels, growing classes."""
    rng = np.random.default_rng(0)
    run = cf.Run(log_dir, name="run")
    for epoch in (0, 1, 2, 3, 2):
        labels = rng.integers(0, 3 + epoch, (2, 40)).astype(str)
        run.log(epoch, "test", y_true=labels[0], y_pred=labels[1])
        run.log(
            epoch, "named", y_true=labels[0], y_pred=labels[1], ids=[f"i{n}" for n in range(40)]
        )
    run.log(4, "named", y_true=["0", None], y_pred=["0", "0"], ids=["x", "y"])
    for epoch in range(3):
        run.log(epoch, "train", y_true=rng.integers(0, 3, 9), y_prob=rng.random((9, 3)))
    run.log_matrix(3, "train", [[0, 0, 0], [0, 0, 0], [0, 0, 0]])
    resumed = RunWriter(log_dir, run.id)
    resumed.attempt = 1
    for epoch in (2, 3):
        rows = EpochRows(Cells(np.array([0]), np.array([1]), np.array([epoch])))
        resumed.write_epoch("train", epoch, ("0", "1", "2"), rows)
    return run.id


def content(run: Any) -> dict[str, Any]:
    """Everything that can be read of a run."""

    def counts(split: StoredSplit) -> list[list[int]]:
        found = split.counts()
        columns = (found.epochs, found.epoch_index, *vars(found.cells).values())
        return [column.tolist() for column in columns]

    def predictions(split: Any, epoch: int) -> Any:
        try:
            table = split.predictions(epoch)
        except cf.errors.EpochNotFoundError:
            return None
        return table.schema.names, table.to_pylist()

    return {
        name: (
            split.classes,
            split.version,
            split.left_out().tolist(),
            counts(split),
            {epoch: predictions(split, epoch) for epoch in split.epochs.tolist()},
        )
        for name, split in run.splits.items()
    } | {"problems": list(run.problems)}


def files(log_dir: Path) -> list[Path]:
    return sorted(log_dir.rglob("*e0*.parquet"))


class Watched(LocalFileSystem):
    """A folder whose changes are announced before each one."""

    def __init__(self, root: Path, before: Callable[[], None]) -> None:
        super().__init__(root)
        self._before = before

    def commit(self, folder: str, files: Mapping[str, bytes | memoryview], writer: str) -> None:
        self._before()
        super().commit(folder, files, writer)

    def remove(self, path: str) -> None:
        self._before()
        super().remove(path)


class CrashError(Exception):
    pass


def test_compacting_changes_nothing_that_can_be_read(tmp_path: Path) -> None:
    run_id = log_run(tmp_path)
    before, many = content(Store(tmp_path).run(run_id)), files(tmp_path)
    removed = compact_run(LocalFileSystem(tmp_path), run_id)
    few = files(tmp_path)
    assert content(Store(tmp_path).run(run_id)) == before
    assert before["problems"] == []
    assert len(many) - len(few) == removed
    assert len(few) <= 12 < len(many)  # 3 splits, 2 kinds, and columns that not all epochs have
    assert compact_run(LocalFileSystem(tmp_path), run_id) == 0
    assert files(tmp_path) == few


@pytest.mark.slow
def test_what_is_logged_after_compacting_is_merged_by_the_next(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", classes=CLASSES) as run:
        for epoch in range(60):
            run.log(epoch, "test", y_true=[0, 1, 2], y_pred=[0, epoch % 3, 2])
            if epoch % 7 == 3:
                compact_run(LocalFileSystem(tmp_path), run.id)
            series = cf.open_logs(tmp_path)["run"]["test"]
            assert series.epochs.tolist() == list(range(epoch + 1))
        compact_run(LocalFileSystem(tmp_path), run.id)
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize(
    ("most_bytes", "most_index_bytes", "has_texts"),
    [(100_000, 16 << 20, False), (128_000, 16 << 20, True), (256 << 20, 2_600, False)],
    ids=["rows", "texts", "index"],
)
def test_what_is_merged_stays_within_what_is_read(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    most_bytes: int,
    most_index_bytes: int,
    has_texts: bool,
) -> None:
    """Its files are removed, so that a merged file which is refused would be all that was left."""
    written = limits.MOST_WRITTEN_BYTES / limits.MOST_BYTES
    monkeypatch.setattr(limits, "MOST_WRITTEN_BYTES", written * most_bytes)
    monkeypatch.setattr(limits, "MOST_BYTES", most_bytes)
    monkeypatch.setattr(packed, "MOST_INDEX_BYTES", most_index_bytes)
    with cf.Run(tmp_path, name="run", classes=CLASSES) as run:
        for epoch in range(40):
            ids = [f"{n:040}" for n in range(200)] if has_texts else None
            run.log(epoch, "test", y_true=[0] * 200, y_prob=[[0.5, 0.3, 0.2]] * 200, ids=ids)
    assert 2 < len(files(tmp_path)) < 60
    logged = Store(tmp_path).run(run.id)
    sizes = {epoch: len(logged.splits["test"].predictions(epoch)) for epoch in range(40)}
    assert sizes == dict.fromkeys(range(40), 200)
    assert not logged.problems
    many = len(files(tmp_path))
    assert compact_run(LocalFileSystem(tmp_path), run.id) == many - len(files(tmp_path))
    again = Store(tmp_path).run(run.id)
    assert [len(again.splits["test"].predictions(epoch)) for epoch in range(40)] == [200] * 40


def test_hidden_epochs_of_an_older_attempt_are_kept(tmp_path: Path) -> None:
    run_id = log_run(tmp_path)
    compact_run(LocalFileSystem(tmp_path), run_id)
    kept = {
        (file.epoch, file.attempt)
        for path in tmp_path.glob("run-*/split-*/counts-merged-*")
        for member in read_members(
            LocalFileSystem(tmp_path),
            path.parent.relative_to(tmp_path).as_posix(),
            PackedFile.parse(path.name) or pytest.fail(path.name),
        )
        for file in [member.file]
        if member.metadata.split == "train"
    }
    assert kept == {(0, 0), (1, 0), (2, 0), (3, 0), (2, 1), (3, 1)}


@pytest.mark.slow
def test_every_epoch_is_seen_once_after_each_step_of_compacting(tmp_path: Path) -> None:
    run_id = log_run(tmp_path)
    before = content(Store(tmp_path).run(run_id))
    following = Store(tmp_path)
    looked_up = following.run(run_id)  # its names are old when its files are read
    steps = 0

    def look() -> None:
        nonlocal steps
        steps += 1
        assert content(Store(tmp_path).run(run_id)) == before
        assert content(following.run(run_id)) == before

    compact_run(Watched(tmp_path, look), run_id)
    assert steps > 30
    assert content(following.run(run_id)) == before
    assert content(looked_up) == before


def test_merged_files_go_from_the_last_on_for_copies_that_read_from_the_first(
    tmp_path: Path,
) -> None:
    run = cf.Run(tmp_path, name="run", classes=["a", "b"])
    for epoch in range(12):
        run.log_matrix(epoch, "test", [[epoch, 1], [2, 3]])
    every = files(tmp_path)
    seen = set()

    def look() -> None:
        there = [path for path in every if path.exists()]
        assert there == every[: len(there)]
        seen.add(len(there))

    compact_run(Watched(tmp_path, look), run.id)
    assert seen == set(range(1, 13))


def crash_at(step: int) -> Callable[[], None]:
    steps = iter(range(step + 1))

    def crash() -> None:
        if next(steps) == step:
            raise CrashError

    return crash


# Every step is tried in `make torture`.
STRIDE = pytest.mark.parametrize("stride", [7, pytest.param(1, marks=pytest.mark.torture)])


def crashes(log_dir: Path, run_id: str, stride: int) -> Iterator[Path]:
    """The log directory as a crash before each step of compacting leaves it."""
    for step in range(0, 1_000, stride):
        crashed = log_dir.parent / f"crashed-{step}"
        shutil.copytree(log_dir, crashed)
        try:
            compact_run(Watched(crashed, crash_at(step)), run_id)
        except CrashError:
            yield crashed
            shutil.rmtree(crashed)
        else:
            return


@STRIDE
@pytest.mark.slow
def test_a_crash_at_any_step_of_compacting_loses_nothing(tmp_path: Path, stride: int) -> None:
    log_dir = tmp_path / "logs"
    run_id = log_run(log_dir)
    before = content(Store(log_dir).run(run_id))
    count = 0
    for count, crashed in enumerate(crashes(log_dir, run_id, stride), 1):
        assert content(Store(crashed).run(run_id)) == before, count
        compact_run(LocalFileSystem(crashed), run_id)
        assert content(Store(crashed).run(run_id)) == before, count
        assert len(files(crashed)) <= 12, count
    assert count * stride > 30


@STRIDE
@pytest.mark.slow
def test_two_that_compact_at_once_lose_nothing(tmp_path: Path, stride: int) -> None:
    log_dir = tmp_path / "logs"
    run_id = log_run(log_dir)
    before = content(Store(log_dir).run(run_id))
    for step in range(0, 200, stride):
        copy = tmp_path / f"copy-{step}"
        shutil.copytree(log_dir, copy)
        steps = iter(range(10_000))

        def other(copy: Path = copy, step: int = step, steps: Iterator[int] = steps) -> None:
            if next(steps) == step:
                compact_run(LocalFileSystem(copy), run_id)

        compact_run(Watched(copy, other), run_id)
        assert content(Store(copy).run(run_id)) == before, step
        shutil.rmtree(copy)
        if next(steps) <= step:
            assert step > 30
            return
    pytest.fail("Compacting took more steps than were tried.")


def test_a_damaged_file_is_left_where_it_is_and_named(tmp_path: Path) -> None:
    run_id = log_run(tmp_path)
    damaged = next(iter(tmp_path.glob("run-*/split-*/counts-e00000001-*")))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    before = content(Store(tmp_path).run(run_id))
    compact_run(LocalFileSystem(tmp_path), run_id)
    assert damaged.exists()
    after = content(Store(tmp_path).run(run_id))
    assert after == before
    assert [p.file for p in after["problems"]] == [damaged.relative_to(tmp_path).as_posix()]


def test_a_damaged_merged_file_is_named(tmp_path: Path) -> None:
    run_id = log_run(tmp_path)
    compact_run(LocalFileSystem(tmp_path), run_id)
    for damaged in tmp_path.glob("run-*/split-*/*-merged-*"):
        whole = damaged.read_bytes()
        damaged.write_bytes(whole[:-1])
        run = Store(tmp_path).run(run_id)
        found = content(run)
        assert damaged.relative_to(tmp_path).as_posix() in {p.file for p in found["problems"]}
        damaged.write_bytes(whole)


def test_a_progress_is_told_for_every_file(tmp_path: Path) -> None:
    run_id = log_run(tmp_path)
    told: list[tuple[int, int]] = []
    compact_run(LocalFileSystem(tmp_path), run_id, progress=lambda *step: told.append(step))
    totals = {total for _, total in told}
    assert totals == {len(files(tmp_path)) and told[-1][0]}
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.slow
def test_compacting_that_runs_out_of_time_leaves_whole_epochs(tmp_path: Path) -> None:
    run_id = log_run(tmp_path)
    before = content(Store(tmp_path).run(run_id))
    for looks in range(12):
        left = iter([False] * looks)
        compact_run(LocalFileSystem(tmp_path), run_id, is_over=partial(next, left, True))
        assert content(Store(tmp_path).run(run_id)) == before


class ListedWhileMerged(LocalFileSystem):
    """Lists a folder as it may be listed while its files are merged: neither old nor new names."""

    def __init__(self, root: Path, merge: Callable[[], object]) -> None:
        super().__init__(root)
        self._merge = merge
        self.torn = 0

    def _list(self, path: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        before, folders = super()._list(path)
        if "split-" not in Path(path).name or not any("-merged-" not in name for name in before):
            return before, folders
        self._merge()
        after, _ = super()._list(path)
        self.torn += 1
        return tuple(name for name in before if name in after), folders


def test_a_folder_listed_while_its_files_are_merged_shows_every_epoch(tmp_path: Path) -> None:
    run_id = log_run(tmp_path)
    before = content(Store(tmp_path).run(run_id))
    looking = ListedWhileMerged(tmp_path, lambda: compact_run(LocalFileSystem(tmp_path), run_id))
    assert content(Store(looking).run(run_id)) == before
    assert looking.torn > 0
