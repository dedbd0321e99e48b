"""The one-file report, as far as it can be told without a browser."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

import confusionflow as cf
from confusionflow.cli.app import app
from confusionflow.errors import ClassesError, EpochError
from confusionflow.exporters.report import export_report

CLASSES = ["ship", "auto", "fox", "deer"]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> cf.Logs:
    log_dir = tmp_path_factory.mktemp("logs")
    rng = np.random.default_rng(3)
    for name in ("one", "two"):
        with cf.Run(log_dir, name=name, classes=CLASSES) as run:
            for epoch in range(20):
                for split in ("train", "test"):
                    run.log(epoch, split, y_true=rng.choice(4, 90), y_pred=rng.choice(4, 90))
    return cf.open_logs(log_dir)


def embedded(path: Path) -> dict[str, Any]:
    found = re.findall(r'id="confusionflow-data">(.*?)</script>', path.read_text(), re.DOTALL)
    assert len(found) == 1
    data: dict[str, Any] = json.loads(found[0])
    return data


def table(data: dict[str, Any], series: cf.Series) -> dict[str, Any]:
    packed = base64.b64decode(data["series"][f"{series.run.id}/{series.id}"])
    columns = pa.ipc.open_stream(gzip.decompress(packed)).read_all()
    names = ("counts", "support", "predicted_total", "epochs")
    return {name: columns.column(name)[0].values.to_numpy() for name in names}


def test_a_report_holds_every_number_and_asks_nothing_of_any_address(
    logs: cf.Logs, tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    chosen = [series for run in logs.runs for series in run.values()]
    export_report(chosen, path)
    data = embedded(path)
    assert [split["name"] for run in data["runs"]["runs"] for split in run["splits"]] == [
        "train",
        "test",
    ] * 2
    for series in chosen:
        held = table(data, series)
        counts = held["counts"].reshape(16, 20).T.reshape(20, 4, 4)
        np.testing.assert_array_equal(counts, series.confusion())
    outside_scripts = re.sub(r"(?s)(<script[^>]*>).*?</script>", r"\1", path.read_text())
    links = re.findall(r'(?:src|href)="(.{5})|url\((.{5})', outside_scripts)
    assert {one or other for one, other in links} == {"data:"}
    assert path.stat().st_size < 1_000_000 + sum(map(len, data["series"].values()))


@pytest.mark.slow
def test_a_report_of_some_epochs_and_classes_keeps_the_numbers_of_all(
    logs: cf.Logs, tmp_path: Path
) -> None:
    series = logs["two"]["test"]
    path = tmp_path / "part.html"
    export_report([series], path, epochs=(5, 9), classes=["deer", "auto"])
    data = embedded(path)
    split = data["runs"]["runs"][0]["splits"][0]
    assert (split["epoch_count"], split["first_epoch"], split["last_epoch"]) == (5, 5, 9)
    assert split["class_count"] == 2
    held = table(data, series)
    assert held["epochs"].tolist() == [5, 6, 7, 8, 9]
    counts = held["counts"].reshape(2, 2, 5)
    np.testing.assert_array_equal(
        counts, series.confusion()[5:10][:, [1, 3]][..., [1, 3]].transpose(1, 2, 0)
    )
    of_all = series.confusion()[5:10]
    np.testing.assert_array_equal(held["support"].reshape(2, 5), of_all.sum(2)[:, [1, 3]].T)
    np.testing.assert_array_equal(held["predicted_total"].reshape(2, 5), of_all.sum(1)[:, [1, 3]].T)


def test_text_of_a_report_cannot_end_its_element(logs: cf.Logs, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    export_report(
        [logs["one"]["test"]],
        path,
        title="</title><script>alert(1)</script>",
        view="#mode=</script>",
    )
    text = path.read_text()
    assert "<title>&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;</title>" in text
    assert text.count("<script") == 2
    assert embedded(path)["view"] == "mode=</script>"


def test_a_report_of_nothing_is_refused(logs: cf.Logs, tmp_path: Path) -> None:
    series = logs["one"]["test"]
    with pytest.raises(EpochError, match="from 50 to 60"):
        export_report([series], tmp_path / "none.html", epochs=(50, 60))
    with pytest.raises(ClassesError, match="Did you mean 'ship'"):
        export_report([series], tmp_path / "none.html", classes=["shp"])
    with pytest.raises(EpochError, match="no series was logged"):
        export_report([], tmp_path / "none.html")
    assert not (tmp_path / "none.html").exists()


def test_the_terminal_says_that_a_report_is_without_instances(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=["cat", "dog"]) as run:
        run.log_matrix(0, "counts", [[3, 1], [0, 2]])
        run.log(0, "test", y_true=[0, 1], y_pred=[1, 1])

    def told(file: str, *arguments: str) -> str:
        path = str(tmp_path / file)
        return CliRunner().invoke(app, ["export", str(tmp_path), *arguments, "-o", path]).output

    hint = "Without instances; --instances 50 includes"
    assert hint in told("report.html")
    assert hint not in told("report.html", "--instances", "5")
    assert hint not in told("report.html", "--split", "counts")
    assert hint not in told("counts.csv")
