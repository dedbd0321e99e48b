from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ImportSourceError
from confusionflow.importers.helpers.columns import Columns
from confusionflow.importers.helpers.tables import read_pieces
from confusionflow.importers.predictions import import_predictions

NAMES = ["cat", "dog", "owl"]


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """Two splits, four epochs with gaps, in no order of rows."""
    rng = np.random.default_rng(7)
    size = 4_000
    return pa.table(
        {
            "step": rng.choice([0, 5, 10, 20], size),
            "split": rng.choice(["test", "a/../b"], size),
            "y_true": np.array(NAMES)[rng.choice(3, size, p=[0.6, 0.3, 0.1])],
            "y_pred": np.array(NAMES)[rng.choice(3, size)],
        }
    )


def expected(table: pa.Table, split: str) -> dict[int, list[list[int]]]:
    frame = table.to_pandas()
    frame = frame[frame["split"] == split]
    return {
        epoch: pd.crosstab(rows["y_true"], rows["y_pred"])
        .reindex(NAMES, columns=NAMES)
        .values.tolist()
        for epoch, rows in frame.groupby("step")
    }


def assert_logged(log_dir: Path, table: pa.Table) -> None:
    run = cf.open_logs(log_dir)["old"]
    assert sorted(run) == ["a/../b", "test"]
    for split, series in run.items():
        assert series.classes == tuple(NAMES)
        counts = dict(zip(series.epochs.tolist(), series.confusion().tolist(), strict=True))
        assert counts == expected(table, split)


WRITERS: dict[str, Callable[[pa.Table, Path], None]] = {
    "p.csv": lambda table, path: pyarrow.csv.write_csv(table, path),
    "p.csv.gz": lambda table, path: table.to_pandas().to_csv(path, index=False),
    "p.tsv": lambda table, path: table.to_pandas().to_csv(path, sep="\t", index=False),
    "p.parquet": lambda table, path: pyarrow.parquet.write_table(table, path, row_group_size=999),
    "p.feather": lambda table, path: pyarrow.feather.write_feather(table, path),
}


@pytest.mark.parametrize("name", WRITERS)
def test_files_of_every_kind_become_one_run(table: pa.Table, tmp_path: Path, name: str) -> None:
    WRITERS[name](table, tmp_path / name)
    rows_read: list[int] = []
    import_predictions(
        read_pieces(tmp_path / name), tmp_path / "logs", "old", progress=rows_read.append
    )
    assert_logged(tmp_path / "logs", table)
    assert rows_read[-1] == table.num_rows


FRAMES: dict[str, Callable[[pa.Table], Any]] = {
    "pandas": lambda table: table.to_pandas(),
    "pandas with categories": lambda table: table.to_pandas().astype({"y_true": "category"}),
    "polars": lambda table: pl.from_arrow(table),
    "polars, lazy": lambda table: pl.from_arrow(table).lazy(),  # type: ignore[union-attr]
    "pyarrow": lambda table: table,
    "duckdb": lambda table: duckdb.connect().from_arrow(table),
}


@pytest.mark.parametrize("library", FRAMES)
def test_frames_of_every_library_become_one_run(
    table: pa.Table, tmp_path: Path, library: str
) -> None:
    cf.log_frame(FRAMES[library](table), tmp_path, "old")
    assert_logged(tmp_path, table)


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "p.csv"
    path.write_text(text)
    return path


def test_columns_of_other_names_and_one_split_are_said(tmp_path: Path) -> None:
    path = write(tmp_path, "round,truth,guess,who\n3,1,0,x\n3,0,0,y\n")
    import_predictions(
        read_pieces(path),
        tmp_path / "logs",
        "old",
        Columns(actual="truth", predicted="guess", instance="who"),
        split="val",
        classes=["no", "yes"],
    )
    series = cf.open_logs(tmp_path / "logs")["old"]["val"]
    assert series.epochs.tolist() == [3]
    assert series.classes == ("no", "yes")
    assert series.confusion()[0].tolist() == [[1, 0], [1, 0]]
    assert series.run.stored.splits["val"].predictions(3).column("instance").to_pylist() == [
        "y",
        "x",
    ]


def test_a_column_of_confidences_is_kept(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "epoch,split,actual,predicted,sure\n0,test,a,b,0.5\n0,test,b,b,0.25\n0,test,b,a,\n",
    )
    columns = Columns(confidence="sure")
    import_predictions(read_pieces(path), tmp_path / "logs", "old", columns)
    split = cf.open_logs(tmp_path / "logs")["old"].stored.splits["test"]
    kept = split.predictions(0).column("confidence").to_pylist()
    assert kept[:2] == [0.5, 0.25]
    assert kept[2] is None


def test_a_confidence_that_is_no_number_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "epoch,split,actual,predicted,confidence\n0,test,a,b,high\n")
    with pytest.raises(cf.errors.ImportSourceError, match="the confidence, and it is 'high'"):
        import_predictions(read_pieces(path), tmp_path / "logs", "old")


