"""`confusionflow rename` and `remove`, and what `list` and `check` say of renamed folders."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import confusionflow as cf
from confusionflow.cli.app import app
from confusionflow.errors import ArgumentError, NameTextError, RunningError, RunNotFoundError


def call(*arguments: str | Path, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=answer)


def log(log_dir: Path, name: str, **config: object) -> str:
    with cf.Run(log_dir, name, config, classes=["cat", "dog"]) as run:
        run.log(0, "test", y_true=["cat", "dog"], y_pred=["cat", "cat"])
    return run.id


def test_a_run_is_renamed_by_name_or_id(tmp_path: Path) -> None:
    run_id = log(tmp_path, "adam")
    assert call("rename", tmp_path, "adam", "wide").exit_code == 0
    assert call("rename", tmp_path, run_id, "wider").exit_code == 0
    assert list(cf.open_logs(tmp_path)) == ["wider"]
    assert [path.name for path in tmp_path.iterdir()] == [f"run-{run_id}"]
    assert isinstance(call("rename", tmp_path, "adam", "x").exception, RunNotFoundError)
    assert isinstance(call("rename", tmp_path, "wider", " ").exception, NameTextError)


def test_a_name_of_several_runs_is_not_enough(tmp_path: Path) -> None:
    ids = [log(tmp_path, "adam"), log(tmp_path, "adam")]
    for command, last in (("rename", "wide"), ("remove", "--yes")):
        error = call(command, tmp_path, "adam", last).exception
        assert isinstance(error, ArgumentError)
        assert all(run_id in str(error) for run_id in ids)
    assert len(cf.open_logs(tmp_path).runs) == 2


def test_removing_asks_first(tmp_path: Path) -> None:
    for name in ("adam", "sgd", "rmsprop"):
        log(tmp_path, name)
    asked = call("remove", tmp_path, "adam", answer="n\n")
    assert asked.exit_code == 1
    assert "adam" in asked.output
    assert call("remove", tmp_path, "adam", answer="").exit_code == 1, "nobody can answer"
    assert len(cf.open_logs(tmp_path)) == 3
    assert call("remove", tmp_path, "adam", answer="y\n").exit_code == 0
    assert call("remove", tmp_path, "sgd", "--yes").exit_code == 0
    assert list(cf.open_logs(tmp_path)) == ["rmsprop"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_run_that_is_running_is_not_removed_nor_those_beside_it(tmp_path: Path) -> None:
    log(tmp_path, "adam")
    running = cf.Run(tmp_path, "live", classes=["cat", "dog"])
    running.log(0, "test", y_true=["cat"], y_pred=["cat"])
    refused = call("remove", tmp_path, "adam", "live", "--yes")
    assert isinstance(refused.exception, RunningError)
    assert set(cf.open_logs(tmp_path)) == {"adam", "live"}
    running.close()
    assert call("remove", tmp_path, "adam", "live", "--yes").exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_of_a_link_the_link_alone_is_removed(tmp_path: Path) -> None:
    run_id = log(tmp_path / "elsewhere", "adam")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / f"run-{run_id}").symlink_to(tmp_path / "elsewhere" / f"run-{run_id}")
    assert call("remove", tmp_path / "logs", "adam", "--yes").exit_code == 0
    assert list((tmp_path / "logs").iterdir()) == []
    assert list(cf.open_logs(tmp_path / "elsewhere")) == ["adam"]


@pytest.mark.parametrize("command", ["list", "check"])
def test_a_renamed_folder_is_named(tmp_path: Path, command: str) -> None:
    run_id = log(tmp_path, "adam")
    (tmp_path / f"run-{run_id}").rename(tmp_path / "best")
    said = call(command, tmp_path)
    assert said.exit_code == (command == "check")
    assert f"best: It holds run '{run_id}'" in said.output


def test_the_list_tells_runs_apart_by_start_and_config(tmp_path: Path) -> None:
    for seed in (0, 1):
        log(tmp_path, "adam", lr=0.1, seed=seed)
    log(tmp_path, "sgd", lr=0.1)
    head, *rows = call("list", tmp_path).output.splitlines()
    assert head.split()[:5] == ["run", "id", "started", "config", "state"]
    assert [re.findall(r"\S+=\S+", row) for row in rows] == [["seed=0"], ["seed=1"], []]
    assert all(re.search(r" \d{4}-\d\d-\d\d \d\d:\d\d ", row) for row in rows)


def test_several_log_directories_are_listed_and_checked_together(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    log(one, "adam")
    run_id = log(other, "sgd")
    listed = call("list", one, other).output
    assert "adam" in listed
    assert "sgd" in listed
    assert "No damaged files (2 runs)." in call("check", one, other).output
    next((other / f"run-{run_id}").glob("*/*.parquet")).write_bytes(b"no parquet")
    checked = call("check", one, other)
    assert checked.exit_code == 1
    assert str(other) in checked.output
    assert str(one) not in checked.output
    for name in "ab":
        (tmp_path / name).mkdir()
    empty = call("list", tmp_path / "a", tmp_path / "b").output
    assert f"No runs in {tmp_path / 'a'}, {tmp_path / 'b'} yet." in empty
