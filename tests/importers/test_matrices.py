import contextlib
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confusionflow.errors import ConfusionFlowError, ImportSourceError
from confusionflow.importers.matrices import import_matrices
from confusionflow.reading.logs import open_logs
from confusionflow.reading.run import Series

GOOD = "class,a,b\na,5,1\nb,2,7\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A good source of two splits; tests break one thing in it."""
    folder = tmp_path / "source"
    write(folder / "test" / "epoch0_confusion.csv", GOOD)
    write(folder / "test" / "epoch5_confusion.csv", "class,a,b\na,6,0\nb,3,6\n")
    write(folder / "train" / "epoch0_confusion.csv", "class,a,b\na,50,10\nb,20,70\n")
    return folder


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def imported(source: Path, split: str = "test") -> Series:
    log_dir = source.parent / "logs"
    run_id = import_matrices(source, log_dir, "imported")
    return open_logs(log_dir)[run_id][split]


def test_each_folder_becomes_a_split_and_each_file_an_epoch(source: Path) -> None:
    test = imported(source)
    assert test.epochs.tolist() == [0, 5]
    assert test.classes == ("a", "b")
    assert test.confusion().tolist() == [[[5, 1], [2, 7]], [[6, 0], [3, 6]]]
    assert test.run["train"].confusion().tolist() == [[[50, 10], [20, 70]]]
    assert test.run.state == "finished"


def test_train_comes_before_test_and_other_splits_follow_by_name(source: Path) -> None:
    for name in ("z", "cifar10.1", "val"):
        write(source / name / "epoch0.csv", GOOD)
    assert list(imported(source).run) == ["train", "val", "test", "cifar10.1", "z"]


def test_labels_give_class_ids_their_names(source: Path) -> None:
    write(source / "test" / "epoch0_confusion.csv", "class,0,1\n0,5,1\n1,2,7\n")
    write(source / "test" / "epoch5_confusion.csv", "class,0,1\n0,6,0\n1,3,6\n")
    write(source / "train" / "epoch0_confusion.csv", "class,1,0\n1,70,20\n0,10,50\n")
    write(source / "labels.csv", "id, class_id, class_label\n7,0,Cat\n8,1,Dog\n9,2,Never used\n")
    test = imported(source)
    assert test.classes == ("Cat", "Dog")
    assert test.run["train"].classes == ("Dog", "Cat")
    assert test.run["train"].confusion().tolist() == [[[70, 20], [10, 50]]]


def test_splits_may_have_other_classes(source: Path) -> None:
    write(source / "shifted" / "epoch0.csv", ",b,c,d\nb,1,2,3\nc,4,5,6\nd,7,8,9\n")
    assert imported(source, "shifted").classes == ("b", "c", "d")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("\ufeff" + GOOD, id="BOM"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(GOOD.replace("\n", "\r"), id="CR"),
        pytest.param(GOOD.rstrip(), id="no last line end"),
        pytest.param(GOOD + "\n\n", id="blank lines at the end"),
        pytest.param(GOOD.replace(",", " , "), id="spaces"),
        pytest.param(GOOD.replace("class", ""), id="empty corner"),
        pytest.param(GOOD.replace("5", "005"), id="leading zeros"),
        pytest.param(GOOD.replace("5", "0" * 5_000 + "5"), id="thousands of leading zeros"),
        pytest.param(GOOD.replace("a,", '"a",'), id="quotes"),
        pytest.param(GOOD.encode("utf-16"), id="UTF-16"),
        pytest.param(GOOD.encode("utf-16-le"), id="UTF-16 without a mark"),
        pytest.param(GOOD.replace(",", ";"), id="semicolons"),
        pytest.param(GOOD.replace(",", "\t"), id="tabs"),
        pytest.param(GOOD.replace("5,1", "5.0,1e0"), id="whole floats"),
        pytest.param("a,b\n5,1\n2,7\n", id="no row names"),
        pytest.param("a,b\na,5,1\nb,2,7\n", id="no corner, as R writes it"),
        pytest.param("Pred,a,b\na,5,2\nb,1,7\n", id="rows are predictions by the corner"),
        pytest.param("Pred \\ True,a,b\na,5,2\nb,1,7\n", id="corner of two words"),
        pytest.param("True/Pred,a,b\na,5,1\nb,2,7\n", id="corner of two words, actual first"),
        pytest.param(",a,b,All\na,5,1,6\nb,2,7,9\nAll,7,8,15\n", id="margins of pandas"),
        pytest.param(",a,b,Sum\na,5,1,6\nb,2,7,9\n", id="a column of sums"),
        pytest.param(",a,b\na,5,1\nb,2,7\nTotal,7,8\n", id="a row of sums"),
    ],
)
def test_what_other_programs_write_into_csv_is_fine(source: Path, content: str | bytes) -> None:
    write(source / "test" / "epoch0_confusion.csv", content)
    assert imported(source).confusion()[0].tolist() == [[5, 1], [2, 7]]


