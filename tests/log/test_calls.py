"""What a call of `Run.log` takes, keeps, and refuses."""

from __future__ import annotations

import dataclasses
import enum
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import confusionflow as cf
from confusionflow.errors import (
    ClassesError,
    ConfigError,
    ConfusionFlowError,
    ConfusionFlowWarning,
    EpochError,
    LabelError,
    LogDirectoryError,
    NameTextError,
    RunClosedError,
    ShapeError,
)

CLASSES = ["cat", "dog", "fox"]


@pytest.fixture
def run(tmp_path: Path) -> cf.Run:
    return cf.Run(tmp_path, name="run", classes=CLASSES)


def logged(log_dir: Path, split: str = "test") -> cf.Series:
    return cf.open_logs(log_dir)["run"][split]


# ---- refused -----------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], type[ConfusionFlowError], str]] = {
    "lengths that differ": (
        {"y_true": [0, 1, 2], "y_pred": [0, 1]},
        ShapeError,
        r"y_true has 3 labels.*y_pred 2 labels.*Pass one for each instance",
    ),
    "shapes that differ": (
        {"y_true": [[0, 1], [2, 0]], "y_pred": [0, 1, 2, 0]},
        ShapeError,
        r"\(2, 2\).*\(4,\)",
    ),
    "ragged lists": ({"y_true": [[0], [1, 2]], "y_pred": [0, 1]}, ShapeError, "one flat list"),
    "neither prediction nor probability": (
        {"y_true": [0]},
        LabelError,
        "got no predictions. Pass one of y_pred, y_prob and y_logit",
    ),
    "both": (
        {"y_true": [0], "y_pred": [0], "y_prob": [[1, 0, 0]]},
        LabelError,
        "got both y_pred and y_prob. Pass one of y_pred, y_prob and y_logit",
    ),
    "all three": (
        {"y_true": [0], "y_pred": [0], "y_prob": [[1, 0, 0]], "y_logit": [[1, 0, 0]]},
        LabelError,
        "got all three. Pass one of",
    ),
    "logits and a margin": (
        {"y_true": [0], "y_logit": [[1, 0, 0]], "margin": [0.1]},
        LabelError,
        "y_logit and margin, but y_logit implies margin",
    ),
    "margins of another length": (
        {"y_true": [0], "y_pred": [0], "margin": [0.1, 0.2]},
        ShapeError,
        "margin has 2 values and y_true 1",
    ),
    "margins that are text": (
        {"y_true": [0], "y_pred": [0], "margin": ["a"]},
        LabelError,
        "margin holds",
    ),
    "fractions as labels": (
        {"y_true": [0, 1], "y_pred": [0.2, 0.8]},
        LabelError,
        r"y_pred holds float64 values such as 0\.2.*y_prob",
    ),
    "a generator": (
        {"y_true": (i for i in range(2)), "y_pred": [0, 1]},
        LabelError,
        "y_true is a generator, which has no order",
    ),
    "a set": ({"y_true": {0, 1}, "y_pred": [0, 1]}, LabelError, "y_true is a set"),
    "complex numbers": ({"y_true": [1j], "y_pred": [0]}, LabelError, "y_true holds complex128"),
    "dates": (
        {"y_true": np.array(["2026-01-01"], "M8[D]"), "y_pred": [0]},
        LabelError,
        r"y_true holds datetime64\[D\] values",
    ),
    "objects": ({"y_true": [object()], "y_pred": [0]}, LabelError, "y_true holds a object"),
    "probabilities of another number of classes": (
        {"y_true": [0], "y_prob": [[0.5, 0.5]]},
        ShapeError,
        "y_prob has 2 columns and split 'test' has 3 classes",
    ),
    "one number for three classes": (
        {"y_true": [0, 1], "y_prob": [0.2, 0.8]},
        ShapeError,
        r"y_prob has one number for each instance and split 'test' has 3 classes",
    ),
    "probabilities without classes": (
        {"y_true": [0], "y_prob": np.empty((1, 0))},
        ShapeError,
        "y_prob has shape",
    ),
    "probabilities as text": ({"y_true": [0], "y_prob": [["a"]]}, LabelError, "y_prob holds"),
    "confidences of another length": (
        {"y_true": [0, 1], "y_pred": [0, 1], "confidence": [0.5]},
        ShapeError,
        "confidence has 1 values and y_true 2",
    ),
    "confidences that are no numbers": (
        {"y_true": [0], "y_pred": [0], "confidence": ["high"]},
        LabelError,
        "confidence holds <U4 values. Pass a number for each.",
    ),
    "confidences beside probabilities": (
        {"y_true": [0], "y_prob": [[0.5, 0.5]], "confidence": [0.5]},
        LabelError,
        "got y_prob and confidence",
    ),
    "ids of another length": (
        {"y_true": [0, 1], "y_pred": [0, 1], "ids": [7]},
        ShapeError,
        "ids has 1 values and y_true 2",
    ),
    "ids that are no ids": (
        {"y_true": [0], "y_pred": [0], "ids": [0.5]},
        LabelError,
        "ids holds float64",
    ),
    "a negative epoch": (
        {"epoch": -1, "y_true": [0], "y_pred": [0]},
        EpochError,
        "The epoch is -1",
    ),
    "an epoch with a fraction": (
        {"epoch": 0.5, "y_true": [0], "y_pred": [0]},
        EpochError,
        r"The epoch is 0\.5, a float",
    ),
    "a truth value as epoch": (
        {"epoch": True, "y_true": [0], "y_pred": [0]},
        EpochError,
        "The epoch is True, a bool",
    ),
    "an epoch as text": (
        {"epoch": "3", "y_true": [0], "y_pred": [0]},
        EpochError,
        "The epoch is '3', a str",
    ),
    "a split without a name": (
        {"split": "", "y_true": [0], "y_pred": [0]},
        NameTextError,
        "split is ''",
    ),
    "a split that is no text": (
        {"split": 3, "y_true": [0], "y_pred": [0]},
        NameTextError,
        "split is 3",
    ),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_call_that_cannot_be_right_raises_and_logs_nothing(
    run: cf.Run, tmp_path: Path, case: str
) -> None:
    call, error, words = WRONG[case]
    run.log(0, "test", y_true=[0, 1], y_pred=[0, 2])
    with pytest.raises(error, match=words):
        run.log(**{"epoch": 1, "split": "test", **call})
    assert list(cf.open_logs(tmp_path)["run"]) == ["test"]
    assert logged(tmp_path).epochs.tolist() == [0]
    assert logged(tmp_path).confusion().sum() == 2


