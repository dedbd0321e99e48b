"""Instances that occur twice in an epoch of one process."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowWarning, LabelError

IDS: dict[str, Any] = {"integers": np.array([5, 6, 7, 5]), "texts": ["e", "f", "g", "e"]}


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("scores", [False, True])
def test_a_padded_instance_counts_once_and_is_said_once(
    tmp_path: Path, kind: str, scores: bool
) -> None:
    given: dict[str, Any] = {"y_pred": [0, 1, 1, 0]}
    if scores:
        given = {"y_prob": [[0.9, 0.1], [0.2, 0.8], [0.3, 0.7], [0.8, 0.2]]}
    with cf.Run(tmp_path, "r", classes=["cat", "dog"]) as run:
        with pytest.warns(ConfusionFlowWarning, match="1 instance occurred again with the same"):
            run.log(0, "test", y_true=[0, 1, 0, 0], ids=IDS[kind], **given)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run.log(1, "test", y_true=[0, 1, 0, 0], ids=IDS[kind], **given)
    series = cf.open_logs(tmp_path)["r"]["test"]
    assert series.confusion().tolist() == [[[1, 1], [0, 1]]] * 2
    kept = series.run.stored.splits["test"].predictions(0)
    assert sorted(kept.column("instance").to_pylist()) == sorted(IDS[kind][:3])
    if scores:
        by_id = dict(
            zip(*(kept.column(n).to_pylist() for n in ("instance", "confidence")), strict=True)
        )
        assert by_id[IDS[kind][0]] == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize("changed", ["y_true", "y_pred"])
def test_an_instance_with_two_labels_is_refused(tmp_path: Path, changed: str) -> None:
    labels: dict[str, Any] = {"y_true": [0, 1, 0, 0], "y_pred": [0, 1, 1, 0]}
    labels[changed] = [*labels[changed][:3], 1]
    with cf.Run(tmp_path, "r", classes=["cat", "dog"]) as run:
        with pytest.raises(LabelError, match="ids has 5 twice, at 0 with actual 0 and predicted 0"):
            run.log(0, "test", ids=[5, 6, 7, 5], **labels)
        run.log(0, "test", ids=[5, 6, 7, 8], **labels)
    assert cf.open_logs(tmp_path)["r"]["test"].confusion().sum() == 4


def test_several_ranks_may_have_the_same_instance(tmp_path: Path) -> None:
    for rank in range(2):
        with cf.Run(tmp_path, "r", classes=["a", "b"], id="j", rank=rank, world_size=2) as run:
            run.log(0, "test", y_true=[0, 1, 0], y_pred=[0, 1, 0], ids=[rank, 9, rank])
    series = cf.open_logs(tmp_path)["r"]["test"]
    assert series.confusion().tolist() == [[[2, 0], [0, 1]]]


def test_ids_that_the_caller_changes_in_place_are_looked_at_again(tmp_path: Path) -> None:
    """Ids of the last epoch are known to differ, which the same array with others in it is not."""
    ids = np.array([5, 6, 7])
    with cf.Run(tmp_path, "run", classes=["cat", "dog"]) as run:
        for epoch in (0, 1):
            run.log(epoch, "test", y_true=[0, 1, 1], y_pred=[0, 1, 0], ids=ids)
        ids[2] = 6
        with pytest.raises(LabelError, match="ids has 6 twice"):
            run.log(2, "test", y_true=[0, 1, 1], y_pred=[0, 1, 0], ids=ids)
