"""No path is ever built from text of a user, a log, a request or another tool's files."""

from __future__ import annotations

import csv
import itertools
import json
import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.payloads import TRAVERSALS
from tests.serving import client_of
from tests.store.forging import forge, forge_table
from tests.syncs import without_syncs

import confusionflow as cf
from confusionflow.errors import ImportSourceError
from confusionflow.importers.helpers.tables import read_pieces
from confusionflow.importers.original import import_original
from confusionflow.importers.predictions import import_predictions
from confusionflow.server.app import create_app

SECRET = "root:secret"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a secret, and in it, deep enough for all forms, a log directory."""
    place = tmp_path_factory.mktemp("place")
    log_dir = place.joinpath(*"abcdefghi", "logs")
    for folder in (log_dir, *log_dir.parents):
        if folder.is_relative_to(place):
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("secret", "secret.json", "etc/passwd"):
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_text(SECRET)
    with cf.Run(log_dir, name="run", classes=["a", "b"]) as run:
        run.log_matrix(0, "test", np.eye(2, dtype=int))
    return place


@pytest.fixture
def log_dir(place: Path) -> Path:
    return place.joinpath(*"abcdefghi", "logs")


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


_opened: list[str] | None = None


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _opened is not None and event in ("open", "os.listdir", "os.scandir", "os.mkdir"):
        path = arguments[0]
        if isinstance(path, (str, bytes, os.PathLike)):
            _opened.append(os.path.realpath(os.fsdecode(path)))


sys.addaudithook(_note)


@contextmanager
def opening(*folders: Path) -> Iterator[None]:
    """Nothing but what is below these folders is opened or looked into meanwhile."""
    global _opened
    _opened = []
    try:
        yield
    finally:
        opened, _opened = _opened, None
    assert opened
    # Libraries load parts of their own when they are first used, and in threads of other tests too.
    own = (Path(sysconfig.get_path(name)) for name in ("stdlib", "purelib", "platlib"))
    allowed = [os.path.realpath(folder) for folder in (*folders, *own)]
    for path in opened:
        inside = any(os.path.commonpath([path, folder]) == folder for folder in allowed)
        # A folder is made durable by syncing the one above it.
        assert inside or path in map(os.path.dirname, allowed), path


def test_there_are_250_forms() -> None:
    assert len(set(TRAVERSALS)) >= 250


@without_syncs()
@pytest.mark.slow
def test_no_text_that_is_logged_becomes_a_path(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_dir = tmp_path.joinpath(*"abcdefghi", "logs")
    log_dir.mkdir(parents=True)
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    before = files_below(place)
    with opening(log_dir, cache):
        for form in TRAVERSALS:
            with cf.Run(log_dir, name=form, id=form, config={form: form}, classes=[form]) as run:
                run.log_matrix(0, form, [[1]])
    assert files_below(place) == before
    names = {path.name for folder in (log_dir, cache) for path in folder.rglob("*")}
    assert not {
        c for name in names for c in name if not (c.isascii() and (c.isalnum() or c in "-."))
    }
    assert {path.parent for path in tmp_path.rglob("run-*")} == {log_dir}
    logs = cf.open_logs(log_dir)
    with opening(log_dir, cache):
        for form in TRAVERSALS[::48]:
            assert list(logs[form]) == [form]
            assert cf.Run(log_dir, name=form, resume=True).id == logs[form].id


@pytest.mark.slow
def test_no_text_of_a_forged_log_becomes_a_path(tmp_path: Path) -> None:
    log_dir = tmp_path.joinpath(*"abcdefghi", "logs")
    with cf.Run(log_dir, name="run", classes=["a", "b"]) as run:
        for epoch in range(2):
            run.log(epoch, "test", y_true=[0, 1], y_pred=[0, 1])
    begun = next(log_dir.rglob("attempt-*"))
    said = json.loads(begun.read_bytes())
    counts = next(log_dir.rglob("counts-*"))
    with cf.Run(log_dir, name="run", classes=["a", "b"]) as run:
        run.log(0, "test", y_true=[0, 1], y_pred=[0, 1])
    alone = next(path for path in log_dir.rglob("counts-*") if "merged" not in path.name)
    for form in TRAVERSALS:
        odd = dict.fromkeys(said, form) | {"classes": [form], "config": {form: form}}
        begun = forge(begun, json.dumps(odd).encode())
        alone = forge_table(
            alone, dict.fromkeys(("run_id", "split", "classes", "predictions"), form)
        )
        counts = forge_table(counts, members={form: form})
        with opening(log_dir):
            for found in cf.open_logs(log_dir).runs:
                for series in found.values():
                    assert series.confusion().shape[0] <= 2


def test_no_text_of_a_request_becomes_a_path(log_dir: Path) -> None:
    logs = cf.open_logs(log_dir)
    (series,) = logs["run"].values()
    places = itertools.cycle(
        [
            "/{}",
            "/assets/{}",
            "/api/runs/{}/splits/x/series",
            f"/api/runs/{series.run.id}/splits/{{}}/table.csv",
            f"/api/runs/{series.run.id}~{{}}/splits/{series.id}/series",
            "/api/order?by=name&series={}",
        ]
    )
    with client_of(create_app(log_dir)) as client:
        for form in TRAVERSALS:
            assert form not in logs
            path = next(places).format(form)
            request = client.build_request("GET", "/")
            raw = path.replace("\\", "%5c").replace("\0", "%00").encode()
            request.url = httpx.URL(str(request.url)).copy_with(raw_path=raw)
            answer = client.send(request)
            assert answer.status_code in (400, 404), (path, answer.status_code)
            assert SECRET not in answer.text


@without_syncs()
@pytest.mark.slow
def test_no_text_of_a_table_becomes_a_path(place: Path, tmp_path: Path) -> None:
    table, log_dir = tmp_path / "table.csv", tmp_path / "logs"
    with table.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["epoch", "split", "y_true", "y_pred", "id"])
        rows.writerows((0, form, form, form, form) for form in TRAVERSALS)
    before = files_below(place)
    import_predictions(read_pieces(table), log_dir, TRAVERSALS[0])
    assert files_below(place) == before
    assert set(cf.open_logs(log_dir)[TRAVERSALS[0]]) == set(TRAVERSALS)


@pytest.mark.slow
def test_no_id_of_the_originals_files_leads_out_of_its_folders(place: Path, tmp_path: Path) -> None:
    source = place.joinpath(*"abcdefghi", "original")
    for folder in ("runs", "datasets", "foldlogs", "foldlogdata"):
        (source / folder).mkdir(parents=True)
    fold = {"foldId": "d_test", "foldlogId": "f"}
    (source / "datasets/d.json").write_text(
        json.dumps({"datasetId": "d", "classes": ["a", "b"], "folds": [fold]})
    )
    for form in TRAVERSALS:
        for entry in (form, {**fold, "foldlogId": form}):
            run = {"runId": form, "foldlogs": [entry]}
            (source / "runs/a.json").write_text(json.dumps(run))
            with opening(source, tmp_path), pytest.raises(ImportSourceError) as raised:
                import_original(source, tmp_path / "logs")
            assert SECRET not in str(raised.value)
    assert not (tmp_path / "logs").exists()
