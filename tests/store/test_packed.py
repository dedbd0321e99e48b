"""Many data files of a split in one: each comes back with its name, its rows and its metadata."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from confusionflow.store import packed
from confusionflow.store.format.file_names import DataFile, Kind, PackedFile
from confusionflow.store.format.ids import digest_of
from confusionflow.store.format.tables import Metadata
from confusionflow.store.packed import Member, encode_packed, open_packed, read_members
from confusionflow.store.places.local import LocalFileSystem

CLASSES = "00c0ffee00c0ffee"


def member(epoch: int, rows: int, kind: Kind = "predictions", **said: str) -> Member:
    """The content of an epoch's file, with rows that no other epoch has."""
    layer = "0badcafe0badcafe" if kind.startswith("features") else ""
    file = DataFile(epoch, 0, epoch, 0, "0badcafe", kind, f"{epoch:016x}", layer)
    numbers = pa.array([100 * epoch + row for row in range(rows)], pa.int64())
    table = pa.table({"instance": numbers, "actual": numbers, "predicted": numbers})
    return Member(file, table, Metadata("run", "test", epoch, 0, 0, 1, CLASSES, 0, **said))


def written(folder: Path, members: Sequence[Member]) -> PackedFile:
    file, data = encode_packed(members, "5afe5afe")
    assert file.digest == digest_of(data)
    (folder / file.name).write_bytes(data)
    return file


def row_groups(folder: Path, file: PackedFile) -> list[int]:
    metadata = pq.read_metadata(folder / file.name)
    return [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)]


def test_members_come_back_as_they_were_packed(tmp_path: Path) -> None:
    members = [member(4, 3), member(2, 0), member(9, 1, instances="ids")]
    file = written(tmp_path, members)
    assert (file.kind, file.first, file.last, file.writer) == ("predictions", 2, 9, "5afe5afe")
    back = read_members(LocalFileSystem(tmp_path), "", file)
    assert [each.file for each in back] == [each.file for each in members]
    assert {each.file.within for each in back} == {file}
    assert [each.metadata for each in back] == [each.metadata for each in members]
    assert [each.rows.to_pydict() for each in back] == [each.rows.to_pydict() for each in members]


def test_readers_that_know_nothing_of_members_find_the_epoch_of_each_row(tmp_path: Path) -> None:
    file = written(tmp_path, [member(4, 3), member(9, 1)])
    assert pq.read_table(tmp_path / file.name)["epoch"].to_pylist() == [4, 4, 4, 9]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("predictions", [3, 2, 2]),
        ("counts", [7]),
        ("features-probe", [5, 2]),
    ],
)
def test_rows_that_are_read_together_share_a_row_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: Kind, expected: list[int]
) -> None:
    monkeypatch.setattr(packed, "GROUP_ROWS", 5)
    members = [member(epoch, rows, kind) for epoch, rows in enumerate((3, 0, 2, 2))]
    file = written(tmp_path, members)
    assert row_groups(tmp_path, file) == expected
    index, _ = open_packed(LocalFileSystem(tmp_path), file.name, file)
    starts = [index.row_group_of(position) for position in range(4)]
    assert starts[1] is None  # it has no rows
    assert starts[0] == (0, 0)
    assert (
        starts[3]
        == {
            "predictions": (2, 0),
            "counts": (0, 5),
            "features-probe": (1, 0),
        }[kind]
    )


def test_what_all_members_say_alike_is_kept_once(tmp_path: Path) -> None:
    file = written(tmp_path, [member(0, 1, instances="ids"), member(1, 1, instances="positions")])
    index, _ = open_packed(LocalFileSystem(tmp_path), file.name, file)
    assert index.metadata["run_id"] == "run"
    assert index.metadata["epoch"] == ["0", "1"]
    assert index.metadata["instances"] == ["ids", "positions"]


def test_epochs_that_rows_have_already_stay(tmp_path: Path) -> None:
    one = member(3, 2)
    own = one.rows.append_column("epoch", pa.array([7, 8]))
    file = written(tmp_path, [replace(one, rows=own)])
    assert pq.read_table(tmp_path / file.name)["epoch"].to_pylist() == [7, 8]
