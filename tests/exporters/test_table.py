from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError
from confusionflow.exporters.table import export_table

CLASSES = ['say "a", b', "=1+1", "c"]


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> cf.Logs:
    log_dir = tmp_path_factory.mktemp("logs")
    rng = np.random.default_rng(5)
    for name in ("one", "two"):
        with cf.Run(log_dir, name=name, classes=CLASSES) as run:
            for epoch in (0, 3, 9):
                for split in ("train", "test"):
                    run.log(epoch, split, y_true=rng.choice(3, 40), y_pred=rng.choice(3, 40))
    return cf.open_logs(log_dir)


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path)
    if path.suffix == ".json":
        return pd.DataFrame(json.loads(path.read_text()))
    return pd.read_parquet(path)


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_a_table_has_every_count_of_every_series(logs: cf.Logs, tmp_path: Path, form: Any) -> None:
    series = [one for run in logs.runs for one in run.values()]
    path = tmp_path / f"counts.{form}"
    rows = export_table(series, path, form)
    frame = read(path)
    assert len(frame) == rows
    for one in series:
        mine = frame[(frame["run_id"] == one.run.id) & (frame["split"] == one.name)]
        cube = np.zeros((3, 3, 3), int)
        for row in mine.itertuples():
            at = one.epochs.tolist().index(row.epoch)
            cube[at, CLASSES.index(row.actual), CLASSES.index(row.predicted)] = row[7]
        np.testing.assert_array_equal(cube, one.confusion())
        assert set(mine["run"]) == {one.run.name}


def test_a_table_keeps_the_epochs_and_classes_that_were_chosen(
    logs: cf.Logs, tmp_path: Path
) -> None:
    test = logs["one"]["test"]
    path = tmp_path / "counts.parquet"
    export_table([test], path, "parquet", epochs=(1, 9), classes=["c", "=1+1"])
    query = f"select sum(count)::int, min(epoch), max(epoch) from '{path}'"
    counted = duckdb.connect().execute(query).fetchall()
    assert counted == [(test.confusion()[1:, 1:, 1:].sum(), 3, 9)]


@pytest.mark.parametrize("form", ["csv", "parquet", "json"])
def test_a_table_of_nothing_has_its_columns(tmp_path: Path, form: Any) -> None:
    path = tmp_path / f"counts.{form}"
    assert export_table([], path, form) == 0
    assert len(read(path)) == 0


def test_an_unknown_format_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfusionFlowError, match=r"No format 'xls'\. Pass one of 'csv'"):
        export_table([], tmp_path / "counts.xls", "xls")  # type: ignore[arg-type]
