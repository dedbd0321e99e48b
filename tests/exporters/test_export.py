"""`cf.export`: one way out for a series, a run, all logs, a list, and what is folded."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError

Chosen = Callable[[cf.Logs], Any]
RUNS = [f"{lr}-{seed}" for lr in (0.1, 0.2) for seed in range(2)]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> cf.Logs:
    """Two learning rates in two seeds each; the last run ends early."""
    log_dir = tmp_path_factory.mktemp("logs")
    for name in RUNS:
        lr, _, seed = name.partition("-")
        config = {"lr": float(lr), "seed": int(seed)}
        with cf.Run(log_dir, name, config, classes=["cat", "dog"]) as run:
            for epoch in range(2 if name == "0.2-1" else 6):
                for split in ("train", "test"):
                    run.log_matrix(epoch, split, [[5, epoch], [int(seed), 7]])
    return cf.open_logs(log_dir)


def embedded(path: Path) -> dict[str, Any]:
    found = re.findall(r'id="confusionflow-data">(.*?)</script>', path.read_text(), re.DOTALL)
    data: dict[str, Any] = json.loads(found[0])
    return data


def held(data: dict[str, Any]) -> set[str]:
    """Run and split of what a report holds, each with its data."""
    runs = data["runs"]["runs"]
    keys = {f"{run['id']}/{split['id']}" for run in runs for split in run["splits"]}
    assert keys == data["series"].keys()
    assert all(gzip.decompress(base64.b64decode(packed)) for packed in data["series"].values())
    return {f"{run['name']} {split['name']}" for run in runs for split in run["splits"]}


def shown(data: dict[str, Any], logs: cf.Logs) -> list[str] | None:
    """Run, split and colour of the series that a report begins with; None for the newest run's."""
    chosen = parse_qs(data["view"]).get("series")
    if chosen is None:
        return None
    names = {
        f"{run.id}.{one.id}": f"{run.name} {one.name}" for run in logs.runs for one in run.values()
    }
    refs = (part.rpartition(".") for part in chosen[0].split(","))
    return [f"{names[ref]} {color}" for ref, _, color in refs]


EVERY = {f"{run} {split}" for run in RUNS for split in ("train", "test")}
TESTS = {f"{run} test" for run in RUNS}
CASES: dict[str, tuple[Chosen, set[str], list[str] | None]] = {
    "logs": (lambda logs: logs, EVERY, None),
    "a run": (lambda logs: logs["0.1-1"], {"0.1-1 train", "0.1-1 test"}, None),
    "a series": (lambda logs: logs["0.1-1"]["test"], {"0.1-1 test"}, None),
    "a list of series": (
        lambda logs: [logs["0.2-0"]["test"], logs["0.1-1"]["train"]],
        {"0.2-0 test", "0.1-1 train"},
        ["0.2-0 test 0", "0.1-1 train 1"],
    ),
    "what a condition chooses, some of it twice": (
        lambda logs: (run for run in [logs["0.1-0"]["test"], *logs.runs] if "0.1" in repr(run)),
        {"0.1-0 test", "0.1-0 train", "0.1-1 train", "0.1-1 test"},
        ["0.1-0 test 0", "0.1-0 train 1", "0.1-1 train 2", "0.1-1 test 3"],
    ),
    "all that is folded": (
        lambda logs: logs.fold("test", over=["seed"]),
        TESTS,
        ["0.1-0 test 0", "0.1-1 test 0", "0.2-0 test 1", "0.2-1 test 1"],
    ),
    "one that is folded": (
        lambda logs: logs.fold("test", over=["seed"])[1],
        {"0.2-0 test", "0.2-1 test"},
        ["0.2-0 test 0", "0.2-1 test 0"],
    ),
}


@pytest.mark.parametrize(("choose", "expected", "begins"), CASES.values(), ids=CASES)
def test_a_page_holds_what_was_passed_and_begins_with_it(
    logs: cf.Logs,
    tmp_path: Path,
    choose: Chosen,
    expected: set[str],
    begins: list[str] | None,
) -> None:
    count = cf.export(choose(logs), tmp_path / "report.html", view="#mode=lines")
    data = embedded(tmp_path / "report.html")
    assert held(data) == expected
    assert count == len(expected)
    assert shown(data, logs) == begins
    view = parse_qs(data["view"])
    assert view["mode"] == ["lines"]
    # As the page writes it: an empty name before the keys.
    is_folded = "Folded" in repr(choose(logs))
    assert view.get("fold") == (["%,seed"] if is_folded else None)


@pytest.mark.parametrize(("choose", "expected"), [c[:2] for c in CASES.values()], ids=CASES)
def test_a_table_has_every_count_of_what_was_passed_once(
    logs: cf.Logs, tmp_path: Path, choose: Chosen, expected: set[str]
) -> None:
    cf.export(choose(logs), tmp_path / "counts.parquet")
    table = pd.read_parquet(tmp_path / "counts.parquet")
    counts = table.groupby(table["run"] + " " + table["split"])["count"].sum().to_dict()
    assert counts == {
        f"{run.name} {one.name}": one.confusion().sum()
        for run in logs.runs
        for one in run.values()
        if f"{run.name} {one.name}" in expected
    }


