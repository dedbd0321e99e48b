"""`Series.predictions` has exactly the instances that cells count."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.reading.histories import log_quietly

import confusionflow as cf
from confusionflow.errors import InstancesError, NoPredictionsError
from confusionflow.reading.predictions import Predictions


def compare(log_dir: Path, seed: int) -> None:
    """Compare a random history with `confusion()`, and with what was logged, cell by cell."""
    history = log_quietly(log_dir, seed)
    counted, with_matrix = history.counted()
    series = cf.open_logs(log_dir)["run"]["test"]
    if not counted:
        with pytest.raises(NoPredictionsError):
            series.predictions()
        return
    found = series.predictions()
    assert not series.problems or history.world_size > 1  # labels that differ between ranks
    assert found.epochs.tolist() == sorted(counted), seed
    assert (np.diff(found.actual) >= 0).all()
    matrices = dict(zip(series.epochs.tolist(), series.confusion(), strict=True))
    for epoch, predicted in zip(found.epochs.tolist(), found.predicted, strict=True):
        is_there = predicted >= 0
        counts = np.zeros_like(matrices[epoch])
        np.add.at(counts, (found.actual[is_there], predicted[is_there]), 1)
        if epoch not in with_matrix:
            np.testing.assert_array_equal(counts, matrices[epoch], str((seed, epoch)))
        rows = Counter(
            (i, found.classes[a], found.classes[p])
            for i, a, p in zip(
                found.ids[is_there].tolist(),
                found.actual[is_there],
                predicted[is_there],
                strict=True,
            )
        )
        assert rows == counted[epoch], (seed, epoch)
        if found.confidence is not None:
            sure = found.confidence[list(found.epochs).index(epoch)]
            known = ~np.isnan(sure)
            names = np.array([int(name.split()[1]) for name in found.classes])
            np.testing.assert_array_equal(sure[known], names[predicted[known]] / 8)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(30))
def test_a_random_history_has_what_its_cells_count(tmp_path: Path, batch: int) -> None:
    for seed in range(10 * batch, 10 * batch + 10):
        compare(tmp_path / str(seed), seed)


@pytest.mark.torture
@pytest.mark.parametrize("batch", range(100))
def test_ten_thousand_random_histories_have_what_their_cells_count(
    tmp_path: Path, batch: int
) -> None:
    for seed in range(1_000 + 100 * batch, 1_000 + 100 * batch + 100):
        compare(tmp_path / str(seed), seed)


def logged(tmp_path: Path, calls: list[dict[str, Any]], **options: Any) -> Predictions:
    run = cf.Run(tmp_path, "run", classes=["a", "b", "c"], **options)
    for epoch, call in enumerate(calls):
        run.log(epoch, "test", **call)
    run.close()
    return cf.open_logs(tmp_path)["run"]["test"].predictions()


def test_positions_stand_for_ids_while_nothing_changes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    actual = np.array([2, 0, 1, 0])
    probabilities = rng.dirichlet(np.ones(3), (3, 4))
    found = logged(tmp_path, [{"y_true": actual, "y_prob": p} for p in probabilities])
    assert found.ids.tolist() == [1, 3, 2, 0]
    assert found.actual.tolist() == [0, 0, 1, 2]
    np.testing.assert_array_equal(found.predicted, probabilities.argmax(2)[:, found.ids])
    assert found.confidence is not None
    np.testing.assert_allclose(found.confidence, probabilities.max(2)[:, found.ids], rtol=1e-3)
    assert found.margin is not None
    assert ((found.margin > 0) == (found.predicted == found.actual)).all()
    assert repr(found) == "Predictions(4 instances, 3 epochs, 3 classes)"


CHANGED: dict[str, tuple[dict[str, Any], str]] = {
    "fewer": ({"y_true": [0, 1]}, "epoch 0 has 3 instances and epoch 1 2"),
    "another class": ({"y_true": [0, 1, 1]}, "position 2 has another actual class at epoch 1"),
    "ids": ({"y_true": [0, 1, 2], "ids": [5, 6, 7]}, "epoch 1 was logged with ids and epoch 0"),
}


@pytest.mark.parametrize("case", CHANGED)
def test_positions_whose_instances_change_are_refused(tmp_path: Path, case: str) -> None:
    call, words = CHANGED[case]
    calls = [{"y_true": [0, 1, 2]}, call]
    with pytest.raises(InstancesError, match=f"{words}.*Pass ids="):
        logged(tmp_path, [{**each, "y_pred": each["y_true"]} for each in calls])


def test_an_id_whose_class_changes_is_in_the_row_of_each(tmp_path: Path) -> None:
    calls = [{"y_true": [0, 1], "y_pred": [0, 0]}, {"y_true": [0, 2], "y_pred": [0, 1]}]
    found = logged(tmp_path, [{**each, "ids": ["x", "y"]} for each in calls])
    assert found.ids.tolist() == ["x", "y", "y"]
    assert found.actual.tolist() == [0, 1, 2]
    assert found.predicted.tolist() == [[0, 0, -1], [0, -1, 1]]


@pytest.mark.parametrize("ids", [[[3, 4], ["3", "4"]], [[2**64 - 1, 4], [4, 2**63]]])
def test_ids_of_all_types_are_matched(tmp_path: Path, ids: list[list[Any]]) -> None:
    arrays = [np.array(each, np.uint64 if max(map(int, each)) > 9 else None) for each in ids]
    found = logged(
        tmp_path,
        [{"y_true": [0, 0], "y_pred": [0, 1], "ids": each} for each in arrays],
    )
    expected = {str(i) for each in ids for i in each}
    assert set(found.ids.tolist()) == expected
    assert found.predicted.shape == (2, len(expected))


def test_a_split_of_matrices_says_how_to_get_instances(tmp_path: Path) -> None:
    with cf.Run(tmp_path, "run", classes=["a", "b"]) as run:
        run.log_matrix(0, "test", [[1, 2], [3, 4]])
    with pytest.raises(NoPredictionsError, match=r"counts only.*y_true=…, y_prob=…, ids=…"):
        cf.open_logs(tmp_path)["run"]["test"].predictions()


def test_predictions_that_are_damaged_cost_their_epoch_and_are_named(tmp_path: Path) -> None:
    run = cf.Run(tmp_path, "run", classes=["a", "b"])
    for epoch in range(3):
        run.log(epoch, "test", y_true=[0, 1], y_pred=[0, epoch % 2])
    (path,) = tmp_path.rglob("predictions-e00000001-*")
    path.write_bytes(path.read_bytes()[:-9])
    series = cf.open_logs(tmp_path)["run"]["test"]
    assert series.predictions().epochs.tolist() == [0, 2]
    assert [problem.file for problem in series.problems] == [str(path.relative_to(tmp_path))]


@pytest.mark.parametrize("name", ["positions", "text-ids", "ranks", "resumed"])
def test_logs_of_before_margins_have_instances(name: str) -> None:
    log_dir = Path(__file__).parents[1] / "golden" / "logs_before_margin" / "logs"
    series = cf.open_logs(log_dir)[name]["test"]
    found = series.predictions()
    assert found.margin is None
    counts = np.zeros_like(series.confusion())
    for e, predicted in enumerate(found.predicted):
        there = predicted >= 0
        np.add.at(counts[e], (found.actual[there], predicted[there]), 1)
    np.testing.assert_array_equal(counts, series.confusion())
