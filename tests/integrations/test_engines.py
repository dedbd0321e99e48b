"""Engines beyond one machine: each gives the counts of `log_frame`."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.test_sql import PAGE as SQL_PAGE
from tests.test_sql import accuracies, log_as_it_comes, surest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError

# The engines warn of their own future, and PySpark of pandas 3.
pytestmark = [
    pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

SIZE = 20_000


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """Predictions of two splits; some labels are missing, and class c8 is predicted only."""
    rng = np.random.default_rng(5)
    actual = [None if i == 9 else f"c{i % 8}" for i in rng.integers(0, 10, SIZE).tolist()]
    return pa.table(
        {
            "epoch": rng.integers(0, 3, SIZE),
            "split": np.array(["test", "a/b"])[rng.integers(0, 2, SIZE)],
            "y_true": actual,
            "y_pred": [f"c{i}" for i in rng.integers(0, 9, SIZE).tolist()],
            "times": rng.integers(0, 1000, SIZE),
        }
    )


@pytest.fixture(scope="module")
def file(table: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lake") / "table.parquet"
    pq.write_table(table, path)
    return path


@pytest.fixture
def spark() -> Any:
    """A local session, begun again if a test stopped it."""
    pytest.importorskip("pyspark")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        if os.environ.get("CI"):
            pytest.fail("Spark needs Java, which CI should have.")
        pytest.skip("Spark needs Java")
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.shuffle.partitions", "2").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def logged(run: cf.LoggedRun) -> dict[str, Any]:
    return {
        name: (series.classes, series.confusion().tolist(), series.left_out.tolist())
        for name, series in run.items()
    }


@pytest.fixture(scope="module")
def expected(
    table: pa.Table, tmp_path_factory: pytest.TempPathFactory
) -> dict[str | None, dict[str, Any]]:
    log_dir = tmp_path_factory.mktemp("expected")
    for count in ("times", None):
        cf.log_frame(table, log_dir, str(count), count=count)
    logs = cf.open_logs(log_dir)
    return {count: logged(logs[str(count)]) for count in ("times", None)}


def dask(file: Path) -> Any:
    import dask.dataframe

    return dask.dataframe.read_parquet(file)


def ibis(file: Path) -> Any:
    import ibis

    return ibis.duckdb.connect().read_parquet(file)


def sqlframe(file: Path) -> Any:
    from sqlframe.duckdb import DuckDBSession

    return DuckDBSession().read.parquet(str(file))


def delta(file: Path) -> Any:
    import deltalake

    folder = str(file.parent / "delta")
    # A row that was deleted is in no count, though its file is still there.
    deltalake.write_deltalake(folder, pq.read_table(file).slice(0, 10), mode="overwrite")
    deltalake.write_deltalake(folder, pq.read_table(file), mode="overwrite")
    return deltalake.DeltaTable(folder).to_pyarrow_dataset()


def iceberg_catalog(folder: Path) -> Any:
    from pyiceberg.catalog.sql import SqlCatalog

    folder.mkdir()
    catalog = SqlCatalog("lab", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("lab")
    return catalog


def iceberg(file: Path) -> Any:
    rows = pq.read_table(file)
    catalog = iceberg_catalog(Path(tempfile.mkdtemp(dir=file.parent)) / "iceberg")
    table = catalog.create_table("lab.predictions", schema=rows.schema)
    table.append(rows.slice(0, 10))
    table.overwrite(rows)
    return table.to_polars()


ENGINES: list[Callable[[Path], Any]] = [dask, ibis, sqlframe, delta, iceberg]
PACKAGES = {"delta": "deltalake", "iceberg": "pyiceberg"}


@pytest.mark.parametrize("count", ["times", None])
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.__name__)
def test_engines_count_as_log_frame_does(
    engine: Callable[[Path], Any],
    count: str | None,
    file: Path,
    expected: dict[str | None, dict[str, Any]],
    tmp_path: Path,
) -> None:
    pytest.importorskip(PACKAGES.get(engine.__name__, engine.__name__))
    cf.log_counts(engine(file), tmp_path, "r", count=count)
    assert logged(cf.open_logs(tmp_path)["r"]) == expected[count]


@pytest.mark.parametrize("count", ["times", None])
def test_spark_counts_as_log_frame_does(
    count: str | None, spark: Any, file: Path, expected: Any, tmp_path: Path
) -> None:
    cf.log_counts(spark.read.parquet(str(file)), tmp_path, "r", count=count)
    assert logged(cf.open_logs(tmp_path)["r"]) == expected[count]


def test_spark_reads_what_was_exported_as_one_table(spark: Any, file: Path, tmp_path: Path) -> None:
    cf.log_counts(spark.read.parquet(str(file)), tmp_path / "logs", "r", count="times")
    logs = cf.open_logs(tmp_path / "logs")
    cf.export(logs, f"{tmp_path}/table/")
    read = spark.read.parquet(f"{tmp_path}/table/")
    total = sum(int(series.confusion().sum()) for series in logs["r"].values())
    assert read.groupBy().sum("count").collect()[0][0] == total
    assert {row[0] for row in read.select("split_name").distinct().collect()} == {"test", "a/b"}


@pytest.mark.parametrize("lake", ["delta", "iceberg"])
def test_what_was_exported_becomes_a_table_of_a_lake(lake: str, file: Path, tmp_path: Path) -> None:
    """The recipes of docs/beyond-one-machine.md."""
    from pyarrow import dataset

    pytest.importorskip(PACKAGES[lake])
    cf.log_frame(pq.read_table(file), tmp_path / "logs", "r", count="times")
    logs = cf.open_logs(tmp_path / "logs")
    cf.export(logs, f"{tmp_path}/table/")
    exported = dataset.dataset(f"{tmp_path}/table/", partitioning="hive")
    if lake == "delta":
        import deltalake

        folder = f"{tmp_path}/delta"
        deltalake.write_deltalake(folder, exported.scanner().to_reader(), mode="overwrite")
        rows = deltalake.DeltaTable(folder).to_pyarrow_table()
    else:
        catalog = iceberg_catalog(tmp_path / "iceberg")
        table = catalog.create_table("lab.confusion", schema=exported.schema)
        table.overwrite(exported.to_table())
        rows = table.scan().to_arrow()
    total = sum(int(series.confusion().sum()) for series in logs["r"].values())
    assert sum(rows["count"].to_pylist()) == total
    assert set(rows["split_name"].to_pylist()) == {"test", "a/b"}


def test_an_error_of_spark_is_one_line(spark: Any, file: Path, tmp_path: Path) -> None:
    gone = tmp_path / "gone.parquet"
    shutil.copy(file, gone)
    frame = spark.read.parquet(str(gone))
    gone.unlink()
    with pytest.raises(ConfusionFlowError, match="pyspark could not count the table: ") as caught:
        cf.log_counts(frame, tmp_path / "logs", "r")
    assert len(str(caught.value).splitlines()) == 1
    assert caught.value.__cause__ is not None
    assert not (tmp_path / "logs").exists()


def test_mllib_gives_the_same_matrix_and_drops_classes_that_are_only_predicted(
    spark: Any, table: pa.Table, tmp_path: Path
) -> None:
    from pyspark.mllib.evaluation import MulticlassMetrics

    rows = table.filter(pa.compute.is_valid(table["y_true"])).slice(0, 2_000).to_pylist()
    pairs = [(float(row["y_pred"][1:]), float(row["y_true"][1:])) for row in rows]
    theirs = MulticlassMetrics(spark.sparkContext.parallelize(pairs)).confusionMatrix().toArray()
    frame = spark.createDataFrame(
        [(0, int(actual), int(predicted)) for predicted, actual in pairs],
        ["epoch", "y_true", "y_pred"],
    )
    cf.log_counts(frame, tmp_path, "r", only_split="test")
    ours = cf.open_logs(tmp_path)["r"]["test"].confusion()[0]
    assert ours.shape == (9, 9)
    assert theirs.shape == (8, 8)
    np.testing.assert_array_equal(ours[:8, :8], theirs)
    assert ours[:, 8].sum() > 0


def test_spark_connect_counts_as_log_frame_does(
    file: Path, expected: Any, tmp_path: Path, spark: Any
) -> None:
    spark.stop()  # a process has one kind of session
    from pyspark.sql import SparkSession

    remote = SparkSession.builder.remote("local[2]").getOrCreate()
    try:
        cf.log_counts(remote.read.parquet(str(file)), tmp_path, "r", count="times")
    finally:
        remote.stop()
    assert logged(cf.open_logs(tmp_path)["r"]) == expected["times"]


def test_spark_reads_a_log_as_one_table(
    spark: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The block of docs/sql.md, on new files."""
    monkeypatch.chdir(tmp_path)
    log_as_it_comes("logs", is_merged=True)
    log_as_it_comes("logs", is_merged=False)
    (block,) = re.findall(r"```py\n(.*?)```", SQL_PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {"spark": spark}
    exec(block.replace('"logs/', f'"{tmp_path}/logs/'), names)
    assert [tuple(row) for row in names["accuracy"].collect()] == accuracies("logs")
    found = [row["confidence"] for row in names["surest"].collect()]
    assert found == pytest.approx(surest("logs"))