def test_names_are_text_whatever_they_hold(source: Path) -> None:
    odd = '<img src=x onerror=alert(1)>, "quoted"'
    quoted = '"' + odd.replace('"', '""') + '"'
    for epoch in (0, 5):
        name = f"epoch{epoch}_confusion.csv"
        write(source / "test" / name, f"class,{quoted},\u2028é\n{quoted},1,2\n\u2028é,3,4\n")
    assert imported(source).classes == (odd, "é")


def test_the_largest_count_is_kept(source: Path) -> None:
    write(source / "test" / "epoch0_confusion.csv", f",a,b\na,{2**63 - 1},0\nb,0,0\n")
    assert imported(source).confusion()[0, 0, 0] == 2**63 - 1


def test_a_class_called_all_is_a_class_if_its_counts_are_no_sums(source: Path) -> None:
    for epoch in (0, 5):
        write(source / "test" / f"epoch{epoch}_confusion.csv", ",a,All\na,5,1\nAll,2,7\n")
    assert imported(source).classes == ("a", "All")


def test_pictures_are_passed_over_and_margins_left_out_and_both_are_said(source: Path) -> None:
    write(source / "test" / "epoch_1.png", "x")
    write(source / "all.svg", "x")
    write(source / "test" / "epoch0_confusion.csv", "t,a,b,All\na,5,1,6\nb,2,7,9\nAll,7,8,15\n")
    said: list[str] = []
    import_matrices(source, source.parent / "logs", "imported", tell=said.append)
    assert said[:2] == [
        "Ignored 2 pictures, such as all.svg.",
        "Left out rows and columns of sums, called 'All'.",
    ]


def test_rows_are_predictions_if_the_user_says_so(source: Path) -> None:
    log_dir = source.parent / "logs"
    import_matrices(source, log_dir, "turned", rows="predicted")
    assert open_logs(log_dir)["turned"]["test"].confusion()[0].tolist() == [[5, 2], [1, 7]]


def test_sums_that_stay_in_columns_only_are_a_question(source: Path) -> None:
    write(source / "test" / "epoch0_confusion.csv", ",a,b\na,8,13\nb,2,40\n")
    write(source / "test" / "epoch5_confusion.csv", ",a,b\na,9,11\nb,1,42\n")
    log_dir = source.parent / "logs"
    with pytest.raises(ImportSourceError, match=r"as if the rows were predictions.*--rows"):
        import_matrices(source, log_dir, "imported")
    import_matrices(source, log_dir, "imported", rows="predicted")
    assert open_logs(log_dir)["imported"]["test"].support().tolist() == [[10, 53], [10, 53]]
    import_matrices(source, log_dir, "as it is", rows="actual")
    assert open_logs(log_dir)["as it is"]["test"].support()[0].tolist() == [21, 42]


def test_rows_whose_sums_stay_are_actual_and_nothing_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    write(tmp_path / "source" / "test" / "epoch0.csv", GOOD)
    write(tmp_path / "source" / "test" / "epoch1.csv", ",a,b\na,6,0\nb,4,5\n")
    import_matrices(tmp_path / "source", tmp_path / "logs", "r", tell=said.append)
    assert not said
    write(tmp_path / "source" / "test" / "epoch1.csv", ",a,b\na,6,1\nb,4,5\n")
    import_matrices(tmp_path / "source", tmp_path / "logs", "s", tell=said.append)
    assert "--rows predicted" in said[0]


