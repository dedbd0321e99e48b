"""Names and values from logs are only text: printed, answered, exported, they stay what they are.

The page has the same payloads in tests/e2e/test_text.py; paths are in test_traversal.py.
"""

from __future__ import annotations

import csv
import functools
import json
import os
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from tests.payloads import PAYLOADS
from tests.serving import client_of

import confusionflow as cf
from confusionflow.cli.app import main
from confusionflow.cli.printable import printable
from confusionflow.exporters.report import export_report
from confusionflow.exporters.table import Format, export_table
from confusionflow.log.spelling import spelled
from confusionflow.server.app import create_app
from confusionflow.store.format.ids import split_id

# Made once for all: to make the commands takes longer than to run one.
get_command = functools.cache(typer.main.get_command)

HALF = "caf\udce9"  # a file's name of bytes that are no UTF-8


def log_payload(log_dir: Path, text: str) -> None:
    """A run of which everything that has a name is called `text`."""
    with cf.Run(log_dir, name=text, config={text: text}, classes=[text, "b"]) as run:
        run.log_matrix(0, text, np.eye(2, dtype=int))


@pytest.fixture(scope="module")
def log_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("text")
    for payload in PAYLOADS:
        log_payload(log_dir, payload)
    return log_dir


@pytest.fixture(scope="module")
def client(log_dir: Path) -> Iterator[httpx.Client]:
    with client_of(create_app(log_dir)) as client:
        yield client


class Command:
    """The command line, in this process: a NUL can't be in an argument of another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        self._monkeypatch.setattr(sys, "argv", ["confusionflow", *map(str, arguments)])
        self._monkeypatch.setenv("COLUMNS", "100")
        self._monkeypatch.setattr(typer.main, "get_command", get_command)
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed, errors = self._capsys.readouterr()
        return code, printed, errors.lstrip("\n")  # a bar that went leaves a line


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(monkeypatch, capsys)


def obeyed(text: str) -> list[str]:
    """Characters that a terminal obeys or hides; line ends are the command's own."""
    ill = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return [c for c in text if c != "\n" and unicodedata.category(c) in ill]


def names_a_file(text: str) -> bool:
    """Whether a file system lets a file be called so."""
    return not {"/", "\0"} & set(text) and len(os.fsencode(text)) < 240 and text not in (".", "..")


def test_there_are_sixty_payloads() -> None:
    assert len(set(PAYLOADS)) >= 60


@pytest.mark.parametrize("payload", [*PAYLOADS, HALF], ids=ascii)
def test_printable_text_commands_no_terminal(payload: str) -> None:
    assert not obeyed(printable(payload))
    assert "\n" not in printable(payload)


def test_a_list_of_runs_commands_no_terminal_and_reads_no_markup(
    log_dir: Path, command: Command
) -> None:
    code, printed, errors = command("list", log_dir)
    assert (code, errors) == (0, "")
    assert not obeyed(printed)
    for payload in PAYLOADS:
        assert printable(payload)[:4000].strip() in printed, payload
    listed = json.loads(command("list", log_dir, "--json")[1])
    assert sorted(run["name"] for run in listed) == sorted(PAYLOADS)
    for run in listed:
        assert run["config"] == {run["name"]: run["name"]}
        assert [split["name"] for split in run["splits"]] == [run["name"]]


