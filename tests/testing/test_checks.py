"""`confusionflow.testing`, as somebody uses it who connects a framework of their own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import SplitNotFoundError
from confusionflow.testing import assert_log_matches, read_confusion

CLASSES = ["cat", "dog", "fox"]
Y_TRUE, Y_PRED = [0, 0, 1, 2, 2], [0, 1, 1, 2, 0]
COUNTS = [[1, 1, 0], [0, 1, 0], [1, 0, 1]]


class Trainer:
    """A framework that calls back at the end of an epoch."""

    def fit(self, after_epoch: cf.Run, epochs: int) -> None:
        for epoch in range(epochs):
            after_epoch.log(epoch, "val", y_true=Y_TRUE, y_pred=Y_PRED)


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    with cf.Run(tmp_path, "mine", classes=CLASSES) as run:
        Trainer().fit(run, epochs=2)
    return tmp_path


def test_a_log_that_is_as_expected_passes(log_dir: Path) -> None:
    both = {0: COUNTS, 1: (Y_TRUE, Y_PRED)}
    assert_log_matches(log_dir, "mine", "val", both, classes=CLASSES)
    assert_log_matches(log_dir, "mine", "val", {0: None, 1: COUNTS})
    names = ([CLASSES[i] for i in Y_TRUE], [CLASSES[i] for i in Y_PRED])
    assert_log_matches(log_dir, "mine", "val", {0: names, 1: names})
    counts = read_confusion(log_dir, "mine", "val")
    assert list(counts) == [0, 1]
    np.testing.assert_array_equal(counts[1], COUNTS)


@pytest.mark.parametrize(
    ("expected", "classes", "message"),
    [
        ({0: COUNTS}, None, "has epochs [0, 1], expected [0]"),
        (
            {0: COUNTS, 1: ([0, 0, 1, 2, 2], [0, 1, 1, 2, 2])},
            None,
            "epoch 1: actual 'fox', predicted 'cat' is logged 1 times, expected 0 times. 2 of 9",
        ),
        ({0: np.transpose(COUNTS), 1: COUNTS}, None, "Rows and columns are swapped"),
        ({0: COUNTS, 1: COUNTS}, ["dog", "cat", "fox"], "has classes ('cat', 'dog', 'fox')"),
    ],
)
def test_what_differs_is_named(
    log_dir: Path, expected: dict[int, object], classes: list[str] | None, message: str
) -> None:
    with pytest.raises(AssertionError, match=re.escape(message)):
        assert_log_matches(log_dir, "mine", "val", expected, classes=classes)  # type: ignore[arg-type]


def test_instances_in_no_count_must_be_expected(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "mine", classes=CLASSES, ignore_index=-100) as run:
        run.log(0, "val", y_true=[*Y_TRUE, -100], y_pred=[*Y_PRED, 0])
    with pytest.raises(AssertionError, match="epoch 0: 1 instances are in no count, expected 0"):
        assert_log_matches(tmp_path, "mine", "val", {0: COUNTS})
    assert_log_matches(tmp_path, "mine", "val", {0: COUNTS}, left_out=1)


def test_an_epoch_that_lacks_a_rank_fails(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "mine", classes=CLASSES, rank=0, world_size=2, id="mine") as run:
        run.log(0, "val", y_true=Y_TRUE, y_pred=Y_PRED, ids=list("abcde"))
    with pytest.raises(AssertionError, match="epoch 0: the part of a rank is missing"):
        assert_log_matches(tmp_path, "mine", "val", {0: COUNTS})


def test_damage_fails(log_dir: Path) -> None:
    file = next(log_dir.rglob("*.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(AssertionError, match="cannot be read"):
        assert_log_matches(log_dir, "mine", "val", {0: COUNTS, 1: COUNTS})


def test_what_was_not_logged_and_what_cannot_be_compared_says_so(log_dir: Path) -> None:
    with pytest.raises(SplitNotFoundError):
        read_confusion(log_dir, "mine", "vaal")
    with pytest.raises(ValueError, match=r"shape \(2, 2\); the log has 3 classes"):
        assert_log_matches(log_dir, "mine", "val", {0: [[1, 0], [0, 1]], 1: COUNTS})
    with pytest.raises(ValueError, match="'cow' is not a class of the log"):
        assert_log_matches(log_dir, "mine", "val", {0: (["cow"], ["cat"]), 1: COUNTS})
