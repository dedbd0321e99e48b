"""One bad file costs its own rows, and is named with the reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import confusionflow as cf
from confusionflow.cli.app import app
from confusionflow.store import Store
from confusionflow.store.check import check_run
from confusionflow.store.places.local import LocalFileSystem

# Every byte is flipped in `make torture`.
STRIDE = pytest.mark.parametrize("stride", [97, pytest.param(1, marks=pytest.mark.torture)])
MERGED = pytest.mark.parametrize("merged", [False, True], ids=["loose", "merged"])


def log_run(log_dir: Path, merged: bool) -> cf.Run:
    run = cf.Run(log_dir, name="run", classes=["a", "b"])
    for epoch in range(2):
        run.log(epoch, "test", y_true=[0, 1, 1], y_pred=[0, 1, epoch])
    run.log_matrix(0, "train", [[1, 2], [3, 4]])
    if merged:
        run.close()
    return run


def rows(log_dir: Path) -> dict[tuple[str, int], Any]:
    """The matrix of each epoch that can be read, by split and epoch."""
    (run,) = cf.open_logs(log_dir).runs
    return {
        (series.stored.id, epoch): matrix.tolist()
        for series in run.values()
        for epoch, matrix in zip(series.epochs.tolist(), series.confusion(), strict=True)
    }


def problems(log_dir: Path) -> set[str]:
    store = Store(log_dir)
    return {p.file for run in store.run_ids() for p in check_run(store.filesystem, run)}


def own_rows(path: Path, of: dict[tuple[str, int], Any]) -> set[tuple[str, int]]:
    """The epochs that a file's damage may cost."""
    split = path.parent.name.removeprefix("split-")
    if not path.name.startswith("counts"):
        return set()
    if "-merged-" in path.name:
        return {key for key in of if key[0] == split}
    return {(split, int(path.name.split("-")[1][1:]))}


def changes(whole: bytes, stride: int) -> Iterator[bytes]:
    for at in range(0, len(whole), stride):
        yield whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]
        yield whole[:at]


@STRIDE
@MERGED
@pytest.mark.slow
def test_every_flipped_byte_and_every_length_is_found_and_costs_its_own_rows(
    tmp_path: Path, merged: bool, stride: int
) -> None:
    log_run(tmp_path, merged)
    before = rows(tmp_path)
    assert problems(tmp_path) == set()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 6
    for path in files:
        whole, name = path.read_bytes(), path.relative_to(tmp_path).as_posix()
        for damaged in changes(whole, stride):
            path.write_bytes(damaged)
            assert problems(tmp_path) == {name}
            if not name.endswith(".json") and "classes" not in name:
                after = rows(tmp_path)
                assert before.keys() - after.keys() == own_rows(path, before)
                assert after.items() <= before.items()
        path.write_bytes(whole)
    assert problems(tmp_path) == set()


def test_a_damaged_list_of_classes_or_start_costs_no_epoch(tmp_path: Path) -> None:
    log_run(tmp_path, merged=False)
    before = rows(tmp_path)
    for path in [*tmp_path.rglob("classes-*"), *tmp_path.rglob("attempt-*")]:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1])
        (run,) = cf.open_logs(tmp_path).runs
        assert rows(tmp_path) == before
        _ = [series.classes for series in run.values()]
        assert {p.file for p in run.problems} == {path.relative_to(tmp_path).as_posix()}
        path.write_bytes(whole)


@MERGED
@pytest.mark.parametrize("kind", ["predictions", "classes", "attempt"])
def test_a_missing_file_is_named(tmp_path: Path, merged: bool, kind: str) -> None:
    log_run(tmp_path, merged)
    path = min(tmp_path.rglob(f"{kind}-*"))
    path.unlink()
    found = problems(tmp_path)
    assert len(found) == (2 if merged and kind == "predictions" else 1)
    assert all(kind in file for file in found)


def misnamed(path: Path) -> dict[str, Path]:
    """A file under names that are another's, each with a character changed."""
    return {
        "epoch": path.with_name(path.name.replace("e00000001", "e00000003")),
        "attempt": path.with_name(path.name.replace("a0000", "a0001")),
        "digest": path.with_name(
            path.name[:-9] + ("0" if path.name[-9] != "0" else "1") + ".parquet"
        ),
        "kind": path.with_name(path.name.replace("counts", "predictions")),
        "form": path.with_name(path.name.replace("-w", "-v")),
    }


@pytest.mark.parametrize("part", ["epoch", "attempt", "digest", "form", "kind"])
def test_a_changed_name_is_named(tmp_path: Path, part: str) -> None:
    log_run(tmp_path, merged=False)
    path = next(tmp_path.glob("run-*/split-*/counts-e00000001-*"))
    other = misnamed(path)[part]
    path.rename(other)
    assert other.relative_to(tmp_path).as_posix() in problems(tmp_path)


def test_a_folder_of_another_name_is_named(tmp_path: Path) -> None:
    log_run(tmp_path, merged=False)
    folder = next(path.parent for path in tmp_path.glob("run-*/split-*/counts-e00000001-*"))
    folder.rename(folder.with_name("split-0123456789abcdef"))
    assert len(problems(tmp_path)) == 4


def test_what_others_keep_beside_a_log_is_no_problem(tmp_path: Path) -> None:
    log_run(tmp_path, merged=False)
    for folder in (tmp_path, *tmp_path.iterdir(), *tmp_path.glob("run-*/split-*")):
        (folder / "notes.txt").touch()
        (folder / ".tmp-counts").touch()
    assert problems(tmp_path) == set()


def test_a_run_that_is_merged_while_it_is_checked_is_whole(tmp_path: Path) -> None:
    run = log_run(tmp_path, merged=False)
    merge: list[Callable[[], object]] = [run.close]

    class Merging(LocalFileSystem):
        def read(self, path: str) -> bytes:
            if "counts-e00000001" in path and merge:
                merge.pop()()
            return super().read(path)

    assert check_run(Merging(tmp_path), run.id) == []
    assert not merge


def test_the_command_names_file_and_reason_and_fails(tmp_path: Path) -> None:
    log_run(tmp_path, merged=False)
    whole = CliRunner().invoke(app, ["check", str(tmp_path)])
    assert (whole.exit_code, whole.stdout) == (0, "No damaged files (1 run).\n")
    path = next(tmp_path.rglob("counts-e00000001-*"))
    shutil.copy(next(tmp_path.rglob("counts-e00000000-*")), path)
    found = CliRunner().invoke(app, ["check", str(tmp_path)])
    name = path.relative_to(tmp_path).as_posix()
    assert found.exit_code == 1
    assert found.stdout.endswith("\nDamaged or missing: 1 file (1 run).\n")
    assert f"{name}: It has changed since it was written" in found.stdout
    as_json = CliRunner().invoke(app, ["check", "--json", str(tmp_path)])
    assert as_json.exit_code == 1
    assert [problem["file"] for problem in json.loads(as_json.stdout)] == [name]
