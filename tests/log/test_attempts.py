"""A resumed training has one answer."""

from __future__ import annotations

import random
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import (
    ArgumentError,
    AttemptNotFoundError,
    ClassesError,
    ConfusionFlowWarning,
)

# Of those that hide epochs; what they say has tests of its own.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*hides .* epochs? of earlier attempts"),
    pytest.mark.filterwarnings("ignore:.*a new one begins"),
    pytest.mark.filterwarnings("ignore:.*continues with another config"),
]

Matrix = dict[tuple[str, int], int]


def model(history: list[list[tuple[str, int, int]]]) -> Matrix:
    """What counts: each attempt drops all epochs from its first one on, then adds its own.

    Its first one is that in the splits that were logged before; there is none in new splits.
    """
    counts: Matrix = {}
    known: set[str] = set()
    for attempt in history:
        again = [epoch for split, epoch, _ in attempt if split in known]
        if again:
            counts = {key: value for key, value in counts.items() if key[1] < min(again)}
        for split, epoch, value in attempt:
            counts[split, epoch] = value
        known |= {split for split, _, _ in attempt}
    return counts


def histories(n: int) -> list[list[list[tuple[str, int, int]]]]:
    rng = random.Random(5)
    return [
        [
            [
                (rng.choice(["train", "test", "new"]), rng.randrange(4), rng.randrange(1, 100))
                for _ in range(rng.randrange(4))
            ]
            for _ in range(rng.randrange(1, 4))
        ]
        for _ in range(n)
    ]


def seen(run: Any) -> Matrix:
    return {
        (name, int(epoch)): int(matrix[0, 0])
        for name, series in run.items()
        for epoch, matrix in zip(series.epochs, series.confusion(), strict=True)
    }


def check_histories(log_dir: Path, n: int) -> None:
    for number, history in enumerate(histories(n)):
        folder = log_dir / str(number)
        for attempt in history:
            # Without leaving its block: most resumed trainings were killed.
            run = cf.Run(folder, "run", classes=["a"], id="job")
            for split, epoch, value in attempt:
                run.log_matrix(epoch, split, [[value]])
        read = cf.open_logs(folder)["run"]
        assert seen(read) == model(history), history
        assert read.attempts == tuple(range(len(history)))
        for at in read.attempts:
            assert seen(read.attempt(at)) == model(history[: at + 1]), (at, history)
        shutil.rmtree(folder)


@pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")
@pytest.mark.slow
def test_random_histories_read_as_a_small_model_says(tmp_path: Path) -> None:
    check_histories(tmp_path, 40)


@pytest.mark.torture
@pytest.mark.filterwarnings("ignore::confusionflow.errors.ConfusionFlowWarning")
def test_a_thousand_random_histories_read_as_a_small_model_says(tmp_path: Path) -> None:
    check_histories(tmp_path, 1000)


def log(log_dir: Path, value: int, epochs: range, **options: Any) -> cf.Run:
    with cf.Run(log_dir, "run", classes=["a", "b"], **options) as run:
        for epoch in epochs:
            run.log_matrix(epoch, "test", [[value, 0], [0, 1]])
    return run


def test_resume_goes_on_with_the_run_of_that_name(tmp_path: Path) -> None:
    with pytest.warns(ConfusionFlowWarning, match=r"no run of that name is in .*a new one begins"):
        first = log(tmp_path, 1, range(4), resume=True)
    log_other = cf.Run(tmp_path, "other", classes=["a", "b"])
    log_other.log_matrix(0, "test", [[1, 0], [0, 1]])
    with pytest.warns(ConfusionFlowWarning, match="epoch 2 of split 'test' hides 2 epochs"):
        again = log(tmp_path, 2, range(2, 3), resume=True)
    assert again.id == first.id
    run = cf.open_logs(tmp_path)["run"]
    assert run["test"].epochs.tolist() == [0, 1, 2]
    assert run["test"].confusion()[-1, 0, 0] == 2
    assert run.attempts == (0, 1)
    assert run.attempt(0)["test"].epochs.tolist() == [0, 1, 2, 3]
    with pytest.raises(AttemptNotFoundError, match=r"no attempt 2\. There are: 0, 1"):
        run.attempt(2)


