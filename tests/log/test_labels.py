"""Labels that are written differently, that carry names, or that do not meet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import confusionflow as cf
from confusionflow.errors import ClassesError, ConfusionFlowError, ConfusionFlowWarning, LabelError

pytestmark = pytest.mark.filterwarnings("ignore:Run 'run' has no classes")


def series(log_dir: Path, split: str = "test") -> Any:
    return cf.open_logs(log_dir)["run"][split]


def logged(log_dir: Path, classes: Any, y_true: Any, y_pred: Any, **options: Any) -> Any:
    with cf.Run(log_dir, "run", classes=classes, **options) as run:
        run.log(0, "test", y_true=y_true, y_pred=y_pred)
    return series(log_dir)


# ---- one label in several spellings ------------------------------------------------------------

COMPOSED, DECOMPOSED = "K\u00e4fer", "Ka\u0308fer"

SPELLINGS: dict[str, tuple[Any, Any, Any, tuple[str, ...] | None]] = {
    "floats and integers": (None, [1.0, 0.0, 2.0], [1, 0, 2], ("0", "1", "2")),
    "texts of floats and of integers": (None, ["1.0", "0.0"], ["1", "0"], ("0", "1")),
    "text and integers": (None, ["1", "0"], [1, 0], ("0", "1")),
    "truth values as text and integers": (None, ["True", "False"], [1, 0], ("0", "1")),
    "truth values as text and as such": (None, ["True", "False"], [True, False], ("0", "1")),
    "truth values as text in two ways": (None, ["TRUE", "FALSE"], ["1", "0"], ("0", "1")),
    "spaces": (None, ["cat", "dog "], [" cat", "dog"], ("cat", "dog")),
    "composed letters": (None, [COMPOSED, "x"], [DECOMPOSED, "x"], (COMPOSED, "x")),
    "declared with spaces": (["cat", " dog"], ["cat", "dog"], ["cat", "dog"], ("cat", " dog")),
    "declared in decomposed letters": ([DECOMPOSED, "x"], [COMPOSED, "x"], [0, 1], None),
    "declared numbers and text": ([3, 7], ["3", "7.0"], [3, 7], ("3", "7")),
    "declared truth values": (["True", "False"], [1, 0], [True, False], ("True", "False")),
    "declared truth values, text": (["0", "1"], ["true", "false"], [1, 0], ("0", "1")),
}


@pytest.mark.filterwarnings("ignore:Split 'test'. labels are spelled differently")
@pytest.mark.parametrize("case", SPELLINGS, ids=str)
def test_one_label_in_two_spellings_is_one_class(tmp_path: Path, case: str) -> None:
    classes, y_true, y_pred, names = SPELLINGS[case]
    found = logged(tmp_path, classes, y_true, y_pred)
    assert found.accuracy().tolist() == [1]
    assert found.left_out.tolist() == [0]
    assert len(found.classes) == len(y_true)
    if names:
        assert found.classes == names


def test_a_second_spelling_is_told_once_and_belongs_to_the_class_of_earlier_epochs(
    tmp_path: Path,
) -> None:
    with cf.Run(tmp_path, "run") as run:
        run.log(0, "test", y_true=["cat", "dog"], y_pred=["cat", "cat"])
        with pytest.warns(ConfusionFlowWarning, match="taken to be the same: ' cat' for 'cat'"):
            run.log(1, "test", y_true=[" cat", "dog"], y_pred=["dog", "dog"])
        run.log(2, "test", y_true=["cat ", "dog"], y_pred=["dog", "dog"])
    assert series(tmp_path).classes == ("cat", "dog")
    assert series(tmp_path).confusion()[1:].tolist() == [[[0, 1], [0, 1]]] * 2


@pytest.mark.parametrize("labels", [["7", "007"], ["cat", "Cat"], ["1", "1.5"], ["a b", "ab"]])
def test_labels_that_differ_are_different_classes(tmp_path: Path, labels: list[str]) -> None:
    assert logged(tmp_path, None, labels, labels[::-1]).accuracy().tolist() == [0]
    assert set(series(tmp_path).classes) == set(labels)


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        ([10, -1, 9, -10], ("-10", "-1", "9", "10")),
        (["10", "-1", "9", "-10"], ("-10", "-1", "9", "10")),
        (["b", "a", "10", "9"], ("9", "10", "a", "b")),
    ],
)
def test_undeclared_numbers_are_in_the_order_of_their_values(
    tmp_path: Path, labels: Any, order: tuple[str, ...]
) -> None:
    assert logged(tmp_path, None, labels, labels).classes == order


# ---- labels that do not meet -------------------------------------------------------------------

ASKED: dict[str, tuple[Any, Any, Any, str]] = {
    "names and indices": (
        None,
        ["cat", "dog"],
        [0, 1],
        r"y_true holds 'cat', 'dog' and y_pred 0, 1: names on one side.*classes=",
    ),
    "indices and names": (None, [0, 1], ["cat", "dog"], "names on one side, numbers on the other"),
    "no label in both": (None, [10, 11], [0, 1], r"no label of y_true \(10, 11\) occurs in y_pred"),
    "other names": (None, ["Katze", "Hund"], ["cat", "dog"], "so that no prediction is right"),
    "from 1 on": (["a", "b", "c"], [1, 2, 3], [1, 2, 1], "from 1, pass y_true - 1"),
    "padding of PyTorch": (None, [0, 1, -100], [0, 1, 1], r"ignore_index=-100"),
    "padding of masks": (None, [0, 1, 255], [0, 1, 1], r"ignore_index=255"),
    "padding beside padding": (None, [0, 1, 255, -100], [0, 1, 1, 1], r"ignore_index=-100"),
    "scores as text": (None, ["1", "0"], ["0.93", "0.12"], r"y_pred holds scores such as '0\.12'"),
    "numbers that are names or positions": (
        ["1", "2", "3"],
        [1, 2],
        [1, 1],
        r"names or positions.*classes=\[1, 2, 3\]",
    ),
    "no label is a class": (
        ["cat", "dog"],
        ["Cat", "DOG"],
        ["cat", "dog"],
        r"No label of y_true is a class: they are 'Cat', 'DOG'.*did you mean 'cat'",
    ),
    "no prediction is a class": (["cat", "dog"], [0, 1], [7, 9], "No label of y_pred is a class"),
    "indices as text": (["cat", "dog"], ["0", "1"], [0, 1], "pass indices as integers"),
}


@pytest.mark.parametrize("case", ASKED, ids=str)
def test_labels_that_do_not_meet_are_asked_about_before_anything_is_logged(
    tmp_path: Path, case: str
) -> None:
    classes, y_true, y_pred, words = ASKED[case]
    run = cf.Run(tmp_path, "run", classes=classes)
    with pytest.raises(LabelError, match=words):
        run.log(0, "test", y_true=y_true, y_pred=y_pred)
    assert not list(cf.open_logs(tmp_path)["run"])
    run.log(0, "other", y_true=[0, 1], y_pred=[0, 1], classes=["x", "y"])
    assert list(cf.open_logs(tmp_path)["run"]) == ["other"]


TAKEN: dict[str, tuple[Any, Any, Any]] = {
    "names and indices of declared classes": (["cat", "dog"], ["cat", "dog"], [0, 1]),
    "a declared class of 255": (list(range(256)), [0, 1, 255], [0, 1, 255]),
    "-100 that is predicted, too": (None, [0, -100], [0, -100]),
    "255 among many": (None, list(range(256)), list(range(256))),
    "sentiment from -1 to 1": (None, [-1, 0, 1], [-1, 0, 1]),
    "numbers that can only be names": (["1", "2", "3"], [1, 2, 3], [1, 2, 3]),
    "numbers that can only be positions": (["1", "2", "3"], [0, 1, 2], [0, 1, 2]),
    "from 1 on with declared numbers": ([1, 2, 3], [1, 2, 3], [1, 2, 3]),
}


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_labels_that_meet_are_taken_without_a_word(tmp_path: Path, case: str) -> None:
    found = logged(tmp_path, *TAKEN[case])
    assert found.accuracy().tolist() == [1]
    assert found.left_out.tolist() == [0]


def test_a_model_that_predicts_one_new_class_only_is_warned_about(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run")
    with pytest.warns(ConfusionFlowWarning, match=r"no label of y_true \('a'\) occurs in y_pred"):
        run.log(0, "test", y_true=["a", "a"], y_pred=["b", "b"])
    assert series(tmp_path).confusion()[0].tolist() == [[0, 2], [0, 0]]


def test_a_model_that_diverged_is_logged(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["a", "b"])
    with pytest.warns(ConfusionFlowWarning, match="2 instances are left out.*missing"):
        run.log(0, "test", y_true=[0, 1], y_prob=np.full((2, 2), np.nan))
    run.log(1, "test", y_true=[0, 1], y_logit=np.full((2, 2), np.nan))
    assert series(tmp_path).left_out.tolist() == [2, 2]


def test_ignored_labels_can_be_text_numbers_and_several(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=["a", "b"], ignore_index=["?", -100]) as run:
        run.log(0, "test", y_true=["a", "?", "b"], y_pred=["a", "a", "b"])
        run.log(1, "test", y_true=[0, -100, 1], y_pred=[0, 0, 1])
        run.log(2, "test", y_true=[0.0, -100.0, 1.0], y_pred=[0, 0, 1])
    assert series(tmp_path).left_out.tolist() == [1, 1, 1]
    assert series(tmp_path).accuracy().tolist() == [1, 1, 1]


# ---- warnings name the label -------------------------------------------------------------------


def test_a_warning_names_the_label_and_comes_again_for_a_new_one(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["cat", "dog", "fox"])
    with pytest.warns(
        ConfusionFlowWarning,
        match=r"epoch 0: 1 instance is .*'dgo' is not a class; did you mean 'dog'\?",
    ):
        run.log(0, "test", y_true=["cat", "dgo"], y_pred=["cat", "dog"])
    run.log(1, "test", y_true=["cat", "dgo"], y_pred=["cat", "dog"])  # told once
    with pytest.warns(
        ConfusionFlowWarning, match=r"epoch 2: 2 instances.*'zebra' is not a class\."
    ):
        run.log(2, "test", y_true=["cat", "dgo", "zebra"], y_pred=["cat", "dog", "dog"])
    with pytest.warns(ConfusionFlowWarning, match=r"7 is not an index of the 3 classes \(0 to 2\)"):
        run.log(3, "test", y_true=[0, 1], y_pred=[0, 7])
    with pytest.warns(ConfusionFlowWarning, match=r"-100 is not a class.*ignore_index=-100"):
        run.log(4, "test", y_true=[0, -100], y_pred=[0, 1])
    assert series(tmp_path).left_out.tolist() == [1, 1, 2, 1, 1]


# ---- names that data frames carry --------------------------------------------------------------

MATRIX = pd.DataFrame([[5, 1], [2, 7]], index=["dog", "cat"], columns=["dog", "cat"])


def matrix_of(log_dir: Path, matrix: Any, classes: Any = None) -> Any:
    with cf.Run(log_dir, "run", classes=classes) as run:
        run.log_matrix(0, "test", matrix)
    return series(log_dir)


def test_a_matrix_in_a_frame_is_matched_by_its_names(tmp_path: Path) -> None:
    undeclared = matrix_of(tmp_path / "a", MATRIX)
    assert undeclared.classes == ("dog", "cat")
    assert undeclared.confusion()[0].tolist() == [[5, 1], [2, 7]]
    declared = matrix_of(tmp_path / "b", MATRIX, ["cat", "dog", "fox"])
    assert declared.confusion()[0].tolist() == [[7, 2, 0], [1, 5, 0], [0, 0, 0]]
    mixed = matrix_of(tmp_path / "c", MATRIX[["cat", "dog"]], ["cat", "dog"])
    assert mixed.confusion()[0].tolist() == [[7, 2], [1, 5]]


def test_a_crosstab_that_is_not_square_or_turned_round_is_right(tmp_path: Path) -> None:
    actual, predicted = pd.Series(list("aabbc")), pd.Series(list("aabba"))
    tab = pd.crosstab(actual, predicted)
    assert tab.shape == (3, 2)
    right = [[2, 0, 0], [0, 2, 0], [1, 0, 0]]
    assert matrix_of(tmp_path / "a", tab).confusion()[0].tolist() == right
    names = {"rownames": ["Predicted"], "colnames": ["Actual"]}
    turned = pd.crosstab(predicted, actual, **names)
    found = matrix_of(tmp_path / "b", turned, ["a", "b", "c"])
    assert found.confusion()[0].tolist() == right
    with pytest.raises(ConfusionFlowError, match=r"'All' of sums.*margins=False"):
        matrix_of(tmp_path / "c", pd.crosstab(actual, predicted, margins=True))
    numbers = pd.crosstab(pd.Series([3, 7, 7]), pd.Series([7, 7, 3]))
    assert matrix_of(tmp_path / "d", numbers, [7, 3]).confusion()[0].tolist() == [[1, 1], [1, 0]]


def test_a_frame_without_names_is_an_array(tmp_path: Path) -> None:
    found = matrix_of(tmp_path, pd.DataFrame([[5, 1], [2, 7]]), ["cat", "dog"])
    assert found.confusion()[0].tolist() == [[5, 1], [2, 7]]


def test_a_matrix_of_other_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ClassesError, match=r"rows are named 'dog', 'cat'.*did you mean 'cats'"):
        matrix_of(tmp_path, MATRIX, ["dog", "cats"])


@pytest.mark.parametrize("library", [pd, pl], ids=["pandas", "polars"])
def test_probabilities_in_a_frame_are_matched_by_their_columns(
    tmp_path: Path, library: Any
) -> None:
    frame = library.DataFrame({"dog": [0.9, 0.2, 0.3], "cat": [0.1, 0.8, 0.7]})
    labels = ["dog", "cat", "dog"]
    with cf.Run(tmp_path, "run", classes=["cat", "dog"]) as run:
        run.log(0, "test", y_true=labels, y_prob=frame)
        run.log(1, "test", y_true=labels, y_logit=frame)
    assert series(tmp_path).confusion().tolist() == [[[1, 0], [1, 1]]] * 2
    with cf.Run(tmp_path / "undeclared", "run") as run:
        run.log(0, "test", y_true=labels, y_prob=frame)
    assert series(tmp_path / "undeclared").classes == ("dog", "cat")
    assert series(tmp_path / "undeclared").confusion()[0].tolist() == [[1, 1], [0, 1]]
    run = cf.Run(tmp_path, "other", classes=["cat", "horse"])
    with pytest.raises(ClassesError, match=r"columns of y_prob are named.*\.to_numpy\(\)"):
        run.log(0, "test", y_true=labels, y_prob=frame)


CATEGORIES = ["low", "middle", "high", "never"]


def categorical(kind: str, labels: list[str]) -> Any:
    if kind == "pandas series":
        return pd.Series(pd.Categorical(labels, CATEGORIES, ordered=True))
    if kind == "pandas categorical":
        return pd.Categorical(labels, CATEGORIES)
    if kind == "polars":
        return pl.Series(labels, dtype=pl.Enum(CATEGORIES))
    indices = pa.array([CATEGORIES.index(label) for label in labels])
    column = pa.DictionaryArray.from_arrays(indices, pa.array(CATEGORIES))
    return column if kind == "arrow" else pa.chunked_array([column])


@pytest.mark.parametrize(
    "kind", ["pandas series", "pandas categorical", "polars", "arrow", "arrow chunks"]
)
def test_the_order_of_categories_is_that_of_the_classes(tmp_path: Path, kind: str) -> None:
    actual = categorical(kind, ["high", "low", "middle"])
    found = logged(tmp_path, None, actual, ["high", "low", "low"])
    assert found.classes == tuple(CATEGORIES)
    assert found.confusion()[0].tolist() == [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0] * 4]
    declared = logged(tmp_path / "b", ["high", "middle", "low"], actual, ["high", "low", "low"])
    assert declared.confusion()[0].tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