MATRICES: dict[str, tuple[Any, type[ConfusionFlowError], str]] = {
    "one for each of several labels": (
        np.ones((3, 2, 2), int),
        ShapeError,
        r"two classes for each of 3 labels\. Log each as a split",
    ),
    "not square": ([[1, 2, 3]], ShapeError, r"shape \(1, 3\)"),
    "of other classes": ([[1, 2], [3, 4]], ShapeError, "2 rows and split 'test' has 3 classes"),
    "rates": (np.full((3, 3), 0.5), LabelError, r"holds 0\.5 at row 0, column 0.*not shares"),
    "negative": (np.diag([1, -2, 3]), LabelError, "holds -2 at row 1, column 1"),
    "infinite": (np.diag([1, np.inf, 3]), LabelError, "holds inf at row 1, column 1"),
    "text": ([["a"] * 3] * 3, LabelError, "holds <U1 values"),
}


@pytest.mark.parametrize("case", MATRICES, ids=str)
def test_a_matrix_that_holds_no_counts_is_refused(run: cf.Run, case: str) -> None:
    matrix, error, words = MATRICES[case]
    with pytest.raises(error, match=words):
        run.log_matrix(0, "test", matrix)


def test_a_closed_run_says_so(run: cf.Run) -> None:
    run.close()
    run.close()
    with pytest.raises(RunClosedError, match="Run 'run' is closed"):
        run.log(0, "test", y_true=[0], y_pred=[0])
    with pytest.raises(RunClosedError, match="start another Run"):
        run.log_matrix(0, "test", np.eye(3, dtype=int))


