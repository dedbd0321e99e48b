"""`confusionflow list`, as a script and a person call it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from tests.serving import client_of

import confusionflow as cf
from confusionflow.cli.run_table import run_table
from confusionflow.server.app import create_app
from confusionflow.store import Store
from confusionflow.store.format.ids import digest_of

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path) -> cf.Run:
    name = "a [bold]name[/bold] that is longer than any column of a narrow terminal would be"
    with cf.Run(tmp_path, name=name, config={"lr": 0.1}, classes=["a", "b"]) as run:
        for epoch in (0, 5):
            run.log(epoch, "test", y_true=[0, 1, 1], y_pred=[0, 1, 0])
    return run


def listed(log_dir: Path, *options: str) -> str:
    command = [sys.executable, "-m", "confusionflow", "list", str(log_dir), *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_names_and_ids_are_whole_where_they_are_piped_on(tmp_path: Path, run: cf.Run) -> None:
    head, row = listed(tmp_path).splitlines()
    assert head.split() == [
        "run",
        "id",
        "started",
        "state",
        "split",
        "epochs",
        "classes",
        "accuracy",
    ]
    assert row.startswith(f"{run.name}  {run.id}  20")
    assert "  finished  test   2 (0–5)" in row  # noqa: RUF001
    assert row.endswith(" 66.7%")


def test_json_is_what_the_server_answers(tmp_path: Path, run: cf.Run) -> None:
    (found,) = json.loads(listed(tmp_path, "--json"))
    with client_of(create_app(tmp_path)) as client:
        (answered,) = client.get("/api/runs").json()["runs"]
    del answered["directory"]
    moments = [datetime.fromisoformat(one.pop("created_at")) for one in (found, answered)]
    assert moments[0] == moments[1]
    assert found == answered


def test_json_holds_what_the_table_shows(tmp_path: Path, run: cf.Run) -> None:
    (found,) = json.loads(listed(tmp_path, "--json"))
    assert (found["id"], found["name"], found["state"]) == (run.id, run.name, "finished")
    assert found["config"] == {"lr": 0.1}
    (split,) = found["splits"]
    assert (split["epoch_count"], split["first_epoch"], split["last_epoch"]) == (2, 0, 5)
    assert split["class_count"] == 2
    assert split["last_accuracy"] == pytest.approx(2 / 3)


def test_an_empty_log_directory_says_so(tmp_path: Path) -> None:
    assert listed(tmp_path).strip() == f"No runs in {tmp_path} yet."


def test_a_folder_above_or_below_the_log_directory_says_where_the_runs_are(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    run = cf.Run(logs, name="run")
    for folder in (tmp_path, logs / f"run-{run.id}"):
        assert listed(folder).strip() == f"No runs in {folder} yet. There are runs in {logs}."


def test_names_get_shorter_where_the_screen_is_narrow_and_ids_never(
    tmp_path: Path, run: cf.Run
) -> None:
    head, row = run_table(Store(tmp_path).overviews(), width=80)
    assert len(head) == len(row) == 80
    assert re.match(r"a \[bol\S*…  2", row)
    assert row.endswith(" 66.7%")
    assert f"{run.id}  finished  test " in row


def test_a_run_that_has_logged_nothing_is_listed(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, name="crashed", classes=["a", "b"])
    name, run_id, *_, state, epochs = listed(tmp_path).splitlines()[1].split()
    assert (name, run_id, state, epochs) == ("crashed", run.id, "running", "none")


@pytest.mark.parametrize("ends", [True, False])
def test_a_run_is_listed_by_the_id_that_it_was_given(ends: bool, tmp_path: Path) -> None:
    run = cf.Run(tmp_path, name="a", id="../job 7", classes=["a", "b"])
    run.log(0, "test", y_true=[0], y_pred=[1])
    if ends:
        run.close()
    for _ in range(2):  # the second time, from what the first has kept
        _, row = listed(tmp_path).splitlines()
        assert row.startswith("a    ../job 7  ")
    assert cf.open_logs(tmp_path)["../job 7"].id == run.id


def test_an_id_that_a_run_was_not_made_from_is_not_shown(tmp_path: Path) -> None:
    cf.Run(tmp_path, name="a", id="job-7").close()
    (file,) = tmp_path.glob("*/attempt-*.json")
    said = file.read_bytes().replace(b'"job-7"', b'"job-8"')
    file.unlink()
    digest = digest_of(said)
    file.with_name(f"{file.name[:-21]}{digest}.json").write_bytes(said)
    _, row = listed(tmp_path).splitlines()
    assert "job" not in row
    assert "given-" in row