def test_a_matrix_without_header_takes_the_classes_that_are_passed(tmp_path: Path) -> None:
    write(tmp_path / "source" / "test" / "epoch0.csv", "20,2,0\n8,4,0\n130,12,5\n")
    options = {"has_header": False, "classes": ["a", "b", "c"]}
    import_matrices(tmp_path / "source", tmp_path / "logs", "r", **options)  # type: ignore[arg-type]
    series = open_logs(tmp_path / "logs")["r"]["test"]
    assert series.classes == ("a", "b", "c")
    assert series.confusion()[0].tolist() == [[20, 2, 0], [8, 4, 0], [130, 12, 5]]
    with pytest.raises(ImportSourceError, match="has 3 columns, and 2 classes were named"):
        import_matrices(
            tmp_path / "source", tmp_path / "logs", "s", has_header=False, classes=["a", "b"]
        )


@pytest.mark.parametrize(
    ("names", "splits", "unit"),
    [
        (["test/confusion_matrix_epoch_1.csv"], {"test": [1]}, "epoch"),
        (["test/step_500.csv", "test/step_20.csv"], {"test": [20, 500]}, "step"),
        (
            ["train_conf_matrix_epoch_1.csv", "val_conf_matrix_epoch_1.csv"],
            {"train": [1], "val": [1]},
            "epoch",
        ),
        (
            ["cms/train_conf_matrix_epoch_1.csv", "cms/val_conf_matrix_epoch_1.csv"],
            {"train": [1], "val": [1]},
            "epoch",
        ),
        (["test/3.csv", "test/004.csv"], {"test": [3, 4]}, "epoch"),
        (["validation/val-epoch=7.csv"], {"validation": [7]}, "epoch"),
    ],
)
def test_names_of_files_say_epoch_and_split(
    tmp_path: Path, names: list[str], splits: dict[str, list[int]], unit: str
) -> None:
    for name in names:
        write(tmp_path / "source" / name, GOOD)
    import_matrices(tmp_path / "source", tmp_path / "logs", "r")
    run = open_logs(tmp_path / "logs")["r"]
    assert {name: series.epochs.tolist() for name, series in run.items()} == splits
    assert run.time_unit == unit


def test_files_of_one_split_may_lie_in_the_source_if_the_split_is_passed(tmp_path: Path) -> None:
    write(tmp_path / "source" / "epoch_1.csv", GOOD)
    with pytest.raises(ImportSourceError, match="pass --split NAME"):
        import_matrices(tmp_path / "source", tmp_path / "logs", "r")
    import_matrices(tmp_path / "source", tmp_path / "logs", "r", split="val")
    assert list(open_logs(tmp_path / "logs")["r"]) == ["val"]


KERAS = """epoch,loss,tn,fp,fn,tp,val_tn,val_fp,val_fn,val_tp
0,1,9,1,0,5,4.0,1,2,3
1,1,10,0,1,4,5,0,1,4
"""


def test_columns_of_true_and_false_positives_are_a_row_for_each_epoch(tmp_path: Path) -> None:
    write(tmp_path / "log.csv", KERAS)
    import_matrices(tmp_path / "log.csv", tmp_path / "logs", "r", classes=["no", "yes"])
    run = open_logs(tmp_path / "logs")["r"]
    assert list(run) == ["train", "val"]
    assert run["train"].classes == ("no", "yes")
    assert run["train"].confusion().tolist() == [[[9, 1], [0, 5]], [[10, 0], [1, 4]]]
    assert run["val"].confusion()[0].tolist() == [[4, 1], [2, 3]]


def test_columns_of_true_and_false_positives_of_one_split(tmp_path: Path) -> None:
    write(tmp_path / "source" / "test" / "m.csv", "epoch,TP,FP,TN,FN\n3,5,1,9,0\n3,5,1,9,0\n")
    with pytest.raises(ImportSourceError, match=r"m\.csv, line 3, column 1: Epoch 3 occurs twice"):
        import_matrices(tmp_path / "source", tmp_path / "logs", "r")
    write(tmp_path / "source" / "test" / "m.csv", "epoch,TP,FP,TN,FN\n3,5,1,9,0\n")
    import_matrices(tmp_path / "source", tmp_path / "logs", "r")
    assert open_logs(tmp_path / "logs")["r"]["test"].confusion().tolist() == [[[9, 1], [0, 5]]]