def test_a_split_keeps_its_classes(run: cf.Run) -> None:
    run.log(0, "test", y_true=[0], y_pred=[1], classes=["a", "b"])
    run.log(1, "test", y_true=[0], y_pred=[1])
    with pytest.raises(ClassesError, match="they were 'a', 'b' and are now 'b', 'a'"):
        run.log(2, "test", y_true=[0], y_pred=[1], classes=["b", "a"])


DECLARATIONS: dict[str, tuple[Any, str]] = {
    "nothing": ([], "classes is empty"),
    "one text": ("cat dog", "classes is the text"),
    "a name twice": (["cat", "dog", "cat"], "'cat' twice"),
    "names and numbers": (["cat", 1], "mixes names and numbers"),
    "something else": ([None], "holds a NoneType"),
    "their number": (3, r"classes is 3, a int. Pass a list of class names, or range\(10\)"),
}


@pytest.mark.parametrize("case", DECLARATIONS, ids=str)
def test_classes_that_cannot_be_are_refused(tmp_path: Path, case: str) -> None:
    classes, words = DECLARATIONS[case]
    with pytest.raises(ClassesError, match=words):
        cf.Run(tmp_path, name="run", classes=classes)


def test_a_run_without_a_name_or_with_an_odd_config_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NameTextError, match="name is ''"):
        cf.Run(tmp_path, name="")
    with pytest.raises(ConfigError, match="config is a list"):
        cf.Run(tmp_path, name="run", config=[1])  # type: ignore[arg-type]
    assert not any(tmp_path.iterdir())


def test_a_file_in_place_of_a_log_directory_is_refused_at_once(tmp_path: Path) -> None:
    file = tmp_path / "train.py"
    file.write_text("import confusionflow")
    with pytest.raises(LogDirectoryError, match=r"This is not a folder: .*train\.py"):
        cf.Run(file, name="run")
    assert file.read_text() == "import confusionflow"


# ---- taken -------------------------------------------------------------------------------------


class Tensor:
    """What torch's tensors have in common with others: nothing but these protocols."""

    def __init__(self, values: Any, dtype: Any = None) -> None:
        self._values = np.asarray(values, dtype)
        self.dtype = self._values.dtype
        self.is_detached = False
        self.is_on_cpu = False

    def detach(self) -> Tensor:
        self.is_detached = True
        return self

    def cpu(self) -> Tensor:
        self.is_on_cpu = True
        return self

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if not (self.is_detached and self.is_on_cpu):
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")
        return self._values


class DlpackOnly:
    """A tensor that offers DLPack and no `__array__`."""

    def __init__(self, values: Any) -> None:
        self._values = np.asarray(values)

    def __dlpack__(self, **keywords: Any) -> Any:
        return self._values.__dlpack__(**keywords)

    def __dlpack_device__(self) -> Any:
        return self._values.__dlpack_device__()


LABELS: dict[str, Callable[[list[int]], Any]] = {
    "a list": list,
    "a tuple": tuple,
    "a range of objects": lambda values: np.array(values, object),
    "whole floats": lambda values: np.array(values, np.float32),
    "names": lambda values: [CLASSES[v] for v in values],
    "an array of names": lambda values: np.array(CLASSES)[values],
    "bytes": lambda values: np.array(CLASSES, "S")[values],
    "a column": lambda values: np.array(values)[:, None],
    "a row": lambda values: np.array(values)[None],
    "a tensor on another device": Tensor,
    "a tensor with DLPack": DlpackOnly,
    "big-endian integers": lambda values: np.array(values, ">i4"),
    **{
        name: (lambda values, name=name: np.array(values, name))  # type: ignore[misc]
        for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
    },
}


