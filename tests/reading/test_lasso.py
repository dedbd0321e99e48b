"""A lasso on the map of a layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.reading.test_features import log

from confusionflow.errors import ArgumentError
from confusionflow.reading.lasso import Lasso


def around(points: np.ndarray) -> str:
    """A polygon around points: a diamond with room."""
    low, high = points.min(axis=0) - 0.01, points.max(axis=0) + 0.01
    corners = [low, (high[0], low[1]), high, (low[0], high[1])]
    return " ".join(f"{value:.6f}" for corner in corners for value in corner)


def test_a_lasso_holds_the_points_within_it(tmp_path: Path) -> None:
    features = log(tmp_path, epochs=3)
    plane = features.plane("cat", "dog")
    left = plane.points[1, :, 0] < np.median(plane.points[1, :, 0])
    lasso = Lasso.parse(["1-2", "features", "cat", "dog", around(plane.points[1, left])])
    within = np.all(
        (plane.points[1] >= plane.points[1, left].min(axis=0) - 0.01)
        & (plane.points[1] <= plane.points[1, left].max(axis=0) + 0.01),
        axis=1,
    )
    assert lasso.ids(features) == set(map(str, plane.ids[within].tolist()))
    assert Lasso.parse(["7-7", "features", "0 0 1 0 1 1"]).ids(features) == frozenset()


def test_later_epochs_turn_the_map_and_not_what_a_lasso_holds(tmp_path: Path) -> None:
    before = log(tmp_path / "before", epochs=2)
    points = before.map().points[0]
    right = points[:, 0] > 0
    lasso = Lasso.parse(["0-1", "features", around(points[right])])
    later = log(tmp_path / "later", epochs=4)
    assert not np.allclose(later.map().points[0], points)
    assert lasso.ids(later) == lasso.ids(before)


@pytest.mark.parametrize(
    "parts",
    [
        [],
        ["1-2", "features"],
        ["1", "features", "0 0 1 0 1 1"],
        ["1-2", "features", "0 0 1 0"],
        ["1-2", "features", "0 0 1 0 1 nan"],
        ["1-2", "features", "cat", "0 0 1 0 1 1"],
        ["1-2", "features", " ".join(["0"] * 402)],
    ],
)
def test_what_is_not_a_lasso_is_named(parts: list[str]) -> None:
    with pytest.raises(ArgumentError, match="The lasso is"):
        Lasso.parse(parts)
