"""Logs of before predictions had margins and columns of one width read as they did then.

`tests/golden/logs_before_margin` was written by the code of that time, and `expected.json` by what
it read: positions and ids of text, labels that are no class, lists of classes that grew, ranks
that overlap, an attempt that hides epochs of another, epochs beyond 2^31.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import confusionflow as cf

FOLDER = Path(__file__).parents[1] / "golden" / "logs_before_margin"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_an_old_log_reads_as_it_did(name: str) -> None:
    run, split = name.split("/")
    series = cf.open_logs(FOLDER / "logs")[run][split]
    expected = EXPECTED[name]
    assert not series.problems
    assert list(series.classes) == expected["classes"]
    assert series.epochs.tolist() == expected["epochs"]
    assert series.left_out.tolist() == expected["left_out"]
    assert series.partial.tolist() == expected["partial"]
    cube = series.cube()
    columns = (cube.epoch_index, cube.actual, cube.predicted, cube.count)
    assert [list(map(int, row)) for row in zip(*columns, strict=True)] == expected["rows"]
    for epoch, predictions in expected["predictions"].items():
        assert series.stored.predictions(int(epoch)).to_pydict() == predictions


def test_the_old_logs_are_of_all_kinds() -> None:
    assert EXPECTED.keys() == {
        "positions/test",
        "positions/train",
        "text-ids/test",
        "ranks/test",
        "resumed/test",
    }
