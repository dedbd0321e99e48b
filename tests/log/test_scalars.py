"""Numbers beside the epochs, such as the learning rate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import ArgumentError, EpochError, NameTextError, RunClosedError
from confusionflow.store import Store
from confusionflow.store.check import check_run
from confusionflow.store.compact import compact_run
from confusionflow.store.places.open import open_filesystem
from confusionflow.store.scalars import MOST_ROWS

NAMES = ["cat", "dog"]


def new_run(folder: Path, **options: Any) -> cf.Run:
    return cf.Run(folder, "run", classes=NAMES, **options)


def log_epoch(run: cf.Run, epoch: int, split: str = "test") -> None:
    run.log(epoch, split, y_true=[0, 1, 1], y_pred=[0, 1, epoch % 2])


def scalars(folder: Path, attempt: int | None = None) -> dict[str, dict[int, float]]:
    run = cf.open_logs(folder)["run"]
    found = run if attempt is None else run.attempt(attempt)
    return {
        name: dict(zip(scalar.epochs.tolist(), scalar.values.tolist(), strict=True))
        for name, scalar in found.scalars.items()
    }


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("scalars-*"))


def test_numbers_come_back_by_name_and_epoch(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        for epoch, rate in enumerate((0.1, np.float32(0.5), np.array(0.25))):
            run.log_scalar(epoch, "lr", rate)
            run.log_scalar(epoch, "grad/norm", float("nan") if epoch == 1 else epoch)
            log_epoch(run, epoch)
    found = scalars(tmp_path)
    assert list(found) == ["grad/norm", "lr"]
    assert found["lr"] == {0: 0.1, 1: 0.5, 2: 0.25}
    np.testing.assert_equal(found["grad/norm"], {0: 0.0, 1: float("nan"), 2: 2.0})


def test_numbers_are_written_with_the_next_epoch_or_at_the_end(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    run.log_scalar(0, "lr", 0.1)
    assert scalars(tmp_path) == {}
    log_epoch(run, 0)
    assert scalars(tmp_path) == {"lr": {0: 0.1}}
    run.log_scalar(1, "lr", 0.2)
    run.close()
    assert scalars(tmp_path) == {"lr": {0: 0.1, 1: 0.2}}


def test_numbers_before_an_error_are_kept(tmp_path: Path) -> None:
    def train() -> None:
        with new_run(tmp_path) as run:
            run.log_scalar(3, "lr", 0.1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train()
    assert scalars(tmp_path) == {"lr": {3: 0.1}}


def test_what_was_logged_last_counts(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        run.log_scalar(0, "lr", 0.1)
        log_epoch(run, 0)
        run.log_scalar(0, "lr", 0.2)
        run.log_scalar(0, "lr", 0.3)
    assert scalars(tmp_path) == {"lr": {0: 0.3}}


def test_a_closed_run_has_few_files_of_them(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        for epoch in range(8):
            run.log_scalar(epoch, "lr", 1 / (1 + epoch))
            log_epoch(run, epoch)
        assert len(files(tmp_path)) == 8
        before = scalars(tmp_path)
        for step in range(MOST_ROWS):
            run.log_scalar(step, "loss", step)
    assert len(files(tmp_path)) == 2
    after = scalars(tmp_path)
    assert after["lr"] == before["lr"]
    assert len(after["loss"]) == MOST_ROWS


def test_a_killed_run_is_compacted_to_the_same_numbers(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    for epoch in range(3):
        run.log_scalar(epoch, "lr", epoch)
        log_epoch(run, epoch)
    before = scalars(tmp_path)
    filesystem = open_filesystem(tmp_path)
    compact_run(filesystem, run.id)
    assert len(files(tmp_path)) == 1
    assert scalars(tmp_path) == before
    # What comes afterwards is beside it, and merged again.
    run.log_scalar(3, "lr", 3)
    log_epoch(run, 3)
    run.close()
    assert scalars(tmp_path) == {"lr": {epoch: float(epoch) for epoch in range(4)}}
    assert len(files(tmp_path)) == 1


def test_a_resumed_run_hides_them_as_it_hides_epochs(tmp_path: Path) -> None:
    with new_run(tmp_path) as run:
        for epoch in range(4):
            run.log_scalar(epoch, "lr", 0.1)
            log_epoch(run, epoch)
    with new_run(tmp_path, resume=True) as run:
        run.log_scalar(0, "lr", 0.7)  # alone it hides nothing
        run.log_scalar(2, "lr", 0.2)
        log_epoch(run, 2)
    assert scalars(tmp_path) == {"lr": {0: 0.7, 1: 0.1, 2: 0.2}}
    assert scalars(tmp_path, 0) == {"lr": dict.fromkeys(range(4), 0.1)}
    series = cf.open_logs(tmp_path)["run"]["test"]
    assert series.epochs.tolist() == [0, 1, 2]


def test_of_several_ranks_the_first_counts(tmp_path: Path) -> None:
    runs = [new_run(tmp_path, id="job", rank=rank, world_size=2) for rank in (1, 0)]
    for run in runs:
        run.log_scalar(0, "lr", run.rank)
        run.log_scalar(run.rank + 1, "lr", 9)
        run.close()
    assert scalars(tmp_path) == {"lr": {0: 0.0, 1: 9.0, 2: 9.0}}


def test_a_damaged_file_costs_its_own_numbers_and_is_named(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    for epoch in range(2):
        run.log_scalar(epoch, "lr", epoch)
        log_epoch(run, epoch)
    damaged = files(tmp_path)[0]
    kept = 1 - json.loads(damaged.read_bytes())["scalars"][0][1]
    damaged.write_bytes(b"{}")
    read = cf.open_logs(tmp_path)["run"]
    assert read.scalars["lr"].epochs.tolist() == [kept]
    assert [problem.file.rpartition("/")[2] for problem in read.problems] == [damaged.name]
    problems = check_run(open_filesystem(tmp_path), run.id)
    assert [problem.file.rpartition("/")[2] for problem in problems] == [damaged.name]
    assert Store(tmp_path).run(run.id).splits["test"].listed_epochs


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((0.5, "lr", 1), EpochError, "The epoch is 0.5"),
        ((0, "", 1), NameTextError, "name is ''"),
        ((0, "lr", "0.1"), ArgumentError, "The value of 'lr' is '0.1', a str. Pass one number"),
        ((0, "lr", [1, 2]), ArgumentError, "a list"),
        ((0, "lr", np.zeros(2)), ArgumentError, "a ndarray"),
        ((0, "lr", True), ArgumentError, "a bool"),
        ((0, "lr", None), ArgumentError, "a NoneType"),
    ],
)
def test_what_is_no_number_is_refused(
    tmp_path: Path, arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    run = new_run(tmp_path)
    with pytest.raises(error, match=words):
        run.log_scalar(*arguments)
    run.close()
    assert files(tmp_path) == []
    with pytest.raises(RunClosedError):
        run.log_scalar(0, "lr", 1)
