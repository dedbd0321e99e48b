"""Tables are counted where they are; the counts are those of `log_frame`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.store.s3 import url

import confusionflow as cf
from confusionflow.engines import cells
from confusionflow.engines.counts import import_counts
from confusionflow.engines.table_files import open_table
from confusionflow.errors import ArgumentError, ConfusionFlowError, ConfusionFlowWarning
from confusionflow.importers.helpers.columns import Columns

pytestmark = pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")


def _dataset(table: pa.Table) -> ds.Dataset:
    half = table.num_rows // 2
    return ds.dataset([ds.dataset(table.slice(0, half)), ds.dataset(table.slice(half))])


FRAMES: dict[str, Callable[[pa.Table], Any]] = {
    "pandas": lambda table: table.to_pandas(),
    "polars, lazy": lambda table: pl.LazyFrame(pl.from_arrow(table)),
    "pyarrow": lambda table: table,
    "dataset": _dataset,
    "duckdb": lambda table: duckdb.connect().from_arrow(table),
}
LABELS: dict[str, tuple[pa.DataType, list[Any]]] = {
    "names": (pa.string(), [None, "a", "b", " a", "", "é", "e\u0301"]),
    "integers": (pa.int64(), [None, -1, 0, 1, 7]),
    "doubles": (pa.float64(), [None, float("nan"), 0.0, -0.0, 1.0, 7.0]),
    "truth values": (pa.bool_(), [None, True, False]),
    "decimals": (pa.decimal128(9, 2), [None, Decimal(1), Decimal(0)]),
}
COUNTS = {"int64": pa.int64(), "double": pa.float64(), "decimal": pa.decimal128(20, 1)}


def logged(run: cf.LoggedRun) -> dict[str, Any]:
    """All that was counted."""
    return {
        name: (
            series.classes,
            series.epochs.tolist(),
            series.confusion().tolist(),
            series.left_out.tolist(),
        )
        for name, series in run.items()
    }


@pytest.mark.parametrize(
    "examples", [4, pytest.param(300, marks=pytest.mark.torture)], ids=["few", "many"]
)
@pytest.mark.parametrize("library", FRAMES)
def test_counts_are_those_of_log_frame(library: str, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        size = data.draw(st.integers(1, 25))
        kind, labels = LABELS[data.draw(st.sampled_from(sorted(LABELS)))]
        columns = {
            "epoch": pa.array(data.draw(_lists(st.integers(0, 3), size)), pa.int64()),
            "split": data.draw(_lists(st.sampled_from(["test", "a/b"]), size)),
            "y_true": pa.array(data.draw(_lists(st.sampled_from(labels), size)), kind),
            "y_pred": pa.array(data.draw(_lists(st.sampled_from(labels), size)), kind),
        }
        options: dict[str, Any] = {}
        if data.draw(st.booleans()):
            counted = pa.array(data.draw(_lists(st.integers(0, 9), size)), pa.int64())
            # Decimals of pandas are Python's objects, which are asked to be cast.
            kinds = [kind for kind in sorted(COUNTS) if (library, kind) != ("pandas", "decimal")]
            columns["n"] = counted.cast(COUNTS[data.draw(st.sampled_from(kinds))])
            options["count"] = "n"
        if data.draw(st.booleans()):
            options["classes"] = ["a", "b"] if kind == pa.string() else ["0", "1"]
        table = pa.table(columns)
        with TemporaryDirectory() as folder:
            try:
                cf.log_frame(table, folder, "frame", **options)
            except ConfusionFlowError:
                with pytest.raises(ConfusionFlowError):
                    cf.log_counts(FRAMES[library](table), folder, "counts", **options)
                return
            cf.log_counts(FRAMES[library](table), folder, "counts", **options)
            logs = cf.open_logs(folder)
            assert logged(logs["counts"]) == logged(logs["frame"])

    check()


def _lists(values: st.SearchStrategy[Any], size: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(values, min_size=size, max_size=size)


def test_counts_are_wider_than_32_bits_in_every_engine(tmp_path: Path) -> None:
    table = pa.table(
        {
            "epoch": pa.array([0, 0], pa.int32()),
            "y_true": ["a", "a"],
            "y_pred": ["a", "a"],
            "n": pa.array([2**32 - 1] * 2, pa.uint32()),
        }
    )
    for library, make in FRAMES.items():
        cf.log_counts(make(table), tmp_path, library, only_split="test", count="n")
        counts = cf.open_logs(tmp_path)[library]["test"].confusion()
        assert counts.tolist() == [[[2**33 - 2]]], library


GOOD: dict[str, Any] = {"epoch": [3, 4], "y_true": ["a", "b"], "y_pred": ["a", "a"]}
WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no such column": ({}, {"actual": "truth"}, "There is no column 'truth' for actual"),
    "negative count": (
        {"n": [1, -1]},
        {"count": "n"},
        r"'n' holds the count, and in 1 row it is missing, negative, .* epoch 4, y_true 'b'",
    ),
    "fraction": ({"n": [1.0, 0.5]}, {"count": "n"}, "in 1 row it is missing, negative, no"),
    "not a number": ({"n": [1.0, float("nan")]}, {"count": "n"}, "in 1 row it is missing"),
    "infinite": ({"n": [1.0, float("inf")]}, {"count": "n"}, "in 1 row it is missing"),
    "missing count": ({"n": [1, None]}, {"count": "n"}, "in 1 row it is missing, negative, no"),
    "far too large": (
        {"n": pa.array([1, 2**63], pa.uint64())},
        {"count": "n"},
        r"in 1 row .* or above 2\*\*53",
    ),
    "too large": ({"n": [1, 2**62]}, {"count": "n"}, r"in 1 row .* or above 2\*\*53"),
    "no split": ({}, {"only_split": None}, r"the split: there are 'epoch', .*only_split='NAME'"),
    "no epoch": ({}, {"ignore": ["epoch"]}, r"the epoch: there are 'y_true', .*only_epoch=0"),
    "count of text": ({"n": ["1", "2"]}, {"count": "n"}, "its type is .*integers"),
    "fraction of an epoch": ({"epoch": [0.5, 1.0]}, {}, r"'epoch' holds the epoch, and it is 0\.5"),
    "missing epoch": ({"epoch": [0, None]}, {}, "'epoch' holds the epoch, and it is missing"),
    "scores": ({"y_pred": [0.25, 0.5], "y_true": [0, 1]}, {}, r"holds scores, such as 0\.\d"),
    "steps": (
        {"epoch": [0, 0], "step": [10, 20]},
        {},
        r"Epoch 0 has several evaluations\. Column 'step' has several values there, such as 10 and",
    ),
    "several runs": ({"run": ["x", "y"]}, {}, "Column 'run' holds 2 runs"),
    "weights": ({"weight": [1, 2]}, {}, "could be counts or weights"),
}


@pytest.mark.parametrize("library", FRAMES)
@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_counted_is_refused_with_the_next_step(
    tmp_path: Path, library: str, case: str
) -> None:
    changed, options, words = WRONG[case]
    frame = FRAMES[library](pa.table({**GOOD, **changed}))
    with pytest.raises(ConfusionFlowError, match=words):
        cf.log_counts(frame, tmp_path / "logs", "r", **{"only_split": "test", **options})
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("library", FRAMES)
def test_too_many_cells_are_refused(
    tmp_path: Path, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MOST_CELLS", 1)
    wanted = cells.Wanted({"epoch": "epoch", "actual": "y_true", "predicted": "y_pred"}, limit=1)
    from confusionflow.engines.counts import check_cells
    from confusionflow.engines.sources import open_source

    counted = open_source(FRAMES[library](pa.table(GOOD))).count(wanted)
    with pytest.raises(ConfusionFlowError, match="has more than 1 cells of split, epoch"):
        check_cells(counted, wanted)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        ("table.parquet", r"The frame is a str .*polars\.scan_parquet"),
        (Path("table.parquet"), r"spark\.read\.parquet"),
        ({"epoch": [0]}, r"pandas\.DataFrame\(columns\)"),
        (np.zeros((2, 2)), r"columns=\[…\]"),
        (duckdb.connect(), r'connection\.table\("…"\)'),
        (3, "Pass a frame of DuckDB, Polars"),
    ],
)
def test_what_is_no_frame_is_refused_with_the_call_that_makes_one(
    tmp_path: Path, frame: Any, words: str
) -> None:
    with pytest.raises(ArgumentError, match=words):
        cf.log_counts(frame, tmp_path, "r")


def test_an_engines_own_error_is_one_line_and_the_cause(tmp_path: Path) -> None:
    gone = tmp_path / "gone.parquet"
    pq.write_table(pa.table(GOOD), gone)
    frame = pl.scan_parquet(gone)
    frame.collect_schema()
    gone.unlink()
    with pytest.raises(ConfusionFlowError, match="polars could not count the table: ") as caught:
        cf.log_counts(frame, tmp_path / "logs", "r", only_split="test")
    assert len(str(caught.value).splitlines()) == 1
    assert caught.value.__cause__ is not None


def test_a_column_of_counts_that_was_not_named_is_said(tmp_path: Path) -> None:
    table = pa.table({**GOOD, "Freq": [5, 7]})
    with pytest.warns(ConfusionFlowWarning, match="Column 'Freq' holds counts, of 12 instances"):
        cf.log_counts(table, tmp_path, "r", only_split="test")


# ---- tables that grow --------------------------------------------------------------------------


def hours(last: int, half: bool = False) -> pa.Table:
    """A table with a row an epoch and cell; of its last epoch only half is there, if so."""
    rows = [(epoch, a, p) for epoch in range(last + 1) for a in "ab" for p in "ab"]
    rows = rows[:-2] if half else rows
    epochs, actual, predicted = zip(*rows, strict=True)
    return pa.table({"epoch": epochs, "y_true": actual, "y_pred": predicted})


@pytest.mark.parametrize("library", FRAMES)
def test_a_table_that_grows_is_counted_from_its_last_epochs_on(
    tmp_path: Path, library: str
) -> None:
    def log(table: pa.Table, **options: Any) -> cf.Series:
        cf.log_counts(
            FRAMES[library](table), tmp_path, "nightly", only_split="test", id="job", **options
        )
        (run,) = cf.open_logs(tmp_path).runs
        return run["test"]

    series = log(hours(1, half=True), recount=1)
    assert series.epochs.tolist() == [0, 1]
    assert series.confusion().sum((1, 2)).tolist() == [4, 2]
    # Epoch 0 is not in the table any more: it is not asked for, and stays.
    later = hours(3).filter(pa.compute.field("epoch") > 0)
    series = log(later, recount=1)
    assert series.epochs.tolist() == [0, 1, 2, 3]
    assert series.confusion().sum((1, 2)).tolist() == [4, 4, 4, 4]
    assert log(later, recount=0).epochs.tolist() == [0, 1, 2, 3]
    new = pa.concat_tables([hours(3), pa.table({"epoch": [4], "y_true": ["c"], "y_pred": ["a"]})])
    series = log(new, recount=0)
    assert series.classes == ("a", "b", "c")
    assert series.confusion()[-1].tolist() == [[0, 0, 0], [0, 0, 0], [1, 0, 0]]
    with pytest.raises(ArgumentError, match="with the id of the run to continue"):
        cf.log_counts(new, tmp_path, "nightly", only_split="test", recount=1)


# ---- files -------------------------------------------------------------------------------------


def write_partitions(table: pa.Table, folder: Any, filesystem: Any = None) -> None:
    kinds = pa.schema([("epoch", pa.int64()), ("split", pa.string())])
    partitioning = ds.partitioning(kinds, flavor="hive")
    ds.write_dataset(
        table, folder, format="parquet", partitioning=partitioning, filesystem=filesystem
    )


def count_files(path: str, log_dir: Path, **options: Any) -> cf.LoggedRun:
    notes: list[str] = []
    import_counts(open_table(path), log_dir, "r", Columns(), tell=notes.append, **options)
    return cf.open_logs(log_dir)["r"]


PARTITIONED = pa.table({**GOOD, "split": ["a/b", "100 %"]})


def test_partitions_of_hive_are_columns(tmp_path: Path) -> None:
    write_partitions(PARTITIONED, tmp_path / "table")
    (tmp_path / "table" / "_SUCCESS").write_text("")
    (tmp_path / "table" / "epoch=3" / ".part.parquet.crc").write_text("x")
    run = count_files(str(tmp_path / "table"), tmp_path / "logs")
    assert {name: series.epochs.tolist() for name, series in run.items()} == {
        "a/b": [3],
        "100 %": [4],
    }


def test_partitions_in_an_object_store_are_counted(s3: str, tmp_path: Path) -> None:
    from pyarrow import fs

    address = url(s3, f"table-{tmp_path.name}")
    files, base = fs.FileSystem.from_uri(address)
    write_partitions(PARTITIONED, base, files)
    run = count_files(address, tmp_path / "logs")
    assert sorted(run) == ["100 %", "a/b"]
    assert run["a/b"].confusion().tolist() == [[[1, 0], [0, 0]]]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: folder / "gone", "There is no such file or folder"),
        (lambda folder: (folder / "t.csv").write_text("a") and folder / "t.csv", "import pred"),
        (lambda folder: (folder / "_delta_log").mkdir() or folder, r"deltalake\.DeltaTable"),
        (
            lambda folder: (
                (folder / "metadata").mkdir()
                or ((folder / "metadata" / "v1.metadata.json").write_text("{}") and folder)
            ),
            r"catalog\.load_table",
        ),
        (lambda folder: folder, "holds no Parquet or Arrow files"),
        (lambda folder: (folder / "t.parquet").write_text("a") and folder, "It can't be read"),
    ],
    ids=["nothing", "text", "delta", "iceberg", "empty", "damaged"],
)
def test_what_is_no_table_of_files_is_refused(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    folder = tmp_path / "table"
    folder.mkdir()
    with pytest.raises(ConfusionFlowError, match=words):
        count_files(str(make(folder)), tmp_path / "logs", split="test")
    assert not (tmp_path / "logs").exists()


def test_a_table_of_several_runs_becomes_several(tmp_path: Path) -> None:
    table = pa.table({**GOOD, "run": ["x", "y"], "run_id": ["1", "2"], "split": ["t", "t"]})
    pq.write_table(table, tmp_path / "t.parquet")
    notes: list[str] = []
    import_counts(
        open_table(str(tmp_path / "t.parquet")),
        tmp_path / "logs",
        None,
        Columns(),
        tell=notes.append,
    )
    assert [run.name for run in cf.open_logs(tmp_path / "logs").runs] == ["x", "y"]
