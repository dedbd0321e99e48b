"""How instances pass through cells, against a loop over each of them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.analysis.trajectories import random_trajectories

from confusionflow.analysis.passages import PASSAGES, flow, inside, passages


@pytest.mark.parametrize("seed", range(60))
def test_passages_are_those_of_each_instance(seed: int) -> None:
    t, _ = random_trajectories(seed, missing=(0, 0.3, 0.9)[seed % 3])
    rng = np.random.default_rng(seed)
    rows = None if seed % 4 == 0 else sorted(rng.choice(4, 2, replace=False).tolist())
    columns = None if seed % 5 == 0 else [int(rng.integers(4))]
    only_wrong, only_right = seed % 7 == 0, seed % 7 == 1
    found = passages(t, inside(t, rows, columns, only_wrong=only_wrong, only_right=only_right))
    for i, actual in enumerate(t.actual):
        at = [(e, p) for e, p in zip(t.epochs, t.predicted[:, i], strict=True) if p >= 0]
        within = [
            (rows is None or actual in rows)
            and (columns is None or p in columns)
            and not (only_wrong and p == actual)
            and not (only_right and p != actual)
            for _, p in at
        ]
        epochs = [e for (e, _), is_in in zip(at, within, strict=True) if is_in]
        expected = sum(within) / len(within) if within else math.nan
        assert found.share[i] == pytest.approx(expected, nan_ok=True)
        assert found.first[i] == min(epochs, default=-1)
        assert found.last[i] == max(epochs, default=-1)
        ends = (within[0], within[-1]) if within else (False, False)
        names = {(True, True): "stayed", (False, True): "came", (True, False): "left"}
        passage = names.get(ends, "passed") if epochs else "never"
        assert PASSAGES[found.passage[i]] == passage


def test_the_flow_of_a_class_is_its_row_of_the_confusion_matrix() -> None:
    t, _ = random_trajectories(3)
    found = flow(t.of(t.actual == 2))
    expected = [[((row == p) & (t.actual == 2)).sum() for p in range(4)] for row in t.predicted]
    np.testing.assert_array_equal(found.right, [row[2] for row in expected])
    np.testing.assert_array_equal(np.delete(found.wrong, 2, axis=1), np.delete(expected, 2, 1))
    assert not found.wrong[:, 2].any()
