"""The overviews that one process keeps for the next, in the user's cache folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scripts.runs import fill

import confusionflow as cf
from confusionflow.store import Store
from confusionflow.store.listing.index import FEW_RUNS, OverviewIndex
from confusionflow.store.listing.overview import RunOverview
from confusionflow.store.places.object_store import ObjectFileSystem

# Names the files that a command opens and the folders that it lists, below a log directory.
WATCHED = """
import json, os, sys
log_dir, *command = sys.argv[1:]
touched = []
def note(event, arguments):
    if event in ("open", "os.scandir", "os.listdir") and arguments:
        path = os.fspath(arguments[0]) if isinstance(arguments[0], (str, os.PathLike)) else ""
        if path.startswith(log_dir):
            touched.append(os.path.relpath(path, log_dir))
sys.addaudithook(note)
from typer.testing import CliRunner
from confusionflow.cli.app import app
done = CliRunner().invoke(app, [*command, log_dir])
assert done.exit_code == 0, done.output
print(json.dumps({"touched": touched, "printed": done.stdout}))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Log directories of runs that ended a while ago."""
    folder = tmp_path_factory.mktemp("folders")
    (folder / "logs").mkdir()
    fill(folder / "logs", FEW_RUNS + 8)
    for name in ("changing", "replaced", "few"):
        shutil.copytree(folder / "logs", folder / name)
    for run in list((folder / "few").iterdir())[FEW_RUNS - 1 :]:
        shutil.rmtree(run)
    time.sleep(2.1)
    return folder


@pytest.fixture
def log_dir(folders: Path) -> Path:
    """Runs that ended a while ago, which tests leave as they are."""
    return folders / "logs"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def index_in(cache: Path) -> Path:
    (found,) = (cache / "confusionflow").iterdir()
    return found


def watch(log_dir: Path, *command: str) -> tuple[list[str], str]:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(log_dir), *command],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    return found["touched"], found["printed"]


def overviews(log_dir: Path) -> dict[str, RunOverview]:
    """As a new process sees them."""
    return {run.id: run for run in Store(log_dir).overviews()}


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["table", "json"])
@pytest.mark.slow
def test_list_reads_only_overviews_and_the_next_process_none(
    log_dir: Path, options: list[str]
) -> None:
    touched, printed = watch(log_dir, "list", *options)
    read = [path for path in touched if path.endswith((".json", ".parquet"))]
    assert len(read) == FEW_RUNS + 8
    assert {Path(path).name.partition("-")[0] for path in read} == {"summary"}
    assert watch(log_dir, "list", *options) == (["."], printed)


@pytest.mark.slow
def test_an_index_is_for_the_user_alone_and_of_whole_runs_that_ended(
    log_dir: Path, cache: Path
) -> None:
    runs = overviews(log_dir)
    assert index_in(cache).parent.stat().st_mode & 0o077 == 0
    assert index_in(cache).read_bytes().count(b'"state": "finished"') == len(runs)


@pytest.mark.slow
def test_what_changed_since_is_read(folders: Path) -> None:
    logs = folders / "changing"
    before = overviews(logs)
    with cf.Run(logs, name="resumed", id="mine", classes=["a", "b"]) as run:
        run.log(0, "test", y_true=[0], y_pred=[0])
    changed, gone, renewed = list(before)[:3]
    split = next((logs / f"run-{changed}").glob("split-*"))
    next(split.glob("counts-*")).unlink()
    shutil.rmtree(logs / f"run-{gone}")
    with cf.Run(logs, name="again", id=renewed, resume=True) as again:
        again.log(99, "split 0", y_true=[0], y_pred=[0])
    after = overviews(logs)
    assert after.keys() == before.keys() - {gone} | {run.id}
    assert len(after[changed].splits) == len(before[changed].splits) - 1
    assert after[renewed].attempts == (0, 1)
    assert {i for i in after if after[i] != before.get(i)} == {changed, renewed, run.id}
    assert after == {run.id: run for run in Store(logs).overviews()}


@pytest.mark.slow
def test_a_folder_that_takes_the_place_of_another_is_read(folders: Path, tmp_path: Path) -> None:
    logs = folders / "replaced"
    run_id = list(overviews(logs))[1]
    # As `cp -a` and rsync do, with the times that the folders had.
    shutil.move(logs / f"run-{run_id}", tmp_path / "old")
    shutil.copytree(tmp_path / "old", logs / f"run-{run_id}")
    (summary,) = (logs / f"run-{run_id}").glob("summary-*")
    summary.write_text("{}")
    touched, _ = watch(logs, "list")
    assert f"run-{run_id}/{summary.name}" in touched


@pytest.mark.parametrize("damage", ["cut", "changed", "no file"])
def test_an_index_that_is_damaged_is_as_none(log_dir: Path, cache: Path, damage: str) -> None:
    before = overviews(log_dir)
    index = index_in(cache)
    data = bytearray(index.read_bytes())
    if damage == "cut":
        index.write_bytes(data[: len(data) // 2])
    elif damage == "changed":
        index.write_bytes(data.replace(b'"run 7"', b'"run 8"'))
    else:
        index.unlink()
        index.mkdir()
    assert overviews(log_dir) == before


def test_what_changed_a_moment_ago_is_not_kept(log_dir: Path, tmp_path: Path, cache: Path) -> None:
    shutil.copytree(log_dir, tmp_path / "logs")
    # A busy machine may take more than a moment to copy and to look.
    soon_s = time.time() + 300
    for folder in (tmp_path / "logs").rglob("*/"):
        os.utime(folder, (soon_s, soon_s))
    overviews(tmp_path / "logs")
    assert not cache.exists()


@pytest.mark.slow
def test_few_runs_have_no_index(folders: Path, cache: Path) -> None:
    assert len(overviews(folders / "few")) == FEW_RUNS - 1
    assert not cache.exists()


def test_an_object_store_has_no_index(log_dir: Path, cache: Path) -> None:
    runs = [(run, [""]) for run in overviews(log_dir).values()]
    index_in(cache).unlink()
    OverviewIndex(ObjectFileSystem("s3://bucket/logs")).keep(runs, time.time_ns())
    assert not list(cache.rglob("*.json"))


def test_a_log_directory_that_holds_the_cache_folder_is_not_written_to(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(log_dir))
    before = sorted(log_dir.rglob("*"))
    overviews(log_dir)
    assert sorted(log_dir.rglob("*")) == before