def test_arrays_of_numpy_hold_one_epoch_or_several(tmp_path: Path) -> None:
    folder = tmp_path / "source" / "test"
    folder.mkdir(parents=True)
    np.save(folder / "all.npy", np.arange(8.0).reshape(2, 2, 2))
    np.save(folder / "epoch_5.npy", np.array([[1, 2], [3, 4]]))
    said: list[str] = []
    import_matrices(tmp_path / "source", tmp_path / "logs", "r", tell=said.append)
    series = open_logs(tmp_path / "logs")["r"]["test"]
    assert series.epochs.tolist() == [0, 1, 5]
    assert series.confusion().tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]], [[1, 2], [3, 4]]]
    assert said[0] == "Arrays have no class names; classes are called by their numbers."


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([[0.5, 0.5], [0, 1]]), r"holds 0\.5 at \[0, 0\]\. Counts are"),
        (np.zeros((2, 3)), "not square"),
        (np.zeros(4), r"has \(4,\)"),
        (np.array([["a"]]), "holds <U1 values"),
    ],
)
def test_arrays_that_are_no_matrices_are_refused(tmp_path: Path, array: Any, words: str) -> None:
    (tmp_path / "source" / "test").mkdir(parents=True)
    np.save(tmp_path / "source" / "test" / "epoch0.npy", array)
    with pytest.raises(ImportSourceError, match=words):
        import_matrices(tmp_path / "source", tmp_path / "logs", "r")
    assert not (tmp_path / "logs").exists()


def test_files_in_latin_1_are_read_if_it_is_said(tmp_path: Path) -> None:
    write(tmp_path / "s" / "test" / "epoch0.csv", ",Käse,b\nKäse,5,1\nb,2,7\n".encode("latin-1"))
    import_matrices(tmp_path / "s", tmp_path / "logs", "r", encoding="latin-1")
    assert open_logs(tmp_path / "logs")["r"]["test"].classes == ("Käse", "b")


def test_hidden_files_are_passed_over(source: Path) -> None:
    write(source / ".DS_Store", b"\x00")
    write(source / "test" / "._epoch0_confusion.csv", b"\x00")
    assert imported(source).epochs.tolist() == [0, 5]


EPOCH0 = "test/epoch0_confusion.csv"
Place = tuple[int | None, int | None]


