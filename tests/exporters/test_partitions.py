"""The counts of series as a folder of files that engines read as one table."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.cli.test_app import confusionflow

import confusionflow as cf
from confusionflow.engines.counts import import_counts
from confusionflow.engines.table_files import open_table
from confusionflow.errors import ConfusionFlowError
from confusionflow.importers.helpers.columns import Columns

MATRIX = [[90, 10], [5, 95]]


@pytest.fixture
def logs(tmp_path: Path) -> cf.Logs:
    for name, given in (("lr 0.1", "a/b 100%"), ("lr 0.01", None)):
        with cf.Run(tmp_path / "logs", name, classes=["cat", "dog"], id=given) as run:
            run.log_matrix(3, "test", MATRIX)
            run.log_matrix(4, "cifar/10.1", [[2**40, 0], [0, 1]])
    return cf.open_logs(tmp_path / "logs")


def total(logs: cf.Logs) -> int:
    return sum(int(series.confusion().sum()) for run in logs.runs for series in run.values())


def test_duckdb_and_polars_read_the_folder_as_one_table(logs: cf.Logs, tmp_path: Path) -> None:
    assert cf.export(logs, f"{tmp_path}/table/") == 4
    pattern = f"{tmp_path}/table/*/*/part.parquet"
    read = f"SELECT sum(count) FROM read_parquet('{pattern}', hive_partitioning = true)"
    assert duckdb.connect().execute(read).fetchone() == (total(logs),)
    frame = pl.scan_parquet(f"{tmp_path}/table/", hive_partitioning=True).collect()
    assert frame["count"].sum() == total(logs)
    assert set(frame["split_name"]) == {"test", "cifar/10.1"}
    kinds = set(pq.read_schema(next((tmp_path / "table").rglob("part.parquet"))).types)
    assert kinds == {pa.int64(), pa.string()}


def test_the_folder_comes_back_as_it_was(logs: cf.Logs, tmp_path: Path) -> None:
    cf.export(logs, f"{tmp_path}/table/")
    source = open_table(str(tmp_path / "table"))
    import_counts(source, tmp_path / "again", None, Columns(), tell=lambda note: None)
    again = cf.open_logs(tmp_path / "again")
    assert {run.name for run in again.runs} == {"lr 0.1", "lr 0.01"}
    for run in logs.runs:
        assert set(again[run.name]) == set(run)
        for name, series in run.items():
            back = again[run.name][name]
            assert back.epochs.tolist() == series.epochs.tolist()
            np.testing.assert_array_equal(back.confusion(), series.confusion())


def test_only_what_changed_is_written_again(logs: cf.Logs, tmp_path: Path) -> None:
    cf.export(logs, f"{tmp_path}/table/")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "table").rglob("*.parquet")}
    assert len(before) == 4
    with cf.Run(tmp_path / "logs", "lr 0.1", classes=["cat", "dog"], id="a/b 100%") as run:
        run.log_matrix(9, "test", MATRIX)
    cf.export(cf.open_logs(tmp_path / "logs"), f"{tmp_path}/table/")
    after = {file: file.stat().st_mtime_ns for file in (tmp_path / "table").rglob("*.parquet")}
    changed = [file for file in after if after[file] != before.get(file)]
    assert [pq.read_table(file)["split_name"][0].as_py() for file in changed] == ["test"]
    assert not list((tmp_path / "table").rglob(".part*"))


def test_the_command_line_writes_a_folder(logs: cf.Logs, tmp_path: Path) -> None:
    ended = confusionflow(
        "export", tmp_path / "logs", "-o", f"{tmp_path}/table/", "--epochs", "3-3"
    )
    assert ended.stdout.endswith("table/ (2 series).\n"), ended.stderr
    read = pl.read_parquet(f"{tmp_path}/table/", hive_partitioning=True)
    assert set(read["epoch"]) == {3}


def test_a_folder_that_cannot_be_made_is_named(logs: cf.Logs, tmp_path: Path) -> None:
    with pytest.raises(ConfusionFlowError, match="Pass a path in an existing folder"):
        cf.export(logs, f"{tmp_path}/nowhere/table/")
