"""The class that stands for "no object" in the matrices of a detector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError

NAMES = ["cat", "dog", "background"]
COUNTS = [[8, 1, 5], [0, 9, 1], [4, 2, 0]]


def test_a_run_says_which_class_is_the_background(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "detector", background="background") as run:
        run.log_matrix(0, "val", COUNTS, classes=NAMES)
    read = cf.open_logs(tmp_path)["detector"]
    assert read.background == "background"
    assert read["val"].confusion()[0].tolist() == COUNTS


def test_a_resumed_run_keeps_its_background(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "detector", classes=NAMES, background="background") as run:
        run.log_matrix(0, "val", COUNTS)
    resumed = cf.Run(tmp_path, "detector", resume=True)
    assert resumed.background == "background"
    resumed.log_matrix(1, "val", COUNTS)
    assert cf.open_logs(tmp_path)["detector"].background == "background"


def test_most_runs_have_none(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=NAMES)
    assert run.background is None
    assert cf.open_logs(tmp_path)["run"].background is None


@pytest.mark.parametrize(
    ("background", "words"),
    [("none", r"not among the declared classes. Add it to them"), (2, "text"), ("", "text")],
)
def test_a_background_that_is_no_class_is_refused(
    tmp_path: Path, background: Any, words: str
) -> None:
    with pytest.raises(ConfusionFlowError, match=words):
        cf.Run(tmp_path, "run", classes=NAMES, background=background)
    assert list(tmp_path.iterdir()) == []