@pytest.mark.parametrize("payload", [p for p in [*PAYLOADS, HALF] if "\0" not in p], ids=ascii)
@pytest.mark.slow
def test_an_error_that_repeats_a_text_commands_no_terminal(
    tmp_path: Path, command: Command, payload: str
) -> None:
    odd = payload + "?"
    log_dir = tmp_path / "logs"
    log_payload(log_dir, "a")
    (tmp_path / "table.csv").write_text("epoch,actual,predicted\n0,a,b\n")
    into = ("--into", log_dir, "--run", "x")
    for arguments in (
        ["export", log_dir, f"--run={odd}", "-o", tmp_path / "out.csv"],
        ["export", log_dir, f"--split={odd}", "-o", tmp_path / "out.csv"],
        ["export", log_dir, f"--class={odd}", "-o", tmp_path / "out.html"],
        ["export", log_dir, f"--epochs={odd}"],
        ["export", log_dir, f"--output={tmp_path}/{odd}"],
        ["import", "predictions", tmp_path / "table.csv", f"--epoch-column={odd}", *into],
        ["import", "predictions", f"{tmp_path}/{odd}.csv", *into],
        ["import", "predictions", f"{tmp_path}/{odd}", *into],
        ["import", "matrices", f"{tmp_path}/{odd}", *into],
        ["import", "original", f"{tmp_path}/{odd}", *into[:2]],
        ["list", f"{tmp_path}/{odd}"],
        ["check", f"{tmp_path}/{odd}"],
        ["compact", f"{tmp_path}/{odd}"],
    ):
        code, printed, errors = command(*arguments)
        assert code == 1, (arguments, errors)
        assert errors.startswith("Error: ")
        assert not obeyed(printed + errors)
    assert {path.name for path in tmp_path.iterdir()} == {"logs", "table.csv"}
    assert list(cf.open_logs(log_dir)) == ["a"]


@pytest.mark.parametrize("payload", [p for p in [*PAYLOADS, HALF] if names_a_file(p)], ids=ascii)
@pytest.mark.slow
def test_a_file_of_any_name_is_read_or_named_without_harm(
    tmp_path: Path, command: Command, payload: str
) -> None:
    folder = tmp_path / payload
    folder.mkdir()
    table = folder / f"{payload}.csv"
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([("epoch", "split", "y_true", "y_pred"), (0, "t", "a", "b")])
    log_payload(folder, "a")
    code, printed, errors = command("import", "predictions", table, "--into", folder, "--run", "x")
    assert code == 0 or (payload == HALF and "not UTF-8" in errors)
    assert not obeyed(printed + errors)
    for name in ("list", "check", "compact"):
        code, printed, errors = command(name, folder)
        assert (code, errors) == (0, "")
        assert not obeyed(printed)
    for form in ("csv", "parquet"):
        code, printed, errors = command("export", folder, "-o", folder / f"{payload}.{form}")
        assert (code, errors) == (0, "")
        assert not obeyed(printed)
    table.write_bytes(b"epoch,y_true\n\xff")
    code, printed, errors = command("import", "predictions", table, "--into", folder, "--run", "y")
    assert code == 1
    assert not obeyed(printed + errors)
    matrices = tmp_path / "matrices"
    (matrices / payload).mkdir(parents=True)
    (matrices / payload / "epoch0.csv").write_text("t,a,b\na,1,2\nb,3,4\n")
    code, _, errors = command("import", "matrices", matrices, "--into", folder, "--run", "z")
    assert not obeyed(errors)
    if code == 0:
        assert list(cf.open_logs(folder)["z"]) == [payload]
    else:
        assert payload == HALF or payload.startswith(".")
    (matrices / f"{payload}.csv").write_text("")
    code, _, errors = command("import", "matrices", matrices, "--into", folder, "--run", "w")
    assert code == 1
    assert not obeyed(errors)


@pytest.mark.parametrize("name", [HALF, PAYLOADS[0].replace("/", ""), "\x1b[31m\n"], ids=ascii)
def test_a_log_directory_of_any_name_is_served_and_exported(
    tmp_path: Path, command: Command, name: str
) -> None:
    folder = tmp_path / name
    log_payload(folder, "a")
    with client_of(create_app(folder)) as client:
        assert client.get("/api/runs").json()["log_directory"] == str(folder)
    for form in ("json", "html"):
        code, printed, errors = command("export", folder, "-o", folder / f"{name}.{form}")
        assert (code, errors) == (0, "")
        assert not obeyed(printed)


