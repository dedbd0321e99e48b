"""What a run's files say about its attempts, be it right or not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import confusionflow as cf
from confusionflow.store import Store
from confusionflow.store.attempt_fields import created_at_in, dropped_in

RUN_ID = "20261124T101500-5f3a9c1e"
BY_ID = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("created_at", "run_id", "expected"),
    [
        ("2026-11-24T09:00:00+00:00", RUN_ID, datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("2026-11-24T09:00:00+02:00", RUN_ID, datetime(2026, 11, 24, 7, tzinfo=UTC)),
        ("2026-11-24T09:00:00", RUN_ID, datetime(2026, 11, 24, 9, tzinfo=UTC)),
        ("yesterday", RUN_ID, BY_ID),
        (None, RUN_ID, BY_ID),
        (5, RUN_ID, BY_ID),
        # Before the first year in UTC.
        ("0001-01-01T00:00:00+02:00", RUN_ID, BY_ID),
        (None, "job-17", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_run_began_as_it_says_or_by_its_id(
    created_at: object, run_id: str, expected: datetime
) -> None:
    found = created_at_in({"created_at": created_at}, run_id)
    assert (found, found.tzinfo) == (expected, UTC)


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ([], {}),
        # Epochs 0 and 1 of "test" were logged since.
        ([{"test": [0, 1]}], {}),
        ([{"test": [4, 0, 3]}], {"test": (3, 4)}),
        ([{"test": [3]}, {"test": [3, 2], "val": [0]}], {"test": (2, 3), "val": (0,)}),
        ([{"val": [True, -1, 2**53, 1.5, "2", None, 6]}], {"val": (6,)}),
        ([{"val": 3}, {"val": []}, [3], None], {}),
    ],
)
def test_epochs_are_dropped_until_they_are_logged(
    tmp_path: Path, lost: list[Any], expected: dict[str, tuple[int, ...]]
) -> None:
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        for epoch in (0, 1):
            run.log(epoch, "test", y_true=[0, 1], y_pred=[0, 1])
    splits = Store(tmp_path).run(run.id).splits
    assert dropped_in([{"dropped": each} for each in lost], splits) == expected
    assert dropped_in([{}], splits) == {}