def test_the_same_id_is_the_same_run_and_never_a_path(tmp_path: Path) -> None:
    text = "../../etc/passwd"
    first = log(tmp_path / "logs", 1, range(3), id=text)
    again = log(tmp_path / "logs", 2, range(1, 2), id=text)
    by_own_id = log(tmp_path / "logs", 3, range(1, 2), id=first.id)
    assert first.id == again.id
    assert by_own_id.id == first.id
    assert cf.open_logs(tmp_path / "logs")[text]["test"].epochs.tolist() == [0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["logs"]


def test_a_generated_id_goes_on_with_its_run(tmp_path: Path) -> None:
    first = log(tmp_path, 1, range(3))
    assert log(tmp_path, 2, range(1, 2), id=first.id).id == first.id
    assert cf.open_logs(tmp_path)["run"]["test"].confusion()[:, 0, 0].tolist() == [1, 2]


def test_classes_that_were_not_declared_go_on_from_the_stored_list(tmp_path: Path) -> None:
    def go_on(epoch: int, labels: list[Any]) -> None:
        with cf.Run(tmp_path, "run", resume=True) as run:
            run.log(epoch, "test", y_true=labels, y_pred=labels)

    with pytest.warns(ConfusionFlowWarning, match="Declare them"):
        go_on(0, [30, 7])
    with pytest.warns(ConfusionFlowWarning, match="Declare them"):
        go_on(1, [7, 5])
    series = cf.open_logs(tmp_path)["run"]["test"]
    assert series.classes == ("7", "30", "5")
    assert series.support().tolist() == [[1, 1, 0], [1, 0, 1]]


def test_declared_classes_hold_for_a_resumed_run_that_leaves_them_out(tmp_path: Path) -> None:
    cf.Run(tmp_path, "run", classes=[3, 7], id="job").log_matrix(0, "test", np.eye(2, dtype=int))
    run = cf.Run(tmp_path, "run", id="job")
    run.log(1, "val", y_true=[7, 7], y_pred=[7, 3])
    assert cf.open_logs(tmp_path)["run"]["val"].classes == ("3", "7")
    other = cf.Run(tmp_path, "run", classes=["7", "3"], id="job")
    with pytest.raises(ClassesError, match="they were '3', '7' and are now '7', '3'"):
        other.log(1, "test", y_true=[0], y_pred=[0])


def test_a_resumed_run_keeps_the_config_that_it_is_not_given_again(tmp_path: Path) -> None:
    for config in ({"lr": 0.1}, None, {"lr": 0.2}, {}):
        with cf.Run(tmp_path, "run", config, classes=["a", "b"], resume=True) as run:
            run.log_matrix(0, "test", [[1, 0], [0, 1]])
    run_of = cf.open_logs(tmp_path)["run"].attempt
    assert [run_of(i).config for i in range(3)] == [{"lr": 0.1}, {"lr": 0.1}, {"lr": 0.2}]
    assert cf.open_logs(tmp_path)["run"].config == {}


@pytest.mark.slow
def test_ranks_of_a_resumed_run_are_one_attempt(tmp_path: Path) -> None:
    def train(world_size: int, epoch: int) -> None:
        for rank in range(world_size):
            run = cf.Run(tmp_path, "run", classes=["a"], id="job", rank=rank, world_size=world_size)
            run.log(epoch, "test", y_true=[0], y_pred=[0], ids=[rank])

    for world_size, epoch in ((4, 0), (4, 1), (2, 2), (4, 3), (1, 4)):
        train(world_size, epoch)
    run = cf.open_logs(tmp_path)["run"]
    assert run.attempts == (0, 1, 2, 3, 4)
    assert run["test"].confusion().ravel().tolist() == [4, 4, 2, 4, 1]
    assert not run["test"].partial.any()


# ---- a split that is added to a finished run ---------------------------------------------------


def train(log_dir: Path, name: str = "resnet", config: Any = None, **options: Any) -> cf.Run:
    with cf.Run(log_dir, name, config, ["a", "b"], **options) as run:
        for epoch in range(10):
            for split in ("train", "val"):
                run.log_matrix(epoch, split, [[epoch, 0], [0, 1]])
    return run


def epochs(log_dir: Path, name: str = "resnet") -> dict[str, list[int]]:
    return {split: each.epochs.tolist() for split, each in cf.open_logs(log_dir)[name].items()}


@pytest.mark.parametrize("how", ["resume", "id"])
def test_a_split_that_is_added_hides_nothing_and_says_nothing(tmp_path: Path, how: str) -> None:
    first = train(tmp_path)
    options: Any = {"resume": True} if how == "resume" else {"id": first.id}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with cf.Run(tmp_path, "resnet", **options) as run:
            run.log_matrix(3, "test", [[1, 0], [0, 1]])
        with cf.Run(tmp_path, "resnet", **options) as run:
            for epoch in range(10):
                run.log_matrix(epoch, "shifted", [[1, 0], [0, 1]])
    everything = list(range(10))
    assert epochs(tmp_path) == {
        "train": everything,
        "val": everything,
        "test": [3],
        "shifted": everything,
    }


def test_what_hides_epochs_says_how_many_at_once(tmp_path: Path) -> None:
    train(tmp_path)
    with cf.Run(tmp_path, "resnet", resume=True) as run:
        run.log_matrix(3, "test", [[1, 0], [0, 1]])
        with pytest.warns(
            ConfusionFlowWarning,
            match=r"8 of split 'train' hides 4 epochs .*: 2 of 'train', 2 of 'val'\. They stay",
        ):
            run.log_matrix(8, "train", [[1, 0], [0, 1]])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            run.log_matrix(8, "val", [[1, 0], [0, 1]])
            run.log_matrix(9, "train", [[1, 0], [0, 1]])
        with pytest.warns(ConfusionFlowWarning, match="epoch 7 of split 'val' hides 2 epochs"):
            run.log_matrix(7, "val", [[1, 0], [0, 1]])
    assert epochs(tmp_path) == {
        "train": [*range(7), 8, 9],
        "val": [*range(7), 7, 8],
        "test": [3],
    }


# ---- which run is resumed ----------------------------------------------------------------------


def test_of_several_runs_of_a_name_that_with_the_same_config_is_resumed(tmp_path: Path) -> None:
    seeds = [train(tmp_path, config={"lr": 0.1, "seed": seed}) for seed in range(3)]
    again = cf.Run(tmp_path, "resnet", {"seed": 1, "lr": np.float64(0.1)}, resume=True)
    assert again.id == seeds[1].id
    assert again.config == {"lr": 0.1, "seed": 1}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (None, "3 runs are named 'resnet', and no config was passed"),
        ({"lr": 0.1, "seed": 7}, "none of them has this config.*seed was 2 and is 7"),
        ({"lr": 0.1, "seed": 1}, "2 of them have this config"),
    ],
)
def test_of_several_runs_that_can_be_meant_an_id_is_asked_for(
    tmp_path: Path, config: Any, words: str
) -> None:
    for seed in (1, 2, 1):
        newest = train(tmp_path, config={"lr": 0.1, "seed": seed})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ArgumentError, match=words) as raised:
        cf.Run(tmp_path, "resnet", config, resume=True)
    assert f"id={newest.id!r}" in str(raised.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_only_run_of_a_name_is_resumed_and_says_what_changed_in_its_config(
    tmp_path: Path,
) -> None:
    first = train(tmp_path, config={"lr": 0.1, "epochs": 10})
    with pytest.warns(ConfusionFlowWarning, match=r"another config: epochs was 10 and is 20\."):
        again = cf.Run(tmp_path, "resnet", {"lr": 0.1, "epochs": 20}, resume=True)
    assert again.id == first.id
    assert cf.open_logs(tmp_path)["resnet"].config == {"lr": 0.1, "epochs": 20}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cf.Run(tmp_path, "resnet", {"epochs": 20, "lr": 0.1}, resume=True)
        cf.Run(tmp_path, "resnet", resume=True)


def test_the_next_epoch_is_that_after_the_last_which_is_shown(tmp_path: Path) -> None:
    new = cf.Run(tmp_path, "new", classes=["a", "b"])
    assert new.next_epoch == 0
    new.log_matrix(4, "test", [[1, 0], [0, 1]])
    assert new.next_epoch == 5
    train(tmp_path)
    again = cf.Run(tmp_path, "resnet", resume=True)
    assert again.next_epoch == 10
    again.log_matrix(3, "test", [[1, 0], [0, 1]])
    assert again.next_epoch == 10
    with pytest.warns(ConfusionFlowWarning, match="hides 10 epochs"):
        again.log_matrix(5, "train", [[1, 0], [0, 1]])
    assert again.next_epoch == 6
    with cf.Run(tmp_path, "resnet", resume=True) as third:
        assert third.next_epoch == 6
