"""What a model puts out is cut into classes as it was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

import confusionflow as cf
from confusionflow.errors import ArgumentError, ConfusionFlowError, ConfusionFlowWarning, ShapeError
from confusionflow.log.outputs import predicted_classes
from confusionflow.log.probabilities import margins

rng = np.random.default_rng(0)
ACTUAL = rng.integers(0, 2, 500)
LOGITS = (ACTUAL - 0.5) * 2 + rng.normal(size=500)
PROBABILITIES = 1 / (1 + np.exp(-LOGITS))


def series(log_dir: Path, split: str = "test") -> Any:
    return cf.open_logs(log_dir)["run"][split]


def confidence(log_dir: Path) -> Any:
    rows = cf.open_logs(log_dir)["run"].stored.splits["test"].predictions(0)
    order = np.argsort(rows.column("instance").to_numpy())
    return rows.column("confidence").to_numpy(zero_copy_only=False)[order]


@pytest.fixture
def run(tmp_path: Path) -> cf.Run:
    return cf.Run(tmp_path, "run", classes=["no", "yes"])


SINGLE: dict[str, tuple[dict[str, Any], Any]] = {
    "probabilities": ({"y_prob": PROBABILITIES}, LOGITS > 0),
    "probabilities in a column": ({"y_prob": PROBABILITIES[:, None]}, LOGITS > 0),
    "logits in y_prob": ({"y_prob": LOGITS}, LOGITS > 0),
    "logits in a column": ({"y_prob": LOGITS[:, None].astype(np.float32)}, LOGITS > 0),
    "logits": ({"y_logit": LOGITS}, LOGITS > 0),
    "logits that could be probabilities": ({"y_logit": PROBABILITIES}, PROBABILITIES > 0),
    "a threshold of probabilities": (
        {"y_prob": PROBABILITIES, "threshold": 0.3},
        PROBABILITIES > 0.3,
    ),
    "a threshold of logits": ({"y_logit": LOGITS, "threshold": 0.7}, LOGITS > 0.7),
    "a threshold for both columns": (
        {"y_prob": np.stack([1 - PROBABILITIES, PROBABILITIES], 1), "threshold": 0.3},
        PROBABILITIES > 0.3,
    ),
    "a threshold for both logits": (
        {"y_logit": np.stack([0 * LOGITS, LOGITS], 1), "threshold": 0.7},
        LOGITS > 0.7,
    ),
}


@pytest.mark.parametrize("case", SINGLE, ids=str)
def test_one_number_for_each_instance_decides_between_two_classes(
    run: cf.Run, tmp_path: Path, case: str
) -> None:
    call, expected = SINGLE[case]
    run.log(0, "test", y_true=ACTUAL, **call)
    right = confusion_matrix(ACTUAL, expected)
    assert series(tmp_path).confusion()[0].tolist() == right.tolist()


@pytest.mark.parametrize("call", [{"y_prob": PROBABILITIES}, {"y_logit": LOGITS}], ids=str)
def test_the_confidence_of_a_single_number_is_the_probability_of_the_predicted_class(
    run: cf.Run, tmp_path: Path, call: dict[str, Any]
) -> None:
    run.log(0, "test", y_true=ACTUAL, **call)
    expected = np.maximum(PROBABILITIES, 1 - PROBABILITIES)
    np.testing.assert_allclose(confidence(tmp_path), expected, atol=1e-3)


def test_the_confidence_of_logits_is_their_softmax(tmp_path: Path) -> None:
    logits = np.array([[2.0, 0.0, -1.0], [0.0, -np.inf, 3.0]])
    with cf.Run(tmp_path, "run", classes=["a", "b", "c"]) as run:
        run.log(0, "test", y_true=[0, 2], y_logit=logits)
    softmax = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    np.testing.assert_allclose(confidence(tmp_path), softmax.max(1), atol=1e-3)
    assert series(tmp_path).accuracy().tolist() == [1]


def test_once_a_logit_was_seen_all_are_logits_and_what_was_cut_before_is_named(
    run: cf.Run, tmp_path: Path
) -> None:
    run.log(0, "train", y_true=[0, 1], y_prob=[0.2, 0.4])
    run.log(0, "test", y_true=[0, 1], y_prob=[0.2, 0.4])
    run.log(1, "train", y_true=[0, 1], y_prob=[0.3, 0.9])
    with pytest.warns(
        ConfusionFlowWarning, match=r"'test', epoch 1: .*'train': 0, 1; 'test': 0.*y_logit="
    ):
        run.log(1, "test", y_true=[0, 1], y_prob=[-0.2, 1.4])
    run.log(2, "train", y_true=[0, 1], y_prob=[0.2, 0.4])  # warnings are errors: it was told once
    assert series(tmp_path).confusion()[:, 1, 1].tolist() == [0, 1]
    assert series(tmp_path, "train").confusion()[:, 0, 1].tolist() == [0, 0, 1]
    with pytest.warns(ConfusionFlowWarning, match="logged again"):
        run.log(0, "test", y_true=[0, 1], y_logit=[0.2, 0.4])
    assert series(tmp_path).confusion()[0].tolist() == [[0, 1], [0, 1]]


def test_one_number_and_undeclared_classes_are_the_classes_0_and_1(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run")
    with pytest.warns(ConfusionFlowWarning, match="Declare them"):
        run.log(0, "test", y_true=[0, 1, 1], y_prob=[[0.2], [0.9], [0.1]])
    assert series(tmp_path).classes == ("0", "1")
    assert series(tmp_path).confusion()[0].tolist() == [[1, 0], [1, 1]]


def test_scores_without_names_and_labels_that_are_names_are_asked_about(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run")
    for labels in (["no", "yes"], [-1, 5]):
        with pytest.raises(ConfusionFlowError, match=r"columns of y_prob have no names.*classes="):
            run.log(0, "test", y_true=labels, y_prob=[0.2, 0.7])
    assert not list(cf.open_logs(tmp_path)["run"])


@pytest.mark.parametrize("threshold", ["0.5", True, float("nan"), [0.5]])
def test_a_threshold_is_a_number(run: cf.Run, threshold: Any) -> None:
    with pytest.raises(ArgumentError, match="threshold is"):
        run.log(0, "test", y_true=[0], y_prob=[0.5], threshold=threshold)


def test_a_threshold_decides_between_two_classes_by_scores(run: cf.Run, tmp_path: Path) -> None:
    with pytest.raises(ConfusionFlowError, match="Pass y_prob or y_logit with it"):
        run.log(0, "test", y_true=[0], y_pred=[0], threshold=0.5)
    with pytest.raises(ArgumentError, match="there are 3 classes"):
        run.log(0, "x", y_true=[0], y_prob=[[1, 0, 0]], classes=["a", "b", "c"], threshold=0.5)


# ---- tokens and pixels -------------------------------------------------------------------------

N, T, H, W, C = 4, 6, 5, 7, 3
TOKENS = rng.integers(0, C, (N, T))
PIXELS = rng.integers(0, C, (N, H, W))


def one_hot(labels: Any, axis: int) -> Any:
    return np.moveaxis(np.eye(C)[labels], -1, axis)


def noisy(labels: Any, axis: int) -> tuple[Any, Any]:
    """Scores of shape (N, …, C) or (N, C, …), and the class that has the highest."""
    scores = np.eye(C)[labels] + rng.normal(0, 0.7, (*labels.shape, C))
    return np.moveaxis(scores, -1, axis), scores.argmax(-1)


SHAPES = {
    "tokens, classes last": (TOKENS, -1),
    "tokens, classes second": (TOKENS, 1),
    "pixels, classes second": (PIXELS, 1),
    "pixels, classes last": (PIXELS, -1),
}


@pytest.mark.parametrize("case", SHAPES, ids=str)
def test_scores_of_tokens_and_pixels_count_each(tmp_path: Path, case: str) -> None:
    labels, axis = SHAPES[case]
    scores, predicted = noisy(labels, axis)
    right = confusion_matrix(labels.ravel(), predicted.ravel()).tolist()
    with cf.Run(tmp_path, "run", classes=list("abc")) as run:
        run.log(0, "test", y_true=labels, y_logit=scores)
        run.log(1, "test", y_true=labels, y_logit={"out": scores, "aux": scores})
        run.log(2, "test", y_true=labels, y_pred=predicted)
        run.log(3, "test", y_true=one_hot(labels, axis), y_logit=scores)
        run.log(4, "test", y_true=labels[:, None], y_logit=scores)
    assert series(tmp_path).confusion().tolist() == [right] * 5


def test_several_labels_are_ignored(tmp_path: Path) -> None:
    labels = PIXELS.copy()
    labels[:, 0], labels[:, 1] = 255, 254
    with cf.Run(tmp_path, "run", classes=list("abc"), ignore_index=[255, 254]) as run:
        run.log(0, "test", y_true=labels, y_pred=PIXELS)
    assert series(tmp_path).confusion().sum() == N * (H - 2) * W
    assert series(tmp_path).left_out.tolist() == [N * 2 * W]
    assert series(tmp_path).accuracy().tolist() == [1]


def test_padding_says_that_labels_are_tokens(tmp_path: Path) -> None:
    labels = TOKENS.copy()
    labels[:, -2:] = -100
    with cf.Run(tmp_path, "run", classes=list("abc"), ignore_index=-100) as run:
        run.log(0, "test", y_true=labels, y_pred=TOKENS)
    assert series(tmp_path).confusion().sum() == N * (T - 2)


def test_an_axis_of_classes_that_can_be_two_is_asked_about_unless_sums_tell(tmp_path: Path) -> None:
    labels = rng.integers(0, 3, (5, 3))
    scores = rng.normal(size=(5, 3, 3))
    run = cf.Run(tmp_path, "run", classes=list("abc"))
    with pytest.raises(ShapeError, match="second axis or on its last"):
        run.log(0, "test", y_true=labels, y_logit=scores)
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    run.log(0, "test", y_true=labels, y_prob=probabilities)
    right = confusion_matrix(labels.ravel(), probabilities.argmax(1).ravel())
    assert series(tmp_path).confusion()[0].tolist() == right.tolist()


def test_one_number_for_each_token_or_pixel(tmp_path: Path) -> None:
    labels = rng.integers(0, 2, (4, 6, 6))
    logits = rng.normal(size=(4, 6, 6))
    with cf.Run(tmp_path, "run", classes=["out", "in"]) as run:
        run.log(0, "test", y_true=labels, y_logit=logits)
        run.log(1, "test", y_true=labels, y_prob=logits[:, None])
        run.log(2, "test", y_true=labels[:, 0], y_prob=logits[:, 0])
    right = confusion_matrix(labels.ravel(), logits.ravel() > 0).tolist()
    assert series(tmp_path).confusion()[:2].tolist() == [right, right]
    assert series(tmp_path).confusion()[2].sum() == 24


@pytest.mark.parametrize("k", [2, 3, 64, 65, 300])
@pytest.mark.parametrize("are_logits", [False, True])
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_few_and_many_classes_are_worked_out_alike(
    k: int, are_logits: bool, kind: type[np.floating[Any]]
) -> None:
    rng = np.random.default_rng(k)
    scores = rng.normal(size=(200, k)) if are_logits else rng.dirichlet(np.ones(k), 200)
    scores = np.round(scores, 1).astype(kind)  # many are equally great
    odd = {3: np.nan, 5: np.inf, **({7: -np.inf} if are_logits else {})}
    for row, value in odd.items():
        scores[row, rng.integers(k)] = value
    predicted, confidence = predicted_classes(scores, are_logits=are_logits)
    margin = margins(scores, np.arange(200) % (k + 1), are_logits=are_logits)
    for i, row in enumerate(scores.astype(np.float64)):
        if i in (3, 5):
            assert predicted[i] is None
            assert np.isnan(confidence[i])
            continue
        assert predicted[i] == row.argmax()
        with np.errstate(divide="ignore"):
            logs = row if are_logits else np.log(row)
        sure = 1 / np.exp(row - row.max()).sum() if are_logits else row.max()
        assert confidence[i] == pytest.approx(sure, rel=1e-5)
        own, others = np.nan, 0.0
        if i % (k + 1) < k:
            own, others = logs[i % (k + 1)], np.delete(logs, i % (k + 1)).max()
        with np.errstate(invalid="ignore"):
            expected = np.clip(own - others, -80, 80)
        assert margin[i] == pytest.approx(expected, abs=2e-3, nan_ok=True)
