"""A run gets another name by a further file; a folder that was renamed is named."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import confusionflow as cf
from confusionflow.store import Store
from confusionflow.store.check import check_run
from confusionflow.store.listing.overview import write_summary
from confusionflow.store.places.local import LocalFileSystem
from confusionflow.store.rename import NameFile, name_files, rename_run


@pytest.fixture
def run_id(tmp_path: Path) -> str:
    with cf.Run(tmp_path, "adam", classes=["cat", "dog"]) as run:
        run.log(0, "test", y_true=["cat", "dog"], y_pred=["cat", "cat"])
    return run.id


def names(log_dir: Path) -> list[str]:
    return [overview.name for overview in Store(log_dir).overviews()]


def test_the_newest_name_counts_and_nothing_else_changes(tmp_path: Path, run_id: str) -> None:
    folder = tmp_path / f"run-{run_id}"
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    version = Store(tmp_path).run(run_id).splits["test"].version
    for name in ("wide", "wider"):
        rename_run(LocalFileSystem(tmp_path), run_id, name)
    assert {path: path.read_bytes() for path in before} == before
    assert names(tmp_path) == ["wider"]
    logs = cf.open_logs(tmp_path)
    assert logs["wider"].id == run_id
    assert "adam" not in logs
    # What was sent with the old name is sent again.
    assert logs["wider"].stored.splits["test"].version != version


def test_a_summary_says_the_new_name(tmp_path: Path, run_id: str) -> None:
    files = LocalFileSystem(tmp_path)
    rename_run(files, run_id, "wide")
    assert names(tmp_path) == ["wide"], "the old summary does not count any more"
    write_summary(files, Store(tmp_path).run(run_id), "0badcafe")
    (summary,) = (tmp_path / f"run-{run_id}").glob("summary-*")
    assert json.loads(summary.read_text())["name"] == "wide"
    assert names(tmp_path) == ["wide"]


def test_a_resumed_training_leaves_the_name_that_was_given(tmp_path: Path, run_id: str) -> None:
    rename_run(LocalFileSystem(tmp_path), run_id, "wide")
    with cf.Run(tmp_path, "adam", id=run_id, resume=True, classes=["cat", "dog"]) as run:
        run.log(1, "test", y_true=["cat", "dog"], y_pred=["cat", "cat"])
    assert names(tmp_path) == ["wide"]


def test_a_damaged_name_is_reported_and_the_one_before_counts(tmp_path: Path, run_id: str) -> None:
    files = LocalFileSystem(tmp_path)
    for name in ("wide", "wider"):
        rename_run(files, run_id, name)
    folder = tmp_path / f"run-{run_id}"
    newest = name_files(path.name for path in folder.iterdir())[0]
    (folder / newest.name).write_text("{}")
    assert names(tmp_path) == ["wide"]
    for problems in (Store(tmp_path).run(run_id).problems, check_run(files, run_id)):
        assert [problem.file for problem in problems] == [f"run-{run_id}/{newest.name}"]


def test_of_two_names_at_one_moment_one_counts_for_all() -> None:
    one, other = NameFile(1, "0badcafe", "0" * 16), NameFile(1, "1badcafe", "0" * 16)
    assert name_files([one.name, other.name]) == name_files([other.name, one.name]) == [other, one]


def test_a_renamed_folder_is_named_with_the_name_that_it_had(tmp_path: Path, run_id: str) -> None:
    (tmp_path / f"run-{run_id}").rename(tmp_path / "best of all")
    (tmp_path / "notes").mkdir()
    store = Store(tmp_path)
    assert store.overviews() == []
    (stray,) = store.strays()
    assert stray.file == "best of all"
    assert f"Name it run-{run_id} again" in stray.reason
    assert cf.open_logs(tmp_path).problems == [stray]


def test_a_renamed_folder_is_read_once_for_many_lists(
    tmp_path: Path, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"run-{run_id}").rename(tmp_path / "best")
    store = Store(tmp_path)
    found = store.strays()
    paths: list[str] = []
    read = LocalFileSystem.read

    def noted(files: LocalFileSystem, path: str) -> bytes:
        paths.append(path)
        return read(files, path)

    monkeypatch.setattr(LocalFileSystem, "read", noted)
    assert store.strays() == found
    assert paths == []


def test_a_folder_with_the_name_of_another_run_is_shown_and_named(
    tmp_path: Path, run_id: str
) -> None:
    (tmp_path / f"run-{run_id}").rename(tmp_path / "run-best")
    store = Store(tmp_path)
    (overview,) = store.overviews()
    assert (overview.name, overview.splits[0].last_accuracy) == ("adam", 0.5)
    for problems in (overview.problems, check_run(LocalFileSystem(tmp_path), "best")):
        (problem,) = problems
        assert problem.file == "run-best"
        assert f"run-{run_id}" in problem.reason


def test_links_are_named_unless_they_are_called_as_the_run_is(tmp_path: Path, run_id: str) -> None:
    other = tmp_path / "elsewhere" / f"run-{run_id}"
    other.parent.mkdir()
    (tmp_path / f"run-{run_id}").rename(other)
    log_dir = tmp_path / "logs"
    log_dir.mkdir()
    (log_dir / "best").symlink_to(other)
    assert "Name it" in Store(log_dir).strays()[0].reason
    (log_dir / other.name).symlink_to(other)
    assert names(log_dir) == ["adam"]
    assert f"listed as {other.name}" in Store(log_dir).strays()[0].reason
    (log_dir / "best").unlink()
    assert Store(log_dir).strays() == []
    os.rename(other, tmp_path / "gone")  # noqa: PTH104
    (lost,) = Store(log_dir).strays()
    assert (lost.file, "leads nowhere" in lost.reason) == (other.name, True)
