"""Points of probes whose instances differ from epoch to epoch."""

from __future__ import annotations

import numpy as np

from confusionflow.analysis.features.principal import principal
from confusionflow.reading.feature_points import map_of
from confusionflow.reading.feature_tables import Probe


def probe(ids: list[str] | list[int]) -> Probe:
    rows = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    chosen = np.array([int(each) for each in ids])
    found = principal(rows[chosen])
    return Probe(np.array(ids), chosen % 3, chosen % 2, found.coordinates, found.rest)


def test_an_instance_keeps_its_place_though_others_come_and_go() -> None:
    found = map_of({0: probe([5, 1, 2, 3]), 4: probe([7, 2, 5, 3])})
    assert found.epochs.tolist() == [0, 4]
    assert found.ids.tolist() == [1, 2, 3, 5, 7]
    assert found.actual.tolist() == [1, 2, 0, 2, 1]
    assert found.predicted.tolist() == [[1, 0, 1, 1, -1], [-1, 0, 1, 1, 1]]
    assert np.isnan(found.points).any(axis=2).tolist() == [
        [False, False, False, False, True],
        [True, False, False, False, False],
    ]


def test_ids_that_are_numbers_in_one_epoch_and_text_in_another_are_the_same() -> None:
    found = map_of({0: probe([0, 1, 2]), 1: probe(["0", "1", "2"])})
    assert found.ids.tolist() == ["0", "1", "2"]
    assert np.isfinite(found.points).all()


def test_no_probe_has_no_points() -> None:
    assert map_of({}).points.shape == (0, 0, 2)
