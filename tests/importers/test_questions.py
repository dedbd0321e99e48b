"""Tables as people bring them: what is taken in one way, what is asked, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ConfusionFlowWarning
from confusionflow.importers.helpers.columns import Columns
from confusionflow.importers.helpers.tables import read_pieces
from confusionflow.importers.predictions import import_predictions
from confusionflow.reading.logs import Logs

Files = dict[str, str | bytes]


def imported(
    folder: Path,
    files: Files | str | bytes,
    columns: Columns | None = None,
    name: str | None = "r",
    encoding: str | None = None,
    **options: Any,
) -> tuple[Logs, list[str]]:
    """Import files as one table; returns the logs and what was said."""
    notes: list[str] = []
    named = files if isinstance(files, dict) else {"p.csv": files}
    for file, content in named.items():
        (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    pieces = (piece for file in named for piece in read_pieces(folder / file, encoding))
    import_predictions(pieces, folder / "logs", name, columns, tell=notes.append, **options)
    return cf.open_logs(folder / "logs"), notes


HEAD = "epoch,split,y_true,y_pred\n"
SAME: dict[str, tuple[str, tuple[str, ...], list[list[int]]]] = {
    "float and integer": (
        "1.0,1\n0.0,0\n2.0,1\n",
        ("0", "1", "2"),
        [[1, 0, 0], [0, 1, 0], [0, 1, 0]],
    ),
    "truth values and integers": ("True,1\nfalse,0\n", ("0", "1"), [[1, 0], [0, 1]]),
    "truth values alone": ("True,True\nFalse,True\n", ("False", "True"), [[0, 1], [0, 1]]),
    "spaces": ("cat, cat\ndog , dog\ndog ,dog\n", ("cat", "dog"), [[1, 0], [0, 2]]),
    "letters with marks": (
        "Käfer,Ka\u0308fer\ncat,cat\n",
        ("Käfer", "cat"),
        [[1, 0], [0, 1]],
    ),
    "numbers below zero": (
        "-1,-1\n10,-1\n-10,10\n9,9\n",
        ("-10", "-1", "9", "10"),
        [[0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 1, 0, 0]],
    ),
    "leading zeros are names": ("007,007\n7,7\n", ("007", "7"), [[1, 0], [0, 1]]),
    "versions are names": ("1.0,1.0\n1.5,1.5\n", ("1.0", "1.5"), [[1, 0], [0, 1]]),
    "case is meant": ("cat,cat\nCat,cat\n", ("Cat", "cat"), [[0, 1], [0, 1]]),
}
SAID = ("float and integer", "truth values and integers", "spaces", "letters with marks")


@pytest.mark.parametrize("case", SAME)
def test_one_label_is_one_class_however_it_is_written(tmp_path: Path, case: str) -> None:
    rows, classes, matrix = SAME[case]
    text = HEAD + "".join(f"0,test,{row}\n" for row in rows.splitlines())
    logs, notes = imported(tmp_path, text)
    series = logs["r"]["test"]
    assert set(series.classes) == set(classes)
    order = [series.classes.index(name) for name in classes]
    assert series.confusion()[0][np.ix_(order, order)].tolist() == matrix
    if case == "numbers below zero":
        assert series.classes == classes
    assert bool(notes) == (case in SAID)


def test_declared_classes_are_found_by_names_written_otherwise_and_by_index(tmp_path: Path) -> None:
    text = HEAD + "0,test,cat ,1\n0,test,dog,0\n0,test,dog,1\n"
    logs, notes = imported(tmp_path, text, classes=["cat", "dog"])
    assert logs["r"]["test"].confusion()[0].tolist() == [[0, 1], [1, 1]]
    assert notes == [
        "Column 'y_pred' holds numbers. They were taken for positions in the classes, from 0 on."
    ]


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "scores": (
        "0,test,1,0.93\n0,test,0,0.12\n",
        {},
        r"Column 'y_pred' holds scores, such as 0\.93\. Pass classes: the most probable",
    ),
    "names and indices": (
        "0,test,cat,0\n0,test,dog,1\n",
        {},
        r"'y_true' holds 'cat', 'dog', column 'y_pred' holds '0', '1', and no label is in both.*"
        r"--classes A,B,C",
    ),
    "names that do not meet": ("0,test,cat,Cat\n0,test,dog,Dog\n", {}, "no label is in both"),
    "labels that are no class": (
        "0,test,kat,cat\n0,test,hund,dog\n",
        {"classes": ["cat", "dog"]},
        "Column 'y_true' holds 'hund', 'kat', and none of them is one of the 2 classes",
    ),
    "labels from 1": (
        "0,test,1,2\n0,test,2,2\n",
        {"classes": ["cat", "dog"]},
        "from 1 to 2, and there are 2 classes, which are counted from 0.*--classes unused,A,B",
    ),
    "split that the column denies": (
        "0,train,a,b\n0,test,a,b\n",
        {"split": "test"},
        r"p\.csv, row 1: Column 'split' says that the split is 'train', and --split says 'test'",
    ),
    "fraction of an epoch": (
        "0.5,test,a,a\n",
        {},
        r"row 1: Column 'epoch' holds the epoch, and it is '0\.5'.*--time-unit step",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_right_is_refused_before_anything_is_logged(
    tmp_path: Path, case: str
) -> None:
    rows, options, words = REFUSED[case]
    with pytest.raises(ConfusionFlowError, match=words):
        imported(tmp_path, HEAD + rows, **options)
    assert not (tmp_path / "logs").exists()


def test_a_whole_float_is_an_epoch(tmp_path: Path) -> None:
    logs, _ = imported(tmp_path, HEAD + "3.0,test,a,a\n1e1,test,a,b\n")
    assert logs["r"]["test"].epochs.tolist() == [3, 10]


STEPS = "epoch,step,id,y_true,y_pred\n0,100,1,a,b\n0,200,1,a,b\n0,300,1,a,a\n0,300,2,b,b\n"


def test_an_instance_that_comes_again_in_an_epoch_asks_what_tells_them_apart(
    tmp_path: Path,
) -> None:
    words = (
        r"Epoch 0 of split 'test' has instance '1' 3 times\. Column 'step' has several values "
        r"there, such as '100' and '200'\. If it is the time axis, pass --epoch-column step"
    )
    with pytest.raises(ConfusionFlowError, match=words):
        imported(tmp_path, STEPS, split="test")
    assert not (tmp_path / "logs").exists()
    logs, _ = imported(tmp_path, STEPS, Columns(epoch="step"), split="test", time_unit="step")
    assert logs["r"]["test"].epochs.tolist() == [100, 200, 300]
    assert logs["r"].time_unit == "step"


@pytest.mark.parametrize(
    ("column", "option"), [("seed", "run"), ("run_id", "run"), ("fold", "run")]
)
def test_runs_seeds_and_folds_are_asked_about_and_become_runs(
    tmp_path: Path, column: str, option: str
) -> None:
    text = f"epoch,{column},y_true,y_pred\n0,1,a,b\n0,2,a,a\n"
    if column != "run_id":
        with pytest.raises(ConfusionFlowError, match=rf"--{option}-column {column}"):
            imported(tmp_path, text, split="test")
    logs, notes = imported(
        tmp_path, text, Columns(run=None if column == "run_id" else column), split="test"
    )
    assert [run.name for run in logs.runs] == ["r 1", "r 2"]
    assert logs["r 2"]["test"].accuracy().tolist() == [1]
    assert "They are called 'r 1', 'r 2'" in notes[-1]


def test_steps_without_ids_are_asked_about_too_and_can_be_ignored(tmp_path: Path) -> None:
    text = "epoch,step,y_true,y_pred\n0,100,a,b\n0,200,a,a\n"
    with pytest.raises(ConfusionFlowError, match=r"has several evaluations\. Column 'step'"):
        imported(tmp_path, text, split="test")
    logs, _ = imported(tmp_path, text, Columns(ignore=("step",)), split="test")
    assert logs["r"]["test"].confusion()[0].tolist() == [[1, 1], [0, 0]]


def test_a_step_that_is_the_same_throughout_an_epoch_is_no_question(tmp_path: Path) -> None:
    text = "epoch,step,y_true,y_pred\n0,100,a,b\n1,200,a,a\n0,100,a,a\n"
    logs, _ = imported(tmp_path, text, split="test")
    assert logs["r"]["test"].epochs.tolist() == [0, 1]


def test_an_instance_that_is_written_twice_alike_counts_once(tmp_path: Path) -> None:
    logs, notes = imported(
        tmp_path, "epoch,id,y_true,y_pred\n0,1,a,b\n0,2,b,b\n0,1,a,b\n1,1,a,a\n", split="test"
    )
    assert logs["r"]["test"].confusion().sum((1, 2)).tolist() == [2, 1]
    assert notes == ["Left out 1 row that repeats an instance with the same labels."]


def test_an_instance_with_two_predictions_is_refused(tmp_path: Path) -> None:
    text = "epoch,id,y_true,y_pred\n0,1,a,b\n0,2,b,b\n0,1,a,a\n"
    with pytest.raises(ConfusionFlowError, match=r"instance '1' 2 times\. Keep one row"):
        imported(tmp_path, text, split="test")


def test_a_file_for_each_epoch_says_the_epoch_in_its_name(tmp_path: Path) -> None:
    files: Files = {
        "val_predictions_step_500.csv": "y_true,y_pred\na,b\n",
        "val_predictions_step_20.csv": "y_true,y_pred\na,a\n",
    }
    logs, _ = imported(tmp_path, files)
    assert logs["r"]["val"].epochs.tolist() == [20, 500]
    assert logs["r"].time_unit == "step"


def test_one_epoch_without_a_column_is_asked_for_and_taken(tmp_path: Path) -> None:
    with pytest.raises(ConfusionFlowError, match=r"No column holds the epoch.*--epoch 0"):
        imported(tmp_path, "y_true,y_pred\na,b\n", split="test")
    logs, _ = imported(tmp_path, "y_true,y_pred\na,b\n", split="test", epoch=7)
    assert logs["r"]["test"].epochs.tolist() == [7]


# ---- counts ------------------------------------------------------------------------------------

MATRIX = [[90, 10], [5, 95]]
CARET = "epoch,Prediction,Reference,Freq\n0,cat,cat,90\n0,dog,cat,10\n0,cat,dog,5\n0,dog,dog,95\n"
KUBEFLOW = "epoch,target,predicted,count\n0,cat,cat,90\n0,cat,dog,10\n0,dog,cat,5\n0,dog,dog,95\n"
DPLYR = "epoch,y_true,y_pred,n\n0,cat,cat,90.0\n0,cat,dog,10.0\n0,dog,cat,5.0\n0,dog,dog,95.0\n"


@pytest.mark.parametrize("text", [CARET, KUBEFLOW, DPLYR], ids=["caret", "kubeflow", "dplyr"])
def test_a_column_of_counts_is_counts_and_said(tmp_path: Path, text: str) -> None:
    logs, notes = imported(tmp_path, text, split="test")
    assert logs["r"]["test"].confusion()[0].tolist() == MATRIX
    assert len(notes) == 1
    assert "holds counts: 4 rows are 200 instances." in notes[0]


@pytest.mark.parametrize("ending", ["csv", "parquet", "json"])
def test_our_own_export_comes_back_as_it_was(tmp_path: Path, ending: str) -> None:
    for name, matrix in (("lr 0.1", MATRIX), ("lr 0.01", [[80, 20], [9, 91]])):
        with cf.Run(tmp_path / "old", name, classes=["cat", "dog"]) as run:
            run.log_matrix(3, "test", matrix)
            run.log_matrix(4, "val", [[1, 0], [0, 1]])
    old = cf.open_logs(tmp_path / "old")
    cf.export(old, tmp_path / f"c.{ending}")
    import_predictions(read_pieces(tmp_path / f"c.{ending}"), tmp_path / "logs", None)
    for there in old.runs:
        back = cf.open_logs(tmp_path / "logs")[there.name]
        assert list(back) == list(there)
        for split in there:
            assert back[split].epochs.tolist() == there[split].epochs.tolist()
            np.testing.assert_array_equal(back[split].confusion(), there[split].confusion())


@pytest.mark.parametrize("backend", ["pandas", "polars", "pyarrow"])
def test_a_series_comes_back_from_its_frame_with_the_order_of_its_classes(
    tmp_path: Path, backend: Any
) -> None:
    with cf.Run(tmp_path, "old", classes=["owl", "dog", "never", "cat"]) as run:
        run.log(0, "test", y_true=[0, 1, 3, 3], y_pred=[1, 1, 0, 3])
    series = cf.open_logs(tmp_path)["old"]["test"]
    with pytest.warns(ConfusionFlowWarning, match="'count' holds counts: 4 rows are 4 instances"):
        cf.log_frame(series.to_frame(backend), tmp_path, "back", only_split="test")
    back = cf.open_logs(tmp_path)["back"]["test"]
    if backend != "polars":  # its categories are those that occur, in no order
        assert back.classes == series.classes
        np.testing.assert_array_equal(back.confusion(), series.confusion())
    assert back.accuracy().tolist() == [0.5]


def test_counts_beside_a_missing_label_are_left_out(tmp_path: Path) -> None:
    with pytest.warns(ConfusionFlowWarning):
        logs, _ = imported(
            tmp_path, "epoch,y_true,y_pred,count\n0,a,a,5\n0,a,,3\n0,b,a,1\n", split="test"
        )
    series = logs["r"]["test"]
    assert series.confusion()[0].tolist() == [[5, 0], [1, 0]]
    assert series.left_out.tolist() == [3]


WRONG_COUNTS = {
    "negative": ("a,a,-1", r"row 1: Column 'count' holds the count, and it is '-1'"),
    "fraction": (
        "a,a,0.5",
        r"it is '0\.5'\. Counts are whole numbers from 0 on\. If they are weig",
    ),
    "missing": ("a,a,", "it is ''"),
    "cell twice": ("a,a,1\n0,a,a,2", "has a cell twice. .*--count-column count"),
}


@pytest.mark.parametrize("case", WRONG_COUNTS)
def test_counts_that_are_none_are_refused(tmp_path: Path, case: str) -> None:
    rows, words = WRONG_COUNTS[case]
    with pytest.raises(ConfusionFlowError, match=words):
        imported(tmp_path, f"epoch,y_true,y_pred,count\n0,{rows}\n", split="test")
    assert not (tmp_path / "logs").exists()


def test_counts_of_one_cell_are_added_up_if_the_column_was_named(tmp_path: Path) -> None:
    text = "epoch,y_true,y_pred,weight\n0,a,b,3\n0,a,b,4\n0,b,b,1\n"
    logs, notes = imported(tmp_path, text, Columns(count="weight"), split="test")
    assert logs["r"]["test"].confusion()[0].tolist() == [[0, 7], [0, 1]]
    assert not notes


def test_weights_are_asked_about(tmp_path: Path) -> None:
    text = "epoch,y_true,y_pred,weight\n0,cat,cat,2.5\n0,dog,dog,1\n"
    words = "could be counts or weights.*--count-column weight.*--ignore weight"
    with pytest.raises(ConfusionFlowError, match=words):
        imported(tmp_path, text, split="test")
    logs, _ = imported(tmp_path, text, Columns(ignore=("weight",)), split="test")
    assert logs["r"]["test"].confusion()[0].tolist() == [[1, 0], [0, 1]]


def test_counts_beside_ids_are_asked_about(tmp_path: Path) -> None:
    text = "epoch,id,y_true,y_pred,n\n0,1,cat,cat,7\n"
    with pytest.raises(ConfusionFlowError, match="'n' counts instances, and column 'id' names one"):
        imported(tmp_path, text, split="test")


def test_two_columns_that_could_be_actual_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(ConfusionFlowError, match="'target' and 'label' could both be actual"):
        imported(tmp_path, "epoch,label,target,y_pred\n0,a,b,a\n", split="test")


def test_a_frame_of_several_runs_is_asked_about(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"epoch": [0, 0], "run": ["x", "y"], "y_true": ["a", "a"], "y_pred": ["a", "a"]}
    )
    with pytest.raises(ConfusionFlowError, match=r"Column 'run' holds 2 runs\. Log the rows"):
        cf.log_frame(frame, tmp_path, "r", only_split="test")
    cf.log_frame(frame, tmp_path, "r", only_split="test", ignore=["run"])
    assert cf.open_logs(tmp_path)["r"]["test"].confusion().tolist() == [[[2]]]


# ---- how files are written ---------------------------------------------------------------------

UMLAUTS = HEAD + "0,test,Käfer,Käfer\n0,test,Fuß,Käfer\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (UMLAUTS.encode("utf-16"), None),
        (b"\xff\xfe" + UMLAUTS.encode("utf-16-le"), None),
        (UMLAUTS.encode("utf-8-sig"), None),
        (UMLAUTS.encode("latin-1"), "latin-1"),
        (UMLAUTS.encode("cp1252"), "cp1252"),
        (UMLAUTS.replace(",", ";").encode(), None),
        (UMLAUTS.replace(",", "\t").encode(), None),
        (UMLAUTS.replace("\n", "\r\n").encode("utf-16"), None),
    ],
)
def test_files_of_other_programs_are_read(
    tmp_path: Path, content: bytes, encoding: str | None
) -> None:
    logs, _ = imported(tmp_path, content, encoding=encoding)
    assert logs["r"]["test"].classes == ("Fuß", "Käfer")
    assert logs["r"]["test"].confusion()[0].tolist() == [[0, 1], [0, 1]]


def test_a_byte_that_is_not_utf_8_is_named_with_what_to_pass(tmp_path: Path) -> None:
    with pytest.raises(
        ConfusionFlowError, match=r"p\.csv, line 2: Byte 0xe4 is not UTF-8.*latin-1"
    ):
        imported(tmp_path, UMLAUTS.encode("latin-1"))
    with pytest.raises(ConfusionFlowError, match="There is no encoding 'latin1000'"):
        imported(tmp_path, UMLAUTS, encoding="latin1000")


def test_typed_columns_of_parquet_meet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "epoch": [0.0, 0.0, 1.0],
            "split": ["t"] * 3,
            "y_true": pa.array([1.0, None, 0.0]),
            "y_pred": pa.array([True, False, False]),
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "p.parquet")
    notes: list[str] = []
    with pytest.warns(ConfusionFlowWarning):
        import_predictions(
            read_pieces(tmp_path / "p.parquet"), tmp_path / "logs", "r", tell=notes.append
        )
    series = cf.open_logs(tmp_path / "logs")["r"]["t"]
    assert series.classes == ("0", "1")
    assert series.confusion().tolist() == [[[0, 0], [0, 1]], [[1, 0], [0, 0]]]
    assert series.left_out.tolist() == [1, 0]


ORDER = ["small", "medium", "large", "never"]
ORDERED: dict[str, Callable[[], Any]] = {
    "pandas, ordered": lambda: pd.Categorical(["small", "large"], categories=ORDER, ordered=True),
    "pandas": lambda: pd.Categorical(["small", "large"], categories=ORDER),
    "polars": lambda: pl.Series(["small", "large"], dtype=pl.Enum(ORDER)),
}


@pytest.mark.parametrize("library", ORDERED)
def test_categories_are_the_classes_in_their_order(tmp_path: Path, library: str) -> None:
    labels = ORDERED[library]()
    data: Any = {"epoch": [0, 0], "y_true": labels, "y_pred": ["small", "medium"]}
    frame = pl.DataFrame(data) if library == "polars" else pd.DataFrame(data)
    cf.log_frame(frame, tmp_path, "r", only_split="test")
    series = cf.open_logs(tmp_path)["r"]["test"]
    assert series.classes == tuple(ORDER)
    assert series.support()[0].tolist() == [1, 0, 1, 0]