def test_texts_of_a_table_are_imported_as_they_are(tmp_path: Path, command: Command) -> None:
    table = tmp_path / "table.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, quoting=csv.QUOTE_ALL)
        rows.writerow(["epoch", "split", "y_true", "y_pred", "id"])
        rows.writerows((0, p, p, PAYLOADS[-1 - i], p) for i, p in enumerate(PAYLOADS))
    code, _, errors = command("import", "predictions", table, "--into", tmp_path, "--run=x")
    assert (code, errors) == (0, "")
    run = cf.open_logs(tmp_path)["x"]
    assert list(run) == PAYLOADS
    # Labels that differ in the spaces around them only are one class.
    assert set(map(spelled, run[PAYLOADS[0]].classes)) == set(map(spelled, PAYLOADS))


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_an_exported_table_holds_texts_as_they_were_logged(
    log_dir: Path, tmp_path: Path, form: Format
) -> None:
    series = [one for run in cf.open_logs(log_dir).runs for one in run.values()]
    path = tmp_path / "table"
    assert export_table(series, path, form) == 2 * len(PAYLOADS)
    if form == "csv":
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    else:
        rows = json.loads(path.read_text()) if form == "json" else pq.read_table(path).to_pylist()
    assert [row["run"] for row in rows[::2]] == PAYLOADS
    for row in rows[::2]:
        assert row["run"] == row["split"] == row["actual"] == row["predicted"]