@pytest.mark.parametrize("kind", LABELS, ids=str)
def test_labels_come_as_whatever_is_at_hand(run: cf.Run, tmp_path: Path, kind: str) -> None:
    as_kind = LABELS[kind]
    run.log(0, "test", y_true=as_kind([0, 1, 2, 2]), y_pred=as_kind([0, 2, 2, 1]))
    expected = [[1, 0, 0], [0, 0, 1], [0, 1, 1]]
    assert logged(tmp_path).confusion()[0].tolist() == expected
    assert logged(tmp_path).left_out.tolist() == [0]


def test_names_that_differ_in_zero_characters_are_different_classes(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", classes=["a", "a\0", "\0"]) as run:
        run.log(0, "test", y_true=["a\0", "\0"], y_pred=["a", "a\0"], ids=["i", "i\0"])
    assert logged(tmp_path).confusion()[0].tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    rows = cf.open_logs(tmp_path)["run"].stored.splits["test"].predictions(0)
    assert sorted(rows.column("instance").to_pylist()) == ["i", "i\0"]


def test_one_instance_may_come_without_an_axis(run: cf.Run, tmp_path: Path) -> None:
    run.log(np.int64(0), "test", y_true=np.int64(2), y_pred=1)
    assert logged(tmp_path).confusion()[0, 2, 1] == 1


def test_labels_of_pixels_are_instances_each(run: cf.Run, tmp_path: Path) -> None:
    shape = (2, 4, 5)
    rng = np.random.default_rng(0)
    actual, predicted = rng.integers(0, 3, shape), rng.integers(0, 3, shape)
    run.log(0, "test", y_true=actual, y_pred=predicted)
    assert logged(tmp_path).confusion().sum() == 40
    assert logged(tmp_path).accuracy()[0] == np.mean(actual == predicted)


def test_truth_values_are_the_classes_0_and_1(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", classes=["no", "yes"]) as run:
        run.log(0, "test", y_true=[True, False, True], y_pred=[True, True, True])
    assert logged(tmp_path).confusion()[0].tolist() == [[0, 1], [0, 2]]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_most_probable_class_is_predicted(run: cf.Run, tmp_path: Path, dtype: str) -> None:
    probabilities = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]], dtype)
    run.log(0, "test", y_true=[0, 1], y_prob=Tensor(probabilities))
    series = logged(tmp_path)
    assert series.confusion()[0].tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_logits_in_place_of_probabilities_are_kept_and_warned_about_once(
    run: cf.Run, tmp_path: Path
) -> None:
    logits = [[4.0, -1.0, 0.5], [-2.0, 0.1, 3.0]]
    with pytest.warns(ConfusionFlowWarning, match=r"'test': y_prob holds numbers outside.*softmax"):
        run.log(0, "test", y_true=[0, 2], y_prob=logits)
    run.log(1, "test", y_true=[0, 2], y_prob=logits)
    assert logged(tmp_path).accuracy().tolist() == [1, 1]


def test_the_logarithms_of_probabilities_are_no_probabilities(run: cf.Run) -> None:
    with pytest.warns(ConfusionFlowWarning, match="softmax"):
        run.log(0, "test", y_true=[0], y_prob=np.log([[0.7, 0.2, 0.1]]))


def test_probabilities_that_half_precision_rounded_up_are_fine(run: cf.Run) -> None:
    run.log(0, "test", y_true=[0], y_prob=np.array([[1.001, 0, 0]], np.float16))


