"""Object stores: what one request in ten that fails may not do, and what a look may cost."""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
from tests.store.s3 import Faults, proxy, url
from typer.testing import CliRunner

import confusionflow as cf
from confusionflow.cli.app import app
from confusionflow.errors import (
    ConfusionFlowWarning,
    LogWriteError,
    ObjectStoreError,
    SchemeError,
)
from confusionflow.store import Store
from confusionflow.store.format import file_names, ids
from confusionflow.store.format.file_names import DataFile
from confusionflow.store.places.object_store import ATTEMPTS, ObjectFileSystem
from confusionflow.store.places.open import open_filesystem


def log_and_count(s3: str, folder: str, epochs: int, faults: Faults) -> None:
    """Log through a proxy that makes trouble; every epoch is there once, and reads back."""
    with proxy(s3, faults) as troubled:
        run = cf.Run(url(troubled, folder), name="run", classes=["a", "b", "c"], strict=True)
        for epoch in range(epochs):
            run.log(epoch, "test", y_true=[0, 1, 2, 2], y_pred=[0, 1, epoch % 3, 2])
        split = f"run-{run.id}/{file_names.split_folder(ids.split_id('test'))}"
        names = open_filesystem(url(s3, folder)).scan(split).files
        files = [file for name in names if (file := DataFile.parse(name))]
        assert len(files) == len(names)
        assert Counter((file.kind, file.epoch) for file in files) == {
            (kind, epoch): 1 for kind in ("counts", "predictions") for epoch in range(epochs)
        }
        run.close()
        for endpoint in (troubled, s3):
            series = cf.open_logs(url(endpoint, folder))["run"]["test"]
            assert series.epochs.tolist() == list(range(epochs))
            assert series.problems == []
            assert series.confusion().sum() == 4 * epochs
            assert series.confusion()[:, 2, 1].tolist() == [int(e % 3 == 1) for e in range(epochs)]


@pytest.mark.slow
def test_no_epoch_is_lost_and_none_comes_twice_where_requests_fail(s3: str) -> None:
    faults = Faults(refuse=0.1, forget=0.1, seed=1)
    log_and_count(s3, "troubled", 20, faults)
    assert all(faults.made[fate] for fate in ("500", "503", "409", "reset", "forget"))


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(5))
def test_no_epoch_of_a_long_run_is_lost_and_none_comes_twice(s3: str, seed: int) -> None:
    log_and_count(s3, f"torture-{seed}", 300, Faults(refuse=0.1, forget=0.1, seed=seed))


def test_a_put_goes_again_under_its_name(s3: str) -> None:
    faults = Faults(first=["forget", "409", "409"])
    with proxy(s3, faults) as troubled:
        open_filesystem(url(troubled, "again")).commit("run-1", {"a": b"data"}, "0badcafe")
    filesystem = open_filesystem(url(s3, "again"))
    assert filesystem.scan("run-1").files == ("a",)
    assert filesystem.read("run-1/a") == b"data"
    assert faults.made["PUT"] == 4


def test_a_request_is_given_up_in_the_end(s3: str) -> None:
    faults = Faults(first=["409"] * 100)
    with proxy(s3, faults) as troubled, pytest.raises(ObjectStoreError, match="s3://bucket/never"):
        open_filesystem(url(troubled, "never")).commit("run-1", {"a": b"data"}, "0badcafe")
    assert faults.made["PUT"] == ATTEMPTS


def test_trouble_that_passes_is_not_remembered_as_damage(s3: str) -> None:
    with cf.Run(url(s3, "passes"), name="run", classes=["a", "b"], strict=True) as run:
        run.log_matrix(0, "test", [[1, 2], [3, 4]])
    faults = Faults()
    with proxy(s3, faults) as troubled:
        store = Store(ObjectFileSystem(url(troubled, "passes"), parallel_requests=1))
        faults.first = ["answer"] * 2 + ["409"] * ATTEMPTS
        assert store.run(run.id).problems
        assert store.run(run.id).problems == []
        assert store.run(run.id).name == "run"


@pytest.mark.slow
def test_epochs_are_read_at_once_and_never_twice(s3: str) -> None:
    run = cf.Run(url(s3, "live"), name="run", classes=["a", "b"], strict=True)
    for epoch in range(40):
        run.log_matrix(epoch, "test", [[epoch, 1], [1, 1]])
    faults = Faults(delay_s=0.05)
    with proxy(s3, faults) as slow:
        store = Store(url(slow, "live"))
        assert store.run(run.id).splits["test"].counts().epochs.tolist() == list(range(40))
        assert faults.most_at_once > 8
        faults.made.clear()
        assert store.run(run.id).splits["test"].counts().epochs.tolist() == list(range(40))
        assert faults.made == {"GET": 2, "answer": 2}
    run.close()


