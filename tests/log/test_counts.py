"""Counts that are logged cell by cell."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ConfusionFlowWarning


def test_counts_of_a_cell_are_added_up_and_others_are_zero(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "r", classes=["cat", "dog"]) as run:
        run.log_counts(0, "test", ["cat", "dog", "cat"], ["dog", "dog", "dog"], [3, 2**40, 4])
        run.log_counts(1, "test", [0, 1], [0, 1], [0, 5], left_out=7)
    series = cf.open_logs(tmp_path)["r"]["test"]
    assert series.confusion().tolist() == [[[0, 7], [0, 2**40]], [[0, 0], [0, 5]]]
    assert series.left_out.tolist() == [0, 7]


def test_a_label_that_is_no_class_is_left_out_with_its_count(tmp_path: Path) -> None:
    actual, predicted = ["cat", None, "cat"], ["cat", "dog", "owl"]
    with (
        cf.Run(tmp_path, "r", classes=["cat", "dog"]) as run,
        pytest.warns(ConfusionFlowWarning),
    ):
        run.log_counts(0, "test", actual, predicted, [5, 6, 7], left_out=1)
    series = cf.open_logs(tmp_path)["r"]["test"]
    assert series.confusion().tolist() == [[[5, 0], [0, 0]]]
    assert series.left_out.tolist() == [14]


WRONG: dict[str, tuple[Any, Any, Any, str]] = {
    "negative": ([0], [0], [-1], "count holds -1 at position 0"),
    "fraction": ([0, 1], [0, 1], [1.0, 0.5], "count holds 0.5 at position 1"),
    "text": ([0], [0], ["1"], "count holds <U1 values"),
    "too few": ([0, 1], [0, 1], [1], "count has 1 values and actual has 2"),
    "unlike": ([0, 1], [0], [1, 2], "actual has 2 labels and predicted has 1"),
    "too much": ([0, 1], [0, 1], [2**62, 2**62], "add up to more than"),
}


@pytest.mark.parametrize("case", WRONG)
def test_counts_that_are_none_are_refused(tmp_path: Path, case: str) -> None:
    actual, predicted, count, words = WRONG[case]
    with cf.Run(tmp_path, "r", classes=["cat", "dog"]) as run:
        with pytest.raises(ConfusionFlowError, match=words):
            run.log_counts(0, "test", actual, predicted, count)
        with pytest.raises(ConfusionFlowError, match="left_out is -1"):
            run.log_counts(0, "test", [0], [0], [1], left_out=-1)
    assert "test" not in cf.open_logs(tmp_path)["r"]


def test_memory_follows_the_cells_and_not_the_square_of_the_classes(tmp_path: Path) -> None:
    size = 60_000
    with cf.Run(tmp_path, "r", classes=range(size)) as run:
        cells = np.arange(0, size, 60)
        tracemalloc.start()
        run.log_counts(0, "test", cells, cells[::-1], np.ones(cells.size, int))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 100e6  # a matrix would take 29 GB
