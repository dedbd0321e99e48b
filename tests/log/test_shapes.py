"""One-hot rows are their index, several labels are refused, tokens and pixels count each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ConfusionFlowWarning, LabelError

ACTUAL, PREDICTED = [0, 1, 2, 2], [0, 2, 2, 1]
RIGHT = [[1, 0, 0], [0, 0, 1], [0, 1, 1]]
SEVERAL = np.array([[1, 1, 0], [0, 1, 1], [1, 0, 1], [0, 0, 0]])


def one_hot(labels: list[int]) -> Any:
    return np.eye(3)[labels]


def confusion(log_dir: Path) -> Any:
    return cf.open_logs(log_dir)["run"]["test"].confusion()[0].tolist()


ONE_HOT: dict[str, tuple[Any, dict[str, Any]]] = {
    "both": (one_hot(ACTUAL), {"y_pred": one_hot(PREDICTED)}),
    "both, truth values": (one_hot(ACTUAL) > 0, {"y_pred": one_hot(PREDICTED) > 0}),
    "labels alone": (one_hot(ACTUAL), {"y_pred": PREDICTED}),
    "labels alone, predictions in a column": (
        one_hot(ACTUAL),
        {"y_pred": [[p] for p in PREDICTED]},
    ),
    "predictions alone": (ACTUAL, {"y_pred": one_hot(PREDICTED).astype(int)}),
    "labels of probabilities": (one_hot(ACTUAL), {"y_prob": one_hot(PREDICTED)}),
    "labels as lists": (one_hot(ACTUAL).tolist(), {"y_pred": one_hot(PREDICTED).tolist()}),
    "dummies": (
        pd.get_dummies(pd.Series([f"c{i}" for i in ACTUAL]))[["c2", "c0", "c1"]],
        {"y_pred": PREDICTED},
    ),
}


@pytest.mark.parametrize("classes", [["c0", "c1", "c2"], None])
@pytest.mark.parametrize("case", ONE_HOT, ids=str)
@pytest.mark.filterwarnings("ignore:Run 'run' has no classes")
def test_one_hot_rows_are_their_index(tmp_path: Path, case: str, classes: Any) -> None:
    y_true, given = ONE_HOT[case]
    if case == "dummies" and classes is None:
        pytest.skip("names and indices are asked about")
    with cf.Run(tmp_path, "run", classes=classes) as run:
        run.log(0, "test", y_true=y_true, **given)
    assert confusion(tmp_path) == RIGHT


SEVERAL_LABELS: dict[str, dict[str, Any]] = {
    "of both": {"y_true": SEVERAL, "y_pred": SEVERAL},
    "of the labels": {"y_true": SEVERAL, "y_pred": one_hot(PREDICTED)},
    "of the predictions": {"y_true": one_hot(ACTUAL), "y_pred": SEVERAL},
    "of labels beside indices": {"y_true": SEVERAL, "y_pred": PREDICTED},
    "of predictions beside indices": {"y_true": ACTUAL, "y_pred": SEVERAL},
    "of labels beside probabilities": {"y_true": SEVERAL, "y_prob": one_hot(PREDICTED)},
    "of truth values": {"y_true": SEVERAL > 0, "y_pred": SEVERAL > 0},
    "of a frame": {"y_true": pd.DataFrame(SEVERAL, columns=list("abc")), "y_pred": PREDICTED},
}


@pytest.mark.parametrize("classes", [["a", "b", "c"], None])
@pytest.mark.parametrize("case", SEVERAL_LABELS, ids=str)
def test_several_labels_of_one_instance_are_refused_with_a_way_out(
    tmp_path: Path, case: str, classes: Any
) -> None:
    run = cf.Run(tmp_path, "run", classes=classes)
    with pytest.raises(LabelError, match=r"row 0 is \[(1|True), (1|True), .*split of its own"):
        run.log(0, "test", **SEVERAL_LABELS[case])
    assert not list(cf.open_logs(tmp_path)["run"])


def test_the_way_out_of_several_labels_works(tmp_path: Path) -> None:
    predicted = np.roll(SEVERAL, 1, axis=0)
    with cf.Run(tmp_path, "run") as run:
        for i in range(3):
            run.log(
                0,
                f"label {i}",
                y_true=SEVERAL[:, i],
                y_pred=predicted[:, i],
                classes=["no", "yes"],
            )
    series = cf.open_logs(tmp_path)["run"]["label 0"]
    assert series.confusion()[0].tolist() == [[0, 2], [2, 0]]


def test_soft_labels_are_refused_with_a_way_out(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=list("abc"))
    with pytest.raises(LabelError, match=r"such as 0\.9.*y_true\.argmax\(axis=1\)"):
        run.log(0, "test", y_true=one_hot(ACTUAL) * 0.9 + 0.03, y_prob=one_hot(PREDICTED))
    with pytest.raises(LabelError, match=r"y_pred holds .*probabilities go to y_prob"):
        run.log(0, "test", y_true=ACTUAL, y_pred=one_hot(PREDICTED) * 0.9)


TOKENS: dict[str, tuple[Any, Any, Any, int | None]] = {
    "of three classes": ([[0, 2, 1], [1, 1, 0]], [[0, 1, 1], [1, 2, 0]], list("abc"), None),
    "of two classes, rows of four": ([[0, 1, 1, 0]] * 2, [[1, 1, 1, 0]] * 2, ["no", "yes"], None),
    "with padding": ([[0, 1, -100], [1, 1, 0]], [[0, 1, 0], [1, 0, 0]], list("abc"), -100),
    "that are names": ([["a", "b"], ["b", "b"]], [["a", "a"], ["b", "b"]], ["a", "b"], None),
}


@pytest.mark.parametrize("case", TOKENS, ids=str)
def test_tokens_count_each(tmp_path: Path, case: str) -> None:
    actual, predicted, classes, ignored = TOKENS[case]
    with cf.Run(tmp_path, "run", classes=classes, ignore_index=ignored) as run:
        run.log(0, "test", y_true=actual, y_pred=predicted)
    pairs = list(zip(np.ravel(actual).tolist(), np.ravel(predicted).tolist(), strict=True))
    kept = [pair for pair in pairs if pair[0] != ignored]
    assert np.sum(confusion(tmp_path)) == len(kept)
    assert np.trace(confusion(tmp_path)) == sum(a == p for a, p in kept)


def test_rows_that_can_be_tokens_or_several_labels_are_asked_about(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["no", "yes"])
    with pytest.raises(LabelError, match=r"If these are tokens, pass y_true\.ravel\(\)"):
        run.log(0, "test", y_true=[[0, 1], [1, 1]], y_pred=[[0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("y_true", "given"),
    [
        ([0, 1, 2], {"y_pred": [[0, 1], [1, 0]]}),
        ([0, 1, 2], {"y_prob": np.eye(2)}),
        ([[0, 1], [1, 2]], {"y_pred": [0, 1]}),
        ([[[0, 1]]], {"y_prob": np.zeros((2, 3, 3))}),
    ],
)
def test_shapes_that_do_not_fit_are_named(tmp_path: Path, y_true: Any, given: Any) -> None:
    run = cf.Run(tmp_path, "run", classes=list("abc"))
    with pytest.raises(ConfusionFlowError, match=r"y_true has .*\(.*\)"):
        run.log(0, "test", y_true=y_true, **given)


def test_a_missing_label_may_be_masked_or_be_that_of_pandas(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=list("abc")) as run:
        masked = np.ma.masked_array([0, 1, 2], mask=[False, False, True])
        with pytest.warns(ConfusionFlowWarning, match="missing"):
            run.log(0, "test", y_true=masked, y_pred=[0, 1, 1])
        run.log(1, "test", y_true=pd.array([0, 1, None], dtype="Int64"), y_pred=[0, 1, 1])
        run.log(2, "test", y_true=pd.Series([0, 1, None], dtype=object), y_pred=[0, 1, 1])
        run.log(3, "test", y_true=np.ma.masked_invalid([0, 1, np.nan]), y_pred=[0, 1, 1])
    series = cf.open_logs(tmp_path)["run"]["test"]
    assert series.left_out.tolist() == [1, 1, 1, 1]
    assert series.accuracy().tolist() == [1, 1, 1, 1]
