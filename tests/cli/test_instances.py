"""What `confusionflow instances` prints."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from tests.reading.test_instances import log_run
from typer.testing import CliRunner

import confusionflow as cf
from confusionflow.cli.app import app
from confusionflow.errors import ArgumentError, EpochNotFoundError


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("logs")
    log_run(log_dir)
    return log_dir


def instances(*arguments: object) -> str:
    ended = CliRunner().invoke(app, ["instances", *map(str, arguments)], catch_exceptions=False)
    assert ended.exit_code == 0
    return ended.output


def test_csv_has_every_instance_of_a_cell(log_dir: Path) -> None:
    rows = csv.DictReader(
        io.StringIO(instances(log_dir, "--cell", "cat,dog", "--epochs", "2-7", "--csv"))
    )
    expected = cf.open_logs(log_dir)["run"]["test"].instances(
        "cat", "dog", (2, 7), backend="pyarrow"
    )
    assert [row["instance"] for row in rows] == expected["instance"].to_pylist()


def test_the_first_rows_are_a_table(log_dir: Path) -> None:
    lines = instances(log_dir, "--run", "run", "--split", "test", "--limit", 3).splitlines()
    assert lines[0].startswith("run · test: ")
    assert lines[1].split()[:3] == ["instance", "actual", "share"]
    assert len(lines) == 6
    assert lines[5].startswith("… ")


def test_possible_label_errors_are_listed_by_a_score(log_dir: Path) -> None:
    printed = instances(log_dir, "--label-errors", "suspicious_label", "--csv")
    expected = cf.open_logs(log_dir)["run"]["test"].possible_label_errors(backend="pyarrow")
    rows = list(csv.DictReader(io.StringIO(printed)))
    assert [row["instance"] for row in rows] == expected["instance"].to_pylist()
    assert rows[0].keys() == {"instance", "actual", "suggested", "score"}


@pytest.mark.parametrize("cell", ["cat,dgo", "cat", "cat,dog,owl"])
def test_a_cell_that_is_not_there_is_named(log_dir: Path, cell: str) -> None:
    with pytest.raises(ArgumentError, match=r"--cell is .*not ACTUAL,PREDICTED"):
        instances(log_dir, "--cell", cell)


def test_class_names_may_have_commas(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=["a,b", "c"]) as run:
        run.log(0, "test", y_true=[0, 1], y_pred=[1, 1], ids=["x", "y"])
    printed = instances(tmp_path, "--cell", "a,b,c", "--csv")
    assert [row["instance"] for row in csv.DictReader(io.StringIO(printed))] == ["x"]


def test_the_split_is_the_one_that_the_page_lists(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=["cat", "dog"]) as run:
        for split in ("train", "test"):
            run.log(0, split, y_true=[0, 1], y_pred=[1, 1])
    cf.Run(tmp_path, "begun").close()
    assert instances(tmp_path).startswith("run · test: ")
    # The page begins with the first four splits of the newest run, and lists the last of them.
    with cf.Run(tmp_path, "many", classes=["cat", "dog"]) as run:
        for split in ("train", "val", "test", "shifted", "fifth"):
            run.log(0, split, y_true=[0, 1], y_pred=[1, 1])
    assert instances(tmp_path).startswith("many · shifted: ")
    assert ", wrong at one epoch or more\n" in instances(tmp_path)
    assert "wrong at" not in instances(tmp_path, "--cell", "cat,dog")


@pytest.mark.parametrize("epochs", ["8-60", "4-6"])
def test_epochs_that_were_not_logged_are_refused(log_dir: Path, epochs: str) -> None:
    with pytest.raises(EpochNotFoundError, match="4 logged epochs are from 0 to 7"):
        instances(log_dir, "--epochs", epochs)
    assert "instances" in instances(log_dir, "--epochs", "7-60")