@pytest.mark.parametrize(
    ("name", "content", "place", "said"),
    [
        pytest.param(EPOCH0, ",a,b\na,5,1\nb,2\n", (3, 3), "2 columns", id="short row"),
        pytest.param(EPOCH0, ",a,b\na,5,1,9\nb,2,7\n", (2, 4), "4 columns", id="long row"),
        pytest.param(EPOCH0, ",a,b\na,5,1\nb,many,7\n", (3, 2), "'many'", id="text"),
        pytest.param(EPOCH0, ",a,b\na,5,-1\nb,2,7\n", (2, 3), "'-1'", id="negative"),
        pytest.param(EPOCH0, ",a,b\na,0.83,1\nb,2,7\n", (2, 2), "not rates", id="rate"),
        pytest.param(EPOCH0, ",a,b\na,5,nan\nb,2,7\n", (2, 3), "'nan'", id="NaN"),
        pytest.param(EPOCH0, ",a,b\na,1_0,1\nb,2,7\n", (2, 2), "'1_0'", id="underscore"),
        pytest.param(EPOCH0, ",a,b\na,٣,1\nb,2,7\n", (2, 2), "'٣'", id="other digits"),
        pytest.param(EPOCH0, ",a,b\na,,1\nb,2,7\n", (2, 2), "missing", id="no count"),
        pytest.param(EPOCH0, f",a,b\na,{2**63},1\nb,2,7\n", (2, 2), "exceeds", id="beyond int64"),
        pytest.param(EPOCH0, f",a,b\na,{'9' * 9999},1\nb,2,7\n", (2, 2), "9999 d", id="digits"),
        pytest.param(
            EPOCH0, f",a,b\na,{2**63 - 1},0\nb,1,0\n", (3, None), "add up", id="sum beyond int64"
        ),
        pytest.param(EPOCH0, ",a,a\na,5,1\na,2,7\n", (1, 3), "'a' occurs twice", id="same class"),
        pytest.param(EPOCH0, ",a,\na,5,1\n,2,7\n", (1, 3), "class is empty", id="no class"),
        pytest.param(EPOCH0, "", (None, None), "is empty", id="empty file"),
        pytest.param(EPOCH0, "\n\n", (None, None), "is empty", id="blank file"),
        pytest.param(EPOCH0, "class|a|b\na|5|1\n", (1, 1), "by commas", id="bars"),
        pytest.param(EPOCH0, "a,5,1\nb,2,7\n", (2, 1), "is for class 'b'", id="no header"),
        pytest.param(
            EPOCH0,
            "20,2,0\n8,4,0\n130,12,5\n",
            (1, None),
            "no header: all",
            id="numbers only",
        ),
        pytest.param(EPOCH0, "20 2\n8 4\n", (1, None), "--no-header", id="as NumPy writes text"),
        pytest.param(
            EPOCH0,
            ",a,b,c,x\na,1,2,0,3\nb,4,5,0,9\nc,1,0,1,2\nx,6,7,1,14\n",
            (5, None),
            "The last row, 'x', and the last column, 'x', hold the sums",
            id="margins of another name",
        ),
        pytest.param(
            "test/train_epoch_9.csv", GOOD, (None, None), "The folder says", id="another split"
        ),
        pytest.param(EPOCH0, ",a,b\nb,2,7\na,5,1\n", (2, 1), "same order", id="rows swapped"),
        pytest.param(EPOCH0, ",a,b\na,5,1\n", (2, None), "ends after 1 rows", id="row missing"),
        pytest.param(EPOCH0, ",a,b\n", (1, None), "ends after 0 rows", id="header only"),
        pytest.param(EPOCH0, GOOD + "c,1,2\n", (4, None), "one row more", id="row too many"),
        pytest.param(EPOCH0, b",a,b\na,5,1\nb,2,\xe97\n", (3, 3), "not UTF-8", id="Latin-1"),
        pytest.param(EPOCH0, b"\xef\xbb\xbf,a,b\n\xff,1,2\n", (2, 1), "0xff", id="BOM and Latin-1"),
        pytest.param(EPOCH0, ',a,b\na,5,1\nb,2,"7\n', (3, None), "not CSV", id="open quote"),
        pytest.param(EPOCH0, b",a,b\na,5,1\x00\nb,2,7\n", (2, 3), r"\x00", id="NUL"),
        pytest.param(
            "test/epoch5_confusion.csv",
            ",a,c\na,5,1\nc,2,7\n",
            (1, 3),
            "'c' instead of 'b'",
            id="other class later",
        ),
        pytest.param(
            "test/epoch5_confusion.csv",
            ",a,b,c\na,5,1,0\nb,2,7,0\nc,0,0,1\n",
            (1, 4),
            "'c' instead of none",
            id="more classes later",
        ),
        pytest.param(
            "test/epoch5_confusion.csv", ",a\na,5\n", (1, 3), "none instead", id="fewer later"
        ),
        pytest.param("test/epoch_0.csv", GOOD, (None, None), "Epoch 0 occurs twice", id="twice"),
        pytest.param("test/notes.txt", "hi", (None, None), "epoch12_conf", id="unknown file"),
        pytest.param("test/epoch-1.csv/x", "", (None, None), "epoch12_conf", id="folder within"),
        pytest.param("test/epoch" + "9" * 19 + ".csv", GOOD, (None, None), "12", id="huge epoch"),
        pytest.param(
            "README.md", "hi", (None, None), "does not belong to a split", id="file beside"
        ),
        pytest.param("epoch1.csv", GOOD, (None, None), "into a folder", id="matrix beside"),
        pytest.param("labels.csv", "", (None, None), "is empty", id="empty labels"),
        pytest.param("labels.csv", "class_id,class_label\na,A\n", (1, 3), "no class 'b'", id="id"),
        pytest.param("labels.csv", "number,name\na,A\n", (1, None), "'class_id'", id="no ids"),
        pytest.param("labels.csv", "id,text\na,A\n", (1, None), "'class_label'", id="no names"),
        pytest.param("labels.csv", "id,name\na,A\nb,A\n", (3, 2), "'A' occurs twice", id="name"),
        pytest.param("labels.csv", "id,name\na,A\na,B\n", (3, 1), "'a' occurs twice", id="two ids"),
        pytest.param("labels.csv", "id,name\na,A\nb,\n", (3, 2), "has no name", id="nameless"),
        pytest.param("labels.csv", "id,name\n,A\n", (2, 1), "id is empty", id="idless"),
        pytest.param("labels.csv", "id,name\na\n", (2, 2), "1 columns", id="short label row"),
    ],
)
def test_a_malformed_source_is_refused_by_file_line_and_column_and_nothing_is_written(
    source: Path, name: str, content: str | bytes, place: Place, said: str
) -> None:
    write(source / name, content)
    log_dir = source.parent / "logs"
    with pytest.raises(ImportSourceError) as caught:
        import_matrices(source, log_dir, "imported")
    error = caught.value
    named = name.rsplit("/", 1)[0] if name.endswith("/x") else name
    if said == "no class 'b'":  # the id is missing in labels.csv, but met in the matrix
        named = "train/epoch0_confusion.csv"
    assert (error.file, (error.line, error.column)) == (str(source / named), place)
    text = str(error)
    assert said in text
    assert Path(named).name in text
    for noun, number in zip(("line", "column"), place, strict=True):
        assert (f"{noun} {number}" in text) == (number is not None)
    assert not log_dir.exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda source: source / "missing", "no such folder"),
        (lambda source: source / "test" / "epoch0_confusion.csv", "This is a file"),
        (lambda source: (source / "empty").mkdir() or source, "has no epochs"),
        (lambda source: (source.parent / "bare").mkdir() or source.parent / "bare", "no split"),
    ],
    ids=["missing source", "source is a file", "empty split", "no split folders"],
)
def test_a_source_without_matrices_is_refused_with_the_next_step(
    source: Path, change: Callable[[Path], Path], said: str
) -> None:
    with pytest.raises(ImportSourceError, match=said):
        import_matrices(change(source), source.parent / "logs", "imported")