class Structure(HTMLParser):
    """The elements of a page and their attributes; and what its data element holds."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[str]]] = []
        self.data = ""
        self.title = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, [name for name, _ in attrs]))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1] == ("title", []):
            self.title = self.title or data
        if self.elements and self.elements[-1] == ("script", ["type", "id"]):
            self.data += data


@pytest.mark.slow
def test_texts_change_nothing_of_a_reports_page(log_dir: Path, tmp_path: Path) -> None:
    log_payload(tmp_path / "harmless", "a")
    path = tmp_path / "report.html"
    export_report(list(cf.open_logs(tmp_path / "harmless")["a"].values()), path)
    harmless = Structure(path.read_text())
    runs = cf.open_logs(log_dir).runs
    export_report([one for run in runs for one in run.values()], path, view="#mode=" + PAYLOADS[6])
    found = Structure(path.read_text())
    assert found.elements == harmless.elements
    assert [run["name"] for run in json.loads(found.data)["runs"]["runs"]] == PAYLOADS
    for payload in [*PAYLOADS, HALF]:
        series = list(cf.open_logs(tmp_path / "harmless")["a"].values())
        export_report(series, path, title=payload)
        found = Structure(path.read_text())
        assert found.elements == harmless.elements, payload


@pytest.mark.slow
def test_the_api_answers_texts_as_they_were_logged(client: httpx.Client) -> None:
    runs = client.get("/api/runs").json()["runs"]
    assert [run["name"] for run in runs] == PAYLOADS
    for run, payload in zip(runs, PAYLOADS, strict=True):
        assert run["config"] == {payload: payload}
        (split,) = run["splits"]
        assert (split["name"], split["id"]) == (payload, split_id(payload))
        series = client.get(f"/api/runs/{run['id']}/splits/{split['id']}/series")
        table = pa.ipc.open_stream(series.content).read_all()
        assert table.column("classes")[0].as_py() == [payload, "b"]
        metadata = {key.decode(): value.decode() for key, value in table.schema.metadata.items()}
        assert (metadata["run_name"], metadata["split_name"]) == (payload, payload)
        counts = client.get(f"/api/runs/{run['id']}/splits/{split['id']}/table.csv")
        assert counts.headers["content-disposition"] == "attachment"
    every = "&".join(f"series={run['id']}/{run['splits'][0]['id']}" for run in runs)
    order = client.get(f"/api/order?by=name&{every}").json()
    assert set(order["classes"]) == {*PAYLOADS, "b"}


@pytest.mark.parametrize("declared", ["nested", "by parents"])
def test_names_of_groups_are_read_answered_and_exported_as_they_were_declared(
    tmp_path: Path, command: Command, declared: str
) -> None:
    log_dir, report = tmp_path / "logs", tmp_path / "report.html"
    nested = {p: {f"in {p}": ["a" + p, "b" + p], f"more {p}": ["c" + p, "d" + p]} for p in PAYLOADS}
    classes = [name for inner in nested.values() for held in inner.values() for name in held]
    inner_of = {
        name: group for inner in nested.values() for group in inner for name in inner[group]
    }
    outer_of = {group: outer for outer, inner in nested.items() for group in inner}
    matrix = np.eye(len(classes), dtype=int)
    as_declared: dict[str, Any] = {"classes": nested}
    if declared != "nested":
        as_declared = {"classes": classes, "parents": inner_of | outer_of}
    with cf.Run(log_dir, name="run", **as_declared) as run:
        run.log_matrix(0, "test", matrix)
    series = cf.open_logs(log_dir)["run"]["test"]
    tree = series.run.tree
    assert tree
    assert list(tree.cut(0).names) == PAYLOADS
    assert set(tree.groups) == {*nested, *outer_of}
    with client_of(create_app(log_dir)) as client:
        (listed,) = client.get("/api/runs").json()["runs"]
        path = f"/api/runs/{run.id}/splits/{listed['splits'][0]['id']}/series"
        table = pa.ipc.open_stream(client.get(path).content).read_all()
    answered = json.loads(table.schema.metadata[b"tree"])
    assert answered == {name: list(value) for name, value in asdict(tree).items()}
    for name in ("list", "check", "compact"):
        code, printed, errors = command(name, log_dir)
        assert (code, errors) == (0, "")
        assert not obeyed(printed)
    export_report([series], report)
    found = Structure(report.read_text())
    with cf.Run(tmp_path / "harmless", name="run", classes=classes) as run:
        run.log_matrix(0, "test", matrix)
    export_report([cf.open_logs(tmp_path / "harmless")["run"]["test"]], report)
    assert found.elements == Structure(report.read_text()).elements
    with pytest.raises(cf.errors.ConfusionFlowError, match=r"caf\\udce9"):
        cf.Run(log_dir, name="odd", classes={HALF: ["a", "b"], "other": ["c", "d"]})


@pytest.mark.slow
@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_an_answer_that_repeats_a_text_is_json_and_nothing_else(
    client: httpx.Client, payload: str
) -> None:
    text = quote(f"{payload}?", safe="")
    for path in (
        f"/{text}",
        f"/assets/{text}",
        f"/api/runs/{text}/splits/x/series",
        f"/api/runs/{text}~0/splits/{text}/table.csv",
        f"/api/order?by={text}&series={text}",
        f"/api/order?by=name&series={text}%2f{text}",
    ):
        answer = client.get(path)
        assert answer.status_code in (404, 422), path
        assert set(answer.json()) == {"error"}
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers


@pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")
def test_text_that_is_no_unicode_loses_no_epoch(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", config={HALF: [HALF, {HALF: HALF}]}) as run:
        for epoch in range(2):
            labels = ["a", HALF, HALF]
            run.log(epoch, "test", y_true=labels, y_pred=["a", "a", HALF], ids=[HALF, "b", "c"])
        run.log(0, "few", y_true=labels, y_pred=labels, classes=["a", "b"])
        assert run.dropped == ()
    found = cf.open_logs(tmp_path)["run"]
    written = r"caf\udce9"
    assert found.config == {written: [written, {written: written}]}
    assert found["test"].classes == ("a", written)
    assert found["test"].confusion().tolist() == [[[1, 0], [1, 1]]] * 2
    assert found["few"].left_out.tolist() == [2]
    for what in ("name", "split", "classes"):
        with pytest.raises(cf.errors.ConfusionFlowError, match=r"caf\\udce9"):
            cf.Run(
                tmp_path,
                name=HALF if what == "name" else "run",
                classes=[HALF] if what == "classes" else ["a", "b"],
            ).log_matrix(0, HALF, np.eye(2, dtype=int))