def test_numbers_as_labels_are_sorted_by_value(tmp_path: Path) -> None:
    path = write(tmp_path, "epoch,split,actual,predicted\n0,test,10,9\n0,test,9,100\n")
    import_predictions(read_pieces(path), tmp_path / "logs", "old")
    assert cf.open_logs(tmp_path / "logs")["old"]["test"].classes == ("9", "10", "100")


def test_a_missing_label_is_kept_and_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "epoch,split,actual,predicted\n0,test,a,b\n0,test,b,\n")
    with pytest.warns(cf.errors.ConfusionFlowWarning, match="1 instance"):
        import_predictions(read_pieces(path), tmp_path / "logs", "old")
    assert cf.open_logs(tmp_path / "logs")["old"]["test"].left_out.tolist() == [1]


WRONG: dict[str, tuple[str, str]] = {
    "epoch as text": (
        "epoch,split,actual,predicted\n0,test,a,b\nlast,test,a,b\n",
        r"p\.csv, row 2: Column 'epoch' holds the epoch, and it is 'last'",
    ),
    "negative epoch": ("epoch,split,actual,predicted\n-1,test,a,b\n", r"row 1: .* '-1'"),
    "missing epoch": ("epoch,split,actual,predicted\n,test,a,b\n", r"row 1: .* it is ''"),
    "missing split": ("epoch,split,actual,predicted\n0,,a,b\n", r"row 1: The split is missing"),
    "short row": (
        "epoch,split,actual,predicted\n0,test,a,b\n0,test,a\n",
        r"p\.csv, line 3: It can't be read: CSV parse error: Expected 4 columns, got 3",
    ),
    "no predictions": (
        "epoch,split,actual\n0,test,a\n",
        r"p\.csv: No column holds the predicted classes: there are 'epoch', .*--predicted-column",
    ),
    "two columns of one name": (
        "epoch,split,actual,predicted,actual\n0,test,a,b,c\n",
        r"p\.csv: Two columns are called 'actual'",
    ),
    "no split": (
        "epoch,actual,predicted\n0,a,b\n",
        r"p\.csv: No column holds the split.*--split NAME",
    ),
    "no rows": ("epoch,split,actual,predicted\n", "no rows"),
    "nothing": ("", "It can't be read: Empty CSV file"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_by_row_and_nothing_is_logged(tmp_path: Path, case: str) -> None:
    text, words = WRONG[case]
    with pytest.raises(ConfusionFlowError, match=words):
        import_predictions(read_pieces(write(tmp_path, text)), tmp_path / "logs", "old")
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize("form", ["parquet", "csv", "arrow"])
def test_a_wrong_row_is_named_beyond_the_first_piece_of_a_file(form: str, tmp_path: Path) -> None:
    n = 150_000
    labels = pa.array(["a"] * n)
    wrong = pa.table({"epoch": [0] * (n - 1) + [-1], "actual": labels, "predicted": labels})
    path = tmp_path / f"p.{form}"
    if form == "parquet":
        pa.parquet.write_table(wrong, path)
    elif form == "csv":
        pa.csv.write_csv(wrong, path)
    else:
        with pa.ipc.new_file(path, wrong.schema) as file:
            file.write_table(wrong, max_chunksize=n // 3)
    assert len(list(read_pieces(path))) > 1
    with pytest.raises(ImportSourceError, match=rf"p\.{form}, row 150,000: Column 'epoch'"):
        import_predictions(read_pieces(path), tmp_path / "logs", "old", split="test")


def test_a_file_that_is_no_table_or_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ImportSourceError, match=r"model\.pt: Its name does not end like a table.*\.parquet"
    ):
        list(read_pieces(tmp_path / "model.pt"))
    with pytest.raises(ImportSourceError, match=r"gone\.parquet: It can't be read"):
        list(read_pieces(tmp_path / "gone.parquet"))
    (tmp_path / "bad.arrow").write_bytes(b"not arrow at all")
    with pytest.raises(ImportSourceError, match=r"bad\.arrow: It can't be read"):
        list(read_pieces(tmp_path / "bad.arrow"))


@pytest.mark.parametrize("column", ["y_true", "split", "id"])
def test_text_that_is_no_utf_8_is_refused(tmp_path: Path, column: str) -> None:
    path = tmp_path / "p.parquet"
    texts = pa.StringArray.from_buffers(
        1, pa.py_buffer(np.array([0, 1], np.int32)), pa.py_buffer(b"\xff")
    )
    rows = {"epoch": [0], "split": ["t"], "y_true": ["a"], "y_pred": ["a"], "id": ["1"]}
    pa.parquet.write_table(pa.table({**rows, column: texts}), path)
    with pytest.raises(ImportSourceError, match=r"p\.parquet"):
        import_predictions(read_pieces(path), tmp_path / "logs", "run")
    assert not (tmp_path / "logs").exists()


def test_a_name_that_is_taken_is_refused(table: pa.Table, tmp_path: Path) -> None:
    cf.log_frame(table, tmp_path, "old")
    with pytest.raises(ConfusionFlowError, match="already has a run named 'old'"):
        cf.log_frame(table, tmp_path, "old")


def test_what_is_no_frame_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfusionFlowError, match="The frame is a dict"):
        cf.log_frame({"epoch": [0]}, tmp_path, "old")