def test_a_look_for_news_asks_once_for_each_run(s3: str) -> None:
    for name in ("one", "two", "three"):
        with cf.Run(url(s3, "news"), name=name, classes=["a", "b"], strict=True) as run:
            run.log_matrix(0, "test", [[1, 0], [0, 1]])
            run.log_matrix(0, "train", [[1, 0], [0, 1]])
    faults = Faults()
    with proxy(s3, faults) as watched:
        store = Store(url(watched, "news"))
        store.refresh()
        faults.made.clear()
        assert store.refresh() == frozenset()
        assert faults.made == {"GET": 4, "answer": 4}


def test_no_news_while_the_store_is_away(s3: str) -> None:
    with cf.Run(url(s3, "away"), name="run", classes=["a", "b"], strict=True) as run:
        run.log_matrix(0, "test", [[1, 0], [0, 1]])
    faults = Faults()
    with proxy(s3, faults) as troubled:
        store = Store(url(troubled, "away"))
        assert store.refresh() == {run.id}
        faults.first = ["403"] * 10
        assert store.refresh() == frozenset()
        faults.first = []
        assert store.refresh() == frozenset()


def test_a_missing_bucket_is_named_with_the_next_step(s3: str) -> None:
    nowhere = url(s3, bucket="nowhere")
    with pytest.raises(ObjectStoreError, match=r"^s3://nowhere/logs: There is no such bucket\. C"):
        cf.open_logs(nowhere)
    with pytest.raises(LogWriteError, match="There is no such bucket"):
        cf.Run(nowhere, name="run", strict=True)
    with pytest.warns(ConfusionFlowWarning, match="There is no such bucket"):
        cf.Run(nowhere, name="run")


def test_a_refusal_names_credentials_and_shows_none(s3: str) -> None:
    denied = pytest.raises(ObjectStoreError, match="AWS_ACCESS_KEY_ID")
    with proxy(s3, Faults(first=["403"] * 9)) as refusing, denied as refused:
        cf.open_logs(url(refusing))
    assert "secret" not in str(refused.value)
    assert "key:" not in str(refused.value)


def test_an_unknown_scheme_names_those_that_are_known() -> None:
    with pytest.raises(SchemeError, match=r"No file system is known for ftp://.* s3://, gs://"):
        cf.open_logs("ftp://somewhere/logs")
    with pytest.raises(SchemeError):
        cf.Run("ftp://somewhere/logs", name="run")


def test_an_address_of_a_folder_is_that_folder(tmp_path: Path) -> None:
    with cf.Run(f"file://{tmp_path}/my%20logs", name="run", classes=["a"], strict=True) as run:
        run.log_matrix(0, "test", [[1]])
    assert list(cf.open_logs(tmp_path / "my logs")) == ["run"]


@pytest.mark.slow
def test_every_command_takes_an_address(s3: str, tmp_path: Path) -> None:
    log_dir = url(s3, "commands")
    (tmp_path / "test").mkdir()
    for epoch in range(3):
        (tmp_path / f"test/epoch{epoch}_confusion.csv").write_text("id,0,1\n0,1,2\n1,3,4\n")
    imported = ["import", "matrices", str(tmp_path), "--into", log_dir, "--run", "old"]
    for command in (imported, ["check", log_dir], ["compact", log_dir]):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
    listed = json.loads(CliRunner().invoke(app, ["list", log_dir, "--json"]).stdout)
    assert [(run["name"], run["splits"][0]["epoch_count"]) for run in listed] == [("old", 3)]
    serving = subprocess.Popen(
        [sys.executable, "-m", "confusionflow", "serve", log_dir, "--port", "0", "--no-open"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert serving.stdout is not None
        address = serving.stdout.readline().split()[-1]
        with urllib.request.urlopen(f"{address}api/runs") as answer:
            runs = json.load(answer)
        assert [run["name"] for run in runs["runs"]] == ["old"]
        assert runs["log_directory"] == "s3://bucket/commands"
    finally:
        serving.terminate()
        serving.communicate()


def test_runs_and_samples_are_removed_from_an_object_store(s3: str) -> None:
    address = url(s3, "removed")
    for name in ("adam", "sgd"):
        with cf.Run(address, name=name, classes=["a", "b"]) as run:
            run.log(0, "test", y_true=[0, 1], y_pred=[0, 0])
            run.log_samples("test", text=["one", "two"])

    def call(*arguments: str) -> str:
        ended = CliRunner().invoke(app, ["remove", address, "--yes", *arguments])
        assert ended.exit_code == 0, ended.output
        return ended.output

    assert "Removed 1 run." in call("adam")
    assert list(cf.open_logs(address)) == ["sgd"]
    call("sgd")
    store = Store(address)
    assert [name for name in store.filesystem.scan("").folders if name.startswith("run-")] == []
    assert store.filesystem.scan("samples").files
    call("--samples")
    assert not open_filesystem(address).scan("samples").files