def test_what_has_none_of_the_epochs_is_neither_held_nor_shown_nor_counted(
    logs: cf.Logs, tmp_path: Path
) -> None:
    folded = logs.fold("test", over=["seed"])
    assert cf.export(folded, tmp_path / "report.html", epochs=(3, 9)) == 3
    data = embedded(tmp_path / "report.html")
    assert held(data) == TESTS - {"0.2-1 test"}
    assert shown(data, logs) == ["0.1-0 test 0", "0.1-1 test 0", "0.2-0 test 1"]


def test_a_view_that_says_which_series_is_kept(logs: cf.Logs, tmp_path: Path) -> None:
    one = logs["0.1-1"]["test"]
    view = f"series={one.run.id}.{one.id}.3&baseline={one.run.id}.{one.id}"
    cf.export([logs], tmp_path / "report.html", view=f"http://gpu7:8080/#{view}")
    assert embedded(tmp_path / "report.html")["view"] == view


def test_very_many_series_begin_with_the_newest_run(tmp_path: Path) -> None:
    for name in range(33):
        with cf.Run(tmp_path, f"run {name}", classes=["cat", "dog"]) as run:
            for split in ("train", "test"):
                run.log_matrix(0, split, [[1, 2], [3, 4]])
    logs = cf.open_logs(tmp_path)
    cf.export(logs.runs, tmp_path / "many.html")
    assert shown(embedded(tmp_path / "many.html"), logs) is None
    cf.export(logs.runs[:32], tmp_path / "fewer.html")
    assert len(shown(embedded(tmp_path / "fewer.html"), logs) or ()) == 64


def test_attempts_of_a_run_stand_beside_each_other(tmp_path: Path) -> None:
    for resume in (False, True):
        with cf.Run(tmp_path, "again", classes=["cat", "dog"], resume=resume) as run:
            run.log_matrix(0, "test", [[1 + resume, 0], [0, 1]])
    run_now = cf.open_logs(tmp_path)["again"]
    both = [run_now.attempt(0)["test"], run_now["test"]]
    assert cf.export(both, tmp_path / "report.html") == 2
    data = embedded(tmp_path / "report.html")
    assert [run["attempt"] for run in data["runs"]["runs"]] == [0, None]
    assert len(held(data)) == 1  # of one name, and yet
    assert len(data["series"]) == 2


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("r.html", {"titel": "x"}, r"No option 'titel' for a \.html file\. Did you mean 'title'\?"),
        (
            "r.html",
            {"of": "detail"},
            "No option 'of' for a .html file. There are 'title', 'epochs'",
        ),
        ("c.csv", {"view": "#mode=lines"}, "No option 'view' for a .csv file. There are 'epochs',"),
        ("f.svg", {"title": "x"}, "No option 'title' for a .svg file. There are 'of', 'epochs'"),
        ("f.svg", {"of": "matrx"}, "No figure 'matrx'. Did you mean 'matrix'?"),
        ("r.xls", {}, "'r.xls'. Use .html for the page, .csv, .parquet or .json for"),
        ("r", {}, "The file is called 'r'. Use .html"),
        ("r.html", {"epochs": 9}, r"epochs is 9\. Pass the first and the last, such as \(0, 99\)"),
        ("r.html", {"epochs": (9, 3)}, r"epochs is \(9, 3\)\. Pass the first and the last"),
        ("c.csv", {"epochs": "0-9"}, r"epochs is '0-9'\. Pass the first and the last"),
        ("c.csv", {"classes": "cat"}, r"classes is 'cat'\. Pass a list of names: \['cat'\]"),
        ("c.csv", {"classes": ["cta"]}, "No class 'cta' in these series. Did you mean 'cat'?"),
        ("r.html", {"epochs": (50, 60)}, "no series has an epoch from 50 to 60"),
    ],
)
def test_what_cannot_be_exported_so_is_answered_with_what_can(
    logs: cf.Logs, tmp_path: Path, name: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfusionFlowError, match=words) as error:
        cf.export(logs, tmp_path / name, **options)
    assert isinstance(error.value, ValueError)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    ("choose", "words"),
    [
        (lambda logs: "logs", r"What to export is 'logs', a str\. Pass cf\.open_logs\(…\)"),
        (lambda logs: ["0.1-1"], "What to export is '0.1-1', a str"),
        (lambda logs: dict(logs), "a dict. Pass"),
        (lambda logs: None, "What to export is None, a NoneType"),
        (
            lambda logs: [*logs.fold("test", over=["seed"]), logs["0.1-0"]["train"]],
            r"Folded series are mixed with others.*\[\*folded\.members\]",
        ),
        (
            lambda logs: [logs.fold("test", over=[key])[0] for key in ("seed", "lr")],
            "Pass the result of one call of Logs.fold",
        ),
    ],
)
def test_what_has_no_series_or_cannot_be_shown_together_is_said(
    logs: cf.Logs, tmp_path: Path, choose: Chosen, words: str
) -> None:
    with pytest.raises(ConfusionFlowError, match=words):
        cf.export(choose(logs), tmp_path / "report.html")


def test_the_file_and_what_is_in_it_are_not_mixed_up(logs: cf.Logs) -> None:
    with pytest.raises(ConfusionFlowError, match=r"What to export is 'report\.html', a str"):
        cf.export("report.html", logs)  # type: ignore[arg-type]
    with pytest.raises(ConfusionFlowError, match=r"The file is \['a'\], a list\. Pass a path"):
        cf.export(logs, ["a"])  # type: ignore[arg-type]
