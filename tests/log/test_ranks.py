"""A distributed evaluation gives the numbers of one process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import confusionflow as cf
from confusionflow.errors import ClassesError, DistributedError
from confusionflow.store import Store

CLASSES = ["cat", "dog", "fox"]
Shares = Callable[[int, int], list[list[int]]]


def distributed_sampler(size: int, world_size: int) -> list[list[int]]:
    """Shares as PyTorch's DistributedSampler pads them: repeated from the start, in turns."""
    total = math.ceil(size / world_size) * world_size
    indices = [i % size for i in range(total)]
    return [indices[rank::world_size] for rank in range(world_size)]


def even_batches(size: int, world_size: int, batch_size: int = 3) -> list[list[int]]:
    """Shares as accelerate's BatchSamplerShard makes them: whole batches, looped at the end."""
    if world_size == 1:
        return [list(range(size))]
    whole = math.ceil(size / (batch_size * world_size)) * batch_size * world_size
    indices = [i % size for i in range(whole)]
    shares: list[list[int]] = [[] for _ in range(world_size)]
    for at in range(0, whole, batch_size):
        shares[at // batch_size % world_size] += indices[at : at + batch_size]
    return shares


def data(size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rng = np.random.default_rng(size)
    return rng.integers(0, 3, size), rng.integers(0, 2, size)


def log_rank(
    log_dir: Path, rank: int, share: list[int], world_size: int, size: int, epochs: int = 2
) -> None:
    actual, predicted = data(size)
    with cf.Run(log_dir, "run", classes=CLASSES, id="job", rank=rank, world_size=world_size) as run:
        for epoch in range(epochs):
            run.log(
                epoch,
                "test",
                y_true=actual[share],
                y_pred=(predicted[share] + epoch) % 3,
                ids=share,
            )


def sizes() -> Iterator[tuple[int, int]]:
    for world_size in (1, 2, 3, 4, 8):
        around = {1, 2, *range(world_size - 1, world_size + 2), *range(15, 18), 24, 25}
        yield from ((world_size, size) for size in sorted(around) if size > 0)


@pytest.mark.parametrize("shares", [distributed_sampler, even_batches])
@pytest.mark.parametrize(("world_size", "size"), list(sizes()))
@pytest.mark.slow
def test_ranks_give_the_cube_of_one_process(
    tmp_path: Path, shares: Shares, world_size: int, size: int
) -> None:
    for rank, share in enumerate(shares(size, world_size)):
        log_rank(tmp_path / "ranks", rank, share, world_size, size)
    log_rank(tmp_path / "one", 0, list(range(size)), 1, size)
    ranks, one = (cf.open_logs(tmp_path / kind)["run"]["test"] for kind in ("ranks", "one"))
    np.testing.assert_array_equal(ranks.confusion(), one.confusion())
    assert ranks.confusion().sum() == 2 * size
    assert ranks.classes == one.classes
    assert not ranks.partial.any()
    assert cf.open_logs(tmp_path / "ranks").problems == []


def test_a_missing_rank_makes_an_epoch_partial_until_it_comes(tmp_path: Path) -> None:
    shares = distributed_sampler(10, 4)
    for rank in (0, 1, 3):
        log_rank(tmp_path, rank, shares[rank], 4, 10)
    store = Store(tmp_path)
    store.refresh()
    before = cf.open_logs(tmp_path)["job"]["test"]
    assert before.coverage.tolist() == [0.75, 0.75]
    assert before.partial.all()
    log_rank(tmp_path, 2, shares[2], 4, 10)
    assert store.refresh() == {cf.open_logs(tmp_path)["run"].id}
    after = cf.open_logs(tmp_path)["run"]["test"]
    assert after.coverage.tolist() == [1, 1]
    assert after.version != before.version
    assert after.confusion().sum() == 20


@pytest.mark.parametrize("kept_bytes", [0, 100, None], ids=["empty", "torn", "not there"])
@pytest.mark.parametrize("epochs", [1, 2], ids=["alone", "merged"])
def test_a_rank_whose_predictions_come_last_in_a_copy_counts_once_they_are_whole(
    tmp_path: Path, kept_bytes: int | None, epochs: int
) -> None:
    for rank in (0, 1):
        log_rank(tmp_path, rank, [0, rank + 1], 2, 3, epochs)  # instance 0 is in both
    wanted = cf.open_logs(tmp_path)["run"]["test"].confusion()
    assert wanted.sum() == 3 * epochs
    paths = list(tmp_path.rglob("predictions-merged-*" if epochs > 1 else "predictions-*-r0001-*"))
    assert paths
    whole = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
        if kept_bytes is not None:
            path.write_bytes(whole[path][:kept_bytes])
    for path in tmp_path.rglob("joined-*"):  # comes later still
        path.unlink()
    viewer = Store(tmp_path)
    before = cf.Logs(viewer)["run"]["test"]
    assert before.confusion().sum() != wanted.sum()
    before_version = before.version
    viewer.refresh()
    for path, data in whole.items():
        path.write_bytes(data)
    deadline_s = time.monotonic() + 120
    news: set[str] = set()
    while cf.Logs(viewer)["run"]["test"].confusion().tolist() != wanted.tolist():
        assert time.monotonic() < deadline_s
        news |= viewer.refresh()
        time.sleep(0.01)
    after = cf.Logs(viewer)["run"]["test"]
    news |= viewer.refresh()
    assert (after.version != before_version, news) == (True, {after.run.id})
    while viewer.problems:
        assert time.monotonic() < deadline_s
        viewer.refresh()


def test_left_out_instances_are_counted_once(tmp_path: Path) -> None:
    for rank in (0, 1):
        run = cf.Run(tmp_path, "run", classes=CLASSES, id="job", rank=rank, world_size=2)
        with pytest.warns(match="epoch 0: 1 instance is left out"):
            run.log(0, "test", y_true=[-100, rank], y_pred=[0, 1], ids=["same", f"own {rank}"])
    series = cf.open_logs(tmp_path)["run"]["test"]
    assert series.left_out.tolist() == [1]
    assert series.confusion().sum() == 2


def test_matrices_of_ranks_are_added_up(tmp_path: Path) -> None:
    for rank in (0, 1):
        with cf.Run(
            tmp_path, "run", classes=["a", "b"], id=7 * "x", rank=rank, world_size=2
        ) as run:
            run.log_matrix(0, "test", [[1, rank], [0, 2]])
    assert cf.open_logs(tmp_path)["run"]["test"].confusion().tolist() == [[[2, 1], [0, 4]]]


def test_ids_that_are_positions_within_a_rank_are_found_out(tmp_path: Path) -> None:
    for rank in (0, 1):
        with cf.Run(tmp_path, "run", classes=CLASSES, id="job", rank=rank, world_size=2) as run:
            run.log(0, "test", y_true=[rank, 2], y_pred=[0, 1], ids=[0, 1])
    logs = cf.open_logs(tmp_path)
    (problem,) = _problems(logs["run"]["test"])
    assert "were counted once: 1, such as 0." in problem
    assert "its index in the data set" in problem


def _problems(series: Any) -> list[str]:
    series.confusion()
    return [problem.reason for problem in series.problems]


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no id": ({"world_size": 2}, "world_size is 2, and there is no id"),
    "a rank that is too large": ({"rank": 2, "world_size": 2, "id": "job"}, "rank is 2"),
    "a negative rank": ({"rank": -1, "world_size": 2, "id": "job"}, "rank is -1"),
    "a rank without a world": ({"rank": 1, "id": "job"}, "world_size 1"),
    "text": ({"rank": "0", "world_size": "2", "id": "job"}, "Pass integers"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_ranks_that_cannot_be_are_refused(tmp_path: Path, case: str) -> None:
    options, words = WRONG[case]
    with pytest.raises(DistributedError, match=words):
        cf.Run(tmp_path, "run", classes=CLASSES, **options)
    assert not any(tmp_path.iterdir())


def test_ranks_need_ids_and_classes(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=CLASSES, id="job", rank=1, world_size=2)
    with pytest.raises(DistributedError, match="no ids, and 2 ranks"):
        run.log(0, "test", y_true=[0], y_pred=[0])
    run = cf.Run(tmp_path, "run", id="other", rank=1, world_size=2)
    with pytest.raises(ClassesError, match="no classes were declared"):
        run.log(0, "test", y_true=[0], y_pred=[0], ids=[0])