def test_a_folder_that_cannot_name_a_split_is_refused(source: Path) -> None:
    try:
        write(Path(str(source) + "/caf\udce9") / "epoch0.csv", GOOD)
    except (OSError, UnicodeError):
        pytest.skip("this file system keeps names in UTF-8")
    with pytest.raises(ImportSourceError, match="not UTF-8"):
        import_matrices(source, source.parent / "logs", "imported")


def test_importing_twice_is_refused_and_leaves_the_first_run_alone(source: Path) -> None:
    first = imported(source)
    write(source / "test" / "epoch6.csv", GOOD)
    with pytest.raises(ConfusionFlowError, match="already has a run named 'imported'"):
        imported(source)
    logs = open_logs(source.parent / "logs")
    assert len(logs.runs) == 1
    assert logs["imported"]["test"].version == first.version
    second = import_matrices(source, source.parent / "logs", "again")
    assert logs[second]["test"].epochs.tolist() == [0, 5, 6]
    assert logs["imported"]["test"].epochs.tolist() == [0, 5]


def test_progress_counts_each_file_once_to_read_and_once_to_write(source: Path) -> None:
    steps: list[tuple[int, int]] = []
    import_matrices(
        source, source.parent / "logs", "imported", progress=lambda *step: steps.append(step)
    )
    assert steps == [(done, 6) for done in range(1, 7)]


@given(content=st.one_of(st.binary(max_size=80), st.text("ab,0-1.\n\r\"' \ufeff", max_size=80)))
def test_any_bytes_are_either_a_matrix_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes | str
) -> None:
    source = tmp_path_factory.mktemp("source")
    write(source / "test" / "epoch0.csv", content)
    with contextlib.suppress(ImportSourceError):
        import_matrices(source, source / "logs", "imported")


@pytest.mark.slow
def test_the_posters_data_comes_back_cell_by_cell(poster_data: Path, tmp_path: Path) -> None:
    run = open_logs(tmp_path)[import_matrices(poster_data, tmp_path, "resnet")]
    assert list(run) == ["train", "test", "cifar10.1"]
    for split, series in run.items():
        assert series.epochs.tolist() == list(range(195))
        assert " ".join(series.classes) == "Plane Auto Bird Cat Deer Dog Frog Horse Ship Truck"
        counts = series.confusion()
        for epoch in (0, 1, 17, 99, 194):
            path = poster_data / split / f"epoch{epoch}_confusion.csv"
            with path.open(newline="") as file:
                rows = list(csv.reader(file))[1:]
            np.testing.assert_array_equal(counts[epoch], [list(map(int, row[1:])) for row in rows])


@pytest.mark.slow
def test_the_poster_finds_auto_taken_for_truck_far_more_often_on_cifar10_1(
    poster_data: Path, tmp_path: Path
) -> None:
    run = open_logs(tmp_path)[import_matrices(poster_data, tmp_path, "resnet")]

    def rate(split: str) -> float:
        auto, truck = (run[split].classes.index(name) for name in ("Auto", "Truck"))
        return float(run[split].confusion(normalize="actual")[-50:, auto, truck].mean())

    assert rate("cifar10.1") == pytest.approx(0.13, abs=0.005)
    assert rate("test") == pytest.approx(0.024, abs=0.0005)