def test_jax_and_tensorflow_may_give_bfloat16(run: cf.Run, tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes", reason="comes with JAX and TensorFlow")
    run.log(0, "test", y_true=[0, 1], y_prob=np.eye(3)[:2].astype(ml_dtypes.bfloat16))
    assert logged(tmp_path).accuracy().tolist() == [1]


def test_numbers_that_were_given_as_classes_are_found_by_value(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run", classes=[3, 7, -1]) as run:
        run.log(0, "test", y_true=[3, 7, -1], y_pred=[7, 7, 3])
    assert logged(tmp_path).classes == ("3", "7", "-1")
    assert logged(tmp_path).confusion()[0].tolist() == [[0, 1, 0], [0, 1, 0], [1, 0, 0]]


def test_an_epoch_without_instances_is_an_epoch(run: cf.Run, tmp_path: Path) -> None:
    run.log(0, "test", y_true=[], y_pred=[])
    run.log(1, "test", y_true=[], y_prob=np.empty((0, 3)))
    assert logged(tmp_path).epochs.tolist() == [0, 1]
    assert logged(tmp_path).support().sum() == 0
    assert np.isnan(logged(tmp_path).accuracy()).all()


def test_a_config_keeps_what_json_holds_and_the_rest_as_text(tmp_path: Path) -> None:
    config = {"lr": np.float32(0.5), "steps": np.int64(3), "where": Path("a/b"), "on": True}
    cf.Run(tmp_path, name="run", config=config).close()
    kept = cf.open_logs(tmp_path)["run"].config
    assert kept == {"lr": 0.5, "steps": 3, "where": str(Path("a/b")), "on": True}


class Optimizer(enum.Enum):
    ADAM = "adam"


@dataclasses.dataclass
class Schedule:
    warmup: int
    hook: object


class Augmentation:
    def __str__(self) -> str:
        return "flip(0.5)"


def test_objects_in_a_config_are_kept_where_they_are_the_same_in_each_run(tmp_path: Path) -> None:
    config = {
        "optimizer": Optimizer.ADAM,
        "augmentation": Augmentation(),
        "layers": (np.int64(32), 10),
        "weights": np.array([[1.0, 2.0]]),
        "ignored": {3, 1},
        "activation": np.tanh,
        "metric": test_a_split_keeps_its_classes,
        "kind": dict,
        "schedule": Schedule(5, object()),
        "callback": object(),
        "loss": lambda y: y,
        "nested": {"lr": 0.1, "model": [object()]},
    }
    with pytest.warns(
        ConfusionFlowWarning,
        match=r"without 'schedule\.hook', 'callback', 'loss', 'nested\.model', because",
    ):
        cf.Run(tmp_path, "run", config).close()
    assert cf.open_logs(tmp_path)["run"].config == {
        "optimizer": "adam",
        "augmentation": "flip(0.5)",
        "layers": [32, 10],
        "weights": [[1.0, 2.0]],
        "ignored": [1, 3],
        "activation": "tanh",
        "metric": "test_a_split_keeps_its_classes",
        "kind": "dict",
        "schedule": {"warmup": 5},
        "nested": {"lr": 0.1},
    }


# ---- undeclared classes -------------------------------------------------------------------------


def test_classes_that_were_not_declared_are_the_labels_in_order(tmp_path: Path) -> None:
    with cf.Run(tmp_path, name="run") as run:
        with pytest.warns(ConfusionFlowWarning, match="Declare them"):
            run.log(0, "test", y_true=["fox", "cat"], y_pred=["cat", "cat"])
        # Warnings are errors here: it was told once.
        run.log(1, "test", y_true=["ant", "cat"], y_pred=["dog", "cat"])
        run.log(2, "train", y_true=[10, 9], y_pred=[9, 9])
    assert logged(tmp_path).classes == ("cat", "fox", "ant", "dog")
    assert logged(tmp_path).confusion()[0, 1, 0] == 1
    assert logged(tmp_path).confusion()[1, 2, 3] == 1
    assert logged(tmp_path, "train").classes == ("9", "10")


# ---- odd data is kept, counted, and left out ---------------------------------------------------

ODD: dict[str, tuple[dict[str, Any], int]] = {
    "a label outside the classes": ({"y_true": [0, 7], "y_pred": [0, 1]}, 1),
    "a negative label, as to be ignored": ({"y_true": [0, -100], "y_pred": [0, 1]}, 1),
    "an unknown name": ({"y_true": ["cat", "cow"], "y_pred": ["cat", "dog"]}, 1),
    "a missing label": ({"y_true": [0, None], "y_pred": [0, 1]}, 1),
    "a missing prediction": ({"y_true": [0, 1], "y_pred": [0.0, np.nan]}, 1),
    "probabilities that are none": (
        {"y_true": [0, 1, 2], "y_prob": [[1, 0, 0], [np.nan, 0, 0], [np.inf, 0, 0]]},
        2,
    ),
}


@pytest.mark.parametrize("case", ODD, ids=str)
def test_odd_data_is_kept_and_counted_and_left_out_with_one_warning(
    run: cf.Run, tmp_path: Path, case: str
) -> None:
    call, left_out = ODD[case]
    with pytest.warns(ConfusionFlowWarning, match=f"epoch 0: {left_out} instance"):
        run.log(0, "test", **call)
    for epoch in (1, 2):
        run.log(epoch, "test", **call)  # warnings are errors here: it was told once
    series = logged(tmp_path)
    assert series.left_out.tolist() == [left_out] * 3
    assert series.confusion()[2].tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]
    stored = cf.open_logs(tmp_path)["run"].stored.splits["test"]
    assert stored.predictions(2).num_rows == len(call["y_true"])


def test_a_label_that_is_no_class_is_kept_as_it_came(run: cf.Run, tmp_path: Path) -> None:
    with pytest.warns(ConfusionFlowWarning):
        run.log(
            0, "test", y_true=["cat", "cow", "dog"], y_pred=["emu", "cat", "dog"], ids=[5, 6, 7]
        )
    rows = cf.open_logs(tmp_path)["run"].stored.splits["test"].predictions(0).to_pylist()
    by_instance = {row["instance"]: row for row in rows}
    assert by_instance[5]["actual"] == 0
    assert by_instance[5]["predicted"] is None
    assert by_instance[5]["predicted_other"] == "emu"
    assert by_instance[6]["actual_other"] == "cow"
    assert by_instance[7]["actual_other"] is None


def test_an_epoch_logged_again_counts_as_it_was_logged_last(run: cf.Run, tmp_path: Path) -> None:
    run.log(0, "test", y_true=[0, 0], y_pred=[0, 0])
    with pytest.warns(ConfusionFlowWarning, match="epoch 0 was logged again"):
        run.log(0, "test", y_true=[1, 2], y_pred=[2, 2])
    run.log(1, "test", y_true=[1, 2], y_pred=[2, 2])
    run.log(1, "test", y_true=[1, 2], y_pred=[2, 2])  # warnings are errors here: it was told once
    assert logged(tmp_path).epochs.tolist() == [0, 1]
    assert logged(tmp_path).confusion()[0].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 1]]
    assert logged(tmp_path).times_logged.tolist() == [2, 2]


@pytest.mark.parametrize("classes", [["a", "b", "c"], None])
def test_a_label_to_be_ignored_is_kept_and_left_out(tmp_path: Path, classes: Any) -> None:
    run = cf.Run(tmp_path, name="run", classes=classes, ignore_index=2)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run.log(0, "test", y_true=[0, 2, 1], y_pred=[0, 1, 1], ids=[5, 6, 7])
    assert not any("left out" in str(each.message) for each in told)
    assert logged(tmp_path).left_out.tolist() == [1]
    assert logged(tmp_path).confusion().sum() == 2
    assert len(logged(tmp_path).classes) == (3 if classes else 2)
    rows = cf.open_logs(tmp_path)["run"].stored.splits["test"].predictions(0).to_pylist()
    (row,) = [row for row in rows if row["instance"] == 6]
    assert (row["actual"], row["actual_other"], row["predicted"]) == (None, "2", 1)


def test_what_can_be_no_label_is_not_ignored(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"ignore_index is 0\.5, a float"):
        cf.Run(tmp_path, name="run", ignore_index=0.5)  # type: ignore[arg-type]


def test_logging_what_is_right_warns_of_nothing(run: cf.Run) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run.log(0, "test", y_true=[0, 1], y_pred=["cat", "dog"])
