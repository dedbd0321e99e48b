"""Series beside each other: folded over keys of their runs' configs, or less a baseline."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import confusionflow as cf
from confusionflow.errors import ConfusionFlowError, ConfusionFlowWarning
from confusionflow.reading.folded import alike

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "folds.json").read_text(encoding="utf-8")
)


@pytest.fixture
def logs(tmp_path: Path) -> cf.Logs:
    """Two learning rates in three seeds each; the last of each lacks a class and an epoch."""
    for lr in (0.1, 0.2):
        for seed in range(3):
            random = np.random.default_rng((int(10 * lr), seed))
            classes = ["cat", "dog", "elk"] if seed < 2 else ["dog", "cat"]
            with cf.Run(tmp_path, f"{lr}-{seed}", {"seed": seed, "lr": lr}, classes) as run:
                for epoch in range(4 if seed < 2 else 3):
                    n = len(classes)
                    run.log_matrix(
                        epoch, "test", random.integers(1, 30, (n, n)) + 9 * np.eye(n, dtype=int)
                    )
    with cf.Run(tmp_path, "other", {"lr": 0.1}, ["cat", "dog"]) as run:
        run.log_matrix(0, "train", [[1, 2], [3, 4]])
    return cf.open_logs(tmp_path)


@pytest.mark.slow
def test_seeds_of_one_configuration_are_one_series(logs: cf.Logs) -> None:
    low, high = logs.fold("test", over=["seed"])
    assert (low.config, high.config) == ({"lr": 0.1}, {"lr": 0.2})
    assert [run.config["seed"] for run in low.runs] == [0, 1, 2]
    assert low.classes == ("cat", "dog", "elk")
    folded = low.of("rates")
    runs = [logs[f"0.1-{seed}"]["test"] for seed in range(3)]
    first, second, third = (run.confusion("actual") for run in runs)
    np.testing.assert_array_equal(folded.count[:, 0, 2], [2, 2, 2, 2])
    np.testing.assert_array_equal(folded.count[:, 0, 1], [3, 3, 3, 2])
    # Of the third run, cat is the second class.
    expected = np.mean([first[2, 0, 1], second[2, 0, 1], third[2, 1, 0]])
    np.testing.assert_allclose(folded.mean[2, 0, 1], expected)
    np.testing.assert_allclose(folded.mean[3], np.mean([first[3], second[3]], axis=0))
    assert folded.high[2, 0, 1] == max(first[2, 0, 1], second[2, 0, 1], third[2, 1, 0])


def test_runs_whose_configs_say_the_same_are_alike_as_on_the_page() -> None:
    golden = GOLDEN["alike"]
    groups = alike(golden["configs"], golden["over"])
    assert [positions for _, positions in groups] == golden["groups"]


@pytest.mark.slow
def test_a_difference_is_by_class_name_at_common_epochs(logs: cf.Logs) -> None:
    one, other = logs["0.2-0"]["test"], logs["0.1-2"]["test"]
    epochs, less = one.minus(other, "recall")
    np.testing.assert_array_equal(epochs, [0, 1, 2])
    np.testing.assert_allclose(less[:, 0], one.recall()[:3, 0] - other.recall()[:, 1])
    assert np.isnan(less[:, 2]).all()
    low, high = logs.fold("test", over=["seed"])
    _, of_means = high.minus(low, "accuracy")
    np.testing.assert_allclose(of_means, high.of("accuracy").mean - low.of("accuracy").mean)


@pytest.mark.slow
def test_a_measure_that_is_none_is_answered_with_one(logs: cf.Logs) -> None:
    with pytest.raises(ConfusionFlowError, match="Did you mean 'recall'"):
        logs["0.1-0"]["test"].minus(logs["0.2-0"]["test"], "recal")


@pytest.mark.parametrize(
    ("split", "over", "words"),
    [
        ("tset", ["seed"], r"No split 'tset'.*Did you mean 'test'"),
        # A key "e" would be a part of it.
        ("test", "seed", r"over is 'seed'\. Pass a list of keys: over=\['seed'\]"),
    ],
)
@pytest.mark.slow
def test_a_split_that_no_run_has_and_a_key_that_is_no_list_are_not_folded_silently(
    logs: cf.Logs, split: str, over: list[str], words: str
) -> None:
    with pytest.raises(ConfusionFlowError, match=words):
        logs.fold(split, over)


def test_logs_without_runs_have_nothing_to_fold(tmp_path: Path) -> None:
    assert cf.open_logs(tmp_path).fold("test", over=["seed"]) == []


def seed(log_dir: Path, name: str, value: int, **options: object) -> None:
    with cf.Run(log_dir, name, {"seed": value}, ["a", "b"], **options) as run:  # type: ignore[arg-type]
        for epoch in range(3):
            run.log_matrix(epoch, "test", [[value, 1], [1, 1]])


def test_an_older_attempt_is_not_one_more_seed(tmp_path: Path) -> None:
    seed(tmp_path, "run", 1, id="one")
    seed(tmp_path, "run", 2, id="two")
    seed(tmp_path, "run", 1, id="one")
    [folded] = cf.open_logs(tmp_path).fold("test", over=["seed"])
    assert folded.of("accuracy").count.tolist() == [2, 2, 2]


def test_a_fold_of_runs_of_different_names_says_so(tmp_path: Path) -> None:
    for value, name in enumerate(["resnet", "vgg"]):
        seed(tmp_path, name, value)
    with pytest.warns(ConfusionFlowWarning, match="differ only in seed: 'resnet', 'vgg'"):
        [folded] = cf.open_logs(tmp_path).fold("test", over=["seed"])
    assert len(folded.runs) == 2
