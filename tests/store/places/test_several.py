"""Several log directories are read as one, and equal run ids are told apart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.serving import client_of

import confusionflow as cf
from confusionflow.errors import ArgumentError, LogDirectoryError
from confusionflow.server.app import create_app
from confusionflow.store import Store


def log(log_dir: Path, name: str, wrong: int = 0) -> str:
    with cf.Run(log_dir, name, classes=["cat", "dog"]) as run:
        run.log_matrix(0, "test", [[10 - wrong, wrong], [0, 10]])
    return run.id


@pytest.fixture
def both(tmp_path: Path) -> tuple[Path, Path]:
    """Two log directories; run "copied" is in both, with another matrix in the second."""
    one, other = tmp_path / "a", tmp_path / "b"
    log(one, "adam")
    run_id = log(one, "copied")
    log(other, "sgd", wrong=1)
    shutil.copytree(one / f"run-{run_id}", other / f"run-{run_id}")
    with cf.Run(other, "copied", id=run_id, resume=True, classes=["cat", "dog"]) as run:
        run.log_matrix(0, "test", [[5, 5], [0, 10]])
    return one, other


def test_runs_of_all_directories_are_listed_and_read(both: tuple[Path, Path]) -> None:
    logs = cf.open_logs(both)
    assert sorted(run.name for run in logs.runs) == ["adam", "copied", "copied", "sgd"]
    assert [logs[name].directory for name in ("adam", "sgd")] == [str(path) for path in both]
    assert cf.open_logs(both[0])["adam"].directory == str(both[0])
    assert logs["sgd"]["test"].confusion()[0].tolist() == [[9, 1], [0, 10]]
    assert logs.problems == []


def test_an_id_in_one_directory_stays_as_it_is(both: tuple[Path, Path]) -> None:
    apart = {cf.open_logs(path)[name].id for path, name in zip(both, ["adam", "sgd"], strict=True)}
    assert apart <= {run.id for run in cf.open_logs(both).runs}


def test_equal_ids_are_told_apart_in_whatever_order_the_directories_are(
    both: tuple[Path, Path],
) -> None:
    found = []
    for order in (both, both[::-1]):
        copies = [run for run in cf.open_logs(order).runs if run.name == "copied"]
        found.append({run.id: run["test"].confusion()[0].tolist() for run in copies})
    assert found[0] == found[1]
    assert sorted(found[0].values()) == [[[5, 5], [0, 10]], [[10, 0], [0, 10]]]


def test_the_api_says_which_directory_and_serves_each_copy(both: tuple[Path, Path]) -> None:
    with client_of(create_app(both)) as client:
        answer = client.get("/api/runs").json()
        assert answer["log_directory"] == f"{both[0]}, {both[1]}"
        (sgd,) = [run for run in answer["runs"] if run["name"] == "sgd"]
        assert sgd["directory"] == str(both[1])
        whole = [run for run in answer["runs"] if run["attempt"] is None]
        copies = [run for run in whole if run["name"] == "copied"]
        bodies = set()
        for run in copies:
            address = f"/api/runs/{run['id']}/splits/{run['splits'][0]['id']}/series"
            bodies.add(client.get(address).content)
        assert len(bodies) == 2
    with client_of(create_app(both[0])) as client:
        assert {run["directory"] for run in client.get("/api/runs").json()["runs"]} == {None}


def test_what_is_new_in_either_is_seen(both: tuple[Path, Path]) -> None:
    store = Store(both)
    store.refresh()
    assert store.refresh() == frozenset()
    new = {log(both[1], "new"), log(both[0], "newer")}
    assert store.refresh() == new


def test_a_missing_directory_is_named_alone(both: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(LogDirectoryError) as raised:
        cf.open_logs([both[0], tmp_path / "none"])
    assert str(tmp_path / "none") in str(raised.value)
    assert str(both[0]) not in str(raised.value)
    with pytest.raises(ArgumentError):
        cf.open_logs([])


def test_one_directory_twice_is_one(both: tuple[Path, Path]) -> None:
    assert len(cf.open_logs([both[0], both[0]]).runs) == 2


def test_nothing_is_written_into_several(both: tuple[Path, Path]) -> None:
    files = Store(both).filesystem
    with pytest.raises(PermissionError, match="Pass one"):
        files.commit("", {"name": b""}, "0badcafe")


def test_renamed_folders_of_both_are_named(both: tuple[Path, Path]) -> None:
    for path in both:
        next(path.iterdir()).rename(path / "best")
    names = {stray.file for stray in Store(both).strays()}
    assert len(names) == 2
    assert all(name.startswith("best (") for name in names)
