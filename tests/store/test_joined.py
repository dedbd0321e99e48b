"""Ranks are joined exactly, once, and what they amount to is kept where it may be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

from confusionflow.cli.app import app
from confusionflow.errors import DamagedFileError
from confusionflow.log.history import read_history
from confusionflow.store import Store
from confusionflow.store.check import check_run
from confusionflow.store.epoch_rows import EpochRows
from confusionflow.store.first_rows import first_rows
from confusionflow.store.format.cells import Cells
from confusionflow.store.joined_files import JOINED, decode_joined
from confusionflow.store.split import StoredSplit
from confusionflow.store.write import RunWriter

RUN = "20261124T101500-5f3a9c1e"
LISTS = (("cat", "dog"), ("cat", "dog", "fox"), ("dog", "cat", "owl"))
KINDS: dict[str, Callable[[NDArray[np.integer]], Any]] = {
    "small": lambda ids: ids.astype(np.int64),
    "spread": lambda ids: ids.astype(np.int64) * 10**15 - 10**17,
    "huge": lambda ids: ids.astype(np.uint64) + np.uint64(2**63),
    "text": lambda ids: pa.array([f"image {number}" for number in ids]),
}
Counted = dict[tuple[int, str, str], int]


@pytest.fixture(autouse=True)
def _cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def rows_of(ids: Any, actual: NDArray[np.integer], predicted: NDArray[np.integer]) -> EpochRows:
    """An epoch's rows; -1 is a label that is no class."""
    counted = (actual >= 0) & (predicted >= 0)
    width = 1000
    cells, count = np.unique(actual[counted] * width + predicted[counted], return_counts=True)
    labels = {
        name: pa.array(values.astype(np.int32), mask=values < 0)
        for name, values in (("actual", actual), ("predicted", predicted))
    }
    predictions = {"instance": ids, **labels}
    left_out = int((~counted).sum())
    return EpochRows(Cells(cells // width, cells % width, count), predictions, left_out, "ids")


def begun(log_dir: Path, rank: int, world_size: int) -> RunWriter:
    writer = RunWriter(log_dir, RUN, rank, world_size)
    writer.begin(name="run", config={}, time_unit="epoch", created_at=datetime.now(UTC))
    return writer


def counted(split: StoredSplit) -> Counted:
    found: Counted = {}
    rows = split.counts()
    for at, actual, predicted, count in zip(
        rows.epoch_index, rows.cells.actual, rows.cells.predicted, rows.cells.count, strict=True
    ):
        key = (int(rows.epochs[at]), split.classes[actual], split.classes[predicted])
        found[key] = found.get(key, 0) + int(count)
    return found


def split_of(log_dir: Path) -> StoredSplit:
    return Store(log_dir).run(RUN).splits["test"]


def log_at_random(log_dir: Path, seed: int) -> tuple[Counted, dict[int, int], list[RunWriter]]:
    """Log attempts of overlapping ranks; return what counts by brute force."""
    rng = np.random.default_rng(seed)
    kinds = list(KINDS.values())
    one_kind = kinds[seed % len(kinds)]
    known: dict[int, dict[int, list[tuple[str, str | None, str | None]]]] = {}
    writers: list[RunWriter] = []
    for attempt in range(int(rng.integers(1, 3))):
        world_size = int(rng.integers(2, 5))
        writers = [begun(log_dir, rank, world_size) for rank in range(world_size)]
        first = attempt
        for epoch in [e for e in known if e >= first]:
            del known[epoch]
        truth = rng.integers(-1, 2, 30)
        for epoch in range(first, 3):
            for writer in writers:
                if rng.random() < 0.1 and epoch > first:
                    continue  # this rank is missing
                for _ in range(int(rng.integers(1, 3))):  # the last time counts
                    ids = rng.integers(0, 30, int(rng.integers(1, 20)))
                    names = LISTS[rng.integers(3)]
                    predicted = rng.integers(-1, len(names), len(ids))
                    kind = one_kind if rng.random() < 0.8 else kinds[rng.integers(len(kinds))]
                    encoded = kind(ids)
                    writer.write_epoch(
                        "test", epoch, names, rows_of(encoded, truth[ids], predicted)
                    )
                    texts = pa.array(encoded).cast(pa.string()).to_pylist()
                    known.setdefault(epoch, {})[writer._rank] = [
                        (
                            text,
                            None if truth[i] < 0 else names[truth[i]],
                            None if p < 0 else names[p],
                        )
                        for text, i, p in zip(texts, ids, predicted, strict=True)
                    ]
    found: Counted = {}
    left_out: dict[int, int] = {}
    for epoch, ranks in known.items():
        seen: set[str] = set()
        left_out[epoch] = 0
        for text, row, column in (row for rank in sorted(ranks) for row in ranks[rank]):
            if text in seen:
                continue
            seen.add(text)
            if row is None or column is None:
                left_out[epoch] += 1
            else:
                found[epoch, row, column] = found.get((epoch, row, column), 0) + 1
    return found, left_out, writers


def check_at_random(log_dir: Path, seed: int) -> None:
    wanted, left_out, writers = log_at_random(log_dir, seed)

    def check(split: StoredSplit) -> None:
        assert counted(split) == wanted, seed
        assert dict(zip(split.epochs.tolist(), split.left_out().tolist(), strict=True)) == left_out
        for epoch, found in split.instances():
            is_counted = (found.actual >= 0) & (found.predicted >= 0)
            total = sum(count for (e, _, _), count in wanted.items() if e == epoch)
            assert is_counted.sum() == total

    check(split_of(log_dir))
    before = problems_of(log_dir)
    for writer in writers:
        writer.finish()
        writer.compact(10)
    check(split_of(log_dir))
    assert list(log_dir.rglob("joined-*.parquet"))
    assert problems_of(log_dir) == before
    for path in log_dir.rglob("joined-*.parquet"):
        path.unlink()
    check(split_of(log_dir))


def problems_of(log_dir: Path) -> set[str]:
    split = split_of(log_dir)
    split.counts()
    return {problem.reason for problem in split.problems}


@pytest.mark.parametrize("seed", range(24))
def test_random_ranks_count_as_brute_force_says(tmp_path: Path, seed: int) -> None:
    check_at_random(tmp_path / "logs", seed)


@pytest.mark.torture
@pytest.mark.parametrize("tenth", range(10))
def test_a_thousand_random_ranks_count_as_brute_force_says(tmp_path: Path, tenth: int) -> None:
    for seed in range(100 * tenth, 100 * tenth + 100):
        check_at_random(tmp_path / str(seed), seed)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_row_of_an_instance_counts(kind: str) -> None:
    rng = np.random.default_rng(0)
    ranks = [rng.integers(0, 500, size) for size in (300, 0, 400, 1)]
    seen: set[int] = set()
    wanted = []
    for ids in ranks:
        for number in ids.tolist():
            wanted.append(number not in seen)
            seen.add(number)
    columns = [pa.chunked_array([pa.array(KINDS[kind](ids))]) for ids in ranks]
    assert first_rows(columns).tolist() == wanted
    assert first_rows([pa.chunked_array([], columns[0].type)] * 2).tolist() == []


# ---- kept in the log ---------------------------------------------------------------------------


def log_two_ranks(log_dir: Path, size: int = 10, epochs: int = 1) -> list[RunWriter]:
    """Two ranks that both have the instance in the middle."""
    writers = [begun(log_dir, rank, 2) for rank in (0, 1)]
    for epoch in range(epochs):
        for writer, ids in zip(writers, np.split(np.arange(2 * size), 2), strict=True):
            ids = np.append(ids, size)
            writer.write_epoch("test", epoch, LISTS[0], rows_of(ids, ids % 2, 0 * ids))
    return writers


def closed(writers: list[RunWriter], timeout_s: float = 10) -> None:
    for writer in writers:
        writer.finish()
        writer.compact(timeout_s)


def damage(log_dir: Path) -> None:
    """Leave nothing of the predictions."""
    for path in log_dir.rglob("predictions-*"):
        path.write_bytes(b"gone")


def test_the_last_rank_that_closes_keeps_the_joined_counts(tmp_path: Path) -> None:
    first, last = log_two_ranks(tmp_path / "logs", epochs=3)
    closed([first])
    assert not list((tmp_path / "logs").rglob("joined-*"))
    closed([last])
    (path,) = (tmp_path / "logs").rglob("joined-*")
    assert path.name.startswith("joined-e00000000-e00000002-")
    table = pq.read_table(path)
    assert table.column_names == ["epoch", "actual", "predicted", "count"]
    assert table["count"].to_pylist() == [10, 10] * 3
    damage(tmp_path / "logs")  # so that whoever joins again is found out
    split = split_of(tmp_path / "logs")
    assert sum(counted(split).values()) == 20 * 3
    assert not split.problems
    assert not (tmp_path / "cache").exists()


def test_joined_counts_hold_only_for_the_files_that_were_joined(tmp_path: Path) -> None:
    writers = log_two_ranks(tmp_path / "logs")
    closed(writers)
    more = np.array([0, 1, 77])
    writers[1].write_epoch("test", 0, LISTS[0], rows_of(more, more % 2, 0 * more))
    split = split_of(tmp_path / "logs")
    # Of the other rank 0 to 9 and 10 count, of this one 77.
    assert counted(split) == {(0, "cat", "cat"): 6, (0, "dog", "cat"): 6}


def test_compacting_again_replaces_what_was_kept(tmp_path: Path) -> None:
    writers = log_two_ranks(tmp_path / "logs")
    closed(writers)
    (before,) = (tmp_path / "logs").rglob("joined-*")
    assert CliRunner().invoke(app, ["compact", str(tmp_path / "logs")]).exit_code == 0
    assert list((tmp_path / "logs").rglob("joined-*")) == [before]
    for rank, writer in enumerate(writers):
        ids = np.array([rank, 5])
        writer.write_epoch("test", 1, LISTS[0], rows_of(ids, ids % 2, 0 * ids))
    assert CliRunner().invoke(app, ["compact", str(tmp_path / "logs")]).exit_code == 0
    (after,) = (tmp_path / "logs").rglob("joined-*")
    assert "-e00000000-e00000001-" in after.name
    assert sum(counted(split_of(tmp_path / "logs")).values()) == 20 + 3


def test_closing_without_time_leaves_joining_to_others(tmp_path: Path) -> None:
    closed(log_two_ranks(tmp_path / "logs", 70_000), timeout_s=0)
    assert not list((tmp_path / "logs").rglob("joined-*"))
    assert not list((tmp_path / "logs").rglob("summary-*"))
    assert CliRunner().invoke(app, ["compact", str(tmp_path / "logs")]).exit_code == 0
    assert list((tmp_path / "logs").rglob("joined-*"))
    (overview,) = Store(tmp_path / "logs").overviews()
    assert overview.splits[0].last_total == 140_000


@pytest.mark.parametrize("content", [b"", b"gone", None], ids=["empty", "others", "torn"])
def test_a_damaged_file_of_joined_counts_costs_only_time(
    tmp_path: Path, content: bytes | None
) -> None:
    closed(log_two_ranks(tmp_path / "logs"))
    (path,) = (tmp_path / "logs").rglob("joined-*")
    path.write_bytes(path.read_bytes()[:-9] if content is None else content)
    split = split_of(tmp_path / "logs")
    assert sum(counted(split).values()) == 20
    assert not split.problems
    store = Store(tmp_path / "logs")
    (problem,) = check_run(store.filesystem, RUN)
    assert problem.file.endswith(path.name)


def _more_rows(index: dict[str, Any]) -> None:
    index["epochs"][0]["rows"][0] += 1


def _no_such_list(index: dict[str, Any]) -> None:
    index["epochs"][0]["classes"][0] = 7


def _no_such_rank(index: dict[str, Any]) -> None:
    index["epochs"][0]["problems"] = [[9, "?"]]


def _newer(index: dict[str, Any]) -> None:
    index["format_version"] = 99


def _fewer_ranks(index: dict[str, Any]) -> None:
    index["epochs"][0]["rank"].pop()


@pytest.mark.parametrize("change", [_more_rows, _no_such_list, _no_such_rank, _newer, _fewer_ranks])
def test_joined_counts_that_cannot_be_are_refused(tmp_path: Path, change: Any) -> None:
    closed(log_two_ranks(tmp_path / "logs"))
    (path,) = (tmp_path / "logs").rglob("joined-*")
    table = pq.read_table(path)
    index = json.loads(table.schema.metadata[JOINED])
    assert len(decode_joined(path.read_bytes())) == 1
    change(index)
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({JOINED: json.dumps(index).encode()}), sink)
    with pytest.raises(DamagedFileError):
        decode_joined(sink.getvalue().to_pybytes())


# ---- kept in the cache folder ------------------------------------------------------------------


def test_the_second_reader_finds_joined_counts_in_the_cache_folder(tmp_path: Path) -> None:
    log_dir = tmp_path / "logs"
    log_two_ranks(log_dir, 70_000)
    there = set(log_dir.rglob("*"))
    assert sum(counted(split_of(log_dir)).values()) == 140_000
    assert set(log_dir.rglob("*")) == there
    assert list((tmp_path / "cache").rglob("joined/*"))
    damage(log_dir)
    split = split_of(log_dir)
    assert sum(counted(split).values()) == 140_000
    assert not split.problems
    for path in (tmp_path / "cache").rglob("joined/*"):
        path.write_bytes(path.read_bytes()[:-1])
    assert sum(counted(split_of(log_dir)).values()) < 140_000


def test_nothing_is_kept_in_a_cache_folder_within_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_dir = tmp_path / "logs"
    log_two_ranks(log_dir, 70_000)
    monkeypatch.setenv("XDG_CACHE_HOME", str(log_dir))
    there = set(log_dir.rglob("*"))
    assert sum(counted(split_of(log_dir)).values()) == 140_000
    assert set(log_dir.rglob("*")) == there


def test_lists_do_not_join_many_predictions(tmp_path: Path) -> None:
    log_two_ranks(tmp_path / "logs", 70_000)
    store = Store(tmp_path / "logs")
    (split,) = store.overviews()[0].splits
    assert (split.last_accuracy, split.class_count, split.epoch_count) == (None, 2, 1)
    assert not (tmp_path / "cache").exists()
    split_of(tmp_path / "logs").counts()
    (split,) = store.overviews()[0].splits
    assert split.last_accuracy == 0.5


def test_names_of_classes_are_found_without_predictions(tmp_path: Path) -> None:
    log_dir = tmp_path / "logs"
    for rank, names in enumerate(LISTS):
        writer = begun(log_dir, rank, 3)
        ids = np.arange(4)
        writer.write_epoch("test", 0, names[:2], rows_of(ids, ids % 2, 0 * ids))
        writer.write_epoch("test", 1, names, rows_of(ids, ids % 2, 0 * ids))
    damage(log_dir)
    split = split_of(log_dir)
    assert set(split.classes) == {"cat", "dog", "fox", "owl"}
    assert not split.problems
    assert set(read_history(log_dir, RUN).classes["test"]) == set(split.classes)


def test_counts_that_do_not_match_their_predictions_are_named(tmp_path: Path) -> None:
    first, last = (begun(tmp_path / "logs", rank, 2) for rank in (0, 1))
    ids = np.arange(4)
    first.write_epoch("test", 0, LISTS[0], rows_of(ids, ids % 2, 0 * ids))
    rows = rows_of(ids, ids % 2, 0 * ids)
    one = Cells(*(column[:1] for column in (rows.cells.actual, rows.cells.predicted, ids + 2)))
    last.write_epoch("test", 0, LISTS[0], EpochRows(one, rows.predictions, 0, "ids"))
    assert counted(split_of(tmp_path / "logs")) == {(0, "cat", "cat"): 4, (0, "dog", "cat"): 2}
    (problem,) = problems_of(tmp_path / "logs")
    assert problem.startswith("Its counts and its predictions do not match")
